"""All SQL of the passes."""

from datetime import datetime
from typing import Final
from uuid import UUID

from clientela.core.db import Db

KEEP: Final = "INSERT INTO pases (hash, sesion_id, token_id, vence_en) VALUES ($1, $2, $3, $4)"


async def keep(db: Db, digest: str, sesion_id: UUID | None, token_id: int | None, until: datetime) -> None:
    """Store a pass's digest and who asked for it."""
    await db.execute(KEEP, digest, sesion_id, token_id, until)


# Of many who try at once one deletes the row.
TAKE: Final = """
DELETE FROM pases WHERE hash = $1 RETURNING CASE WHEN vence_en > $2 THEN sesion_id END AS sesion_id,
                                            CASE WHEN vence_en > $2 THEN token_id END AS token_id"""


async def take(db: Db, digest: str, now: datetime) -> UUID | int | None:
    """Use a pass up; return the session or the number of the token behind it, None for a dead one."""
    row = await db.fetchrow(TAKE, digest, now)
    if row is None:
        return None
    found: UUID | int | None = row["sesion_id"] or row["token_id"]
    return found


PURGE: Final = """
WITH viejos AS (DELETE FROM pases WHERE hash IN (
       SELECT hash FROM pases WHERE vence_en <= $1 ORDER BY vence_en LIMIT $2) RETURNING 1)
SELECT count(*) FROM viejos"""


async def purge(db: Db, before: datetime, limit: int) -> int:
    """Remove passes that ran out before an instant; return how many."""
    gone: int = await db.fetchval(PURGE, before, limit)
    return gone
