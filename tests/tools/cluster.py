"""PostgreSQL servers for tests: the embedded one, and any server that somebody else started."""

import asyncio
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg

from clientela.core.postgres import EmbeddedPostgres
from clientela.migrations.runner import migrate
from tests.tools import processes
from tests.tools.database import run, with_database
from tests.tools.places import open_directory
from tests.tools.wait import wait_for

TEMPLATE = "clientela_plantilla"


class Cluster:
    """A running server that may create databases; `dsn` is its superuser's, on any database."""

    def __init__(self, dsn: str) -> None:
        self.dsn = dsn

    def database(self, name: str) -> str:
        """The address of one of its databases."""
        return with_database(self.dsn, name)

    def prepare_template(self) -> None:
        """Build the database that all others are copied from, by the migrations."""
        self.create(TEMPLATE, template="template0")
        run(migrate(self.database(TEMPLATE)), seconds=300)

    def create(self, name: str, *, template: str = TEMPLATE) -> str:
        """Make a database, replacing one of that name; returns its address."""
        self.drop(name)
        run(self._admin(f'CREATE DATABASE "{name}" TEMPLATE "{template}" ENCODING \'UTF8\''))
        return self.database(name)

    def drop(self, name: str) -> None:
        """Remove a database and whoever is connected to it."""
        run(self._admin(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))

    async def _admin(self, sql: str) -> None:
        # The template may for a moment be in use by whoever copies it in the same instant, and a database by an
        # autovacuum worker, whom only a superuser may end.
        for attempt in range(50):
            connection = await asyncpg.connect(self.database("postgres"), timeout=10)
            try:
                await connection.execute(sql)
            except (asyncpg.ObjectInUseError, asyncpg.InsufficientPrivilegeError):
                if attempt == 49:
                    raise
                await asyncio.sleep(0.2)
            else:
                return
            finally:
                await connection.close()


class OwnCluster(Cluster):
    """A server that a test may mistreat: frozen, thawed, killed. Its supervisor starts it again on the same port."""

    def __init__(self, home: Path, dsn: str) -> None:
        super().__init__(dsn)
        self.home = home

    @property
    def postmaster(self) -> int:
        """The process id of the server's first process."""
        (file,) = self.home.glob("pg/*/postmaster.pid")
        return int(file.read_text().splitlines()[0])

    def freeze(self) -> None:
        """Stop every process of the server without its connections noticing, as a dead disk does."""
        # A backend forked in the meantime is a child of the postmaster, so he goes first and the tree is read again.
        os.kill(self.postmaster, signal.SIGSTOP)
        processes.send(processes.tree(self.postmaster), signal.SIGSTOP)

    def thaw(self) -> None:
        """Let them all go on."""
        processes.send(processes.tree(self.postmaster), signal.SIGCONT)

    def kill(self) -> None:
        """`kill -9` of every process at one moment, as a power cut does (but for what the kernel still writes)."""
        processes.kill_tree(self.postmaster)

    def wait_ready(self, seconds: float = 30.0) -> None:
        """Wait until it accepts connections."""
        wait_for(self._accepts, "the database's return", seconds=seconds)

    def _accepts(self) -> bool:
        try:
            run(self._admin("SELECT 1"), seconds=5)
        except (OSError, asyncpg.PostgresError, TimeoutError):
            return False
        return True


@contextmanager
def start_embedded() -> Iterator[OwnCluster]:
    """Run the product's own embedded server, supervised by this process, for the length of the block."""
    with open_directory() as home:
        server = EmbeddedPostgres(home)
        server.start()
        server.stop()
        # Many servers of the tests hold connections at once, for as long as their module or session lasts.
        (file,) = home.glob("pg/*/postgresql.conf")
        with file.open("a") as settings:
            settings.write("\nmax_connections = 400\n")
            if zone := os.environ.get("TEST_TIMEZONE"):
                settings.write(f"timezone = '{zone}'\n")
        server.start()
        try:
            yield OwnCluster(home, server.dsn())
        finally:
            server.stop()
