"""Days to be planned, and a judge of plans that knows nothing of the code that makes them."""

import math
import random
from collections.abc import Sequence

from clientela.entregas.model import (
    FUERA_DE_VENTANA,
    SIN_VISITA,
    Movil,
    Opcion,
    Parada,
    Plan,
    Problema,
    Ruta,
)

HOUR = 3600
DEPOT = (-17.7833, -63.1821)
MORNING, AFTERNOON = (8 * HOUR, 12 * HOUR), (14 * HOUR, 18 * HOUR)
ANY_TIME = (Opcion(),)


def windows(*hours: tuple[int, int]) -> tuple[Opcion, ...]:
    """The ways of a client with these windows: in one of them, or whenever."""
    return (*(Opcion(*window) for window in hours), Opcion(costo=FUERA_DE_VENTANA))


def van(clave: int = 1, capacidad: int = 1_000_000, salida: int = 8, regreso: int = 18) -> Movil:
    """A vehicle; hours on the clock."""
    return Movil(clave, capacidad, salida * HOUR, regreso * HOUR)


def day(
    stops: Sequence[Parada], vehicles: Sequence[Movil] = (van(),), depot: tuple[float, float] = DEPOT
) -> Problema:
    """A day of these stops at 20 km/h."""
    return Problema(*depot, 20.0, tuple(stops), tuple(vehicles))


def stop(clave: str, east: float = 0.0, north: float = 0.0, **fields: object) -> Parada:
    """A stop so many kilometres from the depot."""
    lat = DEPOT[0] + north / 111.195
    lng = DEPOT[1] + east / (111.195 * math.cos(math.radians(DEPOT[0])))
    return Parada(clave, lat, lng, **({"servicio": 600} | fields))  # type: ignore[arg-type]


def town(stops: int, vehicles: int, seed: int = 1, *, with_windows: bool = True) -> Problema:
    """A day in a town: most stops have one window or two."""
    chance = random.Random(seed)
    made = []
    for number in range(stops):
        hours = chance.choice([(), (MORNING,), (AFTERNOON,), ((9 * HOUR, 11 * HOUR), AFTERNOON)])
        made.append(
            stop(
                str(number), chance.gauss(0, 4), chance.gauss(0, 4), servicio=480, carga=20_000,
                opciones=windows(*hours) if hours and with_windows else ANY_TIME,
            )
        )  # fmt: skip
    return day(made, [van(number) for number in range(vehicles)])


def kilometres(a: tuple[float, float], b: tuple[float, float]) -> float:
    """The distance on the globe, by the chord through it."""

    def chord(place: tuple[float, float]) -> tuple[float, float, float]:
        lat, lng = (math.radians(part) for part in place)
        return math.cos(lat) * math.cos(lng), math.cos(lat) * math.sin(lng), math.sin(lat)

    return 2 * 6371 * math.asin(min(1.0, math.dist(chord(a), chord(b)) / 2))


def judge(problem: Problema, plan: Plan) -> list[str]:
    """What is wrong with a plan."""
    wrong: list[str] = []
    by_name = {one.clave: one for one in problem.paradas}
    seen = [visit.clave for route in plan.rutas for visit in route.visitas] + list(plan.sin_ruta)
    if sorted(seen) != sorted(by_name):
        return ["not every stop once"]
    cost = SIN_VISITA * len(plan.sin_ruta)
    moviles = {one.clave: one for one in problem.moviles}
    for route in plan.rutas:
        found, added = _judge_route(problem, moviles[route.movil], route, by_name)
        wrong += found
        cost += added
    if abs(cost - plan.costo) > 2 * len(seen) + 2:
        wrong.append(f"costs {cost}, says {plan.costo}")
    if plan.costo > plan.costo_vecino:
        wrong.append("dearer than the nearest neighbour")
    return wrong


def _judge_route(
    problem: Problema, vehicle: Movil, route: Ruta, by_name: dict[str, Parada]
) -> tuple[list[str], int]:
    wrong: list[str] = []
    place, clock, far, cost = (problem.lat, problem.lng), route.salida, 0.0, 0
    if not vehicle.salida <= route.salida <= route.regreso <= vehicle.regreso:
        wrong.append("out of its shift")
    for visit in route.visitas:
        one = by_name[visit.clave]
        leg = kilometres(place, (one.lat, one.lng))
        far += leg
        way = one.opciones[visit.opcion]
        if not way.inicio <= visit.inicio <= way.fin:
            wrong.append(f"{visit.clave} is not in its way")
        if visit.llegada - clock < leg / problem.velocidad * 3600 - 0.01:
            wrong.append(f"{visit.clave} is reached too soon")
        if visit.inicio < visit.llegada or visit.fin != visit.inicio + one.servicio:
            wrong.append(f"{visit.clave}: impossible times")
        cost += way.costo
        place, clock = (one.lat, one.lng), visit.fin
    far += kilometres(place, (problem.lat, problem.lng))
    load = sum(by_name[visit.clave].carga for visit in route.visitas)
    if load > vehicle.capacidad or load != route.carga:
        wrong.append("a wrong load")
    if abs(far * 1000 - route.metros) > 1 + len(route.visitas):
        wrong.append("wrong metres")
    driven = round(far / problem.velocidad * 3600)
    return wrong, cost + route.regreso - route.salida + driven
