"""All SQL of the second factor, which lies in its owner's row."""

from datetime import datetime
from typing import Final
from uuid import UUID

from clientela.core.db import Db, Record

FIND: Final = "SELECT totp_secreto, totp_desde IS NOT NULL AS activo FROM usuarios WHERE id = $1"


async def find(db: Db, usuario_id: UUID) -> Record | None:
    """Return `totp_secreto` (encrypted; None: there is none) and `activo` of a user."""
    return await db.fetchrow(FIND, usuario_id)


OFFER: Final = "UPDATE usuarios SET totp_secreto = $2 WHERE id = $1 AND totp_desde IS NULL RETURNING id"


async def offer(db: Db, usuario_id: UUID, sealed: bytes) -> bool:
    """Keep a secret that waits for its first code, in place of another such; False where one is in use."""
    return await db.fetchval(OFFER, usuario_id, sealed) is not None


# Only with the secret that the code was checked against.
ACTIVATE: Final = """
UPDATE usuarios SET totp_desde = $4, totp_paso = $3, version = version + 1, actualizado_en = $4
 WHERE id = $1 AND totp_secreto = $2 AND totp_desde IS NULL RETURNING id"""


async def activate(db: Db, usuario_id: UUID, sealed: bytes, step: int, now: datetime) -> bool:
    """Put a waiting secret to use; `step` is that of its first code. False where it waits no longer."""
    return await db.fetchval(ACTIVATE, usuario_id, sealed, step, now) is not None


# Compare and set: of many who show the same code at once, one moves the step forward.
USE: Final = """
UPDATE usuarios SET totp_paso = $3
 WHERE id = $1 AND totp_secreto = $2 AND totp_desde IS NOT NULL AND totp_paso < $3 RETURNING id"""


async def use(db: Db, usuario_id: UUID, sealed: bytes, step: int) -> bool:
    """Use up the code of a step and of every earlier one; False where that has happened already."""
    return await db.fetchval(USE, usuario_id, sealed, step) is not None


REMOVE: Final = """
UPDATE usuarios SET totp_secreto = NULL, totp_desde = NULL, totp_paso = NULL, version = version + 1,
       actualizado_en = $2
 WHERE id = $1 AND totp_secreto IS NOT NULL RETURNING id"""


async def remove(db: Db, usuario_id: UUID, now: datetime) -> bool:
    """Forget a user's secret, in use or waiting; tell whether there was one."""
    return await db.fetchval(REMOVE, usuario_id, now) is not None
