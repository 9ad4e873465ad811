"""Calendar months, guarantees, averages: tables of cases, each side of every boundary."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clientela.postventa import rules
from clientela.postventa.model import Cobertura, Estado, Historia, Plan

LA_PAZ = ZoneInfo("America/La_Paz")
SAN_SALVADOR = ZoneInfo("America/El_Salvador")
SANTIAGO = ZoneInfo("America/Santiago")
ZONES = (LA_PAZ, SAN_SALVADOR, SANTIAGO)
SECOND = timedelta(seconds=1)
SOME = UUID(int=1)


def at(text: str, zone: ZoneInfo = LA_PAZ) -> datetime:
    """A wall-clock time of a zone, as an instant."""
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


@pytest.mark.parametrize("zone", ZONES, ids=lambda zone: zone.key)
@pytest.mark.parametrize(
    ("since", "months", "until"),
    [
        ("2026-01-31T09:00", 1, "2026-02-28T09:00"),
        ("2026-01-31T09:00", 2, "2026-03-31T09:00"),
        ("2026-01-31T09:00", 3, "2026-04-30T09:00"),
        ("2024-01-31T09:00", 1, "2024-02-29T09:00"),
        ("2026-08-31T23:59:59", 6, "2027-02-28T23:59:59"),
        ("2024-02-29T12:00", 12, "2025-02-28T12:00"),
        ("2024-02-29T12:00", 48, "2028-02-29T12:00"),
        ("2026-12-31T00:00", 1, "2027-01-31T00:00"),
        ("2026-11-30T10:00", 3, "2027-02-28T10:00"),
        ("2026-06-15T10:00", 120, "2036-06-15T10:00"),
        ("2026-10-15T22:30", 5, "2027-03-15T22:30"),
    ],
)
def test_months_keep_the_wall_clock_and_the_day(zone: ZoneInfo, since: str, months: int, until: str) -> None:
    assert rules.add_months(at(since, zone), months, zone) == at(until, zone)


def test_a_month_across_a_change_of_the_clock_is_not_so_many_hours() -> None:
    # Santiago: UTC−4 in August, UTC−3 from September on.
    since = at("2026-08-20T09:00", SANTIAGO)
    assert rules.add_months(since, 1, SANTIAGO) - since == timedelta(days=31) - timedelta(hours=1)
    # 00:30 of 6 September 2026 does not exist there; the visit is an hour later on the clock.
    gap = rules.add_months(at("2026-08-06T00:30", SANTIAGO), 1, SANTIAGO)
    assert gap.astimezone(SANTIAGO).isoformat() == "2026-09-06T01:30:00-03:00"


@given(
    st.integers(0, 90 * 365 * 86_400),
    st.integers(1, 120),
    st.sampled_from(ZONES),
)
def test_months_never_leave_their_month(second: int, months: int, zone: ZoneInfo) -> None:
    since = datetime(2000, 1, 1, tzinfo=UTC) + timedelta(seconds=second)
    until = rules.add_months(since, months, zone).astimezone(zone)
    begun = since.astimezone(zone)
    assert (until.year * 12 + until.month) - (begun.year * 12 + begun.month) == months
    assert until.day <= begun.day


def cover(executed: datetime | None, **fields: object) -> Cobertura:
    given_fields = {
        "orden_id": SOME,
        "cliente_id": SOME,
        "estado": Estado.FINALIZADO,
        "raiz_ejecutada_en": executed,
        "garantia_meses": 12,
        "abierta_id": None,
    } | fields
    return Cobertura(**given_fields)  # type: ignore[arg-type]


@pytest.mark.parametrize("zone", ZONES, ids=lambda zone: zone.key)
@pytest.mark.parametrize(
    ("executed", "ends"),
    [
        ("2025-11-20T10:00", "2026-11-20T10:00"),
        ("2024-02-29T12:00", "2025-02-28T12:00"),
        ("2023-03-01T00:00", "2024-03-01T00:00"),
        ("2025-12-31T23:59:59", "2026-12-31T23:59:59"),
    ],
)
def test_a_guarantee_ends_at_an_instant(zone: ZoneInfo, executed: str, ends: str) -> None:
    limit = at(ends, zone)
    case = cover(at(executed, zone))
    last = rules.judge(case, limit - SECOND, zone)
    assert (last.elegible, last.codigo, last.vence_en) == (True, "garantia_vigente", limit)
    for late in (limit, limit + SECOND):
        over = rules.judge(case, late, zone)
        assert (over.elegible, over.codigo, over.vence_en) == (False, "garantia_vencida", limit)


def test_why_a_guarantee_is_refused() -> None:
    now = at("2026-11-20T10:00")
    open_one = rules.judge(cover(now - SECOND, abierta_id=SOME), now, LA_PAZ)
    assert (open_one.elegible, open_one.codigo, open_one.abierta_id) == (False, "garantia_abierta", SOME)
    for estado in set(Estado) - {Estado.FINALIZADO}:
        assert rules.judge(cover(None, estado=estado), now, LA_PAZ).codigo == "garantia_no_finalizada"
    assert rules.judge(cover(now, garantia_meses=0), now, LA_PAZ).codigo == "garantia_vencida"


@pytest.mark.parametrize(
    ("counts", "mean"),
    [
        ((0, 0, 0, 0, 0), "0"),
        ((0, 1, 2, 4, 5), "4.08"),
        ((0, 0, 0, 0, 7), "5"),
        ((1, 0, 0, 0, 0), "1"),
        ((0, 0, 0, 1, 1), "4.5"),
        ((1, 0, 0, 0, 7), "4.5"),
        # 1.125 and 4.875 are the middle: half-up, not to the even one.
        ((7, 1, 0, 0, 0), "1.13"),
        ((0, 0, 0, 1, 7), "4.88"),
        ((0, 0, 0, 3000, 7000), "4.7"),
    ],
)
def test_averages_are_rounded_half_up(counts: tuple[int, ...], mean: str) -> None:
    assert rules.average(counts) == Decimal(mean)


def plan(
    executed: datetime, months: int, *, seen: tuple[int, datetime] | None = None, done: datetime | None = None
) -> Plan:
    cycle, until = seen or (None, None)
    return Plan(SOME, SOME, executed, months, cycle, until, done)


def test_a_plan_always_has_a_next_visit() -> None:
    now = at("2026-11-20T10:00")
    fresh = plan(at("2026-11-19T10:00"), 6)
    assert rules.upcoming(fresh, now, LA_PAZ) == [(1, at("2027-05-19T10:00"))]
    assert rules.upcoming(plan(fresh.fecha_ejecucion, 6, seen=(1, at("2027-05-19T10:00"))), now, LA_PAZ) == []


def test_missed_visits_all_come_and_the_one_after_them() -> None:
    now = at("2026-11-20T10:00")
    found = rules.upcoming(plan(at("2026-08-31T09:00"), 1), now, LA_PAZ)
    assert found == [
        (1, at("2026-09-30T09:00")), (2, at("2026-10-31T09:00")), (3, at("2026-11-30T09:00")),
        (4, at("2026-12-31T09:00")),
    ]  # fmt: skip


@pytest.mark.parametrize(("ahead", "comes"), [(timedelta(0), 1), (SECOND, 0)])
def test_a_visit_of_the_thirtieth_day_calls_the_next(ahead: timedelta, comes: int) -> None:
    now = at("2026-11-20T10:00")
    last = now + rules.AHEAD + ahead
    assert len(rules.upcoming(plan(at("2026-06-20T10:00"), 1, seen=(6, last)), now, LA_PAZ)) == comes


def test_what_was_made_under_another_period_does_not_come_again() -> None:
    now = at("2026-11-20T10:00")
    found = rules.upcoming(plan(at("2026-01-20T10:00"), 3, done=at("2026-07-20T10:00")), now, LA_PAZ)
    assert found == [(3, at("2026-10-20T10:00")), (4, at("2027-01-20T10:00"))]


@pytest.mark.parametrize(
    ("instant", "month"),
    [
        ("2024-01-01T01:00:00+00:00", "202312"),
        ("2024-01-01T03:59:59+00:00", "202312"),
        ("2024-01-01T04:00:00+00:00", "202401"),
    ],
)
def test_the_month_of_a_visit_is_the_organisations(instant: str, month: str) -> None:
    assert rules.year_month(datetime.fromisoformat(instant), LA_PAZ) == month
    assert rules.year_month(None, LA_PAZ) is None


@pytest.mark.parametrize(
    ("estado", "executed", "technician", "problem"),
    [
        (None, False, False, None),
        (None, False, True, None),
        (None, True, False, "sin_fecha_ejecucion"),
        (Estado.FINALIZADO, True, False, None),
        (Estado.FINALIZADO, True, True, None),
        (Estado.FINALIZADO, False, True, "sin_fecha_ejecucion"),
        (Estado.CANCELADA, True, False, "sin_fecha_ejecucion"),
        (Estado.CANCELADA, False, False, None),
        (Estado.PENDIENTE, False, True, "pendiente_con_tecnico"),
        (Estado.ASIGNADA, False, False, "sin_tecnico"),
        (Estado.EN_EJECUCION, False, False, "sin_tecnico"),
        (Estado.EN_EJECUCION, False, True, None),
    ],
)
def test_a_history_does_not_contradict_itself(
    estado: Estado | None, executed: bool, technician: bool, problem: str | None
) -> None:
    told = Historia(estado=estado, fecha_ejecucion=at("2026-01-01T00:00") if executed else None)
    found = rules.history_problem(told, SOME if technician else None)
    assert (found[1] if found else None) == problem
