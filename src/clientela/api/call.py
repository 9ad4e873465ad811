"""One way through for every request: permission, body, idempotency, the handler, the reply, the error.

Every endpoint is declared with `route` and served by one `Endpoint` per path, an ASGI handler of the framework.
"""

import asyncio
import hashlib
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from inspect import signature
from typing import Any, Final, TypeVar
from uuid import UUID

import structlog
from pydantic import BaseModel

from clientela.api import permisos
from clientela.api.auth import Gatekeeper
from clientela.api.body import read_body, read_query
from clientela.api.dialects import Dialect, error_body, error_status, for_path
from clientela.core import idempotency, logs
from clientela.core.actor import Actor
from clientela.core.db import Db
from clientela.core.errors import (
    AppError,
    BadRequest,
    MethodNotAllowed,
    NotFound,
    TooLarge,
    UnsupportedMedia,
)
from clientela.core.ids import parse_uuid
from clientela.core.metrics import Metrics
from clientela.core.values import loads
from clientela.settings import Settings

MAX_JSON: Final = 1024 * 1024
SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})

_log = structlog.get_logger(__name__)

Scope = Any
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
Handler = Callable[..., Awaitable["Reply"]]
H = TypeVar("H", bound=Handler)
RawHeaders = list[tuple[bytes, bytes]]


class ClientGone(Exception):
    """The caller went away before his request was complete; nobody is left to answer."""


class Reply:
    """What a handler answers: data for the dialect's encoder, or bytes that are the body already."""

    __slots__ = ("content_type", "data", "headers", "status")

    def __init__(
        self,
        data: Any = None,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        content_type: str = "application/json",
    ) -> None:
        self.data = data
        self.status = status
        self.headers = headers
        self.content_type = content_type


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Route:
    """One row of the route table: what is served, and what its documentation says."""

    method: str
    path: str
    handler: Handler
    dialect: Dialect
    summary: str
    body: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    body_optional: bool = False
    missing_code: str | None = None
    response: Any = None
    status: int = 200
    errors: tuple[str, ...] = ()
    example: Any = None
    body_example: Any = None
    secret: bool = False
    parameters: frozenset[str] = field(default_factory=frozenset)

    @property
    def key(self) -> str:
        """Method and path: the name of the route in the permission matrix."""
        return f"{self.method} {self.path}"


ROUTES: dict[str, Route] = {}


def route(
    method: str,
    path: str,
    *,
    summary: str,
    body: type[BaseModel] | None = None,
    query: type[BaseModel] | None = None,
    body_optional: bool = False,
    missing_code: str | None = None,
    response: Any = None,
    status: int = 200,
    errors: Sequence[str] = (),
    example: Any = None,
    body_example: Any = None,
    secret: bool = False,
) -> Callable[[H], H]:
    """Declare an endpoint; the handler names what it takes among `call`, `body` and `query`.

    `errors` are the codes it can give besides the general ones; `missing_code` replaces the error for absent
    required fields; `secret` replies (tokens) are never kept for an `Idempotency-Key`.
    """

    def register(handler: H) -> H:
        made = Route(
            method=method,
            path=path,
            handler=handler,
            dialect=for_path(path),
            summary=summary,
            body=body,
            query=query,
            body_optional=body_optional,
            missing_code=missing_code,
            response=response,
            status=status,
            errors=tuple(errors),
            example=example,
            body_example=body_example,
            secret=secret,
            parameters=frozenset(signature(handler).parameters),
        )
        if made.key in ROUTES:
            raise ValueError(f"{made.key} is declared twice")
        ROUTES[made.key] = made
        return handler

    return register


@dataclass(slots=True)
class Runtime:
    """What the process shares among its requests."""

    settings: Settings
    db: Db
    gatekeeper: Gatekeeper
    metrics: Metrics


