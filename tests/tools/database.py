"""A plain door to a test database: synchronous for tests that look and plant, asynchronous where they race.

jsonb travels as text both ways, as in the product (`$1::jsonb` with a string; `json.loads` on what comes back).
"""

import asyncio
import threading
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager
from functools import lru_cache
from typing import Any, TypeVar
from urllib.parse import urlsplit, urlunsplit

import asyncpg

T = TypeVar("T")


@lru_cache(maxsize=1)
def _loop() -> asyncio.AbstractEventLoop:
    """One loop in a thread of its own, so that asyncpg can be used from synchronous tests."""
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="test-database", daemon=True).start()
    return loop


def run(coroutine: Coroutine[Any, Any, T], *, seconds: float = 60.0) -> T:
    """Run a coroutine on the background loop and wait for its result."""
    return asyncio.run_coroutine_threadsafe(coroutine, _loop()).result(seconds)


def with_database(dsn: str, name: str) -> str:
    """The same server and account, another database."""
    return urlunsplit(urlsplit(dsn)._replace(path=f"/{name}"))


class Database:
    """One database of the server under test, seen by its owner."""

    def __init__(self, dsn: str) -> None:
        self.dsn = dsn
        self.name = urlsplit(dsn).path.lstrip("/")
        self._connection: asyncpg.Connection | None = None

    async def _open(self) -> asyncpg.Connection:
        """Reuse the one connection; make a new one when the server closed it."""
        if self._connection is None or self._connection.is_closed():
            self._connection = await asyncpg.connect(self.dsn, timeout=10, command_timeout=60)
        return self._connection

    async def _call(self, method: str, sql: str, *args: Any) -> Any:
        return await getattr(await self._open(), method)(sql, *args)

    def fetch(self, sql: str, *args: Any) -> list[Any]:
        """All rows of a query."""
        rows: list[Any] = run(self._call("fetch", sql, *args))
        return rows

    def fetchrow(self, sql: str, *args: Any) -> Any:
        """The first row of a query, or None."""
        return run(self._call("fetchrow", sql, *args))

    def fetchval(self, sql: str, *args: Any) -> Any:
        """The first value of the first row, or None."""
        return run(self._call("fetchval", sql, *args))

    def execute(self, sql: str, *args: Any) -> str:
        """Run a statement (several, when there are no arguments); returns the command's tag."""
        tag: str = run(self._call("execute", sql, *args))
        return tag

    def executemany(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        """Run a statement once per row, in one batch."""
        run(self._call("executemany", sql, rows))

    def close(self) -> None:
        """Close the synchronous connection."""
        if self._connection is not None and not self._connection.is_closed():
            run(self._connection.close())
        self._connection = None

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[asyncpg.Connection]:
        """A fresh connection on the caller's own loop, for tests that hold locks or race."""
        connection = await asyncpg.connect(self.dsn, timeout=10, command_timeout=60)
        try:
            yield connection
        finally:
            await connection.close()
