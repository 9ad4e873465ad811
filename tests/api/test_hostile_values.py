"""Every field, parameter and header of every route against the list of hostile values (T-FZ-2).

No answer is a 5xx, no connection drops, every refusal speaks its contract's voice and names the field.
"""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.api import hostile
from tests.api.envelope import defects, dialect_of, named_field
from tests.api.matrix import ENDLESS, Row, matrix, shape_of
from tests.api.routes import ROUTES as EVERY_ROUTE
from tests.api.routes import Route
from tests.api.world import Ready, World
from tests.cast import Cast
from tests.tools.burst import Answer
from tests.tools.cluster import Cluster
from tests.tools.database import Database
from tests.tools.planted import program
from tests.tools.server import Server
from tests.tools.wire import Wire

ROUTES = {key: route for key, route in EVERY_ROUTE.items() if key not in ENDLESS}
WITH_BODY = sorted(key for key, route in ROUTES.items() if route.body is not None)
WITH_QUERY = sorted(key for key, route in ROUTES.items() if route.query is not None)
WITH_PATH = sorted(key for key in ROUTES if "{" in key)
UNSAFE = sorted(key for key, route in ROUTES.items() if route.method not in {"GET", "HEAD"})
# Whoever answers slower than this is being kept busy by the value (one machine, two cores, other tests beside).
SLOW_SECONDS = 3.0
# Attempts at these count against the caller's address.
THROTTLED = frozenset(
    {
        "POST /auth/clientes/login",
        "POST /api/login-client",
        "POST /api/v1/auth/login",
        "POST /api/v1/auth/contrasenia",
        "DELETE /api/v1/auth/totp",
        "POST /api/cliente/forgot-password",
        "POST /api/cliente/reset-password",
        "POST /api/registrar-cliente",
    }
)


class Attacker:
    """Sends variations of one valid call of a route and judges the answers."""

    def __init__(self, key: str, world: World, new_ip: Callable[[], str]) -> None:
        self.route: Route = ROUTES[key]
        self.row: Row = next(row for row in matrix().rows.values() if row.shape == shape_of(key))
        self.world = world
        self.new_ip = new_ip
        self.dialect = dialect_of(self.route.path)
        self.sent = 0
        self.found: list[str] = []
        self._ready: Ready | None = None
        self._wire: Wire | None = None

    @property
    def ready(self) -> Ready:
        """The valid call; another person's once this one has changed his own password or logged out."""
        if self._ready is None:
            self._ready = self.world.valid(self.row)
        return self._ready

    @property
    def wire(self) -> Wire:
        """A connection as the valid call's caller, from a new address where attempts count."""
        throttled = self.route.key in THROTTLED
        if self._wire is None or throttled or self._wire.token != self.ready.caller.token:
            if self._wire is not None:
                self._wire.close()
            ip = self.new_ip() if throttled else None
            self._wire = Wire(self.ready.caller.server_url, self.ready.caller.token, source_ip=ip)
        return self._wire

    def close(self) -> None:
        """Close the connection."""
        if self._wire is not None:
            self._wire.close()

    def body(self) -> Any:
        """The valid body with words of its own, so that nothing is refused for being there already."""
        case = self.row.cases[0]
        # Whoever is really named would be locked out by so many attempts.
        overrides = {"correo_cliente": "nadie@example.com"}
        return self.world.fill(case.body, self.ready.caller, self.world.fixed["dueno"], overrides)

    def send(self, what: str, target: str, field: str | None = None, **request: Any) -> Answer:
        """Send one variation and judge its answer."""
        answer = self.wire.request(self.route.method, target, **request)
        self.sent += 1
        dialect = self.dialect if field is not None else dialect_of(target.partition("?")[0])
        # Bytes that are no HTTP belong to no path yet, hence to v1.
        wrong = defects("v1" if b"peticion_ilegible" in answer.body else dialect, answer)
        # A picture that JSON cannot hold may be missed before what describes it is read.
        names = [name for name in (field, self.row.upload) if field and name]
        refused = not wrong and answer.status in {400, 422}
        if refused and names and not any(named_field(answer, name) for name in names):
            wrong.append(f"{answer.status} does not name the field: {answer.body[:200]!r}")
        if not wrong and answer.seconds > SLOW_SECONDS:
            wrong.append(f"took {answer.seconds:.1f} s")
        self.found += [f"{what[:120]}: {text}" for text in wrong]
        if self.row.fresh_person and 200 <= answer.status < 300:
            self._ready = None
        return answer

    def fields(self, values: tuple[str, ...] = hostile.VALUES) -> None:
        """Every value into every field of the body."""
        assert self.route.body is not None
        for path in hostile.fields(self.route.body):
            name = hostile.dotted(path)
            for value in values:
                content = hostile.with_value(self.body(), path, value)
                answer = self.send(f"{name} = {value[:60]}", self.ready.path, name, body=content)
                if b'"json_invalido"' in answer.body and value not in hostile.NO_VALUES:
                    self.found.append(f"{name} = {value[:60]}: refused as no JSON at all")


