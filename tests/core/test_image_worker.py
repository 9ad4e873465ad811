"""Decoding harms nobody: a limited process for each image, two at a time, whatever becomes of them (T-UP-2)."""

import asyncio
import fcntl
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import pytest

from clientela.core import images
from clientela.core.errors import Unavailable
from tests.core.pictures import attempt
from tests.tools import hostile_images, processes
from tests.tools.hostile_images import corpus
from tests.tools.image_bricks import encoded
from tests.tools.wait import wait_for

ALONE = """
import asyncio, json, sys
from clientela.core import images
from clientela.core.errors import AppError

def peak_memory():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) << 10 for line in status if line.startswith("VmHWM"))

async def main():
    files = [sys.stdin.buffer.read(int(size)) for size in sys.argv[1:]]
    before = peak_memory()
    for data in files:
        try:
            await images.normalise(data)
        except AppError:
            pass
    print(json.dumps({"grown": peak_memory() - before, "pillow": "PIL" in sys.modules}))

asyncio.run(main())
"""


HEAVY = (
    "large-but-allowed",
    "bomb-png-13000",
    "bomb-webp-26-megapixels",
    "bomb-many-ztxt",
    "animated-webp",
    "animated-png",
)


def test_bombs_leave_no_trace_in_the_process_that_serves() -> None:
    bombs = [corpus()[name].data for name in HEAVY]
    command = [sys.executable, "-c", ALONE, *(str(len(data)) for data in bombs)]
    done = subprocess.run(command, input=b"".join(bombs), capture_output=True, timeout=100, check=False)
    assert done.returncode == 0, done.stderr.decode()
    told = json.loads(done.stdout)
    assert told["grown"] <= 50 << 20
    assert not told["pillow"]


# Of an allowed size, with the largest points that there are.
DEEP = "bomb-png-sixteen-bits-rgba"


