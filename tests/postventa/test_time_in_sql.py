"""Python's calendar against PostgreSQL's: twenty thousand instants, and the lists and figures at their limits."""

import json
import random
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import pytest

from clientela.postventa import rules
from clientela.postventa.model import Cobertura, Estado
from clientela.postventa.store import maintenance as store
from tests.postventa.test_resumen import Shop
from tests.tools.database import Database

ZONES = tuple(ZoneInfo(f"America/{city}") for city in ("La_Paz", "El_Salvador", "Santiago"))
MANY = 20_000
SECOND = timedelta(seconds=1)
SOME = uuid.UUID(int=1)

# PostgreSQL takes the second of two equal hours where a clock is put back; a visit is at the first, which is the one
# before it that shows the same time.
CALENDAR = """
WITH caso AS (
    SELECT n, t, z, m, (t AT TIME ZONE z) AS pared, (t AT TIME ZONE z) + make_interval(months => m) AS luego
      FROM unnest($1::timestamptz[], $2::text[], $3::integer[]) WITH ORDINALITY AS c (t, z, m, n)),
hasta AS (
    SELECT *, luego AT TIME ZONE z AS fin,
           ((luego AT TIME ZONE z) - interval '1 hour') AT TIME ZONE z = luego AS dos_veces FROM caso)
SELECT CASE WHEN dos_veces THEN fin - interval '1 hour' ELSE fin END AS fin, to_char(pared, 'YYYYMM') AS mes
  FROM hasta ORDER BY n"""


class Case(NamedTuple):
    """An instant, in which zone it is told, and how many months later."""

    since: datetime
    zone: ZoneInfo
    months: int


def cases(chance: random.Random) -> list[Case]:
    """Any second of forty years, and as many within two hours of a month's end or of Santiago's changes."""
    begin = datetime(2000, 1, 1, tzinfo=UTC)
    found = []
    for number in range(MANY):
        zone = ZONES[number % 3]
        since = begin + timedelta(seconds=chance.randrange(40 * 365 * 86_400))
        if number % 2:
            month = datetime(chance.randrange(2000, 2040), chance.randrange(1, 13), 1, tzinfo=zone)
            since = month + timedelta(seconds=chance.randrange(-7200, 7200))
        if number % 10 == 5:
            change = datetime(chance.randrange(2022, 2036), chance.choice([4, 9]), 8, tzinfo=zone)
            since = change - timedelta(days=chance.randrange(8), seconds=chance.randrange(-7200, 7200))
        found.append(
            Case(since.astimezone(UTC), zone, chance.choice([1, 2, 3, 6, 12, chance.randrange(121)]))
        )
    return found


def differing(db: Database, given: list[Case], add: Callable[[datetime, int, ZoneInfo], datetime]) -> int:
    """Count the cases that PostgreSQL sees otherwise than Python."""
    told = db.fetch(
        CALENDAR, [each.since for each in given], [each.zone.key for each in given], [each.months for each in given]
    )  # fmt: skip
    return sum(
        (row["fin"], row["mes"]) != (add(*_order(each)), rules.year_month(each.since, each.zone))
        for each, row in zip(given, told, strict=True)
    )


def _order(each: Case) -> tuple[datetime, int, ZoneInfo]:
    return each.since, each.months, each.zone


def test_twenty_thousand_instants_are_the_same_in_sql(db: Database) -> None:
    given = cases(random.Random(2_010))
    assert differing(db, given, rules.add_months) == 0
    # The controls: months that are counted in UTC, thirty days each, and the second of two equal hours.
    assert (
        differing(db, given, lambda since, months, _: rules.add_months(since, months, ZoneInfo("UTC"))) > 100
    )
    assert differing(db, given, lambda since, months, _: since + timedelta(days=30 * months)) > MANY / 2
    assert differing(db, given, later_of_two) > 0


def later_of_two(since: datetime, months: int, zone: ZoneInfo) -> datetime:
    found = rules.add_months(since, months, zone)
    return found.astimezone(zone).replace(fold=1).astimezone(UTC)


