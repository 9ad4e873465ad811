"""Plans are made in a limited process of their own, one at a time on a machine, never where requests are answered."""

import asyncio
import fcntl
import os
import sys
import time
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final

import msgspec

from clientela.core.errors import Unavailable
from clientela.core.logs import get_logger
from clientela.entregas import rules
from clientela.entregas.model import Encargo, Motivo, Plan, Problema

# Everything together stays below what a request may still take while its server is being stopped.
MAX_SECONDS: Final = 6.0
WORK_SECONDS: Final = 8.0
WAIT_SECONDS: Final = 1.0
_LEAST: Final = 0.3
_PER_STOP: Final = 0.03
_WORKER: Final = ("-I", "-B", "-m", "clientela.entregas.worker")
# The kernel lets go of the lock of whoever dies.
_PLACE: Final = Path(__file__)

# So many searches are remembered, and so long is waited for one.
REMEMBERED: Final = 256
PATIENCE: Final = 4.0
_known: Final[OrderedDict[str, asyncio.Task[Plan]]] = OrderedDict()

_log = get_logger(__name__)


def seconds_for(problem: Problema) -> float:
    """Return how long it is worth looking for better routes: 200 stops get six seconds, ten a bit more than half."""
    return min(MAX_SECONDS, _LEAST + _PER_STOP * len(problem.paradas))


async def plan(problem: Problema, seconds: float | None = None) -> Plan:
    """Plan a day, in nine seconds at most; Unavailable when others are planning, or when it cannot be done.

    Capacities and shifts are kept, windows where it can be; it is never dearer than driving to the nearest stop.
    """
    if not (problem.paradas and problem.moviles):
        return Plan((), {stop.clave: Motivo.SIN_VEHICULOS for stop in problem.paradas}, 0, 0)
    order = Encargo(problem, seconds_for(problem) if seconds is None else seconds)
    async with _turn() as place:
        status, answer = await _work(msgspec.json.encode(order), place)
    lines = answer.split(b"\n")[:-1]
    if status != 0:
        _log.error("planner_failed", status=status, plans=len(lines))
    if not lines:
        raise Unavailable("servicio_ocupado")
    return msgspec.json.decode(lines[-1], type=Plan)


async def plan_known(problem: Problema) -> Plan:
    """Plan a day as `plan` does, or return what this process found for the same day before.

    Those who ask at once wait for one search, PATIENCE seconds at most, and Unavailable then: it goes on without them.
    """
    mark = rules.fingerprint(problem)
    search = _known.get(mark)
    if search is None or (search.done() and (search.cancelled() or search.exception() is not None)):
        search = _known[mark] = asyncio.create_task(plan(problem))
        while len(_known) > REMEMBERED:
            _known.popitem(last=False)
    try:
        return await asyncio.wait_for(asyncio.shield(search), PATIENCE)
    except TimeoutError as error:
        raise Unavailable("servicio_ocupado") from error


@asynccontextmanager
async def _turn() -> AsyncIterator[int]:
    """Wait until nobody else on this machine is planning."""
    deadline = time.monotonic() + WAIT_SECONDS
    place = os.open(_PLACE, os.O_RDONLY | os.O_CLOEXEC)
    try:
        while True:
            try:
                fcntl.flock(place, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError as error:
                if time.monotonic() > deadline:
                    raise Unavailable("servicio_ocupado") from error
                await asyncio.sleep(0.05)
        yield place
    finally:
        os.close(place)


async def _work(order: bytes, place: int) -> tuple[int, bytes]:
    """Run the worker on one day; return its exit status and what it wrote until its time was over."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *_WORKER,
        str(os.getpid()),
        stdin=PIPE,
        stdout=PIPE,
        stderr=DEVNULL,
        # Threads of the numeric library would take the memory, and the other core.
        env={"OPENBLAS_NUM_THREADS": "1"},
        pass_fds=(place,),
    )
    answer = bytearray()
    try:
        with suppress(TimeoutError):
            async with asyncio.timeout(WORK_SECONDS):
                await _converse(process, order, answer)
                await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode is not None  # noqa: S101 - waited for above
    return process.returncode, bytes(answer)


async def _converse(process: Process, order: bytes, answer: bytearray) -> None:
    stdin, stdout = process.stdin, process.stdout
    assert stdin is not None and stdout is not None  # noqa: S101, PT018
    # One that dies before it has read everything says by its status why.
    with suppress(ConnectionError):
        stdin.write(order)
        await stdin.drain()
        stdin.close()
        await stdin.wait_closed()
    while chunk := await stdout.read(1 << 16):
        answer += chunk
