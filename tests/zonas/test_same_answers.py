"""Where the machine and the database stand changes no answer: only the organisation's zone does (CONTRACT §1, §12)."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from tests.cast import PASSWORD
from tests.tools.cluster import Cluster
from tests.tools.database import Database
from tests.tools.mutants import mutate
from tests.tools.planted import program
from tests.tools.server import Server, run_cli
from tests.zonas.scenario import ADMIN, EXPECTED, answers

Place = tuple[str, str]
"""Zone of the machine, zone of the database."""

EVERYWHERE = list(product(["UTC", "America/La_Paz", "Pacific/Kiritimati"], ["UTC", "America/El_Salvador"]))
# Each zone at least once: what depends on one of them shows.
SOME = [EVERYWHERE[0], EVERYWHERE[3], EVERYWHERE[5]]


@pytest.fixture(scope="module")
def company(cluster: Cluster, worker: str, scratch: Path) -> Iterator[str]:
    """The name of a database with an administrator in it, to be copied."""
    name = f"clientela_{os.getpid()}_{worker}_zonas"
    dsn = cluster.create(name)
    words = ("crear-admin", "--correo", ADMIN, "--contrasenia", PASSWORD)
    made = run_cli(*words, data_dir=scratch / "zonas", database_url=dsn)
    assert made.returncode == 0, made.stdout + made.stderr
    yield name
    cluster.drop(name)


@pytest.fixture
def visit(
    cluster: Cluster, company: str, start_server: Callable[..., Server], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., list[dict[str, Any]]]]:
    """`visit(places, plant, defect)`: what servers at some places answer to the scenario, all at once."""
    databases: list[Database] = []

    def start(place: Place, plant: str) -> tuple[Server, Database]:
        machine, inside = place
        database = Database(cluster.create(f"{company}_{len(databases)}", template=company))
        databases.append(database)
        database.execute(f"ALTER DATABASE \"{database.name}\" SET timezone TO '{inside}'")
        monkeypatch.setenv("TZ", machine)
        planted = program(f"tests.zonas.plants:{plant}")
        zone = {"zona_horaria": "America/Santiago"}
        return start_server(database.dsn, workers=1, wait=False, program=planted, **zone), database

    def all_of(
        places: list[Place], plant: str = "standing_clock", defect: Callable[[Database], Any] | None = None
    ) -> list[dict[str, Any]]:
        started = [start(place, plant) for place in places]

        def ask(server: Server, database: Database) -> dict[str, Any]:
            server.wait_ready()
            if defect is not None:
                defect(database)
            return answers(server.url, database)

        with ThreadPoolExecutor() as pool:
            return list(pool.map(lambda each: ask(*each), started))

    yield all_of
    for database in databases:
        database.close()
        cluster.drop(database.name)


@pytest.mark.parametrize(
    "places", [SOME, pytest.param(EVERYWHERE, marks=pytest.mark.long)], ids=["some", "all"]
)
def test_the_same_answers_wherever_a_server_stands(
    visit: Callable[..., list[dict[str, Any]]], places: list[Place]
) -> None:
    for place, found in zip(places, visit(places), strict=True):
        assert found == EXPECTED, place


def sessions_zone(database: Database) -> None:
    """A statement turns an instant into a day without saying where."""
    mutate(database, "ordenes_resumen", "(p_limite AT TIME ZONE 'UTC')::date", "p_limite::date")


def test_control_a_zone_of_the_machine_or_the_session_shows(
    visit: Callable[..., list[dict[str, Any]]],
) -> None:
    here, there = visit([EVERYWHERE[0], EVERYWHERE[5]], "machines_zone", sessions_zone)
    wrong = {name for name, expected in EXPECTED.items() if expected not in (here[name], there[name])}
    different = {name for name in EXPECTED if here[name] != there[name]}
    assert wrong | different >= {"aniomesprogramacion", "vencidas", "resumen"}
