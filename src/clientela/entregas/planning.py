"""Routes and their times: no database, no clock, no chance; what another order of visits costs is told exactly.

Whoever looks for a good order of visits (`solver`) and whoever simply drives to the nearest stop are judged here, by
the same count.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from math import asin, cos, radians, sin, sqrt
from typing import Final, NamedTuple

from clientela.entregas.model import SIN_VISITA, Motivo, Movil, Opcion, Parada, Plan, Problema, Ruta, Visita

EARTH_METRES: Final = 6_371_000.0

# Seconds of driving between places: 0 is the depot, then the stops in their order.
Travel = Sequence[Sequence[int]]
# For each vehicle its visits in order: the stop's number and the number of the way in which it is visited.
Assignment = Sequence[Sequence[tuple[int, int]]]


class Stage(NamedTuple):
    """Somewhere to go in a given order, not before `since`, for some time; nobody knows where without a place."""

    place: tuple[float, float] | None
    since: datetime
    stay: timedelta


class Step(NamedTuple):
    """A stage as it comes: metres from the last known place, None where either is not known."""

    metres: float | None
    arrives: datetime
    begins: datetime
    leaves: datetime


class InfeasibleError(ValueError):
    """Routes that a vehicle cannot drive."""


class Times(NamedTuple):
    """When a vehicle leaves, begins each visit, and is back."""

    leaves: int
    begins: tuple[int, ...]
    back: int


def metres(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Return how far two places (degrees) are apart on the globe, whichever way is shorter."""
    north, south = radians(a[0]), radians(b[0])
    turn = sin((south - north) / 2) ** 2
    turn += cos(north) * cos(south) * sin(radians(b[1] - a[1]) / 2) ** 2
    return 2 * EARTH_METRES * asin(min(1.0, sqrt(turn)))


def places(problem: Problema) -> list[tuple[float, float]]:
    """Return the depot, then the stops."""
    return [(problem.lat, problem.lng), *((stop.lat, stop.lng) for stop in problem.paradas)]


