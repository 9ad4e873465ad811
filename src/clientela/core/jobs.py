"""Background work: loops and daily jobs, supervised, the same on every node (DESIGN §2 "jobs").

There is no queue: the rows that wait (the outbox, a day's entry) are the truth, so nothing is lost when a process
dies and nothing runs twice when several run side by side.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from clientela.core.db import Db
from clientela.core.errors import AppError
from clientela.core.logs import get_logger

TICK: Final = 30.0
_LONGEST_PAUSE: Final = 30.0

# One row per job and day. Whoever holds the lock works; the others come back at their next turn.
_TRY: Final = "SELECT pg_try_advisory_xact_lock(hashtextextended('trabajo:' || $1::text, 13))"
_BEGIN: Final = """INSERT INTO trabajos_diarios AS t (nombre, fecha, lotes, iniciado_en)
    VALUES ($1::text, $2::date, 1, $3::timestamptz)
    ON CONFLICT (nombre, fecha) DO UPDATE SET lotes = t.lotes + 1 WHERE t.terminado_en IS NULL
    RETURNING lotes"""
_END: Final = (
    "UPDATE trabajos_diarios SET terminado_en = $3::timestamptz WHERE nombre = $1::text AND fecha = $2::date"
)

_log = get_logger(__name__)


class Daily(msgspec.Struct, frozen=True):
    """A job for every day at `hora` in the organisation's zone, once over all nodes.

    `tarea(db, fecha)` does one batch inside a transaction that also marks the day; it returns True while there
    is more to do, and is then called again in a new transaction.
    """

    nombre: str
    hora: time
    tarea: Callable[[Db, date], Awaitable[bool | None]]


class Loop(msgspec.Struct, frozen=True):
    """Work that is looked for every `cada` seconds, on every node; True from `tarea` means: again at once."""

    nombre: str
    cada: float
    tarea: Callable[[Db], Awaitable[bool | None]]


def due_date(hora: time, now: datetime, zona: ZoneInfo) -> date:
    """Return the latest day whose `hora` has passed in the zone: today, or yesterday before it."""
    local = now.astimezone(zona)
    today = local.date()
    begins = datetime.combine(today, hora, tzinfo=zona)
    # Compared as instants: across a change of the clock the wall times mislead.
    return today if now >= begins.astimezone(now.tzinfo) else today - timedelta(days=1)


async def run_daily(db: Db, daily: Daily, zona: ZoneInfo) -> int:
    """Do a daily job if its day is due and not done; returns the batches that this call did.

    A day that passed while nothing ran is made up for; older days are not. A failed batch is rolled back and
    raises: the day stays due.
    """
    fecha = due_date(daily.hora, db.now(), zona)
    batches = 0
    while await _batch(db, daily, fecha):
        batches += 1
    return batches


async def _batch(db: Db, daily: Daily, fecha: date) -> bool:
    async with db.transaction() as tx:
        if not await tx.fetchval(_TRY, daily.nombre):
            return False
        if await tx.fetchval(_BEGIN, daily.nombre, fecha, tx.now()) is None:
            return False
        if not await daily.tarea(tx, fecha):
            await tx.execute(_END, daily.nombre, fecha, tx.now())
        return True


class Runner:
    """Runs loops and daily jobs until it is stopped; what fails is logged and tried again."""

    def __init__(
        self,
        db: Db,
        *,
        loops: Sequence[Loop] = (),
        diarias: Sequence[Daily] = (),
        zona: Callable[[], Awaitable[ZoneInfo]],
    ) -> None:
        self._db = db
        self._zona = zona
        self._diarias = tuple(diarias)
        self._loops = (*loops, Loop("diarias", TICK, self._run_dailies))
        self._stopping = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Start every loop."""
        self._stopping.clear()
        self._tasks = [
            asyncio.create_task(self._keep(loop), name=f"job:{loop.nombre}") for loop in self._loops
        ]

    async def stop(self, wait: float = 5.0) -> None:
        """Begin nothing new, let what runs finish for `wait` seconds, then cut it (its transaction rolls back)."""
        self._stopping.set()
        if not self._tasks:
            return
        _, running = await asyncio.wait(self._tasks, timeout=wait)
        for task in running:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []

    async def _keep(self, loop: Loop) -> None:
        pause = loop.cada
        while not self._stopping.is_set():
            try:
                more = await loop.tarea(self._db)
                pause = 0.0 if more else loop.cada
            except Exception as error:  # noqa: BLE001 - a job that fails is logged and comes again
                pause = min(max(pause, 0.5) * 2, _LONGEST_PAUSE)
                _report(loop.nombre, error)
            await self._sleep(pause)

    async def _sleep(self, pause: float) -> None:
        try:
            await asyncio.wait_for(self._stopping.wait(), pause * random.uniform(0.9, 1.1))  # noqa: S311
        except TimeoutError:
            return

    async def _run_dailies(self, db: Db) -> None:
        zona = await self._zona()
        for daily in self._diarias:
            if self._stopping.is_set():
                return
            try:
                if batches := await run_daily(db, daily, zona):
                    _log.info("daily_job_done", trabajo=daily.nombre, lotes=batches)
            except Exception as error:  # noqa: BLE001 - one job's defect must not keep the others from running
                _report(daily.nombre, error)


def _report(nombre: str, error: Exception) -> None:
    # A database that is away for a moment is no defect of the job and needs no traceback.
    if isinstance(error, AppError):
        _log.warning("job_delayed", trabajo=nombre, code=error.code)
    else:
        _log.error("job_failed", trabajo=nombre, exc_info=error)
