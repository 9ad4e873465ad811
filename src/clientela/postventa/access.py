"""Which work orders somebody may see (CONTRACT §3, §10)."""

from uuid import UUID

from msgspec import structs

from clientela.core.actor import Actor
from clientela.core.db import Db
from clientela.core.errors import Forbidden, NotFound
from clientela.identidad.model import Rol
from clientela.postventa import rules
from clientela.postventa.model import Filtro, OrdenCompleta, PaginaOrdenes
from clientela.postventa.store import lists
from clientela.postventa.store import orders as store


async def search(db: Db, actor: Actor, wanted: Filtro, *, page: int, per_page: int) -> PaginaOrdenes:
    """Return one page of the work orders that the caller may see: his own for customers and technicians."""
    if actor.rol == Rol.CLIENTE:
        if wanted.cliente_id not in {None, actor.cliente_id}:
            return PaginaOrdenes((), 0)
        wanted = structs.replace(wanted, cliente_id=actor.cliente_id)
    elif actor.rol == Rol.TECNICO:
        if wanted.tecnico_id not in {None, actor.usuario_id}:
            return PaginaOrdenes((), 0)
        wanted = structs.replace(wanted, tecnico_id=actor.usuario_id)
    return await lists.find(db, wanted, db.now() - rules.STILL, per_page, (page - 1) * per_page)


async def order(db: Db, actor: Actor, ref: UUID | int) -> OrdenCompleta:
    """Return a work order with its movements; NotFound `orden_no_encontrada` also for a foreign one."""
    found = await store.read(db, ref)
    if found is None or not rules.may_read(actor, found):
        raise NotFound("orden_no_encontrada")
    return found


async def is_there(db: Db, actor: Actor, orden_id: UUID) -> bool:
    """Tell whether there is such an order; Forbidden for one that the caller may not see."""
    found = await store.read(db, orden_id)
    if found is not None and not rules.may_read(actor, found):
        raise Forbidden
    return found is not None
