"""A TCP proxy that misbehaves on demand, for the faults that this machine's kernel cannot simulate.

Faults act on connections that are open as well as on later ones. All setters may be called from any thread.
"""

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable, Coroutine
from types import TracebackType
from typing import Any, Self

CHUNK = 16_384


class FaultProxy:
    """Forwards 127.0.0.1:`port` to a target; a context manager that runs its loop in a thread.

    latency: seconds that each chunk waits, in each direction (order is kept).
    rate: bytes per second of each direction of each connection; None = no limit.
    half_open: swallow everything silently and close nothing, as a router that lost its table does.
    refuse: reset new connections at once.
    cut_after: reset a connection once that many bytes of answers went through it; None = never.
    """

    def __init__(self, host: str, port: int) -> None:
        self.target = (host, port)
        self.port = 0
        self.latency = 0.0
        self.rate: float | None = None
        self.half_open = False
        self.refuse = False
        self.cut_after: int | None = None
        self.accepted = 0
        self._pairs: set[tuple[asyncio.StreamWriter, asyncio.StreamWriter]] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="fault-proxy", daemon=True)
        self._server: asyncio.Server | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        self._run(self._open())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._run(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    @property
    def open_connections(self) -> int:
        """How many pairs are being forwarded."""
        return len(self._pairs)

    def reset_all(self) -> None:
        """Cut every open connection with a RST on both sides."""
        self._run(self._reset_all())

    def heal(self) -> None:
        """Forward as a good network does; connections that were half-open stay lost."""
        self.latency, self.rate, self.cut_after = 0.0, None, None
        if self.half_open:
            self.reset_all()
        self.half_open = self.refuse = False

    def _run(self, coroutine: Coroutine[Any, Any, Any]) -> None:
        asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(10)

    async def _open(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _close(self) -> None:
        assert self._server is not None
        self._server.close()
        await self._reset_all()
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _reset_all(self) -> None:
        for near, far in list(self._pairs):
            _reset(near)
            _reset(far)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        if self.refuse:
            _reset(writer)
            return
        try:
            far_reader, far_writer = await asyncio.open_connection(*self.target)
        except OSError:
            _reset(writer)
            return
        pair = (writer, far_writer)
        self._pairs.add(pair)
        passed = 0

        def count(size: int) -> bool:
            nonlocal passed
            passed += size
            return self.cut_after is not None and passed >= self.cut_after

        try:
            await asyncio.gather(
                self._pump(reader, far_writer, lambda _: False),
                self._pump(far_reader, writer, count),
            )
        except (OSError, _CutError):
            _reset(writer)
            _reset(far_writer)
        finally:
            self._pairs.discard(pair)
            for side in pair:
                side.close()

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, full: Callable[[int], bool]
    ) -> None:
        """Forward one direction until its end, through whatever faults are set at that moment."""
        while chunk := await reader.read(CHUNK):
            if self.latency:
                await asyncio.sleep(self.latency)
            while self.half_open:
                await asyncio.sleep(0.02)
                if reader.at_eof():
                    return
            for piece in self._pieces(chunk):
                if self.rate:
                    await asyncio.sleep(len(piece) / self.rate)
                if full(len(piece)):
                    raise _CutError
                writer.write(piece)
                await writer.drain()
        with contextlib.suppress(OSError):
            writer.write_eof()

    def _pieces(self, chunk: bytes) -> list[bytes]:
        """A throttled line delivers a tenth of a second's worth at a time."""
        size = max(1, int(self.rate / 10)) if self.rate else len(chunk)
        return [chunk[start : start + size] for start in range(0, len(chunk), size)]


class _CutError(Exception):
    """The byte budget of a connection is used up."""


def _reset(writer: asyncio.StreamWriter) -> None:
    """Close with a RST: linger zero makes the kernel drop what is unsent."""
    sock = writer.get_extra_info("socket")
    if sock is not None:
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
    if writer.transport is not None:
        writer.transport.abort()
