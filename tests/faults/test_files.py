"""Files and rows stay together when the disk is full, the server dies or the caller goes (T-UP-6, T-DF-2)."""

import random
import socket
import threading
import time
import uuid
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from clientela.catalogo import jobs, service
from clientela.core import files
from clientela.core.actor import Actor
from clientela.core.errors import Unavailable
from clientela.settings import Settings
from tests.cast import Cast, Persona
from tests.tickets.test_atomicity import FragilePool
from tests.tools import small_disk
from tests.tools.burst import parse_answer
from tests.tools.database import Database
from tests.tools.image_bricks import encoded, picture
from tests.tools.night import clear
from tests.tools.server import CLIENTELA, Server
from tests.tools.sweep import sweep_files
from tests.tools.wait import wait_for

# Noise: what is stored of it is a hundred kilobytes.
PHOTO = encoded("PNG", picture("RGB", (320, 240)))
ENTRY = {"nombre": "Queso", "precio": "1.00"}


def form(content: bytes) -> bytes:
    head = b'--XX\r\nContent-Disposition: form-data; name="imagen"; filename="a.png"\r\n\r\n'
    return head + content + b"\r\n--XX--\r\n"


def upload(admin: Persona, product_id: str) -> int:
    headers = {"Content-Type": "multipart/form-data; boundary=XX"}
    return admin.post(
        f"/api/v1/productos/{product_id}/imagenes", content=form(PHOTO), headers=headers
    ).status_code


# --- a full disk -------------------------------------------------------------------------------------------


def test_a_full_place_of_files_refuses_and_everything_else_goes_on(
    scratch: Path, new_database: Callable[[], Database], start_server: Callable[..., Server]
) -> None:
    home, database = scratch / f"lleno-{uuid.uuid4().hex[:6]}", new_database()
    place = home / files.FOLDER
    place.mkdir(parents=True)
    server = start_server(
        database.dsn, workers=1, data_dir=home, program=(*small_disk.words(place, "1m"), CLIENTELA)
    )
    cast = Cast(server.url, database, home)
    products = [cast.new_producto()["id"] for _ in range(20)]
    kept = []
    for product in products:
        status = upload(cast.admin, product)
        if status == 507:
            break
        assert status == 201
        kept.append(product)
    assert 3 <= len(kept) < 20, "the disk was never full"
    answer = cast.admin.post(f"/api/v1/productos/{product}/imagenes", files={"imagen": PHOTO})
    assert (answer.status_code, answer.json()["code"]) == (507, "sin_espacio")
    seen = small_disk.seen_by(server.pid, home)
    assert sweep_files(database, seen, grace=-60) == []
    assert cast.admin.get(f"/api/v1/productos/{product}").json()["version"] == 1
    # What is there is served, what needs no file is written, and room that is made is used.
    own = cast.admin.get(f"/api/v1/productos/{kept[0]}").json()["imagenes"][0].partition("/api/v1")[2]
    assert cast.anon.get(f"/api/v1{own}").status_code == 200
    assert cast.admin.patch(f"/api/v1/productos/{product}", json=ENTRY).status_code == 200
    assert cast.admin.delete(f"/api/v1{own}").status_code == 200
    assert upload(cast.admin, product) == 201
    assert sweep_files(database, seen, grace=-60) == []


# --- a server that dies ------------------------------------------------------------------------------------


def keep_uploading(base_url: str, token: str, product: str, acknowledged: list[str]) -> None:
    """Upload until nobody answers; note what was acknowledged."""
    headers = {"Content-Type": "multipart/form-data; boundary=XX"}
    with Persona(base_url, token) as admin:
        while True:
            try:
                answer = admin.post(
                    f"/api/v1/productos/{product}/imagenes", content=form(PHOTO), headers=headers
                )
            except httpx.TransportError:
                return
            if answer.status_code == 409:
                admin.patch(f"/api/v1/productos/{product}", json={"imagenes": []})
            elif answer.status_code == 201:
                acknowledged.append(answer.headers["location"].rpartition("/")[2])


