"""PostgreSQL servers for tests: the embedded one, and any server that somebody else started."""

import asyncio
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg

from clientela.core.postgres import EmbeddedPostgres
from clientela.migrations.runner import migrate
from tests.tools.database import run, with_database

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
        # The template may for a moment be in use by whoever copies it in the same instant.
        for attempt in range(50):
            connection = await asyncpg.connect(self.database("postgres"), timeout=10)
            try:
                await connection.execute(sql)
            except asyncpg.ObjectInUseError:
                if attempt == 49:
                    raise
                await asyncio.sleep(0.2)
            else:
                return
            finally:
                await connection.close()


@contextmanager
def start_embedded() -> Iterator[Cluster]:
    """Run the product's own embedded server, supervised by this process, for the length of the block."""
    with tempfile.TemporaryDirectory(prefix="cl-pg-") as home:
        server = EmbeddedPostgres(Path(home))
        server.start()
        try:
            yield Cluster(server.dsn())
        finally:
            server.stop()
