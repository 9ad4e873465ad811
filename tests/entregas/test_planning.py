"""Routes by rule and by search: everything kept that must be, nothing dearer than the nearest neighbour."""

import contextlib
import itertools
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clientela.entregas import planning, solver
from clientela.entregas.model import (
    FUERA_DE_HORA,
    FUERA_DE_VENTANA,
    Motivo,
    Movil,
    Opcion,
    Parada,
    Plan,
    Problema,
    Visita,
)
from tests.entregas.days import (
    AFTERNOON,
    ANY_TIME,
    DEPOT,
    HOUR,
    MORNING,
    day,
    judge,
    kilometres,
    stop,
    town,
    van,
    windows,
)


def planned(problem: Problema, seconds: float = 0.3) -> Plan:
    """The plan that the worker would make."""
    travel = planning.travel_times(problem)
    skip = planning.misfits(problem, travel)
    simple = planning.neighbours(problem, travel, skip)
    start = planning.cheapest(problem, travel, simple, skip)
    better = solver.improve(problem, travel, start, skip, seconds, 1)
    return planning.best_plan(problem, travel, [*simple, better], skip)


def visits(plan: Plan) -> dict[str, Visita]:
    """The visits by stop."""
    return {visit.clave: visit for route in plan.rutas for visit in route.visitas}


def order(plan: Plan) -> list[list[str]]:
    """The stops of each route."""
    return [[visit.clave for visit in route.visitas] for route in plan.rutas]


# --- any day -------------------------------------------------------------------------------------------------------

_hours = st.tuples(st.integers(0, 86_400), st.integers(0, 86_400)).map(sorted)
_ways = st.lists(
    st.builds(
        lambda hours, costo: Opcion(hours[0], hours[1], costo),
        _hours,
        st.sampled_from([0, 0, FUERA_DE_HORA, FUERA_DE_VENTANA]),
    ),
    min_size=1,
    max_size=3,
).map(tuple)


@st.composite
def _days(draw: Any) -> Problema:
    # Near the antimeridian or the pole as readily as in a town; some stops are hours away.
    lat, lng = draw(st.sampled_from([(-17.78, -63.18), (-17.8, 179.99), (89.9, 10.0), (0.0, -180.0)]))
    near = st.sampled_from([0.0, 0.01, -0.01, 0.05, -0.04, 0.4, -3.0])
    stops = []
    for number in range(draw(st.integers(0, 7))):
        there = lng + draw(near)
        stops.append(
            Parada(
                str(number),
                max(-90.0, min(90.0, lat + draw(near))),
                there - 360 if there > 180 else there + 360 if there < -180 else there,
                draw(st.integers(0, 3600)),
                draw(st.integers(0, 900_000)),
                draw(_ways),
            )
        )
    vehicles = []
    for number in range(draw(st.integers(0, 3))):
        leaves, back = draw(_hours)
        vehicles.append(Movil(number, draw(st.integers(1, 1_500_000)), leaves, back))
    return Problema(lat, lng, draw(st.sampled_from([5.0, 20.0, 60.0])), tuple(stops), tuple(vehicles))


@settings(max_examples=150)
@given(_days())
def test_a_plan_of_any_day_is_one_that_can_be_driven(problem: Problema) -> None:
    travel = planning.travel_times(problem)
    skip = planning.misfits(problem, travel)
    simple = planning.neighbours(problem, travel, skip)
    assert judge(problem, planning.best_plan(problem, travel, simple, skip)) == []
    if len(skip) < len(problem.paradas):
        start = planning.cheapest(problem, travel, simple, skip)
        better = solver.improve(problem, travel, start, skip, 0.02, 1)
        assert judge(problem, planning.best_plan(problem, travel, [*simple, better], skip)) == []


def test_the_judge_sees_what_is_wrong() -> None:
    problem = day([stop("a", 2, opciones=windows(MORNING)), stop("b", 4, carga=700_000)])
    plan = planned(problem)
    assert judge(problem, plan) == []
    heavy = stop("b", 4, carga=700_000)
    others = {
        "a wrong load": day(problem.paradas, [van(capacidad=600_000)]),
        "out of its shift": day(problem.paradas, [van(salida=9)]),
        "a is reached too soon": day([stop("a", 30, opciones=windows(MORNING)), heavy]),
        "a is not in its way": day([stop("a", 2, opciones=windows(AFTERNOON)), heavy]),
        "not every stop once": day(problem.paradas[:1]),
    }
    for said, other in others.items():
        assert said in judge(other, plan)
    dearer = msgspec.structs.replace(plan, costo=plan.costo + 50, costo_vecino=plan.costo)
    assert judge(problem, dearer) == [
        f"costs {plan.costo}, says {plan.costo + 50}",
        "dearer than the nearest neighbour",
    ]


