"""Whether the schema is the one that this code knows, told without Alembic.

Alembic and SQLAlchemy are a third of a server's memory, and a server has nothing to migrate most of the times it
starts. So it only looks, and leaves what is to be done to a process of its own.
"""

import asyncio
import hashlib
import sys
from pathlib import Path
from typing import Final

from clientela.core.db import connect_without_limits
from clientela.core.postgres import PostgresError

PACKAGE: Final = Path(__file__).resolve().parents[1]
LAYERS: Final = (
    "core",
    "organizacion",
    "identidad",
    "catalogo",
    "clientes",
    "carritos",
    "cobranza",
    "pedidos",
    "entregas",
    "panel",
    "tickets",
    "postventa",
    "chat",
    "flows",
)
_STATE: Final = """
SELECT to_regclass('public.alembic_version') IS NOT NULL AS versioned,
       (SELECT obj_description(oid, 'pg_namespace') FROM pg_namespace WHERE nspname = 'fn') AS functions"""


def head() -> str:
    """Name the newest revision that this code knows; the history is one line, its files are numbered."""
    return max(file.name[:4] for file in (PACKAGE / "migrations" / "versions").glob("[0-9]*.py"))


def functions_text() -> str:
    """All functions, in the order of the layers."""
    files = [file for layer in LAYERS for file in sorted((PACKAGE / layer).glob("functions*.sql"))]
    return "\n".join(file.read_text(encoding="utf-8") for file in files)


def functions_mark() -> str:
    """Return the digest by which the schema `fn` says which text it was built from."""
    return hashlib.sha256(functions_text().encode()).hexdigest()


async def is_current(dsn: str) -> bool:
    """Tell whether the database has the newest revision and these very functions."""
    connection = await connect_without_limits(dsn)
    try:
        state = await connection.fetchrow(_STATE)
        if not state["versioned"] or state["functions"] != functions_mark():
            return False
        revision: str | None = await connection.fetchval("SELECT version_num FROM alembic_version")
        return revision == head()
    finally:
        await connection.close()


async def ensure_current(dsn: str) -> None:
    """Bring the database up to date where it is not. Raises PostgresError when that cannot be done."""
    if await is_current(dsn):
        return
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "clientela.migrations",
        stdin=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    # The URL holds the password: it goes through the pipe, where the list of processes does not show it.
    _, said = await child.communicate(dsn.encode())
    if child.returncode:
        raise PostgresError(said.decode(errors="replace").strip())
