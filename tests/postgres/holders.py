"""Starting holders (see holder.py) and looking at what they hold."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from clientela.core.postgres.connection import read_dsn
from tests.postgres.writers import LOST
from tests.tools import processes
from tests.tools.database import Database

PROGRAM = Path(__file__).with_name("holder.py")


class Holder:
    """One process with an EmbeddedPostgres, as root or as a plain user."""

    def __init__(self, data_dir: Path, *, user: str | None = None, **environment: str) -> None:
        self.data_dir = data_dir
        command = [sys.executable, str(PROGRAM), str(data_dir), *(["--as", user] if user else [])]
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `discard`
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            env=os.environ | environment,
            start_new_session=True,
        )
        self.dsn = ""
        self.supervises = False

    def ready(self) -> "Holder":
        """Wait for the server; AssertionError with the log when it cannot be had."""
        answer = self._answer()
        assert "dsn" in answer, f"{answer}\n{self.log()}"
        self.dsn, self.supervises = str(answer["dsn"]), bool(answer["supervises"])
        return self

    def error(self) -> str:
        """Wait for the start to fail; the message that a user would read."""
        answer = self._answer()
        assert "error" in answer, answer
        assert self.process.wait(10) == 1
        return str(answer["error"])

    def _answer(self) -> dict[str, str | bool]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, f"the holder died with {self.process.wait(10)}:\n{self.log()}"
        found: dict[str, str | bool] = json.loads(line)
        return found

    def log(self) -> str:
        """What the holder wrote to its standard error."""
        self._log.seek(0)
        return self._log.read().decode(errors="replace")

    @property
    def pid(self) -> int:
        """The holder's process."""
        return self.process.pid

    def kill(self) -> None:
        """`kill -9` of the holder alone; what becomes of its server is the kernel's and the others' business."""
        self.process.kill()
        self._close()

    def kill_everything(self) -> None:
        """A power cut as far as processes go: holder, server and every backend at one moment."""
        processes.kill_tree(self.pid)
        self._close()

    def stop(self) -> int:
        """End it as an operator does."""
        self.process.send_signal(signal.SIGTERM)
        return self._close()

    def _close(self) -> int:
        status = self.process.wait(30)
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()
        return status

    def discard(self) -> None:
        """End it, whatever state it is in."""
        if self.process.poll() is None:
            self.stop()
        elif self.process.stdin is not None and not self.process.stdin.closed:
            self._close()
        self._log.close()


def ask(dsn: str, sql: str) -> Any:
    """The one value of a query, over a connection of its own."""
    with contextlib.closing(Database(dsn)) as database:
        return database.fetchval(sql)


def do(dsn: str, sql: str) -> None:
    """Run statements over a connection of their own."""
    with contextlib.closing(Database(dsn)) as database:
        database.execute(sql)


def cluster_path(data_dir: Path) -> Path:
    """The one cluster of a data directory."""
    (found,) = [path for path in (data_dir / "pg").iterdir() if path.name.isdigit()]
    return found


def postmaster(data_dir: Path) -> int:
    """The server's process, as its own file names it."""
    return int((cluster_path(data_dir) / "postmaster.pid").read_text().split()[0])


def supervisor(data_dir: Path) -> int:
    """The process that wrote itself into the lock."""
    return int((data_dir / "pg" / "supervisor.lock").read_text())


def server_log(data_dir: Path) -> str:
    """What the server wrote."""
    return (data_dir / "pg" / "postgres.log").read_text()


def seconds_until(data_dir: Path, sql: str, limit: float = 15) -> float:
    """How long it takes until a new connection can run the statement again."""
    started = time.monotonic()
    while True:
        with contextlib.suppress(*LOST):
            do(read_dsn(data_dir), sql)
            return time.monotonic() - started
        assert time.monotonic() - started < limit, server_log(data_dir)[-3000:]
        time.sleep(0.01)
