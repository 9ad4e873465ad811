"""A client and his three photos: both or neither, whatever fails in between (T-CR-4, T-DF-2, T-UP-6)."""

import random
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from clientela.clientes import jobs
from clientela.clientes.model import IMAGENES, CambiosCliente
from clientela.core import files, images
from clientela.core.actor import Actor
from clientela.core.errors import StorageFull, Unavailable
from clientela.flows import client_record
from clientela.settings import Settings
from tests.cast import Cast, Persona
from tests.clientes.conftest import new_phone
from tests.clientes.test_forms import form
from tests.faults.dying import PHOTOS, clean_already, new_client
from tests.faults.test_files import send
from tests.tickets.test_atomicity import FragilePool, Wire
from tests.tools import small_disk
from tests.tools.database import Database
from tests.tools.image_bricks import encoded, picture
from tests.tools.night import clear
from tests.tools.server import CLIENTELA, Server
from tests.tools.sweep import sweep, sweep_files
from tests.tools.wait import wait_for

PATH = "/api/clientes"
# Noise: what is stored of it is a hundred kilobytes.
LARGE: dict[str, bytes] = dict.fromkeys(IMAGENES, encoded("PNG", picture("RGB", (320, 240))))
KIND = {"Content-Type": "multipart/form-data; boundary=XX"}
BY_NAME = "SELECT count(*) FROM clientes WHERE nombre = $1"
# What belongs to a client, and what was said of him.
HALVES = """
SELECT (SELECT count(*) FROM usuarios u WHERE u.nombre LIKE $1 AND NOT EXISTS (
            SELECT FROM clientes c WHERE c.usuario_principal_id = u.id))
     + (SELECT count(*) FROM auditoria a WHERE a.accion LIKE 'cliente.%' AND NOT EXISTS (
            SELECT FROM clientes c WHERE c.id::text = a.objeto_id))
     + (SELECT count(*) FROM eventos e WHERE e.tipo LIKE 'client.%' AND NOT EXISTS (
            SELECT FROM clientes c WHERE c.id::text = e.datos ->> 'id'))"""


def administrator(database: Database) -> Actor:
    """An administrator of a database that has nobody."""
    found = Actor(uuid.uuid4(), 1, "usuario", "admin", None, "Ana", "ana@example.com")
    database.execute(
        """INSERT INTO usuarios (id, nombre, rol, correo, contrasenia_hash, creado_en, actualizado_en)
           VALUES ($1, $2, 'admin', $3, 'x', now(), now())""",
        found.usuario_id,
        found.nombre,
        found.correo,
    )
    return found


def stored(data_dir: Path) -> int:
    """How many files there are, halves included."""
    return sum(path.is_file() for path in (data_dir / files.FOLDER).rglob("*"))


# --- a process that dies, at every step ------------------------------------------------------------------------


def die_at_every_step(database: Database, data_dir: Path, *words: str) -> int:
    """Run `tests.faults.dying`; return how many died."""
    admin = str(administrator(database).usuario_id)
    command = [sys.executable, "-m", "tests.faults.dying", database.dsn, str(data_dir), admin, *words]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=100)
    assert ended.returncode == 0, ended.stderr
    return int(ended.stdout)


@pytest.mark.parametrize(("what", "least"), [("create", 20), ("update", 20)])
def test_dead_at_any_step(
    what: str, least: int, new_database: Callable[[], Database], tmp_path: Path
) -> None:
    database = new_database()
    deaths = die_at_every_step(database, tmp_path, what)
    assert deaths >= least, "the files, BEGIN, the work, COMMIT, and what comes after"
    assert [
        lost for lost in sweep_files(database, tmp_path, grace=-60) if lost.rule != "archivo_sin_fila"
    ] == []
    assert database.fetchval(HALVES, f"{what} %") == 0
    made = database.fetch(
        """SELECT c.nit, u.contrasenia_hash IS NOT NULL AS con_login, c.version,
                  (SELECT count(*) FROM ventanas_entrega_cliente v WHERE v.cliente_id = c.id) AS ventanas,
                  num_nonnulls(c.foto_perfil, c.ci_anverso, c.ci_reverso) AS fotos
             FROM clientes c JOIN usuarios u ON u.id = c.usuario_principal_id"""
    )
    rows = {tuple(row.values()) for row in made}
    if what == "create":
        # Who died after the commit has made his client.
        assert rows == {(None, True, 1, 1, 3)}
        assert 1 <= len(made) <= 1 + deaths // 2
    else:
        assert rows == {(None, False, 1, 1, 3), ("cambiado", True, 2, 0, 3)}
        assert len(made) == deaths + 1
    clear(database, tmp_path, jobs.ARCHIVOS)
    assert sweep_files(database, tmp_path, grace=-60) == []
    assert stored(tmp_path) == 3 * len(made)


