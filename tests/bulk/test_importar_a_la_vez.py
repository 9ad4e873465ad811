"""Imports beside other work: killed half-way nothing is left, carts go on, two imports never make one client twice."""

import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from clientela.clientes.store import imports as store
from tests.bulk.test_importar_clientes import fresh, imported, send, sheet
from tests.cast import Cast, Persona
from tests.tools.burst import Request, burst
from tests.tools.database import Database
from tests.tools.planted import program
from tests.tools.server import CLIENTELA, environment, run_cli
from tests.tools.wait import wait_for

ROWS = 6000
WRITING = """
SELECT EXISTS (SELECT FROM clientes) OR EXISTS (
    SELECT FROM pg_locks l JOIN pg_class t ON t.oid = l.relation JOIN pg_database d ON d.oid = l.database
     WHERE t.relname = 'usuarios' AND l.mode = 'RowExclusiveLock' AND d.datname = current_database())"""


def many(path: Path, rows: int = ROWS) -> Path:
    path.write_text(
        "nombre,nit\n" + "".join(f"Tienda {n},{100_000 + n}\n" for n in range(rows)), encoding="utf-8"
    )
    return path


def killed_halfway(words: tuple[str, ...], path: Path, database: Database, home: Path) -> int:
    """Start an import, `kill -9` it while it writes, and count what is there."""
    command = [*words, "importar", "clientes", str(path)]
    process = subprocess.Popen(command, env=environment(home, database.dsn), stdout=subprocess.DEVNULL)
    wait_for(lambda: process.poll() is not None or database.fetchval(WRITING), "the writing", seconds=60)
    process.send_signal(signal.SIGKILL)
    assert process.wait(10) == -signal.SIGKILL, "the import was over before it could be killed"
    alive = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    wait_for(lambda: database.fetchval(alive) == 0, "the end of its connections")
    return int(database.fetchval("SELECT count(*) FROM clientes"))


def test_a_killed_import_leaves_nothing_and_may_be_repeated(new_database, tmp_path: Path) -> None:
    database, path = new_database(), many(tmp_path / "hoja.csv")
    assert killed_halfway((CLIENTELA,), path, database, tmp_path) == 0
    done = run_cli("importar", "clientes", str(path), data_dir=tmp_path, database_url=database.dsn)
    assert (done.returncode, database.fetchval("SELECT count(*) FROM clientes")) == (0, ROWS)


def test_control_without_the_transaction_half_of_it_stays(new_database, tmp_path: Path) -> None:
    database, path = new_database(), many(tmp_path / "hoja.csv", ROWS * 4)
    assert 0 < killed_halfway(program("tests.bulk.plants:piecemeal"), path, database, tmp_path) < ROWS * 4


async def test_carts_are_written_while_an_import_holds_their_clients(
    db: Database, new_cliente: Callable[..., Persona]
) -> None:
    held, control = new_cliente(), new_cliente()
    async with db.connect() as connection, connection.transaction():
        await connection.fetch(store.LOCK_MANY, [held.cliente_id])
        assert held.put(f"{held.panel}/carrito", json={"items": []}).status_code == 200
        stricter = store.LOCK_MANY.replace("FOR NO KEY UPDATE", "FOR UPDATE")
        await connection.fetch(stricter, [control.cliente_id])
        # The control: a lock of the usual strength would hold every first cart up.
        assert control.put(f"{control.panel}/carrito", json={"items": []}).status_code == 503


async def test_a_second_import_is_told_to_wait(db: Database, cast: Cast) -> None:
    content = sheet({"nombre": "Una", "nit": fresh()})
    async with db.connect() as connection:
        async with connection.transaction():
            assert await connection.fetchval(store.LOCK_IMPORTS) is True
            answer = send(cast.admin, content)
            assert (answer.status_code, answer.json()["code"]) == (409, "importacion_en_curso")
        assert imported(cast.admin, content)["creados"] == 1


def ten_at_once(people: Cast, nit: str) -> list[int]:
    body = {"tipo": "clientes", "archivo": sheet({"nombre": "Una", "nit": nit})}
    request = Request("POST", "/api/v1/importaciones", json=body, token=people.admin.token)
    return [answer.status for answer in burst(people.base_url, [request] * 10)]


@pytest.mark.parametrize("rounds", [20, pytest.param(500, marks=pytest.mark.long)])
def test_ten_imports_of_one_sheet_make_one_client(cast: Cast, rounds: int) -> None:
    for _ in range(rounds):
        nit = fresh()
        statuses = ten_at_once(cast, nit)
        assert set(statuses) <= {200, 409}
        assert 200 in statuses
        assert cast.db.fetchval("SELECT count(*) FROM clientes WHERE nit = $1", nit) == 1


def test_control_without_the_lock_clients_multiply(new_database, start_server) -> None:
    database = new_database()
    server = start_server(database.dsn, workers=1, program=program("tests.bulk.plants:unlocked"))
    people = Cast(server.url, database, server.data_dir)
    counts = []
    for _ in range(10):
        nit = fresh()
        ten_at_once(people, nit)
        counts.append(database.fetchval("SELECT count(*) FROM clientes WHERE nit = $1", nit))
    assert max(counts) > 1