def test_assignments_that_nobody_can_drive_are_refused() -> None:
    problem = day([stop("a", 2, carga=600_000), stop("b", 4, carga=600_000)], [van(1), van(2)])
    travel = planning.travel_times(problem)
    for wrong in ([[(0, 0), (1, 0)], []], [[(0, 0)], [(0, 0)]], [[(0, 0), (0, 0)], []]):
        with pytest.raises(planning.InfeasibleError):
            planning.evaluate(problem, travel, wrong, {})


# --- what a dispatcher expects --------------------------------------------------------------------------------------


def test_windows_are_kept_although_the_way_is_longer() -> None:
    # The nearest neighbour would drive east and be in the west too late.
    problem = day(
        [
            stop("oeste", -6, opciones=windows((8 * HOUR, 9 * HOUR))),
            stop("este", 1, opciones=windows((10 * HOUR, 11 * HOUR))),
            stop("lejos", 3, servicio=3600),
        ]
    )
    plan = planned(problem)
    assert judge(problem, plan) == []
    found = visits(plan)
    assert [found[name].opcion for name in ("oeste", "este")] == [0, 0]
    assert order(plan)[0][0] == "oeste"


def test_a_client_with_two_windows_is_visited_in_one_of_them() -> None:
    two = windows((8 * HOUR, 9 * HOUR), (10 * HOUR, 11 * HOUR))
    alone = visits(planned(day([stop("dos", 2, opciones=two)])))["dos"]
    assert 8 * HOUR <= alone.inicio <= 9 * HOUR
    # Two others need that hour for themselves.
    early = [stop(f"m{n}", 0.5 * n, opciones=windows((8 * HOUR, 9 * HOUR)), servicio=3000) for n in (1, 2)]
    problem = day([stop("dos", 2, opciones=two), *early])
    plan = planned(problem)
    assert judge(problem, plan) == []
    assert {name: visit.opcion for name, visit in visits(plan).items()} == {"dos": 1, "m1": 0, "m2": 0}


def test_of_two_windows_that_exclude_each_other_one_is_named_and_both_are_served() -> None:
    at_eight = windows((8 * HOUR + 900, 8 * HOUR + 1800))
    problem = day([stop("norte", 0, 5, opciones=at_eight), stop("sur", 0, -5, opciones=at_eight)])
    plan = planned(problem)
    assert judge(problem, plan) == []
    assert plan.sin_ruta == {}
    assert sorted(visit.opcion for visit in visits(plan).values()) == [0, 1]


def test_a_vehicle_leaves_no_sooner_than_it_must() -> None:
    (route,) = planned(day([stop("tarde", 10, opciones=windows(AFTERNOON))])).rutas
    (visit,) = route.visitas
    assert visit.llegada == visit.inicio == 14 * HOUR
    assert 29 * 60 <= visit.llegada - route.salida <= 31 * 60


def test_capacities_are_kept_and_what_does_not_fit_says_so() -> None:
    heavy = [stop(str(n), n / 10, carga=400_000) for n in range(5)]
    problem = day([*heavy, stop("enorme", 1, carga=2_000_000)], [van(1), van(2)])
    plan = planned(problem)
    assert judge(problem, plan) == []
    assert plan.sin_ruta["enorme"] is Motivo.EXCEDE_CAPACIDAD
    assert sorted(plan.sin_ruta.values()) == [Motivo.EXCEDE_CAPACIDAD, Motivo.SIN_LUGAR]
    assert [len(route.visitas) for route in plan.rutas] == [2, 2]


def test_what_is_too_far_for_any_shift_says_so() -> None:
    plan = planned(day([stop("cerca", 2), stop("lejos", 101)]))
    assert (order(plan), plan.sin_ruta) == ([["cerca"]], {"lejos": Motivo.FUERA_DE_ALCANCE})
    at_night = (Opcion(20 * HOUR, 21 * HOUR),)
    assert planned(day([stop("a", 1), stop("noche", 2, opciones=at_night)])).sin_ruta == {
        "noche": Motivo.FUERA_DE_ALCANCE
    }


