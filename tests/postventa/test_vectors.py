"""Instants in three zones, each side of every limit by one second; what they must give is written by hand, in UTC."""

from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from clientela.api.castella.schemas_ordenes import MantenimientoVisto
from clientela.postventa import rules
from clientela.postventa.model import Cobertura, Estado, Persona, ServicioDeOrden, Visita

SECOND = timedelta(seconds=1)
SIDES = (-1, 0, 1)
SOME = UUID(int=1)
# Four hours behind UTC, and six, all the year. Santiago: three from 24:00 of the first Saturday of September on, four
# from 24:00 of the first Saturday of April on (7 September 2025, 5 April and 6 September 2026).
LA_PAZ, SAN_SALVADOR, SANTIAGO = (
    ZoneInfo(f"America/{city}") for city in ("La_Paz", "El_Salvador", "Santiago")
)


def utc(text: str) -> datetime:
    """An instant written as wall-clock time in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def named(value: object) -> str | None:
    return value.key if isinstance(value, ZoneInfo) else None


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize(
    ("zone", "midnight", "before", "after"),
    [
        (LA_PAZ, "2024-01-01T04:00", "202312", "202401"),
        (LA_PAZ, "2024-02-29T04:00", "202402", "202402"),
        (LA_PAZ, "2024-03-01T04:00", "202402", "202403"),
        (LA_PAZ, "2025-10-01T04:00", "202509", "202510"),
        (SAN_SALVADOR, "2024-01-01T06:00", "202312", "202401"),
        (SAN_SALVADOR, "2026-03-01T06:00", "202602", "202603"),
        (SAN_SALVADOR, "2025-10-01T06:00", "202509", "202510"),
        (SANTIAGO, "2024-01-01T03:00", "202312", "202401"),
        (SANTIAGO, "2026-03-01T03:00", "202602", "202603"),
        (SANTIAGO, "2026-05-01T04:00", "202604", "202605"),
        (SANTIAGO, "2026-09-01T04:00", "202608", "202609"),
        (SANTIAGO, "2026-10-01T03:00", "202609", "202610"),
        # What is midnight in UTC or elsewhere is nothing here.
        (LA_PAZ, "2024-01-01T00:00", "202312", "202312"),
        (LA_PAZ, "2024-01-01T06:00", "202401", "202401"),
        (SAN_SALVADOR, "2024-01-01T04:00", "202312", "202312"),
        (SANTIAGO, "2026-10-01T04:00", "202610", "202610"),
    ],
    ids=named,
)
def test_a_visits_month_turns_at_the_organisations_midnight(
    zone: ZoneInfo, midnight: str, before: str, after: str, side: int
) -> None:
    assert rules.year_month(utc(midnight) + side * SECOND, zone) == (before if side < 0 else after)


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize(
    ("zone", "executed", "months", "ends"),
    [
        # 29 February ends on the 28th, at its hour; 365 days would end a day late or early.
        (LA_PAZ, "2024-02-29T16:00", 12, "2025-02-28T16:00"),
        (SAN_SALVADOR, "2024-02-29T18:00", 12, "2025-02-28T18:00"),
        (SANTIAGO, "2024-02-29T15:00", 12, "2025-02-28T15:00"),
        (LA_PAZ, "2023-03-01T04:00", 12, "2024-03-01T04:00"),
        (SAN_SALVADOR, "2023-03-01T06:00", 12, "2024-03-01T06:00"),
        (SANTIAGO, "2023-03-01T03:00", 12, "2024-03-01T03:00"),
        # 29 February in UTC is still the 28th here, or 1 March there the 29th here.
        (LA_PAZ, "2024-02-29T03:59:59", 12, "2025-03-01T03:59:59"),
        (LA_PAZ, "2024-03-01T03:59:59", 12, "2025-03-01T03:59:59"),
        (SAN_SALVADOR, "2024-03-01T05:59:59", 12, "2025-03-01T05:59:59"),
        (SANTIAGO, "2024-03-01T02:59:59", 12, "2025-03-01T02:59:59"),
        # The last second of a local year.
        (LA_PAZ, "2026-01-01T03:59:59", 12, "2027-01-01T03:59:59"),
        (SAN_SALVADOR, "2026-01-01T05:59:59", 12, "2027-01-01T05:59:59"),
        (SANTIAGO, "2026-01-01T02:59:59", 12, "2027-01-01T02:59:59"),
        # Santiago's clock changed in between: the same hour on the clock is another in UTC.
        (SANTIAGO, "2026-03-20T12:00", 6, "2026-09-20T12:00"),
        (SANTIAGO, "2026-06-20T13:00", 6, "2026-12-20T12:00"),
        (SANTIAGO, "2025-12-20T12:00", 6, "2026-06-20T13:00"),
        # 23:30 comes twice on 4 April 2026: the first one. 00:30 does not come on 6 September: an hour later.
        (SANTIAGO, "2025-04-05T02:30", 12, "2026-04-05T02:30"),
        (SANTIAGO, "2025-09-06T04:30", 12, "2026-09-06T04:30"),
        # A service's own months, at months' ends.
        (LA_PAZ, "2025-08-31T12:00", 6, "2026-02-28T12:00"),
        (SAN_SALVADOR, "2026-01-31T12:00", 1, "2026-02-28T12:00"),
        (SANTIAGO, "2026-01-31T12:00", 3, "2026-04-30T13:00"),
        (LA_PAZ, "2026-11-20T10:00", 120, "2036-11-20T10:00"),
    ],
    ids=named,
)
def test_a_guarantee_ends_with_its_second(
    zone: ZoneInfo, executed: str, months: int, ends: str, side: int
) -> None:
    case = Cobertura(SOME, SOME, Estado.FINALIZADO, utc(executed), months, None)
    found = rules.judge(case, utc(ends) + side * SECOND, zone)
    assert (found.vence_en, found.elegible) == (utc(ends), side < 0)


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize(
    ("zone", "anchor", "months", "due"),
    [
        # Around the local midnight that ends a month, a second is a month's end or the next one's first.
        (LA_PAZ, "2026-02-01T04:00", 1, ("2026-03-01T03:59:59", "2026-03-01T04:00")),
        (SAN_SALVADOR, "2026-02-01T06:00", 1, ("2026-03-01T05:59:59", "2026-03-01T06:00")),
        (SANTIAGO, "2026-02-01T03:00", 1, ("2026-03-01T02:59:59", "2026-03-01T03:00")),
        (LA_PAZ, "2026-09-01T04:00", 6, ("2027-03-01T03:59:59", "2027-03-01T04:00")),
        (SAN_SALVADOR, "2026-09-01T06:00", 6, ("2027-03-01T05:59:59", "2027-03-01T06:00")),
        (SANTIAGO, "2026-09-01T04:00", 6, ("2027-03-01T02:59:59", "2027-03-01T03:00")),
        (LA_PAZ, "2024-03-01T04:00", 12, ("2025-03-01T03:59:59", "2025-03-01T04:00")),
        (LA_PAZ, "2024-03-01T04:00", 48, ("2028-03-01T03:59:59", "2028-03-01T04:00")),
        (SAN_SALVADOR, "2024-03-01T06:00", 12, ("2025-03-01T05:59:59", "2025-03-01T06:00")),
        (SANTIAGO, "2024-03-01T03:00", 12, ("2025-03-01T02:59:59", "2025-03-01T03:00")),
        # 31 March falls on 30 September, five days short of Santiago's summer; 31 August on the last of February.
        (SANTIAGO, "2026-04-01T03:00", 6, ("2026-10-01T02:59:59", "2026-10-01T03:00")),
        (LA_PAZ, "2026-01-01T04:00", 2, ("2026-03-01T03:59:59", "2026-03-01T04:00")),
    ],
    ids=named,
)
def test_months_end_where_they_end_here(
    zone: ZoneInfo, anchor: str, months: int, due: tuple[str, str], side: int
) -> None:
    last, first = utc(due[0]), utc(due[1])
    # A second before the last one of a month is another, after it the first of the next.
    expected = {-1: last, 0: first, 1: first + SECOND}[side]
    assert rules.add_months(utc(anchor) + side * SECOND, months, zone) == expected


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize(
    ("zone", "anchor", "months", "due"),
    [
        (SANTIAGO, "2026-08-06T04:00", 1, ("2026-09-06T03:59:59", "2026-09-06T04:00", "2026-09-06T04:00:01")),
        (SANTIAGO, "2026-08-06T05:00", 1, ("2026-09-06T04:59:59", "2026-09-06T04:00", "2026-09-06T04:00:01")),
        (SANTIAGO, "2026-03-05T02:00", 1, ("2026-04-05T01:59:59", "2026-04-05T02:00", "2026-04-05T02:00:01")),
        (SANTIAGO, "2026-03-05T03:00", 1, ("2026-04-05T02:59:59", "2026-04-05T04:00", "2026-04-05T04:00:01")),
    ],
    ids=["gap begins", "gap ends", "overlap begins", "overlap ends"],
)
def test_months_that_end_in_a_change_of_the_clock(
    zone: ZoneInfo, anchor: str, months: int, due: tuple[str, str, str], side: int
) -> None:
    # The hour from 00:00 to 01:00 of 6 September is counted on from before the change; 23:00 to 24:00 of 4 April,
    # which comes twice, is the first one.
    assert rules.add_months(utc(anchor) + side * SECOND, months, zone) == utc(due[side + 1])


@pytest.mark.parametrize(
    ("ahead", "overdue"),
    [
        (timedelta(days=-400), True), (timedelta(days=-30), True), (-SECOND, True), (timedelta(0), False),
        (SECOND, False), (timedelta(days=30), False),
    ],
)  # fmt: skip
def test_a_visit_is_overdue_once_its_second_has_passed(ahead: timedelta, *, overdue: bool) -> None:
    now = utc("2026-11-20T10:00")
    visit = Visita(
        id=SOME,
        orden_id=SOME,
        cliente=Persona(SOME, "Juan Pérez"),
        tecnico=None,
        servicio=ServicioDeOrden(SOME, 1, "Mantenimiento"),
        fecha_programada=now + ahead,
        periodicidad_meses=6,
    )
    assert MantenimientoVisto.of(visit, now).vencido is overdue
