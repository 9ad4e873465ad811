"""An installation may say how many files one user uploads in an hour; by default it does not (T-UP-7)."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from clientela.clientes.model import IMAGENES
from tests.cast import Cast
from tests.tools.burst import Request, burst
from tests.tools.database import Database
from tests.tools.image_bricks import encoded
from tests.tools.server import Server

PHOTO = encoded("JPEG")
MOST = 4


@pytest.fixture
def limited(start_server: Callable[..., Server], new_database: Callable[[], Database]) -> Cast:
    """A cast on two processes that let a user upload four files an hour."""
    database = new_database()
    server = start_server(database.dsn, workers=2, subidas_por_hora=str(MOST))
    return Cast(server.url, database, server.data_dir)


def create(who: Any, *fields: str, key: str | None = None) -> Any:
    headers = {} if key is None else {"Idempotency-Key": key}
    if not fields:
        return who.post("/api/clientes", json={"nombre": "Sin foto"})
    parts = dict.fromkeys(fields, PHOTO)
    return who.post("/api/clientes", data={"nombre": "Foto"}, files=parts, headers=headers)


def hostile(who: Any) -> Any:
    return who.post("/api/clientes", data={"nombre": "Foto"}, files={"foto_perfil": b"GIF89a"})


def test_files_are_counted_not_requests(limited: Cast) -> None:
    assert create(limited.vendedora, *IMAGENES[:2]).status_code == 201
    # One that is no image costs as much, and so does one of a request that is sent again.
    key = uuid.uuid4().hex
    assert hostile(limited.vendedora).status_code == 422
    assert create(limited.vendedora, "foto_perfil", key=key).status_code == 201
    for refused in (
        create(limited.vendedora, "foto_perfil"),
        create(limited.vendedora, "foto_perfil", key=key),
    ):
        assert (refused.status_code, refused.json()["code"]) == (429, "demasiadas_subidas")
        assert 3500 < int(refused.headers["retry-after"]) <= 3600
    assert limited.db.fetchval("SELECT count(*) FROM clientes WHERE nombre = 'Foto'") == 2
    # What needs no file goes on, and so do others.
    assert create(limited.vendedora).status_code == 201
    product = limited.new_producto()["id"]
    for _ in range(MOST):
        answer = limited.admin.post(f"/api/v1/productos/{product}/imagenes", files={"imagen": PHOTO})
        assert answer.status_code == 201, answer.text
    assert create(limited.admin, "foto_perfil").status_code == 429
    assert create(limited.otro_vendedor, *IMAGENES).status_code == 201


def test_it_holds_for_uploads_at_once(limited: Cast) -> None:
    head = b'--XX\r\nContent-Disposition: form-data; name="nombre"\r\n\r\nA la vez\r\n'
    part = b'--XX\r\nContent-Disposition: form-data; name="foto_perfil"; filename="a"\r\n\r\n'
    upload = Request(
        "POST",
        "/api/clientes",
        body=head + part + PHOTO + b"\r\n--XX--\r\n",
        token=limited.vendedora.token,
        headers={"Content-Type": "multipart/form-data; boundary=XX"},
    )
    statuses = sorted(answer.status for answer in burst(limited.base_url, [upload] * 10))
    assert statuses == [201] * MOST + [429] * (10 - MOST)


def test_by_default_nobody_counts(cast: Cast) -> None:
    answers = [create(cast.vendedora, *IMAGENES) for _ in range(8)]
    assert {answer.status_code for answer in answers} == {201}
