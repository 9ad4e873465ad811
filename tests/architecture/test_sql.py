"""Every SQL statement of the product is one that the migrated database understands."""

import importlib
import pkgutil
import re
from collections.abc import Iterator

import asyncpg
import pytest

import clientela
from tests.architecture.test_sources import SQL
from tests.tools.database import Database


def statements() -> Iterator[tuple[str, str]]:
    """Every module-level SQL text of stores and core, with its name."""
    for found in pkgutil.walk_packages(clientela.__path__, "clientela."):
        if not (found.name.endswith(".store") or found.name.startswith("clientela.core.")):
            continue
        module = importlib.import_module(found.name)
        for name, value in vars(module).items():
            text = isinstance(value, str) and name.upper() == name and SQL.match(value)
            # A form that other constants are made from is no statement yet.
            if text and not re.search(r"\{\w+\}", value):
                yield f"{found.name}.{name}", value


# Commands that the extended protocol takes, but that have nothing to plan.
UTILITY = re.compile(r"^\s*(LISTEN|NOTIFY|SET)\b")


async def problem(connection: asyncpg.Connection, sql: str) -> str | None:
    """What PostgreSQL says against a statement, or None."""
    try:
        await connection.prepare(sql)
    except asyncpg.PostgresError as error:
        return str(error)
    return None


async def test_every_statement_prepares(db: Database) -> None:
    found = dict(statements())
    assert len(found) > 20, "the walk over the stores finds nothing"
    async with db.connect() as connection:
        problems = {
            name: said
            for name, sql in found.items()
            if not UTILITY.match(sql) and (said := await problem(connection, sql))
        }
    assert problems == {}


@pytest.mark.parametrize(
    "sql", ["SELECT no_existe FROM clientes", "SELECT fn.no_existe($1)", "SELECT FROM WHERE"]
)
async def test_planted_mistake_is_seen(db: Database, sql: str) -> None:
    async with db.connect() as connection:
        assert await problem(connection, sql)


def test_every_constraint_and_index_has_a_name_of_ours(db: Database) -> None:
    """Errors are told apart by these names, so none may be PostgreSQL's invention (`tabla_columna_check1`)."""
    invented = db.fetch(
        """SELECT conrelid::regclass::text AS tabla, conname FROM pg_constraint
           WHERE connamespace = 'public'::regnamespace AND conname ~ '[0-9]$'"""
    )
    assert [tuple(row) for row in invented] == []


def test_every_foreign_key_has_an_index(db: Database) -> None:
    """Without one, a delete of the referred row scans the whole table under its lock."""
    missing = db.fetch(
        """SELECT c.conname FROM pg_constraint c
           WHERE c.contype = 'f' AND c.connamespace = 'public'::regnamespace AND NOT EXISTS (
               SELECT FROM pg_index i WHERE i.indrelid = c.conrelid
               AND (i.indkey::int2[])[0:cardinality(c.conkey) - 1] @> c.conkey)"""
    )
    assert [row["conname"] for row in missing] == []
