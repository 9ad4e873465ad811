"""Runs the migrations: all of them and the functions in one transaction, under one lock.

Two nodes that start at once wait for each other; a process killed half-way leaves nothing behind. A table that
others are using is waited for in short turns, so that nobody queues long behind a migration. The functions
of the domains (`<domain>/functions*.sql`, schema `fn`) have no history of their own: whenever their text changed,
the schema is dropped and built anew.
"""

import asyncio
from typing import Any, Final

import sqlalchemy as sa
from alembic import command, op
from alembic.config import Config
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.util import await_only

from clientela.core.db import connect_without_limits
from clientela.migrations.current import PACKAGE, functions_mark, functions_text

LOCK: Final = 4_110_320_977
LOCK_WAIT: Final = "2s"
TURNS: Final = 60
PAUSE: Final = 1.0
_LOCK_NOT_AVAILABLE: Final = "55P03"


def run_sql(sql: str) -> None:
    """Run plain SQL, several statements if need be, inside the migration's transaction."""
    _driver(op.get_bind(), sql)


def _driver(connection: sa.Connection, sql: str) -> None:
    # The adapter opens its transaction at the first statement that passes through it.
    connection.exec_driver_sql("SELECT 1")
    driver: Any = connection.connection.driver_connection
    await_only(driver.execute(sql, timeout=600))


def config() -> Config:
    """Make Alembic's configuration; there is no `alembic.ini`."""
    made = Config()
    made.set_main_option("script_location", str(PACKAGE / "migrations"))
    return made


async def migrate(dsn: str, revision: str = "head") -> None:
    """Bring the database to a revision (a name, `head`, or `base`), forward or back.

    A turn that does not get its locks in two seconds is given up whole and tried again a second later, for three
    minutes; then PostgreSQL's own error is raised and nothing has changed.
    """
    for turn in range(TURNS):
        try:
            await _migrate(dsn, revision)
        except Exception as error:
            if turn == TURNS - 1 or _state(error) != _LOCK_NOT_AVAILABLE:
                raise
            await asyncio.sleep(PAUSE)
        else:
            return


def _state(error: Exception) -> str | None:
    """Read PostgreSQL's code off its error, or off the adapter's that wraps it."""
    return getattr(error, "sqlstate", None) or getattr(getattr(error, "orig", None), "sqlstate", None)


async def _migrate(dsn: str, revision: str) -> None:
    # The driver connects by itself: Alembic's library does not know the parameters of its URLs (`sslmode`, …).
    engine = create_async_engine(
        "postgresql+asyncpg://", poolclass=sa.NullPool, async_creator=lambda: connect_without_limits(dsn)
    )
    try:
        async with engine.begin() as connection:
            await connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK})")
            # Set after the lock above, which another node may rightly hold for as long as it migrates.
            await connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{LOCK_WAIT}'")
            await connection.exec_driver_sql("SET LOCAL statement_timeout = '10min'")
            await connection.run_sync(_run, revision)
    finally:
        await engine.dispose()


def _run(connection: sa.Connection, revision: str) -> None:
    settings = config()
    settings.attributes["connection"] = connection
    if revision == "head" or _is_ahead(connection, revision):
        command.upgrade(settings, revision)
        if revision == "head":
            _rebuild_functions(connection)
    else:
        _driver(connection, "DROP SCHEMA IF EXISTS fn CASCADE")
        command.downgrade(settings, revision)


def _is_ahead(connection: sa.Connection, revision: str) -> bool:
    if revision == "base":
        return False
    present = connection.exec_driver_sql("SELECT to_regclass('alembic_version') IS NOT NULL").scalar()
    current = (
        connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar() if present else None
    )
    return current is None or revision > str(current)


def _rebuild_functions(connection: sa.Connection) -> None:
    mark = functions_mark()
    known = connection.exec_driver_sql(
        "SELECT obj_description(oid, 'pg_namespace') FROM pg_namespace WHERE nspname = 'fn'"
    ).scalar()
    if known != mark:
        _driver(connection, "DROP SCHEMA IF EXISTS fn CASCADE; CREATE SCHEMA fn")
        _driver(connection, functions_text())
        _driver(connection, f"COMMENT ON SCHEMA fn IS '{mark}'")
