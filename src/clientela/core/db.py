"""The database door: a pool with all its timeouts, one transaction per request, PostgreSQL's errors translated.

Only this module and the stores know asyncpg; none of its exceptions leaves here. Connections carry no session
state (no reset query runs when one goes back to the pool), so nobody may leave any behind.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, Final, Self, TypeAlias

import asyncpg
import msgspec

from clientela.core.clock import Clock, SystemClock
from clientela.core.connections import Connections, Deadlines
from clientela.core.errors import (
    AppError,
    Conflict,
    Invalid,
    StorageFull,
    Unavailable,
    UniqueViolation,
    from_status,
)
from clientela.core.postgres import PostgresError, read_dsn
from clientela.settings import Settings

CONNECT_TIMEOUT: Final = 5.0
ACQUIRE_TIMEOUT: Final = 2.0
# The server ends a statement by itself; only one that no longer answers is given up on our side, a little later.
GRACE: Final = 0.5
RETRIES: Final = 3
# Serialisation failure, deadlock, and a plan that a migration made stale: the statement has changed nothing.
_RETRYABLE: Final = frozenset({"40001", "40P01", "0A000"})
_LOST: Final = (asyncpg.InterfaceError, asyncpg.InternalClientError, OSError, TimeoutError)

# A row: its columns by name or position (`asyncpg.Record`, which has no type information).
Record: TypeAlias = Any


class _Refusal(msgspec.Struct):
    """What `fn.fallo` puts into an error's DETAIL."""

    status: int
    code: str
    errors: dict[str, list[str]] | None = None
    data: dict[str, Any] | None = None


def dsn_source(settings: Settings) -> Callable[[], str]:
    """Return what tells the database's URL at each connect."""
    external = settings.database_url
    return (lambda: external) if external else (lambda: read_dsn(settings.data_dir))


async def connect_without_limits(dsn: str) -> asyncpg.Connection:
    """Open a connection for work that may take its time (migrations); the driver reads the URL's parameters.

    Raises PostgresError with a Spanish sentence when the server does not answer or refuses us.
    """
    try:
        return await asyncpg.connect(dsn, timeout=10)
    except (asyncpg.PostgresError, asyncpg.InterfaceError, *_LOST, ValueError) as error:
        place = dsn.rpartition("@")[2].partition("?")[0]
        reason = str(error) or "no responde"
        raise PostgresError(
            f"No hay conexión con la base de datos {place}: {reason}. Revise CLIENTELA_DATABASE_URL y que el servidor "
            "esté en marcha."
        ) from error


class Pool:
    """The process's connections; `dsn` is asked at every connect, because the embedded server may move."""

    def __init__(
        self, settings: Settings, dsn: Callable[[], str] | None = None, clock: Clock | None = None
    ) -> None:
        self.settings = settings
        self.clock: Clock = clock or SystemClock()
        self.round_trips = 0
        self.patience = settings.sentencia_segundos + GRACE
        self.deadlines = Deadlines(self.patience)
        self._dsn = dsn or dsn_source(settings)
        self._connections: Connections | None = None

    async def connect(self, *, pooled: bool = False) -> asyncpg.Connection:
        """Open a connection of its own (a listener's); the statements of a `pooled` one are watched by `Db`."""
        limit = self.settings.sentencia_segundos
        return await asyncpg.connect(
            self._dsn(),
            timeout=CONNECT_TIMEOUT,
            command_timeout=None if pooled else limit + GRACE,
            server_settings={
                "application_name": "clientela",
                "timezone": "UTC",
                "statement_timeout": str(int(limit * 1000)),
                "lock_timeout": "2000",
                "idle_in_transaction_session_timeout": "10000",
            },
        )

    async def open(self) -> Self:
        """Prepare the pool; connections are made when they are needed."""
        self._connections = Connections(
            lambda: self.connect(pooled=True), self.settings.conexiones, ACQUIRE_TIMEOUT
        )
        return self

    async def close(self) -> None:
        """Close every connection; those in use after two seconds are cut."""
        if self._connections is not None:
            await self._connections.close(2)
            self._connections = None

    @property
    def in_use(self) -> int:
        """How many connections are working at this moment."""
        return self._connections.in_use if self._connections else 0

    @property
    def db(self) -> "Db":
        """A door on the pool, outside any transaction."""
        return Db(self)

    async def acquire(self) -> Any:
        """Take a connection, waiting two seconds at most."""
        if self._connections is None:
            raise Unavailable
        try:
            return await self._connections.take()
        except (asyncpg.PostgresError, *_LOST) as error:
            raise translate(error) from error

    def release(self, connection: Any) -> None:
        """Give a connection back."""
        if self._connections is not None:
            self._connections.give(connection)
        else:
            connection.terminate()


