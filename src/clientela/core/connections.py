"""The process's database connections: lent one at a time, made when they are needed, never reset.

A pool of our own discipline: nobody leaves session state behind, so taking a free connection and giving it back is
a matter of two list operations. The driver's own pool costs a tenth of the server's time on a small read.
"""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

Waiter = asyncio.Future[Any]


class Connections:
    """At most `limit` connections; who finds none free waits `seconds` at most, first come, first served."""

    def __init__(self, connect: Callable[[], Awaitable[Any]], limit: int, seconds: float) -> None:
        self._connect = connect
        self._limit = limit
        self._seconds = seconds
        self._lent: set[Any] = set()
        # The one that was used last is the warmest, here and in the server.
        self._free: list[Any] = []
        self._making = 0
        self._waiting: deque[tuple[float, Waiter]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._closed = False
        self._all_back = asyncio.Event()

    @property
    def in_use(self) -> int:
        """How many connections are lent at this moment."""
        return len(self._lent)

    async def take(self) -> Any:
        """Lend a connection. Raises TimeoutError when there is none in time, or what making one raises.

        Waiting in line and connecting share the time: a server that takes connections and then says nothing must
        not add its own silence to the wait.
        """
        while self._free:
            connection = self._free.pop()
            if not connection.is_closed():
                self._lent.add(connection)
                return connection
        deadline = asyncio.get_running_loop().time() + self._seconds
        if len(self._lent) + self._making < self._limit:
            self._making += 1
        else:
            connection = await self._wait()
            if connection is not None:
                return connection
        return await self._make(deadline)

    async def _make(self, deadline: float) -> Any:
        """Open a connection in the place that was counted for it, until that moment of the loop's clock."""
        try:
            async with asyncio.timeout_at(deadline):
                connection = await self._connect()
        except BaseException:
            self._making -= 1
            self._offer_place()
            raise
        self._making -= 1
        self._lent.add(connection)
        return connection

    async def _wait(self) -> Any:
        """Stand in line: for a connection that is given back, or (None) for a place to make one."""
        loop = asyncio.get_running_loop()
        waiter: Waiter = loop.create_future()
        self._waiting.append((loop.time() + self._seconds, waiter))
        if self._timer is None:
            self._timer = loop.call_later(self._seconds, self._turn_away)
        try:
            return await waiter
        except asyncio.CancelledError:
            if waiter.done() and not waiter.cancelled() and waiter.exception() is None:
                self._decline(waiter.result())
            raise

    def _decline(self, connection: Any) -> None:
        """Pass on what was handed to somebody who has gone."""
        if connection is None:
            self._making -= 1
            self._offer_place()
        else:
            self.give(connection)

    def _turn_away(self) -> None:
        """Tell those who have waited too long; one timer serves the whole line, which is in order of time."""
        self._timer = None
        loop = asyncio.get_running_loop()
        now = loop.time()
        while self._waiting and (self._waiting[0][0] <= now or self._waiting[0][1].done()):
            _, waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_exception(TimeoutError())
        if self._waiting:
            self._timer = loop.call_at(self._waiting[0][0], self._turn_away)

    def _next(self) -> Waiter | None:
        while self._waiting:
            _, waiter = self._waiting.popleft()
            if not waiter.done():
                return waiter
        return None

    def give(self, connection: Any) -> None:
        """Take a connection back; one that was closed frees its place."""
        if connection.is_closed() or self._closed:
            self._lent.discard(connection)
            connection.terminate()
            self._offer_place()
            if not self._lent:
                self._all_back.set()
            return
        waiter = self._next() if self._waiting else None
        if waiter is not None:
            waiter.set_result(connection)
        else:
            self._lent.discard(connection)
            self._free.append(connection)

    def _offer_place(self) -> None:
        waiter = self._next()
        if waiter is not None:
            self._making += 1
            waiter.set_result(None)

    async def close(self, grace: float) -> None:
        """Close all; those that are lent after `grace` seconds are cut."""
        self._closed = True
        if self._lent:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._all_back.wait(), grace)
        for connection in tuple(self._lent):
            connection.terminate()
        free, self._free = self._free, []
        await asyncio.gather(*(connection.close(timeout=1) for connection in free), return_exceptions=True)


class Deadlines:
    """Cuts the connections whose statement takes longer than `seconds`; whoever waits for it gets an error.

    All statements have the same time, so they fall due in the order in which they began, and one timer serves them
    all: a timer for each costs more than everything else about a small statement on our side.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._due: dict[Any, float] = {}
        self._timer: asyncio.TimerHandle | None = None

    def begin(self, connection: Any) -> None:
        """Note that a statement begins."""
        self._due[connection] = time.monotonic() + self._seconds
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self._seconds, self._look)

    def end(self, connection: Any) -> None:
        """Note that the statement has ended."""
        del self._due[connection]

    def _look(self) -> None:
        self._timer = None
        now = time.monotonic()
        for connection, due in self._due.items():
            if due > now:
                self._timer = asyncio.get_running_loop().call_later(due - now, self._look)
                return
            connection.terminate()
