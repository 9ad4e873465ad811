"""The composition root: builds the application out of settings, pool, event hub and routes."""

import asyncio
import ctypes
import gc
import multiprocessing
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, Final
from uuid import UUID

from litestar import Litestar, Request, Response, asgi
from litestar.exceptions import HTTPException
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

import clientela.api.bulk
import clientela.api.castella
import clientela.api.chat
import clientela.api.clientes
import clientela.api.panel
import clientela.api.pedidos
import clientela.api.v1
import clientela.api.ws.routes  # noqa: F401
from clientela.api import openapi, permisos
from clientela.api.auth import Gatekeeper
from clientela.api.call import ROUTES, Receive, Route, Runtime, Scope, Send
from clientela.api.devices.board import Board
from clientela.api.dialects import V1, for_path
from clientela.api.endpoint import Endpoint, new_request_id, render_error
from clientela.api.origins import Origins
from clientela.api.ws.sockets import Sockets
from clientela.api.ws.streams import ENDLESS
from clientela.chat import service as chat
from clientela.core import logs
from clientela.core.db import Pool
from clientela.core.errors import AppError, BadRequest, HeadersTooLarge, NotFound, UriTooLong
from clientela.core.events import SESIONES
from clientela.core.hub import EventHub
from clientela.core.logs import get_logger
from clientela.core.metrics import METRICS_DIRECTORY, Metrics
from clientela.identidad import service as identidad
from clientela.settings import Settings, read_settings
from clientela.worker import Worker

MAX_QUERY: Final = 8 * 1024
MAX_HEADERS: Final = 100
MAX_HEADER_BYTES: Final = 16 * 1024

_log = get_logger(__name__)

# Said with every answer; a handler's own header of the same name comes first and these are left out then.
COMMON: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cache-control", b"no-store"),
)
_OVERRIDABLE: Final = frozenset(
    {b"content-security-policy", b"cache-control", b"cross-origin-resource-policy"}
)
_EXPOSED: Final = b"ETag, Retry-After, X-Request-Id, Idempotency-Replayed"
_ALLOWED: Final = b"Authorization, Content-Type, If-Match, Idempotency-Key"


def create_app(settings: Settings | None = None) -> "Gate":
    """Build the application of one process."""
    _end_with_parent()
    settings = settings or read_settings()
    logs.configure(settings.log)
    pool = Pool(settings)
    hub = EventHub(pool.connect)
    gatekeeper = Gatekeeper(lambda token: identidad.resolve_token(pool.db, token), hub)
    hub.on(SESIONES, lambda event: gatekeeper.forget(UUID(event.datos["usuario_id"])))
    hub.on_reset(gatekeeper.forget_all)
    metrics = Metrics(settings.data_dir / METRICS_DIRECTORY)
    metrics.register_gauge("conexiones_en_uso", "Database connections at work.", lambda: pool.in_use)
    metrics.register_gauge("base_viajes", "Statements sent to the database so far.", lambda: pool.round_trips)
    metrics.register_gauge(
        "eventos_retraso_segundos", "Time without proof that all events were seen.", lambda: hub.lag
    )
    origins = Origins(settings)
    board = make_board(pool, hub)
    metrics.register_gauge("dispositivos", "Sockets and event streams that are open.", lambda: board.size)
    runtime = Runtime(settings, pool.db, gatekeeper, metrics, board)

    @asynccontextmanager
    async def lifespan(_: Litestar) -> AsyncIterator[None]:
        await pool.open()
        await hub.start()
        await metrics.start()
        await board.start()
        secret = asyncio.create_task(_load_secret(pool))
        worker = Worker(pool) if settings.trabajos else None
        if worker:
            await worker.start()
        _settle_memory()
        yield
        secret.cancel()
        if worker:
            await worker.stop()
        await board.stop()
        await metrics.stop()
        await hub.stop()
        await pool.close()

    litestar = Litestar(
        route_handlers=[
            asgi(litestar_path(path), copy_scope=False)(_handler(endpoint))
            for path, endpoint in endpoints(runtime)
        ],
        exception_handlers={HTTPException: _framework_error, Exception: _framework_error},
        lifespan=[lifespan],
        openapi_config=None,
        logging_config=None,
        debug=False,
    )
    _answer_every_method(litestar.asgi_router.root_route_map_node)
    sockets = Sockets(board, gatekeeper, origins, lambda ticket: identidad.resolve_pass(pool.db, ticket))
    return Gate(litestar, settings, origins, sockets)


