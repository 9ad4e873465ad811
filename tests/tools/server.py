"""A real `clientela serve` as its own process tree: started, stopped, killed, looked at."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

from tests.tools import processes
from tests.tools.ports import free_port
from tests.tools.wait import wait_for

# Tests forge, expire and rotate tokens, so they know the key of the servers that they start.
SECRET = "clave-de-pruebas-que-nadie-usa-fuera-de-ellas"
CLIENTELA = str(Path(sys.executable).with_name("clientela"))
START_SECONDS = 60.0


def environment(data_dir: Path, database_url: str | None, **settings: str) -> dict[str, str]:
    """The environment of a command under test: nothing of ours leaks in, `settings` are `CLIENTELA_…` names."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("CLIENTELA_")}
    env |= {"CLIENTELA_DATA_DIR": str(data_dir), "CLIENTELA_BCRYPT_COSTO": "4", "CLIENTELA_SECRETO": SECRET}
    # Several servers of several workers stand on one database, whose connections are a hundred.
    env["CLIENTELA_CONEXIONES"] = "8"
    if database_url:
        env["CLIENTELA_DATABASE_URL"] = database_url
    return env | {f"CLIENTELA_{name.upper()}": value for name, value in settings.items()}


class Server:
    """One `clientela serve`; usable as a context manager.

    Its output goes to `log`, a file that outlives it. `settings` are the names after `CLIENTELA_`
    (`smtp_url="smtp://…"`); `program` are the words before `serve` (tests.tools.planted has another one).
    """

    def __init__(
        self,
        data_dir: Path,
        database_url: str | None,
        *,
        workers: int = 2,
        port: int | None = None,
        arguments: tuple[str, ...] = (),
        settings: Mapping[str, str] | None = None,
        program: tuple[str, ...] = (CLIENTELA,),
    ) -> None:
        self.program = program
        self.data_dir = data_dir
        self.database_url = database_url
        self.workers = workers
        self.port = port or free_port()
        self.arguments = arguments
        self.settings = dict(settings or {})
        self.log = data_dir / "servidor.log"
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The base of every path, without a slash at its end."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """The process that was started (the supervisor of the workers)."""
        assert self.process is not None, "the server was not started"
        return self.process.pid

    def worker_pids(self) -> list[int]:
        """The processes that answer requests: the descendants that hold the listening socket's program."""
        return [pid for pid in processes.tree(self.pid)[1:] if "python" in processes.command(pid)]

    def start(self, *, wait: bool = True) -> Self:
        """Start it and, unless told otherwise, wait until `/readyz` answers 200."""
        self.data_dir.mkdir(parents=True, exist_ok=True)
        command = [*self.program, "serve", "--host", "127.0.0.1", "--port", str(self.port)]
        command += ["--workers", str(self.workers), *self.arguments]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command,
                env=environment(self.data_dir, self.database_url, **self.settings),
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        if wait:
            self.wait_ready()
        return self

    def wait_ready(self, seconds: float = START_SECONDS) -> None:
        """Wait until the server says that it and its database are ready; fails with the log when it dies."""
        deadline = time.monotonic() + seconds
        while not self.ready():
            if self.process is not None and self.process.poll() is not None:
                raise AssertionError(f"serve ended with {self.process.returncode}:\n{self.tail()}")
            if time.monotonic() > deadline:
                raise AssertionError(f"serve was not ready within {seconds} s:\n{self.tail()}")
            time.sleep(0.05)

    def ready(self) -> bool:
        """Whether `/readyz` answers 200 at this moment."""
        try:
            return httpx.get(f"{self.url}/readyz", timeout=5).status_code == 200
        except httpx.TransportError:
            return False

    def stop(self, seconds: float = 15.0) -> int:
        """End it as an operator does (SIGTERM); returns the exit status, kills it when it does not obey."""
        if self.process is None:
            return 0
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"serve did not end within {seconds} s of SIGTERM:\n{self.tail()}") from None

    def kill(self) -> None:
        """`kill -9` of the whole tree at one moment, an embedded PostgreSQL that is its child included."""
        if self.process is not None:
            processes.kill_tree(self.process.pid)
            self.process.wait(10)

    def kill_worker(self, index: int = 0) -> int:
        """`kill -9` of one worker; returns its process id."""
        victim = self.worker_pids()[index]
        os.kill(victim, signal.SIGKILL)
        wait_for(lambda: not processes.alive(victim), "the worker's death")
        return victim

    def tail(self, lines: int = 60) -> str:
        """The end of its output."""
        if not self.log.exists():
            return ""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def __enter__(self) -> Self:
        return self.start() if self.process is None else self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.stop()
        else:
            self.kill()


def run_cli(
    *arguments: str, data_dir: Path, database_url: str | None = None, seconds: float = 120, **settings: str
) -> subprocess.CompletedProcess[str]:
    """Run one `clientela` command to its end and return what it printed; the caller checks the exit status."""
    return subprocess.run(
        [CLIENTELA, *arguments],
        env=environment(data_dir, database_url, **settings),
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
