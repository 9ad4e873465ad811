"""Good orders of visits, by PyVRP: imported only by the planner's own process (`worker`), never by a server.

PyVRP knows one window for each client, and solutions that keep it or are none. Here a stop is as many clients as it has
ways to be visited, at one place, of which a solution takes one at most (a mutually exclusive group); not to take it in
its best way costs the difference of their prizes. So every stop is visited if any vehicle has room and time, a window
is given up only where keeping it costs more than it is worth, and there always is a solution.
"""

import logging
from collections.abc import Mapping, Sequence
from typing import Any, Final

import pyvrp
from pyvrp.search import NeighbourhoodParams
from pyvrp.stop import MaxRuntime, MultipleCriteria, NoImprovement

from clientela.entregas.model import SIN_VISITA, Motivo, Problema
from clientela.entregas.planning import Assignment, Travel

# By measurement, on days of 200 stops: more neighbours cost more time than they find.
NEIGHBOURS: Final = 40
# A small day is done long before its time: so many attempts in vain, and once more for each stop.
IN_VAIN: Final = 1000
IN_VAIN_PER_STOP: Final = 40

# It would tell its progress on standard output, which is where the plan goes.
logging.getLogger("pyvrp").setLevel(logging.ERROR)


def improve(
    problem: Problema,
    travel: Travel,
    start: Assignment,
    skip: Mapping[int, Motivo],
    seconds: float,
    seed: int,
) -> list[list[tuple[int, int]]]:
    """Look for a cheaper assignment than the one to start from, for so many seconds at most."""
    visits = [
        (number, way)
        for number, stop in enumerate(problem.paradas)
        if number not in skip
        for way in range(len(stop.opciones))
    ]
    data = _data(problem, travel, visits)
    known = {visit: client for client, visit in enumerate(visits)}
    routes = [
        pyvrp.Route(data, [known[visit] for visit in route], vehicle)
        for vehicle, route in enumerate(start)
        if route
    ]
    patience = IN_VAIN + IN_VAIN_PER_STOP * len(problem.paradas)
    result = pyvrp.solve(
        data,
        MultipleCriteria([MaxRuntime(seconds), NoImprovement(patience)]),
        seed=seed,
        collect_stats=False,
        params=pyvrp.SolveParams(neighbourhood=NeighbourhoodParams(num_neighbours=NEIGHBOURS)),
        initial_solution=pyvrp.Solution(data, routes),
    )
    found: list[list[tuple[int, int]]] = [[] for _ in problem.moviles]
    for route in result.best.routes():
        found[route.vehicle_type()] = [visits[step.idx] for step in route if step.is_client()]
    return found


def _data(problem: Problema, travel: Travel, visits: Sequence[tuple[int, int]]) -> pyvrp.ProblemData:
    groups: dict[int, list[int]] = {}
    for client, (number, _) in enumerate(visits):
        groups.setdefault(number, []).append(client)
    several = [clients for clients in groups.values() if len(clients) > 1]
    group_of = {client: group for group, clients in enumerate(several) for client in clients}
    # It takes rows of whole numbers as readily as the array that it says it wants.
    matrix: Any = travel
    return pyvrp.ProblemData(
        locations=[pyvrp.Location(0, 0) for _ in travel],
        clients=[
            _client(problem, number, way, group_of.get(client)) for client, (number, way) in enumerate(visits)
        ],
        depots=[pyvrp.Depot(0)],
        vehicle_types=[
            pyvrp.VehicleType(
                capacity=[vehicle.capacidad],
                tw_early=vehicle.salida,
                tw_late=vehicle.regreso,
                unit_distance_cost=1,
                unit_duration_cost=1,
            )
            for vehicle in problem.moviles
        ],
        distance_matrices=[matrix],
        duration_matrices=[matrix],
        groups=[pyvrp.ClientGroup(clients, required=False) for clients in several],
    )


def _client(problem: Problema, number: int, way: int, group: int | None) -> pyvrp.Client:
    stop = problem.paradas[number]
    chosen = stop.opciones[way]
    return pyvrp.Client(
        location=number + 1,
        delivery=[stop.carga],
        service_duration=stop.servicio,
        tw_early=chosen.inicio,
        tw_late=chosen.fin,
        prize=SIN_VISITA - chosen.costo,
        required=False,
        group=group,
    )
