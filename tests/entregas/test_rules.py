"""Decisions about deliveries: ways to visit a client, windows that are not kept, what makes a plan stale."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from clientela.core.textos import ENTREGAS
from clientela.entregas import rules
from clientela.entregas.model import (
    FIN_DEL_DIA,
    FUERA_DE_HORA,
    FUERA_DE_VENTANA,
    MAX_PARADAS,
    Incumplida,
    Motivo,
    Movil,
    Opcion,
    Plan,
    Ruta,
    Visita,
)
from tests.entregas.days import HOUR, day, stop, van

MORNING, AFTERNOON = (8 * HOUR, 12 * HOUR), (14 * HOUR, 18 * HOUR)


def test_plates_are_written_in_one_way() -> None:
    assert rules.plate("  2345   abc ") == "2345 ABC"


@pytest.mark.parametrize(
    ("windows", "expected"),
    [
        ([], ()),
        ([("14:00", "18:00"), ("08:00", "12:00")], (MORNING, AFTERNOON)),
        ([("08:00", "10:00"), ("10:00", "11:00"), ("09:00", "12:00")], (MORNING,)),
        ([("20:00", "23:59")], ((20 * HOUR, FIN_DEL_DIA),)),
        ([("20:00", "23:58")], ((20 * HOUR, 24 * HOUR - 120),)),
    ],
)
def test_windows_become_hours_that_are_open(windows: Any, expected: Any) -> None:
    assert rules.spans(windows) == expected


LATE = Opcion(0, FIN_DEL_DIA, FUERA_DE_VENTANA)


@pytest.mark.parametrize(
    ("spans", "has_windows", "hour", "expected"),
    [
        # At any time.
        ((), False, None, (Opcion(),)),
        ((MORNING, AFTERNOON), True, None, (Opcion(*MORNING), Opcion(*AFTERNOON), LATE)),
        # He takes deliveries, but not on this weekday.
        ((), True, None, (LATE,)),
        ((), False, 9 * HOUR, (Opcion(30600, 34200), Opcion(0, FIN_DEL_DIA, FUERA_DE_HORA))),
        ((MORNING,), True, 8 * HOUR, (Opcion(28800, 30600), Opcion(*MORNING, FUERA_DE_HORA), LATE)),
        ((MORNING,), True, 20 * HOUR, (Opcion(70200, 73800), Opcion(*MORNING, FUERA_DE_HORA), LATE)),
        ((), False, 0, (Opcion(0, 1800), Opcion(0, FIN_DEL_DIA, FUERA_DE_HORA))),
    ],
)
def test_ways_to_visit_a_client(spans: Any, has_windows: bool, hour: Any, expected: Any) -> None:
    assert rules.ways(spans, has_windows=has_windows, hour=hour) == expected


@pytest.mark.parametrize(
    ("spans", "has_windows", "begin", "expected"),
    [
        ((), False, 3 * HOUR, None),
        ((MORNING,), True, 8 * HOUR, None),
        ((MORNING,), True, 12 * HOUR, None),
        ((MORNING,), True, 12 * HOUR + 1, Incumplida("despues", 1, "08:00", "12:00")),
        ((MORNING, AFTERNOON), True, 12 * HOUR + 3601, Incumplida("antes", 60, "14:00", "18:00")),
        ((MORNING, AFTERNOON), True, 12 * HOUR + 3540, Incumplida("despues", 59, "08:00", "12:00")),
        ((MORNING,), True, 7 * HOUR, Incumplida("antes", 60, "08:00", "12:00")),
        (((20 * HOUR, FIN_DEL_DIA),), True, FIN_DEL_DIA - 1, None),
        (((20 * HOUR, FIN_DEL_DIA),), True, 0, Incumplida("antes", 1200, "20:00", "24:00")),
        ((), True, 9 * HOUR, Incumplida("sin_ventana_ese_dia")),
    ],
)
def test_windows_that_are_not_kept(spans: Any, has_windows: bool, begin: int, expected: Any) -> None:
    assert rules.unkept(spans, has_windows=has_windows, begin=begin) == expected


@given(
    st.lists(st.tuples(st.integers(0, 1438), st.integers(1, 1439)).filter(lambda w: w[0] < w[1]), max_size=4),
    st.integers(0, FIN_DEL_DIA),
    st.one_of(st.none(), st.integers(0, 1439)),
)
def test_a_way_that_costs_nothing_keeps_the_window_or_the_hour(
    minutes: list[tuple[int, int]], begin: int, asked: int | None
) -> None:
    spans = rules.spans((rules.clock(a * 60), rules.clock(b * 60)) for a, b in minutes)
    hour = None if asked is None else asked * 60
    ways = rules.ways(spans, has_windows=bool(minutes), hour=hour)
    cost = min(way.costo for way in ways if way.inicio <= begin <= way.fin)
    kept = rules.unkept(spans, has_windows=bool(minutes), begin=begin) is None
    if hour is None:
        assert (cost == 0) is kept
    elif cost == 0:
        assert rules.is_on_time(hour, begin)
    else:
        assert (cost == FUERA_DE_HORA) is kept


def test_a_mark_tells_what_changed() -> None:
    problem = day([stop("a", 1), stop("b", 2)], [van(1), van(2)])
    same = day([stop("a", 1), stop("b", 2)], [van(1), van(2)])
    assert rules.fingerprint(problem) == rules.fingerprint(same)
    others = [
        structs.replace(problem, lat=1.0),
        structs.replace(problem, velocidad=21.0),
        structs.replace(problem, paradas=problem.paradas[:1]),
        structs.replace(problem, moviles=problem.moviles[:1]),
        day([stop("a", 1), stop("b", 2, carga=1)], [van(1), van(2)]),
        day([stop("a", 1), stop("b", 2, opciones=(Opcion(1),))], [van(1), van(2)]),
        day([stop("a", 1), stop("b", 2)], [van(1), van(2, salida=9)]),
    ]
    assert len({rules.fingerprint(one) for one in (problem, *others)}) == 1 + len(others)


def route(vehicle: int, *keys: str) -> Ruta:
    """A route of these stops."""
    return Ruta(vehicle, 0, 0, 0, 0, tuple(Visita(key, 0, 0, 0, 0) for key in keys))


def test_routes_that_are_under_way_stay() -> None:
    problem = day([stop(key) for key in "abcde"], [Movil(n, 1, 0, 1) for n in (1, 2, 3)])
    before = Plan((route(1, "a", "b"), route(2, "c")), {}, 0, 0)
    # d was taken along without a plan, e is new.
    kept = rules.under_way(before, {"a", "d"})
    assert kept == (before.rutas[0],)
    left = rules.rest(problem, kept, {"a", "d"})
    assert [one.clave for one in left.paradas] == ["c", "e"]
    assert [one.clave for one in left.moviles] == [2, 3]
    joined = rules.joined(problem, kept, Plan((route(3, "c"),), {"e": Motivo.SIN_LUGAR}, 5, 6), {"a", "d"})
    assert joined.rutas == (kept[0], route(3, "c"))
    assert joined.sin_ruta == {"e": Motivo.SIN_LUGAR, "d": Motivo.RUTA_EN_CURSO}
    assert rules.under_way(None, {"a"}) == ()


def test_a_day_beyond_all_measure_plans_the_first_thousand() -> None:
    problem = day([stop(str(n)) for n in range(MAX_PARADAS + 3)])
    left = rules.rest(problem, (), {"0"})
    assert [one.clave for one in left.paradas] == [str(n) for n in range(1, MAX_PARADAS + 1)]
    joined = rules.joined(problem, (), Plan((), {"1": Motivo.SIN_LUGAR}, 0, 0), {"0"})
    assert {key: joined.sin_ruta[key] for key in ("0", "1", "1001", "1002")} == {
        "0": Motivo.RUTA_EN_CURSO,
        "1": Motivo.SIN_LUGAR,
        "1001": Motivo.DEMASIADAS_PARADAS,
        "1002": Motivo.DEMASIADAS_PARADAS,
    }


def test_every_reason_has_its_words() -> None:
    unkept = {"antes", "despues", "sin_ventana_ese_dia"}
    assert ENTREGAS.keys() == {str(one) for one in Motivo} | unkept
