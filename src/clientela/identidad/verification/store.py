"""All SQL of the codes that prove whose a record is."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from clientela.core.db import Db

WITH_LOGIN: Final = "SELECT id FROM usuarios WHERE id = ANY ($1::uuid[]) AND contrasenia_hash IS NOT NULL"


async def with_login(db: Db, usuario_ids: Iterable[UUID]) -> set[UUID]:
    """Return those of the users who can log in."""
    return {row["id"] for row in await db.fetch(WITH_LOGIN, list(usuario_ids))}


# One living code for each user and those who ask with the same names: a newer one takes the place of the older.
KEEP: Final = """
INSERT INTO verificaciones (usuario_id, huella, hash, creado_en, expira_en) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (usuario_id, huella) DO UPDATE
   SET hash = excluded.hash, creado_en = excluded.creado_en, expira_en = excluded.expira_en"""


async def keep(db: Db, values: Sequence[Any]) -> None:
    """Store a code's digest; `values` in the order of the statement."""
    await db.execute(KEEP, *values)


FIND: Final = "SELECT hash FROM verificaciones WHERE usuario_id = $1 AND huella = $2 AND expira_en > $3"


async def find(db: Db, usuario_id: UUID, fingerprint: str, now: datetime) -> str | None:
    """Return the digest of the living code, or None."""
    return await db.fetchval(FIND, usuario_id, fingerprint, now)  # type: ignore[no-any-return]


# Of many who try at once one deletes the row.
USE: Final = """
DELETE FROM verificaciones WHERE usuario_id = $1 AND huella = $2 AND hash = $3 AND expira_en > $4 RETURNING hash"""


async def use(db: Db, usuario_id: UUID, fingerprint: str, hashed: str, now: datetime) -> bool:
    """Use up a code; of many who try at once one succeeds."""
    return await db.fetchval(USE, usuario_id, fingerprint, hashed, now) is not None


FORGET: Final = "DELETE FROM verificaciones WHERE usuario_id = $1"


async def forget(db: Db, usuario_id: UUID) -> None:
    """Make every code for a user worthless."""
    await db.execute(FORGET, usuario_id)


PURGE: Final = """
DELETE FROM verificaciones WHERE (usuario_id, huella) IN (
    SELECT usuario_id, huella FROM verificaciones WHERE expira_en < $1 LIMIT $2)"""


async def purge(db: Db, before: datetime, rows: int) -> int:
    """Delete at most so many codes that died before an instant; return how many there were."""
    return int((await db.execute(PURGE, before, rows)).rsplit(" ", 1)[1])
