"""The process in which plans are made: alone, limited, ended with whoever wanted it; there always is a plan."""

import asyncio
import contextlib
import fcntl
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from clientela.core.errors import Unavailable
from clientela.entregas import planner, worker
from clientela.entregas.model import Encargo, Plan
from tests.entregas.days import day, judge, stop, town
from tests.tools.wait import wait_for

pytestmark = pytest.mark.usefixtures("patient")
COMMAND = [sys.executable, "-I", "-B", "-m", "clientela.entregas.worker"]


@contextlib.contextmanager
def started(parent: int, seconds: float = 20.0) -> Iterator[subprocess.Popen[bytes]]:
    """A worker with a day that keeps it busy."""
    process = subprocess.Popen(
        [*COMMAND, str(parent)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={"OPENBLAS_NUM_THREADS": "1"},
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        with contextlib.suppress(BrokenPipeError):
            process.stdin.write(msgspec.json.encode(Encargo(town(100, 3), seconds)))
            process.stdin.close()
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


async def test_a_day_is_planned_in_another_process() -> None:
    problem = town(30, 2)
    begun = os.times().children_user
    plan = await planner.plan(problem, 0.3)
    assert judge(problem, plan) == []
    assert os.times().children_user > begun


def test_a_server_does_not_load_the_solver() -> None:
    code = "import sys, clientela.app; sys.exit('pyvrp' in sys.modules or 'numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


async def test_small_days_are_planned_at_once_and_empty_ones_too() -> None:
    assert (await planner.plan(day([]))).rutas == ()
    assert (await planner.plan(day([stop("a", 1)], []))).sin_ruta == {"a": "sin_vehiculos"}
    assert len((await planner.plan(day([stop("a", 1), stop("b", 2)]))).rutas) == 1
    assert planner.seconds_for(day([stop("a")] * 10)) < 1
    assert planner.seconds_for(town(200, 1)) == planner.MAX_SECONDS


async def test_whoever_loses_patience_has_the_plan_of_the_nearest_neighbour(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(planner, "WORK_SECONDS", 4.0)
    problem = town(100, 3)
    plan = await planner.plan(problem, 60)
    assert judge(problem, plan) == []
    assert plan.costo == plan.costo_vecino


async def test_without_any_plan_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as hurried:
        hurried.setattr(planner, "WORK_SECONDS", 0.01)
        with pytest.raises(Unavailable) as raised:
            await planner.plan(town(100, 3))
    assert raised.value.code == "servicio_ocupado"
    # Nobody keeps the place of whoever gave up.
    assert (await planner.plan(day([stop("a", 1)]))).sin_ruta == {}


async def test_one_plan_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    place = os.open(planner.__file__, os.O_RDONLY)
    try:
        await asyncio.to_thread(fcntl.flock, place, fcntl.LOCK_EX)
        with monkeypatch.context() as hurried:
            hurried.setattr(planner, "WAIT_SECONDS", 0.2)
            with pytest.raises(Unavailable):
                await planner.plan(day([stop("a", 1)]))
        waiting = asyncio.create_task(planner.plan(day([stop("a", 1)])))
        await asyncio.sleep(0.3)
        assert not waiting.done()
        fcntl.flock(place, fcntl.LOCK_UN)
        assert (await waiting).sin_ruta == {}
    finally:
        os.close(place)


async def test_a_request_that_is_given_up_ends_its_worker() -> None:
    planning = asyncio.create_task(planner.plan(town(100, 3), 60))
    await asyncio.to_thread(wait_for, _workers, "a worker")
    planning.cancel()
    with pytest.raises(asyncio.CancelledError):
        await planning
    assert _workers() == []


def _workers() -> list[str]:
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    return [child for child in children if _is_worker(child)]


def _is_worker(pid: str) -> bool:
    try:
        return b"clientela.entregas.worker" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except FileNotFoundError:
        return False


def test_a_worker_dies_with_whoever_started_it() -> None:
    """Its parent is killed without a chance to say anything."""
    code = (
        "import subprocess, sys, os, time\n"
        "p = subprocess.Popen([*sys.argv[1:], str(os.getpid())], stdin=subprocess.PIPE)\n"
        "p.stdin.write(sys.stdin.buffer.read()); p.stdin.close()\n"
        "print(p.pid, flush=True); time.sleep(60)\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", code, *COMMAND], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert parent.stdin is not None
    assert parent.stdout is not None
    parent.stdin.write(msgspec.json.encode(Encargo(town(100, 3), 25.0)))
    parent.stdin.close()
    pid = parent.stdout.readline().strip().decode()
    # Its first plan shows that it lives and watches.
    assert msgspec.json.decode(parent.stdout.readline(), type=Plan).rutas
    assert _is_worker(pid)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    wait_for(lambda: not _is_worker(pid), "the end of the worker")


def test_a_worker_whose_parent_is_gone_already_does_nothing() -> None:
    with started(parent=1) as process:
        assert process.stdout is not None
        assert process.stdout.read() == b""
        assert process.wait() == 1


def test_a_worker_limits_itself() -> None:
    with started(os.getpid()) as process:
        assert process.stdout is not None
        assert process.stdout.readline()
        limits = Path(f"/proc/{process.pid}/limits").read_text()
        found = {line[:26].strip(): line[26:].split()[0] for line in limits.splitlines()}
        assert found["Max address space"] == str(worker.MAX_MEMORY)
        assert found["Max cpu time"] == str(worker.MAX_CPU_SECONDS)
        assert found["Max file size"] == "0"
        assert os.getpriority(os.PRIO_PROCESS, process.pid) > os.getpriority(os.PRIO_PROCESS, 0)


@pytest.mark.serial
async def test_the_loop_goes_on_while_two_hundred_stops_are_planned() -> None:
    """Nothing of the work is done where requests are answered."""
    gaps: list[float] = []

    async def tick() -> None:
        while True:
            before = time.perf_counter()
            await asyncio.sleep(0.005)
            gaps.append(time.perf_counter() - before)

    ticking = asyncio.create_task(tick())
    begun = time.perf_counter()
    plan = await planner.plan(town(200, 6))
    took = time.perf_counter() - begun
    ticking.cancel()
    assert plan.costo < plan.costo_vecino
    assert took < 20
    assert max(gaps) < 0.5
