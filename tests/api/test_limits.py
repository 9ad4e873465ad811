"""Every bound holds exactly: at it, yes; one beyond, the documented refusal (T-LM-1)."""

import gzip
import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from clientela.api.dialects import for_path
from tests.api import hostile
from tests.api.envelope import INVALID_STATUS, defects, dialect_of
from tests.api.matrix import matrix, shape_of
from tests.api.routes import ROUTES
from tests.api.world import World
from tests.cast import Cast, Persona
from tests.tools.burst import Answer
from tests.tools.cluster import Cluster
from tests.tools.database import Database
from tests.tools.planted import program
from tests.tools.server import Server
from tests.tools.wire import Wire

MIB = 1024 * 1024
UNSAFE = sorted(key for key, route in ROUTES.items() if route.method not in {"GET", "HEAD"})
LISTS = sorted(key for key, route in ROUTES.items() if route.query and "per_page" in route.query.model_fields)


@pytest.fixture
def customer(new_cliente: Callable[..., Persona]) -> Persona:
    """Somebody whose panel may be filled to the brim."""
    return new_cliente()


@pytest.fixture
def wire(customer: Persona) -> Iterator[Wire]:
    """A raw connection as the customer."""
    with Wire(customer.server_url, customer.token) as connection:
        yield connection


def padded(document: Any, size: int) -> bytes:
    """A JSON document of exactly so many bytes."""
    content = json.dumps(document).encode()
    return content + b" " * (size - len(content))


