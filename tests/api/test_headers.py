"""What browsers are told with every answer, and which pages may call us (T-WB-1)."""

import os
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.api.matrix import Row, matrix
from tests.api.world import World
from tests.cast import Cast
from tests.tools.burst import Answer
from tests.tools.cluster import Cluster
from tests.tools.database import Database
from tests.tools.planted import program
from tests.tools.server import Server
from tests.tools.wire import Wire

ALWAYS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
    "cross-origin-resource-policy": "same-origin",
}
API_POLICY = "default-src 'none'; frame-ancestors 'none'"
PAGES = ("/docs", "/restablecer", "/visita")
STATIC = re.compile(r"^/(docs|restablecer|visita)/")
ORIGIN = "https://panel.example"
HOSTILE = (
    "null",
    "",
    "*",
    "file://",
    "http://panel.example",
    "https://panel.example.",
    "https://panel.example/",
    "https://panel.example:443",
    "https://panel.example:8443",
    "https://panel.example:0",
    "https://PANEL.EXAMPLE",
    "HTTPS://panel.example",
    "https://panel.example.malo.test",
    "https://panel.examplemalo.test",
    "https://panel.exampl",
    "https://malo.test/https://panel.example",
    "https://malo.test?https://panel.example",
    "https://malo.test#https://panel.example",
    "https://panel.example@malo.test",
    "https://malo.test@panel.example",
    "https://xpanel.example",
    "https://sub.panel.example",
    "https://panel-example",
    "https://panelXexample",
    "https://panel.example, https://malo.test",
    "https://panel.example https://malo.test",
    " https://panel.example:80",
    "https://panel.example%00.malo.test",
    "https://panel.example%60.malo.test",
    "https://pañel.example",
    "chrome-extension://panel.example",
    "data:https://panel.example",
    "http://localhost",
    "http://127.0.0.1:3977",
)


def missing(answer: Answer, path: str) -> list[str]:
    """What an answer should say to browsers and does not."""
    if answer.headers.get("content-type", "").startswith("image/"):
        # An image says more, and tests of its own look at that.
        return [] if "sandbox" in answer.headers.get("content-security-policy", "") else ["no sandbox"]
    found = [f"{n}: {answer.headers.get(n)}" for n, value in ALWAYS.items() if answer.headers.get(n) != value]
    policy = answer.headers.get("content-security-policy", "")
    page = path.startswith(PAGES)
    if not (policy.startswith("default-src 'none';") if page else policy == API_POLICY):
        found.append(f"content-security-policy: {policy}")
    if page and re.search(r"script-src[^;]*('unsafe|https?:|\*)", policy):
        found.append(f"scripts from anywhere: {policy}")
    if (
        not (STATIC.match(path) and answer.status == 200)
        and answer.headers.get("cache-control") != "no-store"
    ):
        found.append(f"cache-control: {answer.headers.get('cache-control')}")
    if not answer.headers.get("x-request-id"):
        found.append("no x-request-id")
    told = {"server", "x-powered-by", "access-control-allow-origin", "set-cookie"} & answer.headers.keys()
    return [*found, *sorted(told)]


@pytest.mark.parametrize("key", sorted(matrix().rows))
def test_every_route_says_the_headers(key: str, world: World) -> None:
    row: Row = matrix().rows[key]
    ready = world.valid(row)
    with (
        Wire(ready.caller.server_url, ready.caller.token) as wire,
        Wire(ready.caller.server_url) as anonymous,
    ):
        answers = {
            "valid": wire.request(row.asked_by, ready.path, json=ready.body),
            "no token": anonymous.request(row.asked_by, ready.path, json=ready.body),
            "no JSON": wire.request(row.asked_by, ready.path, body=b"{"),
            "wrong type": wire.request(row.asked_by, ready.path, body=b"x", content_type="text/plain"),
            "too large": wire.request(row.asked_by, ready.path, body=b" " * (1024 * 1024 + 1)),
            "too long": wire.request(row.asked_by, f"{ready.path}?{'x' * 9000}"),
            "wrong method": wire.request("PROPFIND", ready.path),
            "options": wire.request("OPTIONS", ready.path),
        }
    found = {name: missing(answer, ready.path) for name, answer in answers.items()}
    assert {name: texts for name, texts in found.items() if texts} == {}


@pytest.mark.parametrize(
    "path",
    [
        "/nada/",
        "/nada",
        "/api/nada",
        "/api/v1/nada",
        "/clientes",
        "/api/clientes/1/nada",
        "/api/chat/x",
        "/orders/x/y",
    ],
)
def test_unknown_paths_say_them_too(path: str, server: str) -> None:
    with Wire(server) as wire:
        for target in (path, path + "/", "//" + path.lstrip("/")):
            answer = wire.request("GET", target)
            assert answer.status == 404
            assert missing(answer, path) == []
        assert missing(wire.request("GET", path, headers=[("X-A", "b")] * 200), path) == []


def test_what_is_no_http_says_them_too(server: str) -> None:
    with Wire(server) as wire:
        answer = wire.exchange(b"GET / HTTP/1.1\r\nHost: x\r\nX-A: \x1b[31m\r\n\r\n")
    assert answer.status == 400
    assert missing(answer, "/") == []


# --- pages -------------------------------------------------------------------------------------------------


