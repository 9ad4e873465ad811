"""The rig: PostgreSQL and the load on one core, the server on the other, all started here and stopped at the end."""

import json
import os
import pickle
import secrets
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Self

from bench.load import Job, Window
from bench.machine import Usage, snapshot, tree, usage
from clientela.core.postgres import EmbeddedPostgres

START_SECONDS: Final = 60.0
CLIENTELA: Final = str(Path(sys.executable).with_name("clientela"))


class Cores:
    """Which core the server has and which one everything else."""

    def __init__(self) -> None:
        available = sorted(os.sched_getaffinity(0))
        if len(available) < 2:
            raise SystemExit(
                "bench: two cores are needed: one for the server, one for PostgreSQL and the load"
            )
        self.server, self.rest = available[0], available[1]
        os.sched_setaffinity(0, {self.rest})

    @contextmanager
    def of_server(self) -> Iterator[None]:
        """Have what is started meanwhile run on the server's core."""
        os.sched_setaffinity(0, {self.server})
        try:
            yield
        finally:
            os.sched_setaffinity(0, {self.rest})


def free_port() -> int:
    """Return a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Process:
    """A process that answers HTTP on a port of its own, usable as a context manager."""

    def __init__(self, command: Sequence[str], port: int, log: Path, env: Mapping[str, str]) -> None:
        self.port = port
        self.log = log
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                command, env={**os.environ, **env}, stdout=output, stderr=output, start_new_session=True
            )

    @property
    def pid(self) -> int:
        """The process that was started."""
        return self._process.pid

    def workers(self) -> list[int]:
        """Return the processes that answer: the children when there are any, else the process itself."""
        children = [pid for pid in tree(self.pid)[1:] if b"spawn_main" in _command(pid)]
        return children or [self.pid]

    def get(self, path: str) -> bytes:
        """Return the body of a GET."""
        url = f"http://127.0.0.1:{self.port}{path}"
        with urllib.request.urlopen(url, timeout=5) as answer:
            body: bytes = answer.read()
        return body

    def wait(self, path: str) -> None:
        """Wait until a path answers 200."""
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                self.get(path)
            except OSError as error:
                if time.monotonic() > deadline or self._process.poll() is not None:
                    tail = self.log.read_text(errors="replace")[-3000:]
                    raise SystemExit(f"bench: the server did not start ({error}):\n{tail}") from error
                time.sleep(0.1)
            else:
                return

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


class Rig:
    """Database, server and bare server of one measurement."""

    def __init__(self, home: Path) -> None:
        self.cores = Cores()
        self.home = home
        self.data_dir = home / "datos"
        self.secret = secrets.token_hex(32)
        self.postgres = EmbeddedPostgres(self.data_dir)

    @contextmanager
    def database(self) -> Iterator[str]:
        """Run PostgreSQL on its core; gives the URL."""
        self.postgres.start()
        try:
            yield self.postgres.dsn()
        finally:
            self.postgres.stop()

    def postmaster(self) -> int:
        """Return the process that all of PostgreSQL's processes descend from."""
        (file,) = self.data_dir.glob("pg/*/postmaster.pid")
        return int(file.read_text().split()[0])

    def server(self, workers: int = 1) -> Process:
        """Start `clientela serve` on its core, with its settings as they come."""
        port = free_port()
        env = {"CLIENTELA_DATA_DIR": str(self.data_dir), "CLIENTELA_SECRETO": self.secret}
        with self.cores.of_server():
            command = [CLIENTELA, "serve", "--port", str(port), "--workers", str(workers)]
            process = Process(command, port, self.home / "server.log", env)
        process.wait("/readyz")
        return process

    def bare(self) -> Process:
        """Start the same web server with a bare reply, on the server's core."""
        port = free_port()
        with self.cores.of_server():
            command = [sys.executable, "-m", "bench.bare", str(port)]
            process = Process(command, port, self.home / "bare.log", {})
        process.wait("/")
        return process


class Load:
    """One load generator with its prepared requests; `run` measures a window."""

    def __init__(self, job: Job) -> None:
        command = [sys.executable, "-m", "bench.load"]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        pickle.dump(job, self._stdin)
        self._stdin.flush()
        self._read()

    @property
    def _stdin(self) -> IO[bytes]:
        assert self._process.stdin is not None  # noqa: S101 - made with a pipe above
        return self._process.stdin

    def _read(self) -> bytes:
        assert self._process.stdout is not None  # noqa: S101 - made with a pipe above
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit("bench: the load generator ended early")
        return line

    def run(self, seconds: float, warm_up: float, server: Process, rig: Rig) -> tuple[Window, Usage]:
        """Send for so long; return what came back and who used how much CPU meanwhile."""
        roots = {"server": server.pid, "postgres": rig.postmaster(), "load": self._process.pid}
        self._stdin.write(b"%f %f\n" % (warm_up, seconds))
        self._stdin.flush()
        self._read()
        before = snapshot(roots)
        line = self._read()
        after = snapshot(roots)
        return Window(**json.loads(line)), usage(before, after)

    def close(self) -> None:
        """End the generator."""
        self._stdin.close()
        self._process.wait(10)
