"""No write reaches a field that is not its own, no answer shows one that is not meant for the caller (T-AZ-4)."""

import os
import uuid
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.api.fingerprint import Change, Fingerprint, Rows, changed, rows_of
from tests.api.matrix import Row, matrix, shape_of
from tests.api.routes import ROUTES
from tests.api.world import Ready, World
from tests.cast import Cast
from tests.tools.cluster import Cluster
from tests.tools.database import Database
from tests.tools.planted import program
from tests.tools.server import Server

UNSAFE = sorted(key for key, route in ROUTES.items() if route.body is not None)
FREE_FORM = {"configuraciones"}
HOSTILE_NUMBER = 987654
# Whatever an answer is about, these are never in it.
NEVER = frozenset(
    {"contrasenia", "contrasenia_hash", "hash_contrasenia", "password", "celular_e164", "huella", "previo"}
)


@dataclass(frozen=True)
class Variant:
    """One kind of hostile value, put under every column name that the route does not know."""

    name: str
    value: Any


def row_of(key: str) -> Row:
    return next(row for row in matrix().rows.values() if row.shape == shape_of(key))


def column_names(world: World) -> list[str]:
    """Every column of the database, and what frontends call them."""
    found = world.cast.db.fetch(
        "SELECT DISTINCT column_name FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1"
    )
    return [row["column_name"] for row in found] + [
        "_id",
        "user_id",
        "is_read",
        "sender",
        "admin",
        "permisos",
    ]


def known_names(key: str) -> set[str]:
    """The names that the route's own body has anywhere."""
    model = ROUTES[key].body
    assert model is not None
    schema = model.model_json_schema()
    parts = [schema, *schema.get("$defs", {}).values()]
    return {name for part in parts for name in part.get("properties", {})}


def swollen(body: Any, extra: dict[str, Any]) -> Any:
    """A body with more keys in each of its objects, except where any key is allowed."""
    if isinstance(body, list):
        return [swollen(part, extra) for part in body]
    if not isinstance(body, dict):
        return body
    grown = {n: part if n in FREE_FORM else swollen(part, extra) for n, part in body.items()}
    return extra | grown


def variants(world: World) -> list[Variant]:
    other = world.fixed["otra"]
    return [
        Variant("text", f"CANARIO-{uuid.uuid4().hex}"),
        Variant("foreign client", other.cliente_id),
        Variant("foreign user", other.usuario_id),
        Variant("number", HOSTILE_NUMBER),
        Variant("true", True),
        Variant("false", False),
        Variant("null", None),
        Variant("admin", "admin"),
    ]


def send(world: World, row: Row, extra: dict[str, Any]) -> tuple[Ready, Any]:
    ready = world.valid(row)
    ready.body = swollen(deepcopy(ready.body), extra)
    return ready, ready.make()


@pytest.mark.parametrize("key", [key for key in UNSAFE if not key.partition(" ")[2].startswith("/api/v1")])
def test_unknown_fields_are_ignored_and_reach_no_column(key: str, world: World) -> None:
    assert overreaching(world, key) == []


@pytest.mark.parametrize("key", [key for key in UNSAFE if key.partition(" ")[2].startswith("/api/v1")])
def test_unknown_fields_are_refused_by_v1(key: str, world: World, fingerprint: Fingerprint) -> None:
    row = row_of(key)
    names = [name for name in column_names(world) if name not in known_names(key)]
    ready = world.valid(row)
    before = fingerprint.take()
    for variant in variants(world):
        body = swollen(deepcopy(ready.body), dict.fromkeys(names, variant.value))
        answer = ready.caller.request(ready.method, ready.path, json=body)
        assert answer.status_code == 422, f"{variant.name}: {answer.text}"
        assert set(names) <= answer.json()["errors"].keys()
    assert changed(before, fingerprint.take()) == []