async def work_of(data: bytes) -> float:
    """The processor's seconds that an image costs the worker."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    await attempt(data)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


async def test_bombs_are_refused_with_less_than_a_second_of_work() -> None:
    bombs = [case for case in hostile_images.family("bombs") if case.taken is not True and case.name != DEEP]
    assert len(bombs) > 10
    assert {case.name: seconds for case in bombs if (seconds := await work_of(case.data)) > 1} == {}


async def test_a_picture_of_the_allowed_size_costs_like_any_other_however_deep_its_colours() -> None:
    deep = await work_of(corpus()[DEEP].data)
    plain = await work_of(corpus()["large-but-allowed"].data)
    assert deep < 12 * plain  # Eight bytes for each of the other's points.


def limits_of(pid: int) -> dict[str, str]:
    """The limits of a process, by the names that /proc gives them."""
    lines = Path(f"/proc/{pid}/limits").read_text().splitlines()[1:]
    return {line[:26].strip(): line[26:47].strip() for line in lines}


@contextmanager
def worker_at_work(kind: str = "JPEG") -> Iterator["subprocess.Popen[bytes]"]:
    """A worker that still waits for the end of its image."""
    command = [sys.executable, *images._WORKER, kind]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        yield process
        process.kill()


def test_the_worker_has_no_more_than_it_needs() -> None:
    with worker_at_work() as process:
        deadline = time.monotonic() + 20
        found = limits_of(process.pid)
        while found["Max core file size"] == "unlimited" or found["Max file size"] != "0":
            assert time.monotonic() < deadline, found
            found = limits_of(process.pid)
    assert found["Max address space"] == str(512 << 20)
    assert found["Max cpu time"] == "10"


# --- workers that fail -------------------------------------------------------------------------------------


def planted(monkeypatch: pytest.MonkeyPatch, before: str) -> None:
    """Have the worker do something else first."""
    code = f"import os, signal, sys, time; from clientela.core import image_worker as w; {before}; sys.exit(w.main())"
    monkeypatch.setattr(images, "_WORKER", ("-I", "-B", "-c", code))


async def test_a_decoder_that_never_ends_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    planted(monkeypatch, "w.MAX_CPU_SECONDS = 1")
    assert await attempt(hostile_images.scan_bomb()) is None


@pytest.mark.long
async def test_a_decoder_that_never_ends_is_ended_after_ten_seconds_of_work() -> None:
    begun = time.process_time()
    assert await attempt(hostile_images.scan_bomb()) is None
    assert time.process_time() - begun < 2


async def test_a_decoder_that_wants_more_memory_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    planted(monkeypatch, "w.MAX_WEBP_PIXELS = w.MAX_SIDE = 10**9")
    assert await attempt(corpus()["bomb-webp-claims-the-moon"].data) is None


@pytest.mark.parametrize("how", ["os.abort()", "os.kill(os.getpid(), signal.SIGSEGV)"])
async def test_a_decoder_that_crashes_is_refused(monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    planted(monkeypatch, f"w.clean = lambda *_: {how}")
    assert await attempt(encoded("JPEG")) is None


@pytest.mark.parametrize(
    "how", ["raise SystemExit(1)", "os.kill(os.getpid(), signal.SIGKILL)", "raise ImportError"]
)
async def test_what_is_not_the_files_fault_is_no_refusal(monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    planted(monkeypatch, how)
    with pytest.raises(Unavailable):
        await images.normalise(encoded("JPEG"))


async def test_a_worker_that_hangs_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    planted(monkeypatch, "time.sleep(60)")
    monkeypatch.setattr(images, "WORK_SECONDS", 0.5)
    with pytest.raises(Unavailable) as caught:
        await images.normalise(encoded("JPEG"))
    assert caught.value.code == "servicio_ocupado"
    assert workers() == []


async def test_a_worker_that_floods_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "_MAX_RESULT", 1 << 20)
    planted(monkeypatch, "w.clean = lambda *_: (b'x' * (64 << 20), 1, 1)")
    with pytest.raises(Unavailable):
        await images.normalise(encoded("JPEG"))


async def test_a_worker_whose_request_is_given_up_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    planted(monkeypatch, "time.sleep(60)")
    task = asyncio.create_task(images.normalise(encoded("JPEG")))
    await asyncio.to_thread(wait_for, workers, "the start of the worker")
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert workers() == []


def workers() -> list[int]:
    """The workers of this process."""
    return [pid for pid in processes.children(os.getpid()) if "image_worker" in processes.command(pid)]


# --- two at a time -----------------------------------------------------------------------------------------


@contextmanager
def taken_places() -> Iterator[list[IO[Any]]]:
    """Both places, held by somebody else."""
    held: list[IO[Any]] = []
    for path in images._PLACES:
        place: IO[Any] = path.open()
        fcntl.flock(place, fcntl.LOCK_EX)
        held.append(place)
    yield held
    for place in held:
        place.close()


async def test_two_decode_at_a_time_and_the_others_wait() -> None:
    large = corpus()["large-but-allowed"].data
    tasks = [asyncio.create_task(images.normalise(large)) for _ in range(4)]
    most = 0
    while not all(task.done() for task in tasks):
        most = max(most, len(workers()))
        await asyncio.sleep(0.01)
    assert [task.result().alto for task in tasks] == [5_000] * 4
    assert 1 <= most <= 2


async def test_the_line_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "MAX_WAITING", 2)
    with taken_places() as held:
        waiting = [asyncio.create_task(images.normalise(encoded("JPEG"))) for _ in range(2)]
        await asyncio.sleep(0.1)
        with pytest.raises(Unavailable) as caught:
            await images.normalise(encoded("JPEG"))
        assert caught.value.code == "servicio_ocupado"
        assert caught.value.headers["Retry-After"]
        held[0].close()
        assert [image.ancho for image in await asyncio.gather(*waiting)] == [64, 64]


async def test_nobody_waits_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "WAIT_SECONDS", 0.2)
    with taken_places(), pytest.raises(Unavailable) as caught:
        await images.normalise(encoded("JPEG"))
    assert caught.value.code == "servicio_ocupado"
    # The places are free again, and so is the line.
    assert await attempt(encoded("JPEG")) is not None
    assert images._Line.waiting == 0
