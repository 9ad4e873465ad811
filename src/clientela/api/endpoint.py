"""One way through for every request: permission, body, idempotency, the handler, the reply, the error.

One `Endpoint` serves all methods of a path; to the framework it is an ASGI handler.
"""

import itertools
import secrets
import time
from collections.abc import AsyncGenerator, Sequence
from datetime import timedelta
from typing import Any, Final, TypeAlias
from urllib.parse import parse_qs

from clientela.api import permisos
from clientela.api.call import Call, RawHeaders, Receive, Reply, Route, Runtime, Scope, Send, authorization
from clientela.api.dialects import Dialect, error_body, error_status
from clientela.api.forms import MAX_FORM
from clientela.api.reading import MAX_JSON, ClientGone, clean_images, form_type, read_arguments, read_raw
from clientela.core import idempotency, logs
from clientela.core.actor import Actor
from clientela.core.errors import AppError, MethodNotAllowed
from clientela.core.limits import Limit, reserve
from clientela.core.logs import get_logger
from clientela.identidad import service as identidad

SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})

_log = get_logger(__name__)


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
    ) -> tuple[int, RawHeaders, Any]:
        if found is None:
            if call.scope["method"] == "OPTIONS":
                return 204, [(b"allow", self.allow.encode())], b""
            raise MethodNotAllowed("metodo_no_permitido", headers={"Allow": self.allow})
        route, rule = found
        if rule.alcance != "publico":
            call.actor = actor = await self._caller(call, rule)
            permisos.check(rule, actor, route.method, call.path)
        raw = b""
        call.receive = receive
        if route.method not in SAFE:
            limit = MAX_FORM if route.multipart and form_type(call) else MAX_JSON
            raw = await read_raw(call, receive, limit, self.runtime.settings.cuerpo_segundos)
        arguments, content = read_arguments(route, call, raw)
        await self._count_uploads(call)
        if route.method not in SAFE and rule.alcance != "publico" and not route.secret:
            key = call.header(b"idempotency-key")
            if key is not None:
                return await self._once(route, call, arguments, key, content)
        return encode(route.dialect, await route.handler(**arguments))

    async def _caller(self, call: Call, rule: permisos.Regla) -> Actor:
        header = authorization(call.headers)
        if header is None and rule.alcance == "pase":
            ticket = parse_qs(call.scope["query_string"].decode("latin-1")).get("ticket", [""])[-1]
            return (await identidad.resolve_pass(call.db, ticket))[0]
        if header is None and rule.alcance == "enlace":
            query: bytes = call.scope["query_string"]
            return await identidad.resolve_link(call.db, call.scope["path"], query.decode("latin-1"))
        return await self.runtime.gatekeeper.actor(header)

    async def _count_uploads(self, call: Call) -> None:
        """Refuse more files in an hour than the settings allow one user, whatever becomes of each."""
        most = self.runtime.settings.subidas_por_hora
        for _ in call.files if most else ():
            place = await reserve(
                self.runtime.db,
                Limit("subida", str(call.actor.usuario_id), most, timedelta(hours=1)),
                code="demasiadas_subidas",
            )
            await place.keep()

    async def _once(
        self, route: Route, call: Call, arguments: dict[str, Any], key: str, content: Any
    ) -> tuple[int, RawHeaders, bytes]:
        """Do the work and keep its reply in one transaction, or give the kept reply again."""
        who = str(call.actor.usuario_id)
        where = call.scope["path"]
        fingerprint = idempotency.fingerprint(content)
        await clean_images(route, call)
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


# When the process began and who it is; the number of the request follows.
_PROCESS: Final = f"{int(time.time()):x}-{secrets.token_hex(3)}"
_counter = itertools.count(1)


def new_request_id() -> str:
    """Make a short identifier of a request, unique enough to find it in a log."""
    return f"{_PROCESS}-{next(_counter):x}"


Body: TypeAlias = bytes | AsyncGenerator[bytes, None]
"""A body, whole or in pieces; what comes in pieces is not kept under an `Idempotency-Key`."""

_TYPES: Final = {"application/json": b"application/json"}


def encode(dialect: Dialect, reply: Reply) -> tuple[int, RawHeaders, Any]:
    """Write a reply as its dialect does; its body is bytes, or pieces of them."""
    data = reply.data
    ready = type(data) is bytes or isinstance(data, AsyncGenerator)
    body = data if ready else b"" if data is None else dialect.encoder.encode(data)
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
    scope: Scope, send: Send, status: int, headers: RawHeaders, body: Body, request_id: str
) -> None:
    """Send a complete answer; the headers common to all are added by the gate."""
    if isinstance(body, AsyncGenerator):
        await _send_pieces(scope, send, status, headers, body, request_id)
        return
    if status not in {204, 304}:
        headers.append((b"content-length", str(len(body)).encode()))
    headers.append((b"x-request-id", request_id.encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})


async def _send_pieces(
    scope: Scope,
    send: Send,
    status: int,
    headers: RawHeaders,
    pieces: AsyncGenerator[bytes, None],
    request_id: str,
) -> None:
    """Send a body as it is made. What fails midway leaves it without its end, which the receiver notices."""
    headers.append((b"x-request-id", request_id.encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    try:
        if scope["method"] != "HEAD":
            async for piece in pieces:
                await send({"type": "http.response.body", "body": piece, "more_body": True})
    finally:
        await pieces.aclose()
    await send({"type": "http.response.body", "body": b""})
