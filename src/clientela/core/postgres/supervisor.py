"""Supervising the embedded server: one process of a data directory does, the others join it and stand ready."""

import atexit
import logging
import os
import secrets
import subprocess
import threading
import time
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from clientela.core.postgres.account import choose_account, give
from clientela.core.postgres.binaries import Binaries, for_existing_data, for_new_data
from clientela.core.postgres.cluster import Cluster
from clientela.core.postgres.connection import (
    DATABASE,
    ROLE,
    connection_file,
    make_dsn,
    password_and_port,
    read_dsn,
    write_private,
)
from clientela.core.postgres.errors import PortTakenError, PostgresError, from_os_error
from clientela.core.postgres.lock import FileLock
from clientela.core.postgres.processes import Account, environment
from clientela.core.postgres.server import Server, choose_port, reserve

WATCH_SECONDS: Final = 0.05
JOIN_SECONDS: Final = 60.0
_PORT_TRIES: Final = 10
_LONGEST_PAUSE: Final = 5.0
HALF_RESTORED: Final = ".restaurando"
_log = logging.getLogger(__name__)


class EmbeddedPostgres:
    """The PostgreSQL server of one data directory, as one process sees it (DESIGN: the embedded database).

    A thread that lives as long as we run either supervises the server (it holds the lock, and the server is its
    child) or watches the lock, to take over when the supervising process dies.
    """

    def __init__(self, data_dir: Path, *, binaries: Binaries | None = None) -> None:
        self.data_dir = Path(data_dir).absolute()
        self._root = self.data_dir / "pg"
        self._wanted = binaries
        self._lock = FileLock(self._root / "supervisor.lock")
        self._server: Server | None = None
        self._stopping = threading.Event()
        self._settled = threading.Event()
        self._error: PostgresError | None = None
        self._thread: threading.Thread | None = None
        self._pid = 0

    @property
    def supervises(self) -> bool:
        """Whether the server is this process's child."""
        return self._lock.held

    def dsn(self) -> str:
        """Return the server's present URL, read anew at each call: the port may change at a takeover."""
        return read_dsn(self.data_dir)

    def start(self) -> None:
        """Start the server and supervise it, or join the process that does; it accepts connections on return.

        Makes the data when there are none. Raises PostgresError with a Spanish message that says what to do.
        """
        if self._thread is not None:
            return
        self._prepare_directory()
        self._pid = os.getpid()
        self._stopping.clear()
        self._settled.clear()
        self._error = None
        # Not joined at interpreter exit, but stopped: the handler below still finds the thread alive.
        self._thread = threading.Thread(target=self._run, name="postgres-supervisor", daemon=True)
        self._thread.start()
        atexit.register(self.stop)
        error = self._outcome()
        if error is not None:
            self.stop()
            raise error

    def stop(self) -> None:
        """Stop watching; if we supervise, shut the server down cleanly and let another process take over."""
        # A forked child has a copy of this object, but no thread and no server.
        if self._thread is None or self._pid != os.getpid():
            return
        self._stopping.set()
        self._thread.join()
        self._thread = None
        atexit.unregister(self.stop)

    def _outcome(self) -> PostgresError | None:
        self._settled.wait()
        return self._error

    def _prepare_directory(self) -> None:
        try:
            if (self.data_dir / HALF_RESTORED).exists():
                raise PostgresError(
                    f"En {self.data_dir} quedó una restauración a medias. Vuelva a ejecutar `clientela restore` con "
                    "la copia: la termina desde el principio."
                )
            self._root.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise from_os_error(error, self._root) from error

    # From here on everything runs in the thread: the server is the child of this very thread, and the kernel tells
    # it when the thread dies.

    def _run(self) -> None:
        try:
            self._take_turns()
        except Exception as error:
            self._settle(PostgresError(f"Error inesperado al arrancar la base de datos: {error!r}"))
            raise
        self._settle(PostgresError("Se pidió parar antes de que la base de datos estuviera lista."))

    def _take_turns(self) -> None:
        """Supervise whenever the lock is free, watch while it is not."""
        limit = time.monotonic() + JOIN_SECONDS
        pause = WATCH_SECONDS
        while not self._stopping.is_set():
            try:
                if self._lock.try_acquire():
                    self._supervise()
                    pause = WATCH_SECONDS
                elif not self._settled.is_set():
                    self._join(limit)
            except OSError as error:
                problem = from_os_error(error, self._root)
                if not self._settled.is_set():
                    self._settle(problem)
                    return
                _log.error("the database cannot be started, trying again: %s", problem)
                pause = min(pause * 2, _LONGEST_PAUSE)
            finally:
                self._lock.release()
            self._stopping.wait(pause)

    def _settle(self, error: PostgresError | None = None) -> None:
        """Let `start` return; only the first outcome counts."""
        if not self._settled.is_set():
            self._error = error
            self._settled.set()

    def _join(self, limit: float) -> None:
        """Look whether the server of another process answers to our password."""
        if _answers(self.data_dir):
            self._settle()
        elif time.monotonic() > limit:
            raise PostgresError(
                f"El proceso {self._lock.holder()} tiene la base de datos de {self.data_dir}, pero no responde desde "
                f"hace {JOIN_SECONDS:.0f} s. Mire {self._root / 'postgres.log'}, o pare ese proceso y vuelva a "
                "arrancar."
            )

    def _supervise(self) -> None:
        """Hold the lock: start the server, start it again whenever it dies, until asked to stop."""
        cluster, account, password = self._prepare_cluster()
        reserve(cluster, patient=True).release()
        while not self._stopping.is_set():
            server = self._launch(cluster, account, password)
            if server is None:
                return
            self._settle()
            self._watch(server)

    def _prepare_cluster(self) -> tuple[Cluster, Account, str]:
        binaries = for_existing_data(self._root) or self._wanted or for_new_data()
        cluster = Cluster(self._root, binaries)
        account = choose_account(binaries, self._root, cluster.path)
        password, _ = password_and_port(self.data_dir)
        if not cluster.exists:
            password = secrets.token_urlsafe(32)
            cluster.create(account, password)
        elif password is None:
            reserve(cluster, patient=True).release()
            password = secrets.token_urlsafe(32)
            give(cluster.path, account)
            cluster.set_password(account, password)
        else:
            return cluster, account, password
        self._publish(make_dsn(password, choose_port(None)))
        return cluster, account, password

    def _publish(self, dsn: str) -> None:
        write_private(connection_file(self.data_dir), dsn + "\n")

    def _launch(self, cluster: Cluster, account: Account, password: str) -> Server | None:
        """Start a server and tell everybody where it is; None when we were asked to stop meanwhile."""
        give(cluster.path, account)
        for attempt in range(_PORT_TRIES):
            _, former = password_and_port(self.data_dir)
            server = Server(cluster, account, choose_port(former if attempt == 0 else None))
            server.trim_log()
            try:
                server.launch()
                ready = server.wait_until_ready(self._stopping.is_set)
            except PortTakenError:
                continue
            if not ready:
                server.stop()
                return None
            self._publish(make_dsn(password, server.port))
            return server
        raise PostgresError(
            "Otro programa ocupa uno tras otro los puertos que PostgreSQL elige en 127.0.0.1."
        )

    def _watch(self, server: Server) -> None:
        """Return when the server has died, or has been stopped because we were asked to."""
        trim_at = time.monotonic() + 60
        while not server.wait(WATCH_SECONDS):
            if self._stopping.is_set():
                server.stop()
                return
            if time.monotonic() > trim_at:
                server.trim_log()
                trim_at += 60
        if not self._stopping.is_set():
            _log.error("PostgreSQL died with code %s; starting it again", server.poll())


def _answers(data_dir: Path) -> bool:
    """Whether the server in the connection file accepts our password (a stranger's on its port would not)."""
    try:
        url = urlsplit(read_dsn(data_dir))
        binaries = for_existing_data(data_dir / "pg")
    except (OSError, ValueError):
        return False
    if binaries is None:
        return False
    access = {"PGPASSWORD": url.password or "", "PGCONNECT_TIMEOUT": "3"}
    place = ["-h", "127.0.0.1", "-p", str(url.port), "-U", ROLE, "-d", DATABASE]
    command = [binaries.program("psql"), "-X", "-c", "SELECT 1", *place]
    try:
        done = subprocess.run(
            command, env=environment() | access, capture_output=True, timeout=10, check=False
        )
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0
