"""A day's routes, planned as a server plans them, beside drivers without a plan."""

import asyncio
import random
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from statistics import median
from typing import Any, Final, NamedTuple

from bench import report
from bench.report import Bar
from bench.rig import Cores
from clientela.entregas import planner, planning, rules
from clientela.entregas.model import Movil, Parada, Plan, Problema

STOPS: Final = 200
VEHICLES: Final = 6
SECONDS_BAR: Final = 20.0
_HOUR: Final = 3600
_SERVICE: Final = 600
_CENTRE: Final = (-17.7833, -63.1821)
_WINDOWS: Final = (
    (),
    (("08:00", "12:00"),),
    (("14:00", "18:00"),),
    (("09:00", "11:00"), ("15:00", "17:00")),
)


class Measured(NamedTuple):
    """How one way to plan did on one day."""

    way: str
    seconds: float
    left_out: int
    unkept: int
    vehicles: int
    kilometres: float
    hours: float
    cost: int


def day(seed: int, *, with_windows: bool) -> Problema:
    """Make up a day in a town, the same for the same seed: most stops within six kilometres of the depot."""
    chance = random.Random(seed)
    stops = []
    for number in range(STOPS):
        east, north = (chance.gauss(0, 4) / 111.2 for _ in range(2))
        hours = chance.choice(_WINDOWS) if with_windows else ()
        ways = rules.ways(rules.spans(hours), has_windows=bool(hours), hour=None)
        load = chance.randint(5_000, 50_000)
        stops.append(Parada(str(number), _CENTRE[0] + north, _CENTRE[1] + east, _SERVICE, load, ways))
    vehicles = tuple(Movil(number, 1_500_000, 8 * _HOUR, 18 * _HOUR) for number in range(VEHICLES))
    return Problema(*_CENTRE, 20.0, tuple(stops), vehicles)


def measure_day(problem: Problema, cores: Cores) -> list[Measured]:
    """Plan a day in every way; the planner and its process on one core."""
    begun = time.perf_counter()
    travel = planning.travel_times(problem)
    simple = planning.neighbours(problem, travel, {})
    took = time.perf_counter() - begun
    found = [
        _measured(way, problem, planning.best_plan(problem, travel, [order], {}), took)
        for way, order in zip(
            ("on to the nearest stop", "on to where work begins soonest"), simple, strict=True
        )
    ]
    with cores.of_server():
        begun = time.perf_counter()
        plan = asyncio.run(planner.plan(problem))
        took = time.perf_counter() - begun
    return [*found, _measured("planned", problem, plan, took)]


def _measured(way: str, problem: Problema, plan: Plan, seconds: float) -> Measured:
    ways = {stop.clave: stop.opciones for stop in problem.paradas}
    unkept = sum(
        1 for route in plan.rutas for visit in route.visitas if ways[visit.clave][visit.opcion].costo > 0
    )
    return Measured(
        way,
        seconds,
        len(plan.sin_ruta),
        unkept,
        len(plan.rutas),
        sum(route.metros for route in plan.rutas) / 1000,
        sum(route.regreso - route.salida for route in plan.rutas) / _HOUR,
        plan.costo,
    )


def measure(days: int) -> tuple[dict[str, list[list[Measured]]], list[Bar]]:
    """Measure so many days with and without windows; return what was found of each and the bars."""
    cores = Cores()
    found = {
        kind: [measure_day(day(seed, with_windows=windows), cores) for seed in range(1, days + 1)]
        for kind, windows in (("with windows", True), ("at any time", False))
    }
    every = [one for kind in found.values() for one in kind]
    return found, [
        Bar(
            f"{STOPS} stops planned, seconds at most",
            max(m[-1].seconds for m in every),
            SECONDS_BAR,
            at_least=False,
        ),
        Bar(
            "cost over that of the better driver without a plan, at most",
            max(m[-1].cost / min(m[0].cost, m[1].cost) for m in every),
            1.0,
            at_least=False,
        ),
        Bar("stops that a plan leaves out", sum(m[-1].left_out for m in every), 0, at_least=False),
    ]


def table(found: dict[str, list[list[Measured]]]) -> list[str]:
    """Write medians over the days as a table of Markdown."""
    names = ["200 stops", "seconds", "left out", "windows not kept", "vehicles", "km", "hours out"]
    lines = ["| " + " | ".join(names) + " |", "|---|" + "---:|" * (len(names) - 1)]
    lines += [
        f"| {kind}: {rows[0].way} | " + " | ".join(_cells(rows)) + " |"
        for kind, days in found.items()
        for rows in zip(*days, strict=True)
    ]
    return lines


def _cells(rows: Sequence[Measured]) -> list[str]:
    return [
        f"{median(r.seconds for r in rows):.1f}",
        f"{median(r.left_out for r in rows):.0f}",
        f"{median(r.unkept for r in rows):.0f}",
        f"{median(r.vehicles for r in rows):.0f}",
        f"{median(r.kilometres for r in rows):.0f}",
        f"{median(r.hours for r in rows):.1f}",
    ]


_HEADING: Final = "## Routes of a day"
_INTRODUCTION: Final = """
{heading}

{stops} stops of ten minutes in a town, {vehicles} vehicles out from 8 to 18 with at most 1,500 kg each, at 20 km/h as
the crow flies; three of four clients have one window or two, or nobody has any. Planned by the process that a server
starts, on one core; medians over {days} days. A driver without a plan waits for a window if that costs less than
breaking it. What all are judged by is the time that vehicles are out, plus the time that they drive, six hours for a
window that is not kept, ten days for a stop that is left out.
"""


def run(days: int, *, quick: bool) -> int:
    """Measure, write the results and their part of the page; 0 when every bar holds."""
    found, bars = measure(days)
    lines = [*table(found), "", *report.bar_table(bars)]
    print("\n".join(["", *lines, ""]), flush=True)
    made = datetime.now(UTC)
    result: dict[str, Any] = {
        "made": made.date().isoformat(),
        "machine": report.machine(),
        "days": {kind: [[row._asdict() for row in one] for one in rows] for kind, rows in found.items()},
        "bars": [
            {"what": bar.what, "found": bar.found, "bound": bar.bound, "holds": bar.holds} for bar in bars
        ],
    }
    path = report.write_json(result, f"{'quick' if quick else made.strftime('%Y-%m-%dT%H%M')}-entregas")
    if not quick:
        told = _INTRODUCTION.format(heading=_HEADING, stops=STOPS, vehicles=VEHICLES, days=days)
        where = "Measured on {made}: {cpu}, {system}, Python {python}.".format(**result, **result["machine"])
        report.replace_part(_HEADING, [told.strip(), "", *lines, "", where])
    print(f"Written: {path.relative_to(report.ROOT)}", flush=True)
    return 0 if all(bar.holds for bar in bars) else 1