def make_board(pool: Pool, hub: EventHub) -> Board:
    """Make what looks after the devices that listen to this process."""
    return Board(
        pool.db,
        hub,
        lambda refs: chat.messages_by_id(pool.db, refs),
        lambda actor: identidad.resolve_again(pool.db, actor),
    )


def _settle_memory() -> None:
    """Spare the collector what lives as long as the process, and have it look at the rest in larger portions.

    Requests leave almost no cycles behind, but the remembered tokens are many: looking at them again and again
    took a tenth of the server's time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


def document() -> bytes:
    """Describe the whole API as OpenAPI 3.1, in JSON."""
    return openapi.document(ROUTES, permisos.REGLAS)


def endpoints(runtime: Runtime) -> list[tuple[str, Endpoint]]:
    """Gather the routes of each path; one without a row in the matrix does not start."""
    by_path: dict[str, list[Route]] = {}
    for route in ROUTES.values():
        by_path.setdefault(route.path, []).append(route)
    return [(path, Endpoint(runtime, routes)) for path, routes in by_path.items()]


def litestar_path(path: str) -> str:
    """Write a path template as the framework does: `{id}` is a text."""
    return path.replace("}", ":str}")


class _EveryMethod(dict[Any, Any]):
    """The parameters of a path, whatever the method."""

    def __missing__(self, method: str) -> Any:
        return self["asgi"]


def _answer_every_method(node: Any) -> None:
    # The router looks for a path's parameters under the method, but an ASGI handler, which answers every
    # method, has them under "asgi" only.
    if "asgi" in node.path_parameters:
        node.path_parameters = _EveryMethod(node.path_parameters)
    for child in node.children.values():
        _answer_every_method(child)


def _handler(endpoint: Endpoint) -> Callable[[Scope, Receive, Send], Awaitable[None]]:
    async def handle(scope: Scope, receive: Receive, send: Send) -> None:
        await endpoint(scope, receive, send)

    return handle


async def _load_secret(pool: Pool) -> None:
    """Read or make the signing key; the process may have started before its database."""
    while True:
        try:
            await identidad.load_secret(pool.db)
        except AppError:
            await asyncio.sleep(0.5)
        else:
            return


def _framework_error(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    request_id = new_request_id()
    found: AppError
    if isinstance(error, HTTPException) and error.status_code in {404, 405}:
        found = NotFound("ruta_no_encontrada")
    else:
        _log.error("request_failed", exc_info=error)
        found = AppError("error_interno")
    dialect = for_path(request.scope["path"])
    status, headers, body = render_error(dialect, found, request_id)
    named = {name.decode(): value.decode() for name, value in headers}
    kind = named.pop("content-type")
    return Response(body, status_code=status, headers={**named, "x-request-id": request_id}, media_type=kind)


def _end_with_parent() -> None:
    """Have the kernel end a worker whose parent was killed, or it would keep the port."""
    if multiprocessing.parent_process() is not None:
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None, use_errno=True).prctl(1, signal.SIGTERM)


class HttpProtocol(HttpToolsProtocol):
    """The server's HTTP parser, which answers what is no HTTP at all by itself: it shall say it as we do."""

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002
        """Refuse bytes that make no request, and close the connection."""
        request_id = new_request_id()
        status, headers, body = render_error(V1, BadRequest("peticion_ilegible"), request_id)
        own = {"content-length": str(len(body)), "connection": "close", "x-request-id": request_id}
        said = [*headers, *COMMON, *((name.encode(), value.encode()) for name, value in own.items())]
        head = b"".join(name + b": " + value + b"\r\n" for name, value in said)
        self.transport.write(f"HTTP/1.1 {status} Bad Request\r\n".encode() + head + b"\r\n" + body)
        self.transport.close()

    def shutdown(self) -> None:
        """Finish what has begun; an event stream has no end of its own, so it is given one."""
        # Before its first request a connection has none, whatever the library's type says.
        cycle: RequestResponseCycle | None = self.cycle
        extensions: dict[str, Any] = cycle.scope.get("extensions", {}) if cycle is not None else {}
        end = extensions.get(ENDLESS)
        if end is not None:
            end()
        super().shutdown()