class Db:
    """The database as services see it: the pool, or the one open transaction."""

    __slots__ = ("_afterwards", "_conn", "_pool", "clock", "settings")

    def __init__(self, pool: Pool, conn: Any = None) -> None:
        self._pool = pool
        self._conn = conn
        self._afterwards: list[Callable[[Db], Awaitable[None]]] | None = None
        self.settings: Settings = pool.settings
        self.clock: Clock = pool.clock

    def now(self) -> datetime:
        """Return the present instant of the injected clock."""
        return self.clock.now()

    async def connect(self) -> Any:
        """Open a connection of its own, outside the pool (a listener's)."""
        return await self._pool.connect()

    @property
    def round_trips(self) -> int:
        """How many statements this process has sent so far."""
        return self._pool.round_trips

    async def ping(self) -> None:
        """Ask the database anything; raises Unavailable when it does not answer."""
        await self.fetchval("SELECT 1")

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open on this door."""
        return self._conn is not None

    async def fetchval(self, sql: str, *args: Any) -> Any:
        """Run a statement; return the first column of its first row, or None."""
        return await self._run("fetchval", sql, args)

    async def fetchrow(self, sql: str, *args: Any) -> Record | None:
        """Run a statement; return its first row, or None."""
        return await self._run("fetchrow", sql, args)

    async def fetch(self, sql: str, *args: Any) -> list[Record]:
        """Run a statement; return its rows."""
        rows: list[Record] = await self._run("fetch", sql, args)
        return rows

    async def execute(self, sql: str, *args: Any) -> str:
        """Run a statement; return its command tag (`UPDATE 1`)."""
        tag: str = await self._run("execute", sql, args)
        return tag

    async def executemany(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        """Run a statement once for each row, as one batch."""
        await self._run("executemany", sql, (rows,))

    async def copy_records(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        """Load many rows by COPY."""
        async with self.transaction() as tx:
            try:
                await tx._conn.copy_records_to_table(  # noqa: SLF001 - this very class
                    table, columns=columns, records=rows, timeout=self._pool.patience
                )
            except (asyncpg.PostgresError, *_LOST) as error:
                raise translate(error) from error

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator["Db"]:
        """Open the one transaction, or join the one that is open; it commits at the outermost end."""
        if self._conn is not None:
            yield self
            return
        conn = await self._pool.acquire()
        tx = Db(self._pool, conn)
        try:
            await self._command(conn, "BEGIN")
            try:
                yield tx
            except BaseException:
                await self._roll_back(conn)
                raise
            await self._command(conn, "COMMIT")
        finally:
            self._pool.release(conn)
        for work in tx._afterwards or ():
            await work(self)

    def after_commit(self, work: Callable[["Db"], Awaitable[None]]) -> None:
        """Do something that no rollback can take back, once the open transaction is committed; never otherwise.

        It is given the pool. A process that dies in between does not do it, and nobody hears what it raises but the
        request's caller: it shall raise nothing, and something else must make up for it.
        """
        if self._conn is None:
            raise RuntimeError("there is no open transaction to wait for")
        self._afterwards = [*(self._afterwards or ()), work]

    async def _command(self, conn: Any, sql: str) -> None:
        self._pool.round_trips += 1
        try:
            await conn.execute(sql, timeout=self._pool.patience)
        except (asyncpg.PostgresError, *_LOST) as error:
            conn.terminate()
            raise translate(error) from error
        except asyncio.CancelledError:
            conn.terminate()
            raise

    async def _roll_back(self, conn: Any) -> None:
        # A connection that cannot even roll back is cut: the server then rolls back by itself.
        try:
            await asyncio.shield(conn.execute("ROLLBACK", timeout=self._pool.patience))
        except (asyncpg.PostgresError, *_LOST, asyncio.CancelledError):
            conn.terminate()

    async def _run(self, method: str, sql: str, args: tuple[Any, ...]) -> Any:
        if self._conn is not None:
            return await self._once(self._conn, method, sql, args)
        conn = await self._pool.acquire()
        try:
            for attempt in range(RETRIES):
                try:
                    return await self._once(conn, method, sql, args)
                except Conflict as error:
                    # A deadlock's victim has changed nothing: a single statement may simply run again.
                    if error.code != "conflicto_simultaneo" or attempt == RETRIES - 1:
                        raise
                    await asyncio.sleep(random.uniform(0.002, 0.02) * (attempt + 1))  # noqa: S311
        finally:
            self._pool.release(conn)

    async def _once(self, conn: Any, method: str, sql: str, args: tuple[Any, ...]) -> Any:
        pool = self._pool
        pool.round_trips += 1
        pool.deadlines.begin(conn)
        try:
            return await getattr(conn, method)(sql, *args)
        except asyncpg.PostgresError as error:
            raise translate(error) from error
        except _LOST as error:
            # A value that the driver could not write has not touched the connection.
            if not isinstance(error, ValueError):
                conn.terminate()
            raise translate(error) from error
        except asyncio.CancelledError:
            # Nobody knows how far the statement came; the next user must not meet its answer.
            conn.terminate()
            raise
        finally:
            pool.deadlines.end(conn)


def translate(error: Exception) -> AppError:
    """Turn an exception of the driver into the error that a caller is told."""
    if isinstance(error, asyncpg.PostgresError):
        return _from_sqlstate(error)
    if isinstance(error, asyncpg.exceptions.DataError | ValueError):
        return Invalid()
    return Unavailable()


def _from_sqlstate(error: asyncpg.PostgresError) -> AppError:
    state = error.sqlstate or ""
    if state == "CL001":
        refusal = msgspec.json.decode(error.detail or "", type=_Refusal)
        return from_status(refusal.status, refusal.code, refusal.errors, refusal.data)
    if state == "23505":
        return UniqueViolation(error.constraint_name or "")
    if state == "23503":
        return Conflict("referencia_inexistente")
    if state in _RETRYABLE:
        return Conflict("conflicto_simultaneo", headers={"Retry-After": "1"})
    if state == "53100":
        return StorageFull("sin_espacio")
    if state.startswith(("22", "23")):
        return Invalid()
    if state.startswith(("08", "25", "28", "53", "55", "57", "58")):
        return Unavailable()
    raise error
