"""Nobody gets further than the contract lets him, and who is refused changes nothing (T-AZ-1, T-AZ-2)."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from clientela.api.permisos import REGLAS
from tests.api.fingerprint import Fingerprint, changed
from tests.api.matrix import Row, matrix, shape_of
from tests.api.routes import ROUTES
from tests.api.world import ROLES, Ready, World
from tests.cast import Cast
from tests.tools.cluster import Cluster
from tests.tools.database import Database
from tests.tools.planted import program
from tests.tools.server import Server

ROWS = sorted(matrix().rows)
MINIMUM_CELLS = 700


@dataclass(frozen=True)
class Cell:
    """One request and the status that it must get."""

    name: str
    ready: Ready
    expected: int

    @property
    def denied(self) -> bool:
        return self.expected >= 400


def cells_of(world: World, row: Row) -> list[Cell]:
    """Every cell of a row, with its people and objects made, nothing asked yet."""
    found: list[Cell] = []
    table = matrix()
    for case in row.cases:
        for principal, expected in zip(table.principals, case.expected, strict=True):
            caller = world.person(principal, fresh=row.fresh_person)
            owner = caller if row.fresh_person and principal == "dueno" else None
            found.append(Cell(f"{case.name} · {principal}", world.call(row, case, caller, owner), expected))
    rol = "cliente" if row.cases[0].expected[table.principals.index("dueno")] < 300 else "admin"
    for state, expected in zip(table.states, row.states, strict=True):
        caller = world.in_state(state, rol, fresh=row.fresh_person)
        owner = caller if caller.cliente_id else None
        found.append(Cell(f"token {state}", world.call(row, row.cases[0], caller, owner), expected))
    world.settle()
    return found


def wrong(cells: list[Cell]) -> list[str]:
    """Make the calls; what did not answer as the table says."""
    found = []
    for cell in cells:
        answer = cell.ready.make()
        if answer.status_code != cell.expected:
            found.append(f"{cell.name}: {answer.status_code} instead of {cell.expected}: {answer.text[:200]}")
    return found


def test_every_route_has_its_row_and_every_row_its_route() -> None:
    routes = {shape_of(key) for key in ROUTES}
    rows = {row.shape for row in matrix().rows.values()}
    assert routes - rows == set(), "routes without a row in tests/authz_matrix.yaml"
    assert rows - routes == set(), "rows without a route"
    assert REGLAS.keys() == ROUTES.keys()


def test_the_table_is_large_enough_to_mean_something() -> None:
    assert matrix().cells >= MINIMUM_CELLS


@pytest.mark.parametrize("key", ROWS)
def test_permisos_names_the_roles_of_the_table(key: str) -> None:
    """Two independent texts about the same thing must agree."""
    row = matrix().rows[key]
    rule = next(rule for name, rule in REGLAS.items() if shape_of(name) == row.shape)
    public = all(case.expected[0] not in {401, 403} for case in row.cases)
    assert (rule.alcance == "publico") == public
    if not public:
        let_in = {
            ROLES[principal]
            for case in row.cases
            for principal, status in zip(matrix().principals, case.expected, strict=True)
            if principal != "anon" and status not in {401, 403}
        }
        assert rule.roles == let_in
        assert rule.muro == (row.states[matrix().states.index("muro")] < 300)


@pytest.mark.parametrize("key", ROWS)
def test_each_cell_answers_as_the_table_says(key: str, world: World, fingerprint: Fingerprint) -> None:
    cells = cells_of(world, matrix().rows[key])
    denied = [cell for cell in cells if cell.denied]
    allowed = [cell for cell in cells if not cell.denied]
    before = fingerprint.take()
    failures = wrong(denied)
    after = fingerprint.take()
    failures += wrong(allowed)
    assert failures == []
    assert changed(before, after) == [], "calls that were refused changed the database"


# --- positive controls ------------------------------------------------------------------------------------


def test_a_wrong_row_is_caught(world: World) -> None:
    """Every cell of one row, turned around, one at a time: the comparison must complain each time."""
    row = matrix().rows["GET /clientes/{cliente_id}/carrito"]
    case = row.cases[0]
    for index, status in enumerate(case.expected):
        turned = (*case.expected[:index], 403 if status < 300 else 200, *case.expected[index + 1 :])
        planted = replace(row, cases=(replace(case, expected=turned),))
        assert len(wrong(cells_of(world, planted))) == 1


@pytest.mark.parametrize(
    ("key", "cell"),
    [
        ("GET /clientes/{cliente_id}/carrito", "propio · otra"),
        ("GET /clientes/{cliente_id}/carrito", "propio · vendedora"),
        ("GET /api/v1/usuarios", "propio · dueno"),
        ("GET /api/v1/productos", "token muro"),
        ("GET /api/v1/productos", "token sin_habilidad"),
        ("GET /api/v1/tickets/{ticket_id}", "propio · otra"),
    ],
)
def test_a_guard_that_is_missing_is_caught(unguarded: World, key: str, cell: str) -> None:
    assert any(line.startswith(f"{cell}:") for line in wrong(cells_of(unguarded, matrix().rows[key])))


def test_a_refusal_with_an_effect_is_caught(unguarded: World) -> None:
    """A guard that comes after the work answers 403 as it should and has written all the same."""
    fingerprint = Fingerprint(unguarded.cast.db)
    cells = cells_of(unguarded, matrix().rows["PUT /clientes/{cliente_id}/carrito"])
    foreign = [cell for cell in cells if cell.name == "propio · otra"]
    before = fingerprint.take()
    assert wrong(foreign) == []
    assert "carrito_lineas" in changed(before, fingerprint.take())


@pytest.fixture(scope="module")
def unguarded(cluster: Cluster, worker: str, scratch: Path) -> Iterator[World]:
    """A world whose server has no guards."""
    name = f"clientela_{os.getpid()}_{worker}_abierta"
    database = Database(cluster.create(name))
    plant = program("tests.api.plants:open_doors")
    with Server(scratch / "abierta", database.dsn, workers=1, program=plant) as server:
        yield World(Cast(server.url, database, server.data_dir))
    database.close()
    cluster.drop(name)
