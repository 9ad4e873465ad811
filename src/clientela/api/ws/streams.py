"""The event stream: what a socket is told, as Server-Sent Events over an ordinary request (CONTRACT §9)."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from typing import Final

from clientela.api.call import Receive
from clientela.api.devices.board import Board
from clientela.api.devices.listener import Listener
from clientela.core.values import NUMBERS

# In the scope of an answer that has no end of its own: what ends it.
ENDLESS: Final = "clientela.endless"
HEARTBEAT: Final = 15.0
# What may wait here for a reader who is slower than his events.
ROOM: Final = 64 * 1024
RETRY_MS: Final = b"retry: 2000\n\n"


class StreamOutlet:
    """Frames leave as `id:`, `event:`, `data:`; they wait here until the answer takes them."""

    def __init__(self) -> None:
        self._waiting = bytearray()
        self._something = asyncio.Event()
        self.closed = False

    @property
    def full(self) -> bool:
        """Whether the reader lags behind."""
        return len(self._waiting) >= ROOM

    def write(self, tipo: str, place: int | str | None, data: bytes) -> None:
        """Send one frame; what only a socket needs is left out, for comments keep a stream open."""
        if tipo == "ping":
            return
        ident = b"" if place is None else b"id: " + NUMBERS.encode(place).strip(b'"') + b"\n"
        # JSON has no line breaks of its own.
        self._waiting += ident + b"event: " + tipo.encode() + b"\ndata: " + data + b"\n\n"
        self._something.set()

    def close(self, _code: int, _reason: str) -> None:
        """End the stream; who is still welcome comes back with the last id that he read."""
        self.closed = True
        self._something.set()

    async def take(self) -> bytes:
        """Return what is to be sent; a comment after some seconds without anything, and nothing at the end."""
        with suppress(TimeoutError):
            async with asyncio.timeout(HEARTBEAT):
                while not (self._waiting or self.closed):
                    self._something.clear()
                    await self._something.wait()
        taken, self._waiting = bytes(self._waiting), bytearray()
        return taken or (b"" if self.closed else b":\n\n")


async def pieces(
    board: Board, listener: Listener, outlet: StreamOutlet, receive: Receive
) -> AsyncGenerator[bytes, None]:
    """Give out what a listener is told until he leaves, the server stops, or his session ends."""
    leaving = asyncio.create_task(_gone(receive, lambda: outlet.close(0, "")))
    try:
        listener.begin()
        yield RETRY_MS
        while True:
            listener.heard = time.monotonic()
            piece = await outlet.take()
            if not piece:
                return
            yield piece
            listener.ready()
    finally:
        leaving.cancel()
        board.dismiss(listener)


async def _gone(receive: Receive, then: Callable[[], None]) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    then()
