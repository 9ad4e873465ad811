"""`/api/chat/events` and the pass that opens it, or a socket, without a header (CONTRACT §9, §12)."""

from typing import Annotated, Final

import msgspec
from pydantic import Field

from clientela.api.body import Consulta
from clientela.api.call import Call, Reply, route
from clientela.api.devices import cursors
from clientela.api.ws.streams import ENDLESS, StreamOutlet, pieces
from clientela.identidad import service as identidad
from clientela.identidad.passes import service as passes

_HEADERS: Final = {"X-Accel-Buffering": "no"}
_TYPE: Final = "text/event-stream"


class Desde(Consulta):
    """From where on: the `id` of the last event that was received; `ticket` stands in for the header."""

    after: Annotated[str, Field(max_length=40)] | None = None
    ticket: Annotated[str, Field(max_length=200)] | None = None


class Pase(msgspec.Struct, frozen=True):
    """What opens one socket or one event stream within thirty seconds."""

    ticket: str


@route(
    "GET",
    "/api/chat/events",
    query=Desde,
    response=bytes,
    media_type=_TYPE,
    errors=("demasiadas_conexiones",),
    summary="Escuchar los eventos propios (Server-Sent Events)",
)
async def listen(call: Call, query: Desde) -> Reply:
    """Tell the caller what his devices are told, until he leaves; `Last-Event-ID` goes before `after`."""
    after = call.header(b"last-event-id") or query.after
    if call.scope["method"] == "HEAD":
        cursors.read(after, len(cursors.streams_of(call.actor)))
        return Reply(b"", headers=_HEADERS, content_type=_TYPE)
    actor, expires = await identidad.resolve_again(call.db, call.actor)
    outlet = StreamOutlet()
    board = call.runtime.board
    listener = await board.admit(actor, expires, outlet, after)
    call.scope.setdefault("extensions", {})[ENDLESS] = lambda: outlet.close(0, "")
    assert call.receive is not None  # noqa: S101 - the endpoint gives it to every call
    return Reply(pieces(board, listener, outlet, call.receive), headers=_HEADERS, content_type=_TYPE)


@route(
    "POST",
    "/api/v1/chat/ticket",
    response=Pase,
    status=201,
    summary="Pedir un pase de un solo uso para abrir un socket",
    example={"ticket": "q0nD2m1Zb8rX5sVtY7uKc3eLwA9hJfGp4iQoTzRvBxE"},
)
async def make_pass(call: Call) -> Reply:
    """Make a pass of the caller's: once, within thirty seconds."""
    return Reply(Pase(await passes.issue(call.db, call.actor)), status=201)