class Inline(HTMLParser):
    """Collects what a strict policy forbids and what comes from elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._script = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        self._script = tag == "script"
        if tag == "script" and "src" not in named:
            self.found.append("a script in the page")
        for name, value in attrs:
            if name.startswith("on") or (value or "").strip().lower().startswith(
                ("javascript:", "data:text")
            ):
                self.found.append(f"{name}={value}")
            if name in {"src", "href", "action"} and re.match(r"(https?:)?//", value or ""):
                self.found.append(f"{name}={value} is elsewhere")

    def handle_data(self, data: str) -> None:
        if self._script and data.strip():
            self.found.append("text in a script")


@pytest.mark.parametrize("path", PAGES)
def test_pages_hold_no_script_of_their_own(path: str, server: str) -> None:
    with Wire(server) as wire:
        page = wire.request("GET", path)
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    parser = Inline()
    parser.feed(page.body.decode())
    assert parser.found == []


def test_a_page_with_a_script_of_its_own_is_caught() -> None:
    parser = Inline()
    parser.feed(
        "<p onclick='x()'><script>x()</script><a href='javascript:x'><script src='//cdn.test/x.js'></script>"
    )
    assert len(parser.found) == 5


# --- other origins ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def open_server(db: Database, scratch: Path) -> Iterator[Server]:
    """A server that one origin may call."""
    settings = {"origenes": ORIGIN, "url": "https://clientela.example", "trabajos": "false"}
    with Server(scratch / "origenes", db.dsn, workers=1, settings=settings) as server:
        yield server


def allowed_origin(server_url: str, origin: str, token: str | None = None) -> list[str]:
    """What a request and a preflight from an origin are allowed to, as a browser would read it."""
    ask = [("Origin", origin), ("Access-Control-Request-Method", "PUT")]
    with Wire(server_url, token) as wire:
        answers = [
            wire.request("GET", "/api/v1/productos", headers=[("Origin", origin)]),
            wire.request("OPTIONS", "/clientes/x/carrito", headers=ask),
            wire.request("GET", "/nada", headers=[("Origin", origin)]),
        ]
    return [
        f"{name}: {value}"
        for answer in answers
        for name, value in answer.headers.items()
        if name.startswith("access-control-allow-") and name != "access-control-allow-methods"
    ]


@pytest.mark.parametrize("origin", HOSTILE)
def test_no_hostile_origin_is_allowed(origin: str, open_server: Server) -> None:
    assert len(HOSTILE) >= 30
    assert allowed_origin(open_server.url, origin) == []


def test_any_port_of_a_host_may_be_allowed_and_nothing_else_of_it(db: Database, scratch: Path) -> None:
    settings = {"origenes": "http://localhost:*", "trabajos": "false"}
    with Server(scratch / "puertos", db.dsn, workers=1, settings=settings) as server:
        for origin in ("http://localhost:3000", "http://localhost:65535"):
            assert allowed_origin(server.url, origin), origin
        for origin in (
            "http://localhost",
            "http://localhost:",
            "http://localhost:*",
            "http://localhost:80a",
            "https://localhost:3000",
            "http://localhost.evil.example:3000",
            "http://evil.example/http://localhost:3000",
            "http://localhost:300000",
        ):
            assert allowed_origin(server.url, origin) == [], origin


def test_by_default_no_origin_is_allowed(server: str) -> None:
    for origin in (ORIGIN, "null", server, "http://localhost:3977"):
        assert allowed_origin(server, origin) == []


def test_the_allowed_origin_may_call_and_read(open_server: Server, cast: Cast) -> None:
    token = cast.cliente.token
    with Wire(open_server.url, token) as wire:
        path = f"{cast.cliente.panel}/preferencias"
        ask = [
            ("Origin", ORIGIN),
            ("Access-Control-Request-Method", "PUT"),
            ("Access-Control-Request-Headers", "authorization,content-type,if-match,idempotency-key"),
        ]
        preflight = wire.request("OPTIONS", path, headers=ask)
        answer = wire.request("GET", path, headers=[("Origin", ORIGIN)])
        refused = wire.request("GET", "/api/v1/usuarios", headers=[("Origin", ORIGIN)])
    assert preflight.status == 204
    assert "PUT" in preflight.headers["access-control-allow-methods"]
    for name in ("authorization", "content-type", "if-match", "idempotency-key"):
        assert name in preflight.headers["access-control-allow-headers"].lower()
    # A refusal must be readable as well, or the page cannot tell its user why.
    for found, status in ((answer, 200), (refused, 403), (preflight, 204)):
        assert found.status == status
        assert found.headers["access-control-allow-origin"] == ORIGIN
        assert "origin" in found.headers["vary"].lower()
        assert "access-control-allow-credentials" not in found.headers
        assert found.headers["strict-transport-security"].startswith("max-age=")
    assert "etag" in answer.headers["access-control-expose-headers"].lower()


def test_an_origin_that_is_reflected_is_caught(cluster: Cluster, worker: str, scratch: Path) -> None:
    name = f"clientela_{os.getpid()}_{worker}_refleja"
    database = Database(cluster.create(name))
    plant = program("tests.api.plants:reflects_origins")
    with Server(scratch / "refleja", database.dsn, workers=1, program=plant) as server:
        assert all(allowed_origin(server.url, origin) for origin in HOSTILE if origin)
        with Wire(server.url) as wire:
            assert missing(wire.request("GET", "/healthz"), "/healthz") == ["x-frame-options: None"]
    database.close()
    cluster.drop(name)
