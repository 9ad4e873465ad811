"""`/api/chat/ws`: the handshake, and one socket from its beginning to its end (CONTRACT §9, §12)."""

import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, Final
from urllib.parse import parse_qs

from clientela.api.auth import Gatekeeper
from clientela.api.call import authorization
from clientela.api.devices.board import Board
from clientela.api.devices.listener import BAD_CREDENTIAL, NOT_ALLOWED, TOO_SLOW, Listener
from clientela.api.dialects import for_path
from clientela.api.endpoint import new_request_id, render_error
from clientela.api.origins import Origins
from clientela.api.ws import commands
from clientela.api.ws.protocol import EXTENSION, SocketProtocol
from clientela.core.actor import Actor
from clientela.core.errors import (
    AppError,
    Forbidden,
    Invalid,
    NotFound,
    TooManyRequests,
    Unauthenticated,
)
from clientela.core.values import NUMBERS

PATH: Final = "/api/chat/ws"
BEARER: Final = "bearer"

BAD_PLACE: Final = 4400
TOO_MANY: Final = 4429
LATER: Final = 1013
NO_BINARY: Final = 1003

# A device may say this much at once, and this much a second; chats and their signals stay far below.
BURST: Final = 100
PER_SECOND: Final = 20

ResolvePass = Callable[[str], Awaitable[tuple[Actor, datetime]]]


class Sockets:
    """Serves every WebSocket of a process."""

    def __init__(
        self, board: Board, gatekeeper: Gatekeeper, origins: Origins, resolve_pass: ResolvePass
    ) -> None:
        self._board = board
        self._gatekeeper = gatekeeper
        self._origins = origins
        self._resolve_pass = resolve_pass

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one connection until it ends."""
        refused = self._refusal(scope)
        if refused is not None:
            await _refuse(scope, send, refused)
            return
        # The connection is ready for a handshake; what it says first is only that.
        await receive()
        protocol: SocketProtocol = scope["extensions"][EXTENSION]
        subprotocol = BEARER if BEARER in scope["subprotocols"] else None
        outlet = SocketOutlet(protocol)
        try:
            actor, expires = await self._caller(scope)
            listener = await self._board.admit(actor, expires, outlet, _query(scope, "after"))
        except AppError as error:
            await send({"type": "websocket.accept", "subprotocol": subprotocol})
            protocol.cut(_code_of(error), error.code)
            return
        try:
            protocol.on_room = listener.ready
            protocol.on_stuck = lambda: listener.close(TOO_SLOW, "lector_lento")
            await send({"type": "websocket.accept", "subprotocol": subprotocol})
            protocol.lean()
            listener.begin()
            await self._hear(listener, receive)
        finally:
            self._board.dismiss(listener)

    def _refusal(self, scope: Any) -> AppError | None:
        if _tidy(scope["path"]) != PATH:
            return NotFound("ruta_no_encontrada")
        if not self._origins.admit(scope["headers"], "https" if scope["scheme"] == "wss" else "http"):
            return Forbidden("origen_no_admitido")
        return None

    async def _caller(self, scope: Any) -> tuple[Actor, datetime]:
        """Find who is calling: by header, by subprotocol, or by a pass. Raises Unauthenticated."""
        header = authorization(scope["headers"])
        if header is None:
            offered: Sequence[str] = scope["subprotocols"]
            if len(offered) == 2 and offered[0].lower() == BEARER:
                header = offered[1].encode("latin-1", "replace")
        if header is not None:
            return await self._gatekeeper.actor_until(header)
        return await self._resolve_pass(_query(scope, "ticket") or "")

    async def _hear(self, listener: Listener, receive: Any) -> None:
        """Do what the device says until it goes, one frame after the other."""
        allowance = Allowance()
        while True:
            message = await receive()
            if message["type"] != "websocket.receive":
                return
            listener.heard = time.monotonic()
            if message.get("text") is None:
                listener.close(NO_BINARY, "solo_texto")
            elif not allowance.take(listener.heard):
                listener.close(TOO_MANY, "demasiados_marcos")
            else:
                await self._board.certain(listener)
                if not listener.closed:
                    await commands.obey(self._board.db, listener, message["text"])


class Allowance:
    """How much a device may say: it fills up with time."""

    __slots__ = ("_at", "_left")

    def __init__(self) -> None:
        self._left = float(BURST)
        self._at = time.monotonic()

    def take(self, now: float) -> bool:
        """Use up one; False when there is none."""
        self._left = min(float(BURST), self._left + (now - self._at) * PER_SECOND)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


class SocketOutlet:
    """Frames leave as texts: `{type, id?, data}`."""

    __slots__ = ("_protocol",)

    def __init__(self, protocol: SocketProtocol) -> None:
        self._protocol = protocol

    @property
    def full(self) -> bool:
        """Whether the device lags behind."""
        return self._protocol.full

    def write(self, tipo: str, place: int | str | None, data: bytes) -> None:
        """Send one frame."""
        ident = "" if place is None else f'"id":{NUMBERS.encode(place).decode()},'
        self._protocol.write_now(f'{{"type":"{tipo}",{ident}"data":{data.decode()}}}')

    def close(self, code: int, reason: str) -> None:
        """End the connection."""
        self._protocol.cut(code, reason)


def _code_of(error: AppError) -> int:
    if isinstance(error, Unauthenticated):
        return BAD_CREDENTIAL
    if isinstance(error, Forbidden):
        return NOT_ALLOWED
    if isinstance(error, TooManyRequests):
        return TOO_MANY
    return BAD_PLACE if isinstance(error, Invalid) else LATER


def _query(scope: Any, name: str) -> str | None:
    """Read a parameter of the address; the last one if it is repeated."""
    found = parse_qs(scope["query_string"].decode("latin-1")).get(name)
    return found[-1] if found else None


def _tidy(path: str) -> str:
    return "/" + "/".join(part for part in path.split("/") if part)


async def _refuse(scope: Any, send: Any, error: AppError) -> None:
    """Answer the handshake with an ordinary error of the path's dialect."""
    status, headers, body = render_error(for_path(scope["path"]), error, new_request_id())
    headers.append((b"content-length", str(len(body)).encode()))
    await send({"type": "websocket.http.response.start", "status": status, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": body})
