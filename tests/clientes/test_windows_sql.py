"""The same questions asked of PostgreSQL, whose calendar and zones are not Python's (§2.10: 20,000 instants)."""

import random
from datetime import UTC, datetime, time, timedelta
from itertools import product
from zoneinfo import ZoneInfo

import pytest

from clientela.clientes import windows
from clientela.clientes.model import NuevaVentana
from tests.tools.database import Database

INSTANTS = 20_000
BEGIN = datetime(2023, 12, 1, tzinfo=UTC)
SECONDS = int(timedelta(days=3 * 366).total_seconds())
ZONES = ("America/La_Paz", "America/El_Salvador", "America/Santiago")

# `activo` at an instant, as whoever keeps the books would ask: both limits count, 23:59 lasts until midnight.
INSIDE = """
SELECT EXISTS (
    SELECT FROM unnest($2::int[], $3::time[], $4::time[], $5::boolean[]) AS v (dia, inicio, fin, activo)
     WHERE v.activo AND v.dia = extract(dow FROM m.reloj) AND m.reloj::time >= v.inicio
       AND (m.reloj::time <= v.fin OR v.fin = '23:59')) AS dentro
  FROM (SELECT t AT TIME ZONE $6 AS reloj, n FROM unnest($1::timestamptz[]) WITH ORDINALITY AS i (t, n)) m
 ORDER BY m.n"""


def some_windows(rng: random.Random) -> list[NuevaVentana]:
    """A week's windows; some end at 23:59, begin at midnight, overlap or sleep."""
    found = []
    for _ in range(rng.randint(1, 8)):
        first, last = sorted(rng.sample(range(1440), 2))
        first, last = rng.choice([(first, last), (first, 1439), (0, last)])
        if first < last:
            hours = time(first // 60, first % 60), time(last // 60, last % 60)
            found.append(NuevaVentana(rng.randrange(7), *hours, activo=rng.random() < 0.8))
    return found


def some_instants(
    rng: random.Random, given: list[NuevaVentana], zona: ZoneInfo, count: int
) -> list[datetime]:
    """Instants anywhere in three years, and as many within a second of a window's limit."""
    found = [BEGIN + timedelta(seconds=rng.randrange(SECONDS)) for _ in range(count // 2)]
    while len(found) < count:
        chosen = rng.choice(given)
        day = (BEGIN + timedelta(days=rng.randrange(1000))).date()
        day += timedelta(days=(chosen.dia_semana - windows.weekday(day)) % 7)
        limit = datetime.combine(day, rng.choice([chosen.hora_inicio, chosen.hora_fin]), zona)
        found.append((limit + timedelta(seconds=rng.randint(-1, 1))).astimezone(UTC))
    return found


@pytest.mark.parametrize(("zone", "seed"), list(product(ZONES, range(5))))
def test_python_and_postgresql_agree(db: Database, zone: str, seed: int) -> None:
    rng, zona = random.Random(f"{zone} {seed}"), ZoneInfo(zone)
    given = some_windows(rng) or [NuevaVentana(1, time(8), time(12))]
    instants = some_instants(rng, given, zona, INSTANTS // 5)
    asked = db.fetch(
        INSIDE,
        instants,
        [window.dia_semana for window in given],
        [window.hora_inicio for window in given],
        [window.hora_fin for window in given],
        [window.activo for window in given],
        zone,
    )
    ours = [windows.contains(given, windows.local(instant, zona)) for instant in instants]
    differing = [
        instant for instant, mine, row in zip(instants, ours, asked, strict=True) if mine != row["dentro"]
    ]
    assert differing == []
    assert len(set(ours)) == 2 or not any(window.activo for window in given)


def test_control_a_week_that_begins_on_monday_is_found_out(db: Database) -> None:
    """Python's own weekday() counts from Monday; were it used, the two would differ."""
    monday = datetime(2025, 9, 29, 14, tzinfo=UTC)
    (row,) = db.fetch(INSIDE, [monday], [monday.weekday()], [time(0)], [time(23, 59)], [True], ZONES[0])
    assert row["dentro"] is False
    (row,) = db.fetch(
        INSIDE, [monday], [windows.weekday(monday.date())], [time(0)], [time(23, 59)], [True], ZONES[0]
    )
    assert row["dentro"] is True
