"""Use cases of the canned replies: support's texts for what is asked every day."""

from uuid import UUID

from msgspec import structs

from clientela.chat.model import Respuesta
from clientela.chat.store import replies as store
from clientela.core import audit
from clientela.core.actor import Actor
from clientela.core.db import Db
from clientela.core.errors import Conflict, NotFound, PreconditionFailed, UniqueViolation
from clientela.core.ids import uuid7


async def search(db: Db, *, page: int, per_page: int) -> tuple[tuple[Respuesta, ...], int]:
    """Return one page of the replies by their short words, and how many there are."""
    return await store.find(db, per_page, (page - 1) * per_page)


async def create(db: Db, actor: Actor, atajo: str, texto: str) -> Respuesta:
    """Add a reply; Conflict `atajo_en_uso`."""
    async with db.transaction() as tx:
        try:
            made = await store.insert(tx, uuid7(), atajo, texto, tx.now())
        except UniqueViolation as error:
            raise Conflict("atajo_en_uso") from error
        await audit.record(tx, "respuesta.creada", actor=actor, objeto=("respuesta", str(made.id)))
        return made


async def update(
    db: Db, actor: Actor, reply_id: UUID, atajo: str | None, texto: str | None, version: int | None = None
) -> Respuesta:
    """Change a reply; None stays. NotFound `respuesta_no_encontrada`, Conflict `atajo_en_uso`, PreconditionFailed."""
    async with db.transaction() as tx:
        before = await _hold(tx, reply_id)
        if version is not None and version != before.version:
            raise PreconditionFailed("desactualizado", data={"version": before.version})
        after = structs.replace(before, atajo=atajo or before.atajo, texto=texto or before.texto)
        if after == before:
            return before
        try:
            written = await store.write(tx, after, tx.now())
        except UniqueViolation as error:
            raise Conflict("atajo_en_uso") from error
        await audit.record(tx, "respuesta.actualizada", actor=actor, objeto=("respuesta", str(reply_id)))
        return written


async def delete(db: Db, actor: Actor, reply_id: UUID) -> Respuesta:
    """Remove a reply and return it a last time; NotFound `respuesta_no_encontrada`."""
    async with db.transaction() as tx:
        found = await _hold(tx, reply_id)
        await store.delete(tx, reply_id)
        await audit.record(tx, "respuesta.eliminada", actor=actor, objeto=("respuesta", str(reply_id)))
        return found


async def _hold(db: Db, reply_id: UUID) -> Respuesta:
    found = await store.lock(db, reply_id)
    if found is None:
        raise NotFound("respuesta_no_encontrada")
    return found