def test_a_guarantee_is_decided_as_sql_decides(db: Database) -> None:
    chance = random.Random(365)
    given = [each for each in cases(chance) if each.months][:5_000]
    ends = db.fetch(
        CALENDAR, [each.since for each in given], [each.zone.key for each in given], [each.months for each in given]
    )  # fmt: skip
    for each, row in zip(given, ends, strict=True):
        asked = row["fin"] + chance.choice([-1, 0, 1, 86_400, -86_400]) * SECOND
        cover = Cobertura(SOME, SOME, Estado.FINALIZADO, each.since, each.months, None)
        assert rules.judge(cover, asked, each.zone).elegible == (asked < row["fin"]), each


@pytest.fixture
def shop(new_database: Callable[[], Database]) -> Shop:
    return Shop(new_database())


def plant_visit(shop: Shop, due: datetime) -> uuid.UUID:
    """A finished order of the shop's client with one visit."""
    order = shop.order("FINALIZADO", due - timedelta(days=365), given=True)
    shop.db.execute(
        """INSERT INTO visitas_mantenimiento (id, orden_id, cliente_id, periodicidad_meses, ciclo, fecha_programada,
                                              fecha_original, creado_en, actualizado_en)
           VALUES ($1, $2, $3, 12, 1, $4, $4, $4, $4)""",
        uuid.uuid4(), order, shop.cliente_id, due,
    )  # fmt: skip
    return order


def test_the_list_of_thirty_days_ends_with_its_second(shop: Shop) -> None:
    # The last days before a change of Santiago's clock: thirty days are so many hours in every zone.
    now = datetime(2026, 8, 20, 13, 0, tzinfo=UTC)
    shown = {
        plant_visit(shop, now + ahead): inside
        for ahead, inside in (
            (timedelta(days=-800), True), (-SECOND, True), (timedelta(0), True), (SECOND, True),
            (timedelta(days=30) - SECOND, True), (timedelta(days=30), True), (timedelta(days=30) + SECOND, False),
            (timedelta(days=31), False), (timedelta(days=30, hours=-1), True), (timedelta(days=30, hours=1), False),
        )
    }  # fmt: skip
    told: list[dict[str, Any]] = json.loads(
        shop.db.fetchval(store.VISITS_OF_CLIENT, shop.cliente_id, now + rules.AHEAD)
    )
    assert {uuid.UUID(visit["orden_id"]) for visit in told} == {
        order for order, inside in shown.items() if inside
    }
    dates = [datetime.fromisoformat(visit["fecha_programada"]) for visit in told]
    assert dates == sorted(dates)


MIDNIGHT = datetime(2026, 9, 7, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "now",
    [
        # Five days that hold Santiago's 6 September (which has 23 hours), and 5 April 2026 (4 April had 25).
        datetime(2026, 9, 8, 12, 0, tzinfo=ZONES[2]).astimezone(UTC),
        datetime(2026, 4, 7, 12, 0, tzinfo=ZONES[2]).astimezone(UTC),
        # The limit itself on the counters' turn of the day, and a second before and after.
        MIDNIGHT,
        MIDNIGHT - SECOND,
        MIDNIGHT + SECOND,
        # Local midnights, which are nothing to the counters.
        datetime(2026, 9, 7, 0, 0, tzinfo=ZONES[0]).astimezone(UTC),
        datetime(2026, 9, 7, 0, 0, tzinfo=ZONES[2]).astimezone(UTC),
    ],
    ids=["spring", "autumn", "midnight", "before midnight", "after midnight", "La Paz", "Santiago"],
)
def test_five_days_are_120_hours_whatever_the_clock_does(shop: Shop, now: datetime) -> None:
    limit = now - rules.STILL
    assert now - limit == timedelta(hours=120)
    around = [limit + late * SECOND for late in (-1, 0, 1)]
    # The days of the counters before, of and after the limit, at their first and last seconds.
    begin = limit.replace(hour=0, minute=0, second=0)
    around += [begin + timedelta(days=days, seconds=late) for days in (0, 1) for late in (-1, 0, 1)]
    for number, moved in enumerate(around, 1):
        shop.order("PENDIENTE", moved, given=False)
        counted, looked = shop.both(limit)
        assert counted == looked
        assert counted["sin_movimiento"] == sum(each <= limit for each in around[:number])
