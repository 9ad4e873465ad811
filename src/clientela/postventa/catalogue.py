"""Use cases of the services: everybody of the staff reads, the administrator writes (CONTRACT §10)."""

from uuid import UUID

from msgspec import UNSET, structs

from clientela.core import audit
from clientela.core.actor import Actor
from clientela.core.db import Db
from clientela.core.errors import Conflict, Forbidden, NotFound, PreconditionFailed, UniqueViolation
from clientela.core.ids import uuid7
from clientela.postventa.model import CambiosServicio, NuevoServicio, Servicio
from clientela.postventa.store import services as store


async def search(db: Db, *, active: bool | None, limit: int, offset: int) -> tuple[tuple[Servicio, ...], int]:
    """Return one page of the services by name, and how many there are."""
    return await store.find_services(db, limit, offset, active=active)


async def get(db: Db, ref: UUID | int) -> Servicio:
    """Return a service; NotFound `servicio_no_encontrado`."""
    found = await store.read_service(db, ref)
    if found is None:
        raise NotFound("servicio_no_encontrado")
    return found


async def create(db: Db, actor: Actor, new: NuevoServicio) -> Servicio:
    """Add a service (admin); Conflict `servicio_repetido` for a name that is there."""
    if not actor.es_admin:
        raise Forbidden
    async with db.transaction() as tx:
        try:
            made = await store.insert_service(tx, uuid7(), new, tx.now())
        except UniqueViolation as error:
            raise Conflict("servicio_repetido") from error
        await audit.record(tx, "servicio.creado", actor=actor, objeto=("servicio", str(made.id)))
        return made


async def update(
    db: Db, actor: Actor, ref: UUID | int, changes: CambiosServicio, version: int | None = None
) -> Servicio:
    """Change a service (admin); orders keep the guarantee and the duration that they were made with.

    Errors as `create` and `get`, PreconditionFailed when `version` is stale.
    """
    if not actor.es_admin:
        raise Forbidden
    async with db.transaction() as tx:
        before = await store.lock_service(tx, (await get(tx, ref)).id)
        if version is not None and version != before.version:
            raise PreconditionFailed("desactualizado", data={"version": before.version})
        wanted = {name: value for name, value in structs.asdict(changes).items() if value is not UNSET}
        after = structs.replace(before, **wanted)
        if after == before:
            return before
        try:
            written = await store.write_service(tx, after, tx.now())
        except UniqueViolation as error:
            raise Conflict("servicio_repetido") from error
        await audit.record(tx, "servicio.actualizado", actor=actor, objeto=("servicio", str(before.id)))
        return written