class Call:
    """One request as a handler sees it."""

    def __init__(self, runtime: Runtime, scope: Scope, request_id: str, headers: RawHeaders) -> None:
        self.runtime = runtime
        self.scope = scope
        self.request_id = request_id
        self.headers = headers
        self.path: dict[str, str] = scope.get("path_params") or {}
        self.db: Db = runtime.db
        self._actor: Actor | None = None

    @property
    def actor(self) -> Actor:
        """The verified caller; public routes have none."""
        if self._actor is None:
            raise RuntimeError("a public route asked for its caller")
        return self._actor

    @actor.setter
    def actor(self, actor: Actor) -> None:
        self._actor = actor

    def header(self, name: bytes) -> str | None:
        """Return a header (name in lower case), the last one if it is repeated."""
        found = None
        for key, value in self.headers:
            if key == name:
                found = value
        return None if found is None else found.decode("latin-1")

    def path_uuid(self, name: str) -> UUID:
        """Read an identifier from the path; one that cannot exist is 404."""
        value = parse_uuid(self.path[name])
        if value is None:
            raise NotFound
        return value

    def path_int(self, name: str) -> int:
        """Read a whole number from the path; one that cannot exist is 404."""
        text = self.path[name]
        if not (text.isascii() and text.isdigit() and len(text) < 19):
            raise NotFound
        return int(text)

    def path_id(self, name: str) -> UUID | int:
        """Read an identifier that may be a UUID or a `numero`."""
        return parse_uuid(self.path[name]) or self.path_int(name)

    @property
    def if_match(self) -> int | None:
        """The version that `If-Match` asks for; None for none or `*`."""
        text = self.header(b"if-match")
        if text is None or text.strip() == "*":
            return None
        digits = text.strip().removeprefix("W/").strip('"')
        if not (digits.isascii() and digits.isdigit() and len(digits) < 19):
            raise BadRequest(
                "cabecera_invalida", errors={"If-Match": ["Debe ser la versión recibida en ETag"]}
            )
        return int(digits)

    @cached_property
    def ip(self) -> str:
        """The caller's address; `X-Forwarded-For` counts only as far as believed proxies wrote it."""
        client = self.scope.get("client")
        address = client[0] if client else "unknown"
        trusted = self.runtime.settings.proxies
        if address in trusted:
            forwarded = self.header(b"x-forwarded-for") or ""
            for hop in reversed([part.strip() for part in forwarded.split(",") if part.strip()]):
                address = hop
                if hop not in trusted:
                    break
        return str(address)[:64]

    @property
    def user_agent(self) -> str:
        """What the caller's program calls itself."""
        return (self.header(b"user-agent") or "")[:300]


class Endpoint:
    """All methods of one path."""

    def __init__(self, runtime: Runtime, routes: Sequence[Route]) -> None:
        self.runtime = runtime
        self.routes = {route.method: (route, permisos.REGLAS[route.key]) for route in routes}
        if "GET" in self.routes:
            self.routes["HEAD"] = self.routes["GET"]
        self.dialect = routes[0].dialect
        self.allow = ", ".join(sorted(self.routes))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        started = time.perf_counter()
        request_id = new_request_id()
        call = Call(self.runtime, scope, request_id, scope["headers"])
        found = self.routes.get(scope["method"])
        name = found[0].key if found else scope["method"]
        logs.bind_request(request_id)
        try:
            reply = await self._answer(call, found, receive)
            status, headers, body = reply
        except AppError as error:
            status, headers, body = render_error(self.dialect, error, request_id)
        except ClientGone:
            return
        except Exception as error:  # noqa: BLE001 - the last resort: logged, and told without details
            _log.error("request_failed", route=name, exc_info=error)
            status, headers, body = render_error(self.dialect, AppError("error_interno"), request_id)
        await send_reply(scope, send, status, headers, body, request_id)
        self.runtime.metrics.observe_request(name, status, time.perf_counter() - started)

    async def _answer(
        self, call: Call, found: tuple[Route, permisos.Regla] | None, receive: Receive
    ) -> tuple[int, RawHeaders, bytes]:
        if found is None:
            if call.scope["method"] == "OPTIONS":
                return 204, [(b"allow", self.allow.encode())], b""
            raise MethodNotAllowed("metodo_no_permitido", headers={"Allow": self.allow})
        route, rule = found
        if rule.alcance != "publico":
            call.actor = actor = await self.runtime.gatekeeper.actor(authorization(call.headers))
            permisos.check(rule, actor, route.method, call.path)
        raw = (
            b""
            if route.method in SAFE
            else await read_raw(call, receive, self.runtime.settings.cuerpo_segundos)
        )
        arguments = _arguments(route, call, raw)
        if route.method not in SAFE and rule.alcance != "publico" and not route.secret:
            key = call.header(b"idempotency-key")
            if key is not None:
                return await self._once(route, call, arguments, key, raw)
        return encode(route.dialect, await route.handler(**arguments))

    async def _once(
        self, route: Route, call: Call, arguments: dict[str, Any], key: str, raw: bytes
    ) -> tuple[int, RawHeaders, bytes]:
        """Do the work and keep its reply in one transaction, or give the kept reply again."""
        who = str(call.actor.usuario_id)
        where = call.scope["path"]
        fingerprint = idempotency.fingerprint(loads(raw) if raw else b"")
        async with call.db.transaction() as tx:
            kept = await idempotency.begin(tx, who, route.method, where, key, fingerprint)
            if kept is not None:
                headers = [(name.encode(), value.encode()) for name, value in kept.headers.items()]
                return kept.status, [*headers, (b"idempotency-replayed", b"true")], kept.body
            call.db = tx
            status, headers, body = encode(route.dialect, await route.handler(**arguments))
            plain = {name.decode(): value.decode() for name, value in headers}
            await idempotency.store(
                tx, who, route.method, where, key, fingerprint, status=status, headers=plain, body=body
            )
            return status, headers, body


