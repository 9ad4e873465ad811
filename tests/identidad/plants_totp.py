"""Defects of the second factor that its tests must catch (tests.tools.planted)."""

from uuid import UUID

from clientela.core.db import Db
from clientela.identidad.totp import store


def look_before_using() -> None:
    """Read the last step, compare, and write it afterwards, as code without compare-and-set does."""

    async def use(db: Db, usuario_id: UUID, sealed: bytes, step: int) -> bool:
        last = await db.fetchval("SELECT totp_paso FROM usuarios WHERE id = $1", usuario_id)
        if last >= step:
            return False
        await db.execute("UPDATE usuarios SET totp_paso = $2 WHERE id = $1", usuario_id, step)
        return True

    store.use = use