def test_control_files_that_come_after_their_rows_are_found_out(
    new_database: Callable[[], Database], tmp_path: Path
) -> None:
    database = new_database()
    die_at_every_step(database, tmp_path, "create", "late")
    found = {violation.rule for violation in sweep_files(database, tmp_path, grace=-60)}
    assert "fila_sin_archivo" in found


# --- a connection that breaks, a disk of the database that is full, at every statement ---------------------------


class Full(Wire):
    """A connection whose server has no room when its statements are used up."""

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.real, name)
        if name not in {"execute", "fetch", "fetchrow", "fetchval"}:
            return found

        async def statement(*args: Any, **options: Any) -> Any:
            # COMMIT and ROLLBACK need no room that is not there already.
            if self.pool.left == 0 and args[0] not in {"COMMIT", "ROLLBACK"}:
                raise asyncpg.DiskFullError("planted")
            self.pool.left -= 1
            return await found(*args, **options)

        return statement


class FullPool(FragilePool):
    """The product's own pool over such wires."""

    async def acquire(self) -> Any:
        return Full((await super().acquire()).real, self)


@pytest.fixture(params=[FragilePool, FullPool])
async def failing(
    request: pytest.FixtureRequest,
    new_database: Callable[[], Database],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[tuple[FragilePool, Database]]:
    """The product's own pool on a database of its own; it fails when its statements are used up."""
    monkeypatch.setattr(images, "normalise_all", clean_already)
    settings, database = Settings(data_dir=tmp_path, bcrypt_costo=4), new_database()
    made = await request.param(settings, lambda: database.dsn).open()
    yield made, database
    await made.close()


async def test_refused_at_any_statement(failing: tuple[FragilePool, Database]) -> None:
    """Creating, then changing: what is refused has not happened, and its files are gone or go with the sweep."""
    pool, db = failing
    admin, name, home = administrator(db), "Falla", pool.settings.data_dir
    expected = Unavailable if type(pool) is FragilePool else StorageFull
    failures = 0
    while True:
        pool.left = failures
        try:
            made = await client_record.create_record(
                pool.db, admin, new_client(name, "70000001"), PHOTOS, crear_usuario=True
            )
        except expected:
            assert db.fetchval(BY_NAME, name) == 0, f"before statement {failures + 1}"
            # Nobody knows what became of a commit that broke off; a refusal is known, and leaves nothing.
            assert expected is Unavailable or stored(home) == 0
            failures += 1
        else:
            break
    assert failures >= 12
    assert db.fetchval(BY_NAME, name) == 1
    clear(db, home, jobs.ARCHIVOS)
    assert stored(home) == 3
    client = made.expediente.cliente
    before = {getattr(client, campo) for campo in IMAGENES}
    failures = 0
    while True:
        pool.left = failures
        try:
            changed = await client_record.update_record(
                pool.db, admin, client.id, CambiosCliente(nit="1"), PHOTOS, crear_usuario=False
            )
        except expected:
            assert all((home / files.FOLDER / key).exists() for key in before)
            failures += 1
        else:
            break
    assert failures >= 6
    assert changed.expediente.cliente.version == 2
    clear(db, home, jobs.ARCHIVOS)
    assert stored(home) == 3
    assert not any((home / files.FOLDER / key).exists() for key in before)


# --- a full disk -----------------------------------------------------------------------------------------------


def create(person: Persona, name: str, photos: dict[str, bytes] = LARGE) -> Any:
    """Send a client with photos."""
    return person.post(PATH, content=form([("nombre", name)], photos), headers=KIND)


def test_a_full_place_of_files(
    scratch: Path, new_database: Callable[[], Database], start_server: Callable[..., Server]
) -> None:
    home, database = scratch / f"lleno-{uuid.uuid4().hex[:6]}", new_database()
    place = home / files.FOLDER
    place.mkdir(parents=True)
    server = start_server(
        database.dsn, workers=1, data_dir=home, program=(*small_disk.words(place, "1m"), CLIENTELA)
    )
    cast = Cast(server.url, database, home)
    kept = []
    for number in range(10):
        answer = create(cast.admin, f"Lleno {number}")
        if answer.status_code == 507:
            break
        kept.append(answer.json()["data"]["cliente"])
    assert 1 <= len(kept) < 10, "the disk was never full"
    assert answer.json()["code"] == "sin_espacio"
    assert answer.json()["success"] is False
    assert database.fetchval(BY_NAME, f"Lleno {len(kept)}") == 0
    seen = small_disk.seen_by(server.pid, home)
    assert sweep_files(database, seen, grace=-60) == []
    # The one or two photos for which there was room are gone again, and whoever has his keeps them.
    again = cast.admin.put(f"{PATH}/{kept[0]['id']}", content=form([("nit", "1")], LARGE), headers=KIND)
    assert again.status_code == 507
    found = cast.admin.get(f"{PATH}/{kept[0]['id']}").json()["data"]["cliente"]
    assert (found["version"], found["nit"]) == (1, None)
    assert cast.admin.get(f"{PATH}/{kept[0]['id']}/imagenes/ci_anverso").status_code == 200
    # What needs no file goes on, and room that is made is used.
    assert create(cast.admin, "Sin fotos", {}).status_code == 201
    gone = cast.admin.put(f"{PATH}/{kept[0]['id']}", json=dict.fromkeys(IMAGENES))
    assert gone.status_code == 200
    assert create(cast.admin, "Ahora sí").status_code == 201
    assert sweep_files(database, seen, grace=-60) == []
    assert sweep(database) == []


# --- a server that dies ----------------------------------------------------------------------------------------


def keep_creating(base_url: str, token: str | None, name: str, acknowledged: list[str]) -> None:
    """Make clients with photos until nobody answers; note who was acknowledged."""
    with Persona(base_url, token) as admin:
        while True:
            fields = [("nombre", name), ("telefono", new_phone()), ("crear_usuario", "1")]
            try:
                answer = admin.post(PATH, content=form(fields, PHOTOS), headers=KIND)
            except httpx.TransportError:
                return
            if answer.status_code == 201:
                acknowledged.append(answer.json()["data"]["cliente"]["uuid"])


@pytest.mark.parametrize("turn", [0, *(pytest.param(n, marks=pytest.mark.long) for n in range(1, 10))])
def test_killed_while_it_creates(
    turn: int, new_database: Callable[[], Database], start_server: Callable[..., Server]
) -> None:
    database = new_database()
    server = start_server(database.dsn, workers=2)
    cast = Cast(server.url, database, server.data_dir)
    acknowledged: list[str] = []
    threads = [
        threading.Thread(target=keep_creating, args=(server.url, cast.admin.token, "Muere", acknowledged))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    wait_for(lambda: len(acknowledged) > 3 + 5 * turn, "some clients", seconds=60)
    time.sleep(random.uniform(0, 0.3))
    server.kill()
    for thread in threads:
        thread.join(30)
    lost = sweep_files(database, server.data_dir, grace=-60)
    assert [violation for violation in lost if violation.rule != "archivo_sin_fila"] == []
    there = {row["id"] for row in database.fetch("SELECT id::text FROM clientes WHERE nombre = 'Muere'")}
    assert set(acknowledged) <= there
    assert database.fetchval(HALVES, "Muere") == 0
    assert sweep(database) == []
    clear(database, server.data_dir, jobs.ARCHIVOS)
    assert sweep_files(database, server.data_dir, grace=-60) == []


# --- a caller who goes -----------------------------------------------------------------------------------------


def test_cut_short_at_any_byte_nothing_is_stored(cast: Cast, db: Database) -> None:
    name = f"Cortado {uuid.uuid4()}"
    body = form([("nombre", name)], PHOTOS)
    before = stored(cast.data_dir)
    head = (
        f"POST {PATH} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {cast.admin.token}\r\n"
        f"Content-Length: {len(body)}\r\nContent-Type: {KIND['Content-Type']}\r\nConnection: close\r\n\r\n"
    ).encode()
    step = max(1, len(body) // 40)
    for cut in (0, 1, *range(2, len(body) - 2, step), len(body) - 2, len(body) - 1):
        send(cast.base_url, head + body[:cut])
    assert (db.fetchval(BY_NAME, name), stored(cast.data_dir)) == (0, before)
    assert send(cast.base_url, head + body, wait=True) == 201
    assert (db.fetchval(BY_NAME, name), stored(cast.data_dir)) == (1, before + 3)
