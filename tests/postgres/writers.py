"""A writing load with a ledger: several writers, each row noted when its acknowledgement came back."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import asyncpg

TABLES = """
CREATE TABLE cabezas (id bigint PRIMARY KEY);
CREATE TABLE cuerpos (id bigint PRIMARY KEY REFERENCES cabezas, relleno text);
"""
PAIR = """WITH cabeza AS (INSERT INTO cabezas VALUES ($1) RETURNING id)
INSERT INTO cuerpos SELECT id, repeat('x', 200) FROM cabeza"""
# The last is what the driver says when a connection dies between two of its steps.
LOST = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)


@dataclass
class Writers:
    """Writes pairs of rows, one transaction each, through a connection that is looked up anew at every loss."""

    dsn: Callable[[], str]
    count: int = 8
    durable: bool = True
    acknowledged: list[int] = field(default_factory=list)
    _next: int = 0
    _stopping: bool = False

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Write for the length of the block."""
        self._stopping = False
        tasks = [asyncio.create_task(self._write()) for _ in range(self.count)]
        try:
            yield
        finally:
            self._stopping = True
            await asyncio.gather(*tasks)

    async def _write(self) -> None:
        while not self._stopping:
            with contextlib.suppress(*LOST):
                await self._write_until_lost()
            await asyncio.sleep(0.01)

    async def _write_until_lost(self) -> None:
        connection = await asyncpg.connect(self.dsn(), timeout=5, command_timeout=10)
        try:
            if not self.durable:
                await connection.execute("SET synchronous_commit = off")
            while not self._stopping:
                self._next += 1
                number = self._next
                await connection.execute(PAIR, number)
                self.acknowledged.append(number)
        finally:
            connection.terminate()


@dataclass(frozen=True)
class Damage:
    """Acknowledged pairs that are gone, and pairs of which one half is there."""

    lost: int
    half: int


async def compare(dsn: str, acknowledged: list[int]) -> Damage:
    """Look for every acknowledged pair, and for halves among all."""
    connection = await asyncpg.connect(dsn, timeout=10, command_timeout=30)
    try:
        # A join, never NOT IN: a fast machine writes so many rows that the planner no longer hashes the inner query.
        lost = await connection.fetchval(
            "SELECT count(*) FROM unnest($1::bigint[]) AS n LEFT JOIN cuerpos c ON c.id = n WHERE c.id IS NULL",
            acknowledged,
        )
        half = await connection.fetchval(
            "SELECT count(*) FROM cabezas FULL JOIN cuerpos c USING (id) WHERE c IS NULL"
        )
        return Damage(lost, half)
    finally:
        await connection.close()
