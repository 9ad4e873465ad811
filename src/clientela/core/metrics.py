"""Metrics for Prometheus, over all worker processes of a server (CONTRACT §11 `/metrics`).

A request only adds to plain numbers in its own process. Every second each process writes them to a file of its
own; whoever answers `/metrics` adds the files up. Memory-mapped files, the client library's own way, would kill
a worker with SIGBUS when the disk is full.
"""

import asyncio
import os
import time
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final

import msgspec

from clientela.core.logs import get_logger

BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
INTERVAL: Final = 1.0
# Under the data directory; shared by the processes of one server.
METRICS_DIRECTORY: Final = "metricas"
# The gauges of a process that has not written for so long are of a process that is gone.
STALE: Final = 5.0
CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"

_log = get_logger(__name__)


class Requests(msgspec.Struct):
    """What one process saw of one route: counts by status, times by bucket (the last one is +Inf)."""

    by_status: dict[int, int] = {}
    buckets: list[int] = msgspec.field(default_factory=lambda: [0] * (len(BUCKETS) + 1))
    seconds: float = 0.0


class Snapshot(msgspec.Struct):
    """What a process writes to its file."""

    requests: dict[str, Requests] = {}
    counters: dict[str, dict[str, float]] = {}
    gauges: dict[str, float] = {}


class Metrics:
    """The numbers of this process, and their sum over all.

    `directory` is shared by the processes of one server and emptied when it starts (`clear`); None: this process
    is alone. `register_gauge` takes a function that is asked at each writing.
    """

    def __init__(self, directory: Path | None = None) -> None:
        self._directory = directory
        self._own = Snapshot()
        self._gauges: dict[str, Callable[[], float]] = {}
        self._help: dict[str, str] = {}
        self._task: asyncio.Task[None] | None = None

    def clear(self) -> None:
        """Forget what an earlier run of the server left (its parent process calls this once)."""
        if self._directory is None:
            return
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        for file in self._directory.glob("*.json"):
            file.unlink(missing_ok=True)

    def observe_request(self, route: str, status: int, seconds: float) -> None:
        """Count one answer; `route` is `METHOD /path/{template}`, never a concrete path."""
        entry = self._own.requests.get(route)
        if entry is None:
            entry = self._own.requests[route] = Requests()
        entry.by_status[status] = entry.by_status.get(status, 0) + 1
        entry.buckets[bisect_left(BUCKETS, seconds)] += 1
        entry.seconds += seconds

    def count(self, name: str, label: str = "", amount: float = 1.0) -> None:
        """Add to a counter `clientela_<name>_total`, with an optional label `tipo`."""
        values = self._own.counters.setdefault(name, {})
        values[label] = values.get(label, 0.0) + amount

    def register_gauge(self, name: str, help_text: str, read: Callable[[], float]) -> None:
        """Show `clientela_<name>` as `read()` tells it, summed over the live processes."""
        self._gauges[name] = read
        self._help[name] = help_text

    async def start(self) -> None:
        """Begin to write this process's file every second."""
        if self._directory is not None:
            self._task = asyncio.create_task(self._keep_writing(self._directory), name="metrics")

    async def stop(self) -> None:
        """Stop writing; the last numbers stay, so that counters do not fall when a worker is replaced."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    def exposition(self, extra: Iterable[tuple[str, str, float]] = ()) -> bytes:
        """Return the text that Prometheus reads; `extra` adds gauges (name, help, value) asked for just now."""
        from clientela.core.exposition import render  # noqa: PLC0415 - only a process that is asked loads it

        return render(self, extra)

    async def _keep_writing(self, directory: Path) -> None:
        path = directory / f"{os.getpid()}.json"
        while True:
            await asyncio.sleep(INTERVAL)
            try:
                self._write(path)
            except OSError as error:
                # A full disk must not stop the server for the sake of its statistics.
                _log.warning("metrics_not_written", error=str(error))

    def _write(self, path: Path) -> None:
        temporary = path.with_suffix(".tmp")
        temporary.write_bytes(msgspec.json.encode(self._current()))
        temporary.replace(path)

    def _current(self) -> Snapshot:
        self._own.gauges = {name: read() for name, read in self._gauges.items()}
        return self._own

    def snapshots(self) -> Iterator[Snapshot]:
        """Yield this process's numbers and those that the others wrote last."""
        yield self._current()
        if self._directory is None:
            return
        for file in self._directory.glob("*.json"):
            if file.stem == str(os.getpid()):
                continue
            try:
                snapshot = msgspec.json.decode(file.read_bytes(), type=Snapshot)
                alive = time.time() - file.stat().st_mtime < STALE
            except (OSError, msgspec.DecodeError) as error:
                _log.warning("metrics_not_read", file=file.name, error=str(error))
                continue
            if not alive:
                snapshot.gauges = {}
            yield snapshot

    def help_of(self, gauge: str) -> str:
        """Return the explanation of a gauge."""
        return self._help.get(gauge, gauge)