def chunked(content: bytes, size: int = 65_536) -> bytes:
    """A body without a length, as the wire carries it."""
    parts = [content[start : start + size] for start in range(0, len(content), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


def send_chunked(wire: Wire, method: str, path: str, content: bytes) -> Answer:
    head = wire.encode(
        method, path, headers=[("Transfer-Encoding", "chunked"), ("Content-Type", "application/json")]
    )
    head = head.replace(b"Content-Length: 0\r\n", b"")
    return wire.exchange(head + chunked(content))


# --- the body ---------------------------------------------------------------------------------------------


def test_a_json_body_has_at_most_one_mebibyte(wire: Wire, customer: Persona) -> None:
    path, draft = f"{customer.panel}/borradores/soporte", {"asunto": "Hola"}
    assert wire.request("PUT", path, body=padded(draft, MIB)).status == 200
    over = wire.request("PUT", path, body=padded(draft, MIB + 1))
    assert (over.status, over.json()["code"]) == (413, "cuerpo_demasiado_grande")
    assert send_chunked(wire, "PUT", path, padded(draft, MIB)).status == 200
    assert send_chunked(wire, "PUT", path, padded(draft, MIB + 1)).status == 413


@pytest.mark.parametrize("key", UNSAFE)
def test_every_write_refuses_a_larger_body_in_its_voice(key: str, world: World) -> None:
    ready = world.valid(next(row for row in matrix().rows.values() if row.shape == shape_of(key)))
    with Wire(ready.caller.server_url, ready.caller.token) as wire:
        answer = wire.request(ready.method, ready.path, body=b" " * (MIB + 1))
        without_length = send_chunked(wire, ready.method, ready.path, b" " * (MIB + 1))
        announced = wire.exchange(
            wire.encode(ready.method, ready.path, headers=[("Content-Type", "application/json")]).replace(
                b"Content-Length: 0\r\n", b""
            )[:-2]
            + b"Content-Length: 99999999999\r\n\r\n{"
        )
    for found in (answer, without_length, announced):
        assert found.status == 413
        assert defects(dialect_of(ready.path), found) == []


def nested(depth: int) -> str:
    """A cart document with so many levels, its own two included."""
    return '{"items": [], "x": ' + "[" * (depth - 1) + "]" * (depth - 1) + "}"


def test_a_document_has_at_most_32_levels(wire: Wire, customer: Persona) -> None:
    path = f"{customer.panel}/carrito"
    assert wire.request("PUT", path, body=nested(32).encode()).status == 200
    over = wire.request("PUT", path, body=nested(33).encode())
    assert over.status == 422
    assert list(over.json()["errors"]) == ["x"]


def test_a_cart_has_at_most_500_lines(customer: Persona, new_producto: Callable[..., dict[str, Any]]) -> None:
    line = {"itemId": new_producto()["id"], "cantidad": 1}
    full = customer.put(f"{customer.panel}/carrito", json={"items": [line] * 500})
    assert full.status_code == 200
    assert [part["cantidad"] for part in full.json()["items"]] == [500]
    over = customer.put(f"{customer.panel}/carrito", json={"items": [line] * 501})
    assert over.status_code == 422
    assert list(over.json()["errors"]) == ["items"]
    saved = customer.post(f"{customer.panel}/auto-guardar", json={"carrito": {"items": [line] * 501}})
    assert saved.status_code == 422
    assert list(saved.json()["errors"]) == ["carrito.items"]


# --- texts: every maxLength of every model ------------------------------------------------------------------


def bounded_texts() -> Iterator[tuple[str, str, int]]:
    """(route, dotted field, most code points) of every text with a bound."""
    for key, route in sorted(ROUTES.items()):
        if route.body is not None:
            schema = route.body.model_json_schema()
            for path in hostile.fields(route.body):
                longest = _longest(schema, schema.get("$defs", {}), path)
                if longest is not None:
                    yield key, hostile.dotted(path), longest


def _longest(schema: Any, definitions: Any, path: tuple[str | int, ...]) -> int | None:
    parts = [schema]
    for step in path:
        below = [branch for part in parts for branch in hostile._branches(part, definitions)]
        parts = [b["items"] if step == 0 else b["properties"][step] for b in below if _has(b, step)]
    found = [b["maxLength"] for p in parts for b in hostile._branches(p, definitions) if "maxLength" in b]
    return max(found, default=None)


def _has(branch: Any, step: str | int) -> bool:
    return isinstance(branch.get("items"), dict) if step == 0 else step in branch.get("properties", {})


@pytest.mark.parametrize(("key", "field", "most"), [(k, f, m) for k, f, m in bounded_texts() if m < 20_000])
def test_every_text_is_counted_in_code_points(
    key: str, field: str, most: int, world: World, new_ip: Callable[[], str]
) -> None:
    row = next(row for row in matrix().rows.values() if row.shape == shape_of(key))
    ready = world.valid(row)
    if field in {"asunto", "mensaje"}:
        ready.path = ready.path.replace("/borradores/reclamo", "/borradores/soporte")
    path = tuple(int(part) if part.isdigit() else part for part in field.split("."))

    def complaint(length: int) -> list[str]:
        content = hostile.with_value(ready.body, path, json.dumps("😀" * length, ensure_ascii=False))
        # Logins with such texts fail, and failures count against the address.
        with Wire(ready.caller.server_url, ready.caller.token, source_ip=new_ip()) as wire:
            answer = wire.request(ready.method, ready.path, body=content)
        assert answer.status < 500
        if length > most:
            assert answer.status in {INVALID_STATUS[dialect_of(ready.path)], 400}, answer.body
        found: list[str] = answer.json().get("errors", {}).get(field, []) if answer.body else []
        return [text for text in found if text == f"Debe tener como máximo {most} caracteres"]

    assert complaint(most) == []
    assert complaint(most + 1) != []


def test_free_settings_have_at_most_8_kib_after_merging(customer: Persona, db: Database) -> None:
    path = f"{customer.panel}/preferencias"

    def put(length: int) -> Any:
        return customer.put(path, json={"configuraciones": {"nota": "x" * length}})

    assert put(0).status_code == 200
    stored = "SELECT octet_length(configuraciones::text) FROM preferencias WHERE cliente_id = $1::uuid"
    room = 8192 - int(db.fetchval(stored, customer.cliente_id))
    assert put(room).status_code == 200
    over = put(room + 1)
    assert over.status_code == 422
    assert list(over.json()["errors"]) == ["configuraciones"]
    assert len(customer.get(path).json()["configuraciones"]["nota"]) == room


# --- the head ---------------------------------------------------------------------------------------------


def test_a_query_has_at_most_8_kib(wire: Wire) -> None:
    path = "/api/v1/productos"
    assert wire.request("GET", f"{path}?x=" + "y" * (8192 - 2)).status == 200
    over = wire.request("GET", f"{path}?x=" + "y" * (8192 - 1))
    assert (over.status, over.json()["code"]) == (414, "uri_demasiado_larga")
    assert defects("v1", over) == []
    assert wire.request("GET", "/" + "z" * 8192).status == 414


def test_a_request_has_at_most_100_headers(wire: Wire) -> None:
    # Host and Authorization are two of them.
    assert wire.request("GET", "/healthz", headers=[("X-A", "b")] * 98).status == 200
    over = wire.request("GET", "/healthz", headers=[("X-A", "b")] * 99)
    assert (over.status, over.json()["code"]) == (431, "cabeceras_demasiado_grandes")


def test_headers_have_at_most_16_kib(wire: Wire) -> None:
    own = len("host") + len(wire.host) + len("authorization") + len(f"Bearer {wire.token}") + len("x-a")
    assert wire.request("GET", "/healthz", headers=[("X-A", "b" * (16_384 - own))]).status == 200
    assert wire.request("GET", "/healthz", headers=[("X-A", "b" * (16_384 - own + 1))]).status == 431


@pytest.mark.parametrize("key", LISTS)
def test_a_page_holds_at_most_100(key: str, cast: Cast, world: World) -> None:
    row = next(row for row in matrix().rows.values() if row.shape == shape_of(key))
    path = world.valid(row).path
    assert cast.admin.get(path, params={"per_page": 100}).status_code == 200
    for wrong in ({"per_page": 101}, {"per_page": 0}, {"page": 0}):
        answer = cast.admin.get(path, params=wrong)
        assert answer.status_code == for_path(path).invalid_status
        assert list(answer.json()["errors"]) == list(wrong)


def test_compressed_bodies_are_refused(wire: Wire, customer: Persona) -> None:
    bomb = gzip.compress(b"0" * 50 * MIB)
    answer = wire.request(
        "PUT", f"{customer.panel}/carrito", body=bomb, headers=[("Content-Encoding", "gzip")]
    )
    assert (answer.status, answer.json()["code"]) == (415, "codificacion_no_admitida")
    assert answer.seconds < 2


# --- time -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def hasty(db: Database, scratch: Path) -> Iterator[Server]:
    """A server that gives a body one second."""
    settings = {"cuerpo_segundos": "1", "trabajos": "false"}
    with Server(scratch / "impaciente", db.dsn, workers=1, settings=settings) as server:
        yield server


def drip(
    server_url: str, token: str | None, path: str, *, seconds: float, every: float
) -> tuple[Answer, float]:
    """Send a body byte by byte; the answer and when it came."""
    with Wire(server_url, token, timeout=seconds + 5) as wire:
        begun = time.monotonic()
        head = wire.encode("PUT", path, body=b" " * 500)[:-500]
        wire.send(head + b'{"items"')
        while time.monotonic() - begun < seconds:
            try:
                wire.send(b" ")
            except OSError:
                break
            time.sleep(every)
        return wire.receive(), time.monotonic() - begun


def test_a_body_that_does_not_arrive_is_not_waited_for(hasty: Server, customer: Persona) -> None:
    begun = time.monotonic()
    with Wire(hasty.url, customer.token) as wire:
        wire.send(wire.encode("PUT", f"{customer.panel}/carrito", body=b" " * 500)[:-400])
        answer = wire.receive()
    assert (answer.status, answer.json()["code"]) == (400, "cuerpo_incompleto")
    assert defects("panel", answer) == []
    assert 0.9 <= time.monotonic() - begun < 3
    assert answer.headers["connection"] == "close"


def test_a_body_that_drips_is_not_waited_for_either(hasty: Server, customer: Persona) -> None:
    answer, _ = drip(hasty.url, customer.token, f"{customer.panel}/carrito", seconds=2, every=0.1)
    assert answer.status in {0, 400}
    # The patient one, with half a minute, is still listening by then: without the bound nothing would end it.
    with Wire(customer.server_url, customer.token, timeout=2) as patient:
        patient.send(patient.encode("PUT", f"{customer.panel}/carrito", body=b" " * 500)[:-400])
        assert patient.receive().status == 0


# --- positive control ---------------------------------------------------------------------------------------


def test_bounds_that_are_one_too_wide_are_caught(cluster: Cluster, worker: str, scratch: Path) -> None:
    name = f"clientela_{os.getpid()}_{worker}_holgada"
    database = Database(cluster.create(name))
    plant = program("tests.api.plants:bounds_one_too_wide")
    with Server(scratch / "holgada", database.dsn, workers=1, program=plant) as server:
        customer = Cast(server.url, database, server.data_dir).new_cliente()
        with Wire(server.url, customer.token) as wire:
            cart = f"{customer.panel}/carrito"
            too_much = {
                "body": wire.request("PUT", cart, body=padded({"items": []}, MIB + 1)).status,
                "depth": wire.request("PUT", cart, body=nested(33).encode()).status,
                "query": wire.request("GET", "/healthz?x=" + "y" * 8191).status,
                "headers": wire.request("GET", "/healthz", headers=[("X-A", "b")] * 99).status,
            }
    database.close()
    cluster.drop(name)
    assert set(too_much.values()) == {200}