def test_shifts_that_are_too_short_leave_stops_out() -> None:
    problem = day([stop(str(n), 3 + n / 100, servicio=1800) for n in range(8)], [van(salida=8, regreso=10)])
    plan = planned(problem)
    assert judge(problem, plan) == []
    assert (len(visits(plan)), set(plan.sin_ruta.values())) == (3, {Motivo.SIN_LUGAR})


def test_days_of_nothing() -> None:
    nobody = day([stop("a", 1), stop("b", 2)], [])
    travel = planning.travel_times(nobody)
    skip = planning.misfits(nobody, travel)
    plan = planning.best_plan(nobody, travel, planning.neighbours(nobody, travel, skip), skip)
    assert (plan.rutas, plan.sin_ruta) == ((), {"a": Motivo.SIN_VEHICULOS, "b": Motivo.SIN_VEHICULOS})
    empty = day([])
    plan = planning.best_plan(empty, [[0]], planning.neighbours(empty, [[0]], {}), {})
    assert (plan.rutas, plan.sin_ruta, plan.costo) == ((), {}, 0)


def test_everything_at_one_place() -> None:
    problem = day([Parada(str(n), *DEPOT, 600, 1000, ANY_TIME) for n in range(20)])
    plan = planned(problem)
    assert judge(problem, plan) == []
    assert (len(visits(plan)), plan.costo, plan.rutas[0].metros) == (20, 20 * 600, 0)


def test_across_the_antimeridian_the_way_is_short() -> None:
    west, east = (-17.8, 179.95), (-17.8, -179.95)
    assert abs(planning.metres(west, east) - 1000 * kilometres(west, east)) < 1
    assert planning.metres(west, east) < 11_000
    problem = Problema(*west, 20.0, (Parada("fiyi", *east),), (van(),))
    assert judge(problem, planned(problem)) == []
    # The other way round would take days.
    assert planned(problem).sin_ruta == {}


def test_distances_are_those_of_the_globe() -> None:
    la_paz, santa_cruz = (-16.4897, -68.1193), (-17.7833, -63.1821)
    assert abs(planning.metres(la_paz, santa_cruz) / 1000 - 545) < 5
    assert planning.metres(la_paz, la_paz) == 0
    assert abs(planning.metres((0.0, 0.0), (0.0, 180.0)) / 1000 - 20_015) < 1


def test_an_hour_that_was_asked_for_is_kept_where_it_costs_little() -> None:
    asked = (
        Opcion(15 * HOUR, 16 * HOUR),
        Opcion(*MORNING, FUERA_DE_HORA),
        Opcion(*AFTERNOON, FUERA_DE_HORA),
        Opcion(costo=FUERA_DE_VENTANA),
    )
    rest = [stop(str(n), n, opciones=windows(AFTERNOON)) for n in range(4)]
    assert visits(planned(day([stop("hora", 2, opciones=asked), *rest])))["hora"].opcion == 0
    # Three hours of waiting for it alone are too many.
    mornings = [stop(str(n), n, opciones=windows(MORNING)) for n in range(4)]
    assert visits(planned(day([stop("hora", 2, opciones=asked), *mornings])))["hora"].opcion == 1


def cheapest_of_all(problem: Problema) -> int:
    """What the best of all orders and ways costs, found by trying each."""
    travel = planning.travel_times(problem)
    costs = []
    for route in itertools.permutations(range(len(problem.paradas))):
        for ways in itertools.product(*(range(len(problem.paradas[number].opciones)) for number in route)):
            with contextlib.suppress(planning.InfeasibleError):
                costs.append(planning.evaluate(problem, travel, [list(zip(route, ways, strict=True))], {})[2])
    return min(costs)


@pytest.mark.parametrize("seed", range(8))
def test_small_days_are_planned_as_well_as_can_be(seed: int) -> None:
    """So what the search looks for is what plans are judged by."""
    problem = town(5, 1, seed)
    assert planned(problem).costo == cheapest_of_all(problem)


@pytest.mark.parametrize("with_windows", [True, False])
def test_two_hundred_stops(with_windows: bool) -> None:
    problem = town(200, 6, with_windows=with_windows)
    plan = planned(problem, 1.5)
    assert judge(problem, plan) == []
    assert plan.sin_ruta == {}
    assert plan.costo < plan.costo_vecino