@pytest.mark.parametrize("turn", [0, *(pytest.param(n, marks=pytest.mark.long) for n in range(1, 10))])
def test_killed_while_it_stores(
    turn: int, new_database: Callable[[], Database], start_server: Callable[..., Server]
) -> None:
    database = new_database()
    server = start_server(database.dsn, workers=2)
    cast = Cast(server.url, database, server.data_dir)
    acknowledged: dict[str, list[str]] = {cast.new_producto()["id"]: [] for _ in range(4)}
    threads = [
        threading.Thread(target=keep_uploading, args=(server.url, cast.admin.token, product, noted))
        for product, noted in acknowledged.items()
    ]
    for thread in threads:
        thread.start()
    wait_for(lambda: sum(map(len, acknowledged.values())) > 3 + 5 * turn, "some uploads", seconds=60)
    time.sleep(random.uniform(0, 0.2))
    server.kill()
    for thread in threads:
        thread.join(30)
    found = sweep_files(database, server.data_dir, grace=-60)
    assert [lost for lost in found if lost.rule == "fila_sin_archivo"] == []
    rows = {row["id"]: row["imagenes"] for row in database.fetch("SELECT id::text, imagenes FROM productos")}
    for product, noted in acknowledged.items():
        # The last one acknowledged is there, unless the list was emptied after it.
        assert not noted or not rows[product] or noted[-1] in " ".join(rows[product])
    # Whatever lies there without a row goes with the next sweep, halves and all.
    clear(database, server.data_dir, jobs.ARCHIVOS)
    assert sweep_files(database, server.data_dir, grace=-60) == []


# --- a caller who goes -------------------------------------------------------------------------------------


def test_cut_short_at_any_byte_nothing_is_stored(cast: Cast) -> None:
    product = cast.new_producto()
    body = form(PHOTO)
    head = (
        f"POST /api/v1/productos/{product['id']}/imagenes HTTP/1.1\r\nHost: x\r\n"
        f"Authorization: Bearer {cast.admin.token}\r\nContent-Length: {len(body)}\r\n"
        "Content-Type: multipart/form-data; boundary=XX\r\nConnection: close\r\n\r\n"
    ).encode()
    for cut in (0, 1, 10, 80, 95, 100, 1000, len(body) // 2, len(body) - 20, len(body) - 2, len(body) - 1):
        send(cast.base_url, head + body[:cut])
    folder = cast.data_dir / files.FOLDER / "productos" / product["id"]
    assert cast.admin.get(f"/api/v1/productos/{product['id']}").json() == product
    assert not folder.exists()
    # The same bytes, all of them: and a body that is whole but not what it should be.
    assert send(cast.base_url, head + body, wait=True) == 201
    broken = body.replace(b"--XX--", b"--XY--")
    assert send(cast.base_url, head + broken, wait=True) == 400
    assert len(list(folder.iterdir())) == 1


def send(base_url: str, content: bytes, *, wait: bool = False) -> int:
    parts = urlsplit(base_url)
    with socket.create_connection((parts.hostname or "", parts.port or 0), 30) as sock:
        sock.sendall(content)
        answer = b""
        while wait and (chunk := sock.recv(65_536)):
            answer += chunk
    return parse_answer(answer, 0).status


# --- a connection to the database that breaks --------------------------------------------------------------


@pytest.fixture
async def fragile(db: Database, tmp_path: Path) -> AsyncIterator[FragilePool]:
    """The product's own pool, over wires that break when their statements are used up."""
    made = await FragilePool(Settings(data_dir=tmp_path), lambda: db.dsn).open()
    yield made
    await made.close()


async def test_every_cut_leaves_no_row_without_its_file(
    cast: Cast, db: Database, fragile: FragilePool
) -> None:
    product, admin = cast.new_producto()["id"], administrator(cast)
    cuts = 0
    while True:
        fragile.left = cuts
        try:
            made, _ = await service.add_image(fragile.db, admin, uuid.UUID(product), PHOTO)
        except Unavailable:
            assert db.fetchval("SELECT imagenes FROM productos WHERE id = $1::uuid", product) == []
            cuts += 1
        else:
            break
    assert cuts >= 6, "reading, BEGIN, the work and COMMIT"
    own = [
        violation
        for violation in sweep_files(db, fragile.settings.data_dir, grace=-60)
        if product in violation.what
    ]
    assert {violation.rule for violation in own} <= {"archivo_sin_fila"}
    # Nobody knew what had become of the commit: the sweep asks.
    clear(db, fragile.settings.data_dir, jobs.ARCHIVOS)
    left = [path.name for path in fragile.settings.data_dir.rglob("*.jpg")]
    assert left == [made.imagenes[0].rpartition("/")[2]]
    cuts = 0
    while True:
        fragile.left = cuts
        try:
            await service.remove_image(fragile.db, admin, uuid.UUID(product), left[0])
        except Unavailable:
            assert (fragile.settings.data_dir / files.FOLDER / "productos" / product / left[0]).exists()
            cuts += 1
        else:
            break
    # The row is gone, and with the wires cut right behind its commit the file goes with the next sweep.
    clear(db, fragile.settings.data_dir, jobs.ARCHIVOS)
    assert list(fragile.settings.data_dir.rglob("*.jpg")) == []


def administrator(cast: Cast) -> Actor:
    admin = cast.admin
    return Actor(
        uuid.UUID(admin.usuario_id), admin.numero, "usuario", "admin", None, admin.nombre, admin.correo
    )
