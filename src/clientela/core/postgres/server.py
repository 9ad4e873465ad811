"""One run of the `postgres` program: launched, watched until it answers, stopped."""

import logging
import os
import random
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from clientela.core.postgres.cluster import Cluster
from clientela.core.postgres.errors import PostgresError, from_os_error, from_server_log
from clientela.core.postgres.lock import FileLock, open_private
from clientela.core.postgres.processes import (
    Account,
    die_with_parent,
    environment,
    may_serve,
    signal_marked,
)

LOG_BYTES: Final = 10 * 1024 * 1024
PORTS: Final = range(20000, 32000)
_FAST_SECONDS: Final = 6.0
_IMMEDIATE_SECONDS: Final = 2.0
_KILLED_SECONDS: Final = 5.0
_log = logging.getLogger(__name__)


class Server:
    """The server process of a cluster. Only the thread that launches it must live as long as it."""

    def __init__(self, cluster: Cluster, account: Account, port: int) -> None:
        self.cluster = cluster
        self.account = account
        self.port = port
        self._log_path = cluster.root / "postgres.log"
        self._log_start = 0
        self._process: subprocess.Popen[bytes] | None = None

    def launch(self) -> None:
        """Start the process. Raises PostgresError when it cannot even be started."""
        lock = reserve(self.cluster)
        try:
            self._drop_stale_pid_file()
            self._process = self._spawn(lock)
        except (OSError, subprocess.SubprocessError) as error:
            if isinstance(error, PostgresError):
                raise
            programs = self.cluster.binaries.directory
            raise PostgresError(f"No se pudo ejecutar PostgreSQL ({programs}): {error}") from error
        finally:
            lock.release()

    def _spawn(self, lock: FileLock) -> subprocess.Popen[bytes]:
        command = self.account.wrap(self._command(self.cluster.socket_directory(self.account)))
        log = self._open_log()
        self._log_start = os.fstat(log).st_size
        # A copy of the descriptor: the lock's own is closed in every child.
        held = os.dup(lock.fileno())
        try:
            return subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment(),
                cwd="/",
                start_new_session=True,
                # Inherited by every process of the server: as long as one of them lives, the lock is taken.
                pass_fds=[held],
                # A fast shutdown: sessions end at once, what is committed is flushed. The function takes no lock
                # and imports nothing, so the threads of the parent cannot harm it.
                preexec_fn=die_with_parent(signal.SIGINT),  # noqa: PLW1509
                **self.account.identity(),
            )
        finally:
            os.close(log)
            os.close(held)

    def _drop_stale_pid_file(self) -> None:
        """Remove the file of a dead server when its number now belongs to another program, or to a zombie.

        The server would take that for a twin and refuse to start; we know by the lock that nothing of it lives. Any
        other file is left to the server's own checks: somebody may have started one by hand.
        """
        file = self.cluster.path / "postmaster.pid"
        with suppress(FileNotFoundError, ValueError, IndexError):
            if not may_serve(int(file.read_text().split()[0]), self.cluster.path):
                file.unlink()

    def _command(self, directory: Path) -> list[str]:
        quoted = '"' + str(directory).replace('"', '""') + '"'
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": quoted,
            "unix_socket_permissions": "0700",
            "cluster_name": self.cluster.mark,
            "password_encryption": "scram-sha-256",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "logging_collector": "off",
            "log_destination": "stderr",
            "fsync": "on",
            "full_page_writes": "on",
            "synchronous_commit": "on",
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return [self.cluster.binaries.program("postgres"), "-D", str(self.cluster.path), *options]

    def _open_log(self) -> int:
        try:
            return open_private(self._log_path, os.O_RDWR | os.O_APPEND)
        except OSError as error:
            raise from_os_error(error, self._log_path) from error

    def written(self) -> str:
        """Return what the server wrote to its log since it was launched."""
        with self._log_path.open("rb") as file:
            file.seek(self._log_start)
            return file.read(LOG_BYTES).decode("utf-8", "replace")

    def trim_log(self) -> None:
        """Keep the log from growing for ever; the server appends, so cutting it off is safe."""
        with os.fdopen(self._open_log(), "rb+") as log:
            if os.fstat(log.fileno()).st_size > LOG_BYTES:
                with os.fdopen(
                    open_private(self._log_path.with_suffix(".log.1"), os.O_WRONLY), "wb"
                ) as former:
                    former.truncate()
                    shutil.copyfileobj(log, former)
                log.truncate(0)
                self._log_start = 0

    def wait_until_ready(self, abandoned: Callable[[], bool]) -> bool:
        """Wait for the server to accept connections, however long its recovery takes.

        False when `abandoned` says so meanwhile. Raises PostgresError when the server gives up.
        """
        speak_at = time.monotonic() + 10
        while not abandoned():
            if self.poll() is not None:
                raise from_server_log(self.written(), self.cluster.path)
            if self._announced() and self._answers():
                return True
            if time.monotonic() > speak_at:
                _log.warning("PostgreSQL is still recovering", extra={"directory": str(self.cluster.path)})
                speak_at += 30
            time.sleep(0.01)
        return False

    def _announced(self) -> bool:
        """Whether our process, not an earlier one, wrote into its file that it is ready."""
        try:
            lines = (self.cluster.path / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        pid = str(self._process.pid) if self._process is not None else ""
        return len(lines) > 7 and lines[0] == pid and lines[7].strip() == "ready"

    def _answers(self) -> bool:
        program = self.cluster.binaries.program("pg_isready")
        command = [program, "-q", "-t", "1", "-h", "127.0.0.1", "-p", str(self.port)]
        return subprocess.run(command, env=environment(), check=False).returncode == 0

    def poll(self) -> int | None:
        """Return the exit code, None while the process lives."""
        return self._process.poll() if self._process is not None else -1

    def wait(self, seconds: float) -> bool:
        """Wait for the process to end; False when it still lives."""
        if self._process is None:
            return True
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def ask_to_stop(self) -> None:
        """Begin a fast shutdown: sessions are ended, everything is written, the next start needs no recovery."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)

    def stop(self) -> None:
        """Stop the server: fast, then at once (the next start recovers), then by force; all three lose nothing."""
        self.ask_to_stop()
        if not self.wait(_FAST_SECONDS):
            _log.warning("PostgreSQL does not finish its fast shutdown; stopping it at once")
            if self._process is not None:
                self._process.send_signal(signal.SIGQUIT)
            self.wait(_IMMEDIATE_SECONDS)
        reserve(self.cluster).release()
        self.wait(_IMMEDIATE_SECONDS)
        self.cluster.remove_short_directory(self.account)


def reserve(cluster: Cluster, *, patient: bool = False) -> FileLock:
    """Return the lock that only the processes of a server hold: nothing of an earlier one lives any more.

    What is left is ended by force, which loses nothing; with `patient`, a server whose supervisor died may first
    finish the shutdown that it has begun. Only the supervisor may call it. Raises PostgresError when the lock stays
    taken by what we cannot see (another container).
    """
    lock = FileLock(cluster.root / "server.lock")
    if lock.try_acquire():
        return lock
    gentle = [(signal.SIGINT, _FAST_SECONDS)] if patient else []
    for number, seconds in (*gentle, (signal.SIGKILL, _KILLED_SECONDS)):
        signal_marked(cluster.mark, number)
        limit = time.monotonic() + seconds
        while time.monotonic() < limit:
            if lock.try_acquire():
                return lock
            time.sleep(0.005)
    raise PostgresError(
        f"Otro servidor de PostgreSQL sigue usando los datos de {cluster.path}, quizá en otro contenedor. Párelo y "
        "vuelva a arrancar."
    )


def choose_port(preferred: int | None) -> int:
    """Return a free port of 127.0.0.1, the preferred one if it is; below those the system gives away itself."""
    tries = ([preferred] if preferred else []) + random.sample(PORTS, 50)
    for port in tries:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise PostgresError("No hay ningún puerto libre entre 20000 y 31999 en 127.0.0.1 para PostgreSQL.")