def _arguments(route: Route, call: Call, raw: bytes) -> dict[str, Any]:
    """Read what the handler takes: the call itself, the query, the body."""
    arguments: dict[str, Any] = {}
    if "call" in route.parameters:
        arguments["call"] = call
    if route.query is not None:
        arguments["query"] = read_query(route.query, call.scope["query_string"])
    if raw:
        check_content(call.headers)
    if route.body is not None:
        arguments["body"] = decode_body(route, raw)
    return arguments


_counter = int.from_bytes(hashlib.sha256(str(time.time_ns()).encode()).digest()[:5], "big")


def new_request_id() -> str:
    """Make a short identifier of a request, unique enough to find it in a log."""
    global _counter  # noqa: PLW0603
    _counter += 1
    return f"{int(time.time()):x}-{_counter & 0xFFFFFFFFFF:010x}"


def authorization(headers: RawHeaders) -> bytes | None:
    """Return the one `Authorization` header; two of them are as good as none."""
    found: bytes | None = None
    for name, value in headers:
        if name == b"authorization":
            if found is not None:
                return b","
            found = value
    return found


async def read_raw(call: Call, receive: Receive, seconds: float) -> bytes:
    """Receive the body, at most 1 MiB and within the deadline."""
    length = call.header(b"content-length")
    if length is not None and length.isdigit() and int(length[:18]) > MAX_JSON:
        raise TooLarge("cuerpo_demasiado_grande")
    try:
        async with asyncio.timeout(seconds):
            return await _receive_all(receive)
    except TimeoutError as error:
        raise BadRequest("cuerpo_incompleto", headers={"Connection": "close"}) from error


async def _receive_all(receive: Receive) -> bytes:
    message = await receive()
    if message["type"] == "http.disconnect":
        raise ClientGone
    first: bytes = message.get("body", b"")
    if not message.get("more_body"):
        if len(first) > MAX_JSON:
            raise TooLarge("cuerpo_demasiado_grande")
        return first
    parts = bytearray(first)
    while message.get("more_body"):
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        parts += message.get("body", b"")
        if len(parts) > MAX_JSON:
            raise TooLarge("cuerpo_demasiado_grande", headers={"Connection": "close"})
    return bytes(parts)


def check_content(headers: RawHeaders) -> None:
    """Refuse whatever is not plain UTF-8 JSON by its headers."""
    for name, value in headers:
        if name == b"content-type":
            kind, _, rest = value.lower().partition(b";")
            charset = rest.strip().removeprefix(b"charset=").strip(b'"')
            if kind.strip() != b"application/json" or charset not in {b"", b"utf-8", b"utf8"}:
                raise UnsupportedMedia("tipo_no_admitido")
        elif name == b"content-encoding" and value.lower() != b"identity":
            raise UnsupportedMedia("codificacion_no_admitida")


def decode_body(route: Route, raw: bytes) -> BaseModel | None:
    """Read and validate a JSON body."""
    assert route.body is not None  # noqa: S101
    if not raw:
        if route.body_optional:
            return None
        if route.missing_code is None:
            raise BadRequest("cuerpo_requerido")
        return read_body(route.body, {}, route.missing_code)
    return read_body(route.body, loads(raw), route.missing_code)


_TYPES: Final = {"application/json": b"application/json"}


def encode(dialect: Dialect, reply: Reply) -> tuple[int, RawHeaders, bytes]:
    """Write a reply as its dialect does."""
    data = reply.data
    body = data if type(data) is bytes else b"" if data is None else dialect.encoder.encode(data)
    headers: RawHeaders = [(b"content-type", _TYPES.get(reply.content_type) or reply.content_type.encode())]
    if reply.headers:
        headers += [(name.lower().encode(), value.encode("latin-1")) for name, value in reply.headers.items()]
    return reply.status, headers, body


def render_error(dialect: Dialect, error: AppError, request_id: str) -> tuple[int, RawHeaders, bytes]:
    """Write an error as its dialect does."""
    headers: RawHeaders = [(b"content-type", dialect.error_type.encode())]
    headers += [(name.lower().encode(), value.encode("latin-1")) for name, value in error.headers.items()]
    return error_status(dialect, error), headers, error_body(dialect, error, request_id)


async def send_reply(
    scope: Scope, send: Send, status: int, headers: RawHeaders, body: bytes, request_id: str
) -> None:
    """Send a complete answer; the headers common to all are added by the gate."""
    if status != 204:
        headers.append((b"content-length", str(len(body)).encode()))
    headers.append((b"x-request-id", request_id.encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})