def overreaching(world: World, key: str) -> list[str]:
    """What the hostile variants of a call changed or made that a clean call does not."""
    row, db = row_of(key), world.cast.db
    names = [name for name in column_names(world) if name not in known_names(key)]
    before, found = rows_of(db), []
    usual = Change(set(), {})
    # Twice, because what the first call makes the second one changes.
    for _ in range(2):
        _, answer = send(world, row, {})
        assert answer.status_code < 500, answer.text
        after = rows_of(db)
        step = after.difference(before)
        usual = Change(usual.columns | step.columns, usual.made | step.made)
        before = after
    for variant in variants(world):
        _, answer = send(world, row, dict.fromkeys(names, variant.value))
        if answer.status_code >= 500:
            found.append(f"{variant.name}: {answer.status_code}")
        after = rows_of(db)
        found += [f"{variant.name}: {text}" for text in _foreign(before, after, usual, variant.value)]
        before = after
    return found


def _foreign(before: Rows, after: Rows, usual: Change, value: Any) -> list[str]:
    change = after.difference(before)
    found = [f"changed {table}.{column}" for table, column in sorted(change.columns - usual.columns)]
    found += [f"made a row of {table}" for table in sorted(change.made.keys() - usual.made.keys())]
    if isinstance(value, str | int) and not isinstance(value, bool) and value != "admin":
        found += [
            f"{table}.{column} holds the value that was sent"
            for table, rows in change.made.items()
            for row in rows
            for column, stored in row.items()
            if stored == value or (isinstance(value, str) and isinstance(stored, str) and value in stored)
        ]
    return found


# --- what answers show --------------------------------------------------------------------------------------


def keys_of(value: Any, prefix: str = "") -> Iterator[str]:
    """`items[].item.precio`: the path of every leaf and of every empty container."""
    if isinstance(value, dict) and value:
        for name, part in value.items():
            yield from keys_of(part, f"{prefix}.{name}" if prefix else name)
    elif isinstance(value, list) and value:
        for part in value:
            yield from keys_of(part, f"{prefix}[]")
    elif prefix:
        yield prefix


def allowed(path: str, fields: frozenset[str]) -> bool:
    return path in fields or any(f.endswith(".*") and path.startswith(f.removesuffix("*")) for f in fields)


def overexposed(world: World, key: str) -> list[str]:
    """Keys of successful answers, to anybody, that the table does not name."""
    row, found = row_of(key), []
    assert row.fields is not None
    for case in row.cases:
        for principal, expected in zip(matrix().principals, case.expected, strict=True):
            if expected >= 300:
                continue
            caller = world.person(principal, fresh=row.fresh_person)
            answer = world.call(row, case, caller).make()
            for path in set(keys_of(answer.json())):
                names = set(path.replace("[]", "").split("."))
                if not allowed(path, row.fields) or names & NEVER:
                    found.append(f"{principal} sees {path}")
            if "$2b$" in answer.text:
                found.append(f"{principal} sees a password's hash")
    return sorted(set(found))


@pytest.mark.parametrize("key", sorted(key for key in ROUTES if row_of(key).fields is not None))
def test_answers_hold_only_the_keys_of_the_table(key: str, world: World) -> None:
    assert overexposed(world, key) == []


@pytest.mark.parametrize("key", sorted(key for key in ROUTES if row_of(key).fields is None))
def test_a_route_that_answers_json_names_its_keys(key: str, world: World) -> None:
    kind = world.valid(row_of(key)).make().headers["content-type"]
    assert not kind.startswith("application/json") or key == "GET /openapi.json"


# --- positive controls --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def leaky(cluster: Cluster, worker: str, scratch: Path) -> Iterator[World]:
    """A world whose server stores a foreign field of a body and shows one too many in an answer."""
    name = f"clientela_{os.getpid()}_{worker}_permeable"
    database = Database(cluster.create(name))
    plant = program("tests.api.plants:leaky_fields")
    with Server(scratch / "permeable", database.dsn, workers=1, program=plant) as server:
        yield World(Cast(server.url, database, server.data_dir))
    database.close()
    cluster.drop(name)


def test_a_field_that_is_stored_too_much_is_caught(leaky: World) -> None:
    found = overreaching(leaky, "PUT /clientes/{cliente_id}/preferencias")
    assert any("clientes.limite_credito" in text for text in found)


def test_a_field_that_is_shown_too_much_is_caught(leaky: World) -> None:
    assert "dueno sees contrasenia_hash" in overexposed(leaky, "GET /api/v1/auth/yo")