class Gate:
    """The outermost door: tidies the path, bounds the head of a request, adds what every answer carries."""

    def __init__(self, app: Litestar, settings: Settings, origins: Origins, sockets: Sockets) -> None:
        self.app = app
        self.settings = settings
        self.sockets = sockets
        self.origins = origins
        self.cross_origin = origins.cross_origin
        secure = settings.url.startswith("https://")
        self.overridden = {name: (name, value) for name, value in COMMON if name in _OVERRIDABLE}
        self.common = (*COMMON, (b"strict-transport-security", b"max-age=31536000")) if secure else COMMON

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one connection of any kind."""
        if scope["type"] == "websocket":
            await self.sockets(scope, receive, send)
            return
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        path = scope["path"]
        if "//" in path or (len(path) > 1 and path[-1] == "/"):
            scope["path"] = "/" + "/".join(part for part in path.split("/") if part)
        origin = self.origins.named(scope["headers"]) if self.cross_origin else None

        async def send_with_common(message: Any) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = self._with_common(message["headers"], origin)
            await send(message)

        refusal = _refusal(scope)
        if refusal is not None:
            await _send_raw(send_with_common, scope, refusal)
        elif origin is not None and scope["method"] == "OPTIONS":
            await _preflight(scope, send_with_common)
        else:
            await self.app(scope, receive, send_with_common)

    def _with_common(
        self, headers: Sequence[tuple[bytes, bytes]], origin: bytes | None
    ) -> list[tuple[bytes, bytes]]:
        said = [*headers, *self.common]
        for name, _ in headers:
            if name in _OVERRIDABLE:
                said.remove(self.overridden[name])
        if self.cross_origin:
            said.append((b"vary", b"Origin"))
        if origin is not None:
            said.append((b"access-control-allow-origin", origin))
            said.append((b"access-control-expose-headers", _EXPOSED))
        return said


def _refusal(scope: Any) -> AppError | None:
    if len(scope["query_string"]) > MAX_QUERY or len(scope["raw_path"]) > MAX_QUERY:
        return UriTooLong("uri_demasiado_larga")
    headers = scope["headers"]
    room = MAX_HEADER_BYTES
    for name, value in headers:
        room -= len(name) + len(value)
    if room < 0 or len(headers) > MAX_HEADERS:
        return HeadersTooLarge("cabeceras_demasiado_grandes")
    return None


async def _send_raw(send: Any, scope: Any, error: AppError) -> None:
    request_id = new_request_id()
    status, headers, body = render_error(for_path(scope["path"]), error, request_id)
    headers += [(b"content-length", str(len(body)).encode()), (b"x-request-id", request_id.encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _preflight(scope: Any, send: Any) -> None:
    asked = dict(scope["headers"]).get(b"access-control-request-method")
    headers = [
        (b"access-control-allow-methods", asked or b"GET, POST, PUT, PATCH, DELETE"),
        (b"access-control-allow-headers", _ALLOWED),
        (b"access-control-max-age", b"600"),
    ]
    await send({"type": "http.response.start", "status": 204, "headers": headers})
    await send({"type": "http.response.body", "body": b""})