@pytest.fixture
def attack(world: World, new_ip: Callable[[], str]) -> Iterator[Callable[[str], Attacker]]:
    """Factory of attackers of one route."""
    made: list[Attacker] = []

    def make(key: str) -> Attacker:
        made.append(Attacker(key, world, new_ip))
        return made[-1]

    yield make
    for attacker in made:
        attacker.close()


Attack = Callable[[str], Attacker]


@pytest.mark.parametrize("key", WITH_BODY)
def test_every_field_withstands_every_value(key: str, attack: Attack) -> None:
    attacker = attack(key)
    attacker.fields()
    assert attacker.sent >= len(hostile.VALUES)
    assert "\n".join(attacker.found) == ""


@pytest.mark.parametrize("key", WITH_BODY)
def test_every_body_withstands_other_documents(key: str, attack: Attack) -> None:
    attacker = attack(key)
    for name, content in hostile.BODIES.items():
        answer = attacker.send(name, attacker.ready.path, "", body=content)
        if answer.status < 300:
            assert name in {"an empty object", "the same key twice", "many keys", "a very long key"}, name
    for content_type in hostile.CONTENT_TYPES:
        content = json.dumps(attacker.body()).encode()
        name = f"Content-Type: {content_type!r}"
        attacker.send(name, attacker.ready.path, "", body=content, content_type=content_type)
    assert "\n".join(attacker.found) == ""


@pytest.mark.parametrize("key", WITH_QUERY)
def test_every_query_parameter_withstands_every_value(key: str, attack: Attack) -> None:
    attacker = attack(key)
    query = attacker.route.query
    assert query is not None
    for name in [*query.model_fields, "desconocido"]:
        for value in hostile.QUERY_VALUES:
            target = f"{attacker.ready.path}?{name}={value}"
            attacker.send(f"?{name}={value}", target, name, body=attacker_body(attacker))
    for whole in ("&" * 5000, "a=1&" * 2000, "=&=", "?", "%00=1", "page=1&page=2", "x" * 60_000, "%ff=%fe"):
        attacker.send(f"?{whole}", f"{attacker.ready.path}?{whole}")
    assert "\n".join(attacker.found) == ""


def attacker_body(attacker: Attacker) -> bytes | None:
    """The body that goes with a hostile query: reading routes have none."""
    return None if attacker.route.body is None else json.dumps(attacker.body()).encode()


@pytest.mark.parametrize("key", WITH_PATH)
def test_every_path_parameter_withstands_every_value(key: str, attack: Attack) -> None:
    attacker = attack(key)
    case = attacker.row.cases[0]
    for name in case.path:
        for value in hostile.PATH_VALUES:
            replaced = {n: value if n == name else v for n, v in case.path.items()}
            target = attacker.row.template
            for parameter, word in replaced.items():
                filled = attacker.world.fill(word, attacker.ready.caller, attacker.world.fixed["dueno"])
                target = target.replace(f"{{{parameter}}}", word if parameter == name else filled)
            attacker.send(f"{{{name}}} = {value}", target, body=attacker_body(attacker))
    assert "\n".join(attacker.found) == ""


@pytest.mark.parametrize("key", sorted(ROUTES))
def test_every_route_withstands_hostile_headers(key: str, attack: Attack) -> None:
    attacker = attack(key)
    for name, value in hostile.HEADERS:
        what = f"{name}: {value!r}"
        attacker.send(
            what,
            attacker.ready.path,
            "",
            body=attacker_body(attacker),
            headers=[(name, value)],
        )
    assert "\n".join(attacker.found) == ""


@pytest.mark.parametrize("path", sorted({route.path for route in ROUTES.values()}))
@pytest.mark.parametrize(
    "method", ["OPTIONS", "HEAD", "TRACE", "PROPFIND", "QUERY", "PATCH", "DELETE", "PUT"]
)
def test_every_path_withstands_every_method(path: str, method: str, server: str) -> None:
    """Without a token, so nothing is done; what matters is how it is said."""
    with Wire(server) as wire:
        answer = wire.request(method, path.replace("{", "").replace("}", ""))
    if method == "HEAD":
        assert 0 < answer.status < 500
        assert answer.body == b""
    else:
        assert defects(dialect_of(path), answer) == []


# --- positive control --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def naked(cluster: Cluster, worker: str, scratch: Path) -> Iterator[World]:
    """A world whose server reads JSON and queries as frameworks usually do."""
    name = f"clientela_{os.getpid()}_{worker}_desnuda"
    database = Database(cluster.create(name))
    plant = program("tests.api.plants:no_values_layer")
    with Server(scratch / "desnuda", database.dsn, workers=1, program=plant) as server:
        yield World(Cast(server.url, database, server.data_dir))
    database.close()
    cluster.drop(name)


def test_without_the_values_layer_the_list_finds_failures(naked: World, new_ip: Callable[[], str]) -> None:
    found: list[str] = []
    for key in (
        "PUT /clientes/{cliente_id}/carrito",
        "PUT /clientes/{cliente_id}/preferencias",
        "POST /soporte",
    ):
        attacker = Attacker(key, naked, new_ip)
        attacker.fields(hostile.RAW_TEXTS + hostile.NUMBERS + hostile.SHAPES)
        attacker.close()
        found += attacker.found
    assert len(found) >= 10