def travel_times(problem: Problema) -> list[list[int]]:
    """Return the seconds between any two places, whole ones, rounded up: nobody arrives before he can."""
    found = places(problem)
    pace = 3.6 / problem.velocidad
    times = [[0] * len(found) for _ in found]
    for i, a in enumerate(found):
        for j in range(i + 1, len(found)):
            times[i][j] = times[j][i] = -int(-metres(a, found[j]) * pace // 1)
    return times


def misfits(problem: Problema, travel: Travel) -> dict[int, Motivo]:
    """Return the stops that no vehicle could visit even if it did nothing else, with the reason."""
    wrong: dict[int, Motivo] = {}
    for number, stop in enumerate(problem.paradas):
        strong = [vehicle for vehicle in problem.moviles if stop.carga <= vehicle.capacidad]
        if not problem.moviles:
            wrong[number] = Motivo.SIN_VEHICULOS
        elif not strong:
            wrong[number] = Motivo.EXCEDE_CAPACIDAD
        elif not any(
            _timed(problem, travel, vehicle, [(number, way)])
            for vehicle in strong
            for way in range(len(stop.opciones))
        ):
            wrong[number] = Motivo.FUERA_DE_ALCANCE
    return wrong


def neighbours(
    problem: Problema, travel: Travel, skip: Mapping[int, Motivo]
) -> list[list[list[tuple[int, int]]]]:
    """Return what a driver without a plan would do: always on to the nearest stop; or to where he is soonest at work.

    One vehicle is sent after the other, and takes what it still can and be back in time.
    """
    return [_one_by_one(problem, travel, skip, by_start=by_start) for by_start in (False, True)]


def _one_by_one(
    problem: Problema, travel: Travel, skip: Mapping[int, Motivo], *, by_start: bool
) -> list[list[tuple[int, int]]]:
    left = [number for number in range(len(problem.paradas)) if number not in skip]
    made: list[list[tuple[int, int]]] = []
    for vehicle in problem.moviles:
        visits: list[tuple[int, int]] = []
        place, clock, room = 0, vehicle.salida, vehicle.capacidad
        while step := _next_step(problem, travel, left, vehicle, (place, clock, room), by_start=by_start):
            number, way, begin = step
            stop = problem.paradas[number]
            visits.append((number, way))
            left.remove(number)
            place, clock, room = number + 1, begin + stop.servicio, room - stop.carga
        made.append(visits)
    return made


def _next_step(
    problem: Problema,
    travel: Travel,
    left: Sequence[int],
    vehicle: Movil,
    state: tuple[int, int, int],
    *,
    by_start: bool,
) -> tuple[int, int, int] | None:
    """Return the stop to go on to, the way in which it is visited, and when that begins."""
    place, clock, room = state
    best: tuple[int, int, int] | None = None
    least = 0
    for number in left:
        stop = problem.paradas[number]
        away = travel[place][number + 1]
        if stop.carga > room or (best is not None and away >= least):
            continue
        latest = vehicle.regreso - travel[number + 1][0] - stop.servicio
        way = _best_way(stop, clock + away, latest)
        if way is None:
            continue
        begin = max(clock + away, stop.opciones[way].inicio)
        far = begin - clock + stop.opciones[way].costo if by_start else away
        if best is None or far < least:
            least, best = far, (number, way, begin)
    return best


def _best_way(stop: Parada, arrival: int, latest: int) -> int | None:
    """Return the way in which waiting and what is not kept cost least, begun by `latest`."""
    possible = [
        (max(arrival, way.inicio) + way.costo, number)
        for number, way in enumerate(stop.opciones)
        if max(arrival, way.inicio) <= min(way.fin, latest)
    ]
    return min(possible)[1] if possible else None


def evaluate(
    problem: Problema, travel: Travel, assignment: Assignment, skip: Mapping[int, Motivo]
) -> tuple[tuple[Ruta, ...], dict[str, Motivo], int]:
    """Return the routes of an assignment with their times, why the rest is in none, and what all of it costs.

    Raises InfeasibleError for what breaks a capacity, a shift or a way, and for a stop visited twice.
    """
    seen: set[int] = set()
    routes: list[Ruta] = []
    cost = 0
    for vehicle, visits in zip(problem.moviles, assignment, strict=True):
        if not visits:
            continue
        seen_here = {number for number, _ in visits}
        if len(seen_here) != len(visits) or seen & seen_here:
            raise InfeasibleError("a stop is visited twice")
        seen |= seen_here
        route, added = _route(problem, travel, vehicle, visits)
        routes.append(route)
        cost += added
    missing = {
        stop.clave: skip.get(number, Motivo.SIN_LUGAR)
        for number, stop in enumerate(problem.paradas)
        if number not in seen
    }
    return tuple(routes), missing, cost + SIN_VISITA * len(missing)


def _route(
    problem: Problema, travel: Travel, vehicle: Movil, visits: Sequence[tuple[int, int]]
) -> tuple[Ruta, int]:
    load = sum(problem.paradas[number].carga for number, _ in visits)
    times = _timed(problem, travel, vehicle, visits)
    if times is None or load > vehicle.capacidad:
        raise InfeasibleError("a vehicle cannot drive its route")
    made: list[Visita] = []
    place, clock, driven, cost = 0, times.leaves, 0, 0
    for (number, _), begin in zip(visits, times.begins, strict=True):
        stop = problem.paradas[number]
        way = _kept(stop.opciones, begin)
        driven += travel[place][number + 1]
        cost += stop.opciones[way].costo
        arrival = clock + travel[place][number + 1]
        made.append(Visita(stop.clave, way, arrival, begin, begin + stop.servicio))
        place, clock = number + 1, begin + stop.servicio
    driven += travel[place][0]
    cost += driven + times.back - times.leaves
    found = places(problem)
    way_round = [0, *(number + 1 for number, _ in visits), 0]
    far = sum(metres(found[a], found[b]) for a, b in pairwise(way_round))
    return Ruta(vehicle.clave, times.leaves, times.back, round(far), load, tuple(made)), cost


def _kept(ways: Sequence[Opcion], begin: int) -> int:
    """Return the cheapest of the ways in which a visit begun then is one."""
    return min((way.costo, number) for number, way in enumerate(ways) if way.inicio <= begin <= way.fin)[1]


def _timed(
    problem: Problema, travel: Travel, vehicle: Movil, visits: Sequence[tuple[int, int]]
) -> Times | None:
    """Return the times of a route that is back as early as it can be, and leaves as late as that allows."""
    earliest = _forward(problem, travel, vehicle.salida, visits)
    if earliest is None or earliest.back > vehicle.regreso:
        return None
    latest, following = earliest.back, 0
    for number, way in reversed(visits):
        stop = problem.paradas[number]
        latest = min(stop.opciones[way].fin, latest - travel[number + 1][following] - stop.servicio)
        following = number + 1
    return _forward(problem, travel, latest - travel[0][following], visits)


def _forward(
    problem: Problema, travel: Travel, leaves: int, visits: Sequence[tuple[int, int]]
) -> Times | None:
    place, clock = 0, leaves
    begins: list[int] = []
    for number, way in visits:
        stop = problem.paradas[number]
        chosen = stop.opciones[way]
        begin = max(clock + travel[place][number + 1], chosen.inicio)
        if begin > chosen.fin:
            return None
        begins.append(begin)
        place, clock = number + 1, begin + stop.servicio
    return Times(leaves, tuple(begins), clock + travel[place][0])


def cheapest(
    problem: Problema, travel: Travel, found: Sequence[Assignment], skip: Mapping[int, Motivo]
) -> Assignment:
    """Return the assignment that costs least."""
    return min(found, key=lambda assignment: evaluate(problem, travel, assignment, skip)[2])


def best_plan(
    problem: Problema, travel: Travel, found: Sequence[Assignment], skip: Mapping[int, Motivo]
) -> Plan:
    """Return the cheapest of some assignments as a plan, of which the first two are the `neighbours`."""
    judged = [evaluate(problem, travel, assignment, skip) for assignment in found]
    routes, missing, cost = min(judged, key=lambda one: one[2])
    return Plan(routes, missing, cost, min(one[2] for one in judged[:2]))


def walk(
    start: tuple[float, float] | None, leaves: datetime | None, stages: Sequence[Stage], kmh: float
) -> list[Step]:
    """Return when somebody comes to each stage, in the order given, at so many km/h as the crow flies.

    `leaves` is when he is free at the start; None: he is at the first stage when it may begin, and sets out in time.
    """
    made: list[Step] = []
    place, clock = start, leaves
    for stage in stages:
        away = metres(place, stage.place) if place and stage.place else None
        drive = timedelta(seconds=(away or 0.0) * 3.6 / kmh)
        arrives = stage.since if clock is None else clock + drive
        begins = max(arrives, stage.since)
        made.append(Step(away, arrives, begins, begins + stage.stay))
        place, clock = stage.place or place, begins + stage.stay
    return made
