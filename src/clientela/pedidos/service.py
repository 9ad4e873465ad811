"""Use cases of the orders: seen by those whom they concern, taken from state to state by staff (CONTRACT §7)."""

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from clientela.clientes import windows
from clientela.core.actor import Actor
from clientela.core.db import Db
from clientela.core.errors import Forbidden, NotFound
from clientela.core.ids import uuid7
from clientela.identidad.model import Rol
from clientela.pedidos import store
from clientela.pedidos.model import (
    Cambio,
    Entrega,
    EntregaPedida,
    Estado,
    Filtro,
    Pagina,
    Pedido,
    Repeticion,
)


async def create(
    db: Db,
    actor: Actor,
    key: tuple[UUID | None, UUID | None, UUID | None, bool],
    wish: EntregaPedida,
    *,
    accept_changes: bool,
    version: int | None,
) -> Pedido:
    """Make an order of the cart of a key (`carritos.model.Llave`, as a tuple); one round trip.

    Errors as the flow `place_order`. With `CLIENTELA_POLITICA_CREDITO=bloquear` an order beyond the client's credit is
    refused, else it is accepted and says so.
    """
    return await store.create(
        db,
        key,
        version,
        wish,
        accept_changes=accept_changes,
        block_credit=db.settings.politica_credito == "bloquear",
        new_id=uuid7(),
        new_cart_id=uuid7(),
        actor_id=actor.usuario_id,
        session_id=actor.sesion_id,
        now=db.now(),
    )


async def get(db: Db, actor: Actor, pedido_id: UUID) -> Pedido:
    """Return an order: to its customer, the sellers who may serve him, administrators.

    NotFound `pedido_no_encontrado`, Forbidden for another's.
    """
    found = await store.read(db, pedido_id)
    if found is None:
        raise NotFound("pedido_no_encontrado")
    order, assigned = found
    if not _may_see(actor, order, assigned):
        raise Forbidden
    return order


def _may_see(actor: Actor, order: Pedido, assigned: UUID | None) -> bool:
    if actor.rol == Rol.CLIENTE:
        return order.cliente_id == actor.cliente_id
    return _serves(actor, assigned)


def _serves(actor: Actor, assigned: UUID | None) -> bool:
    """Tell whether a member of staff may serve a client, by the seller whom he is assigned to."""
    if actor.rol == Rol.VENDEDOR:
        return assigned in {None, actor.usuario_id}
    return actor.es_admin


async def deliveries(db: Db, fecha: date, zona: ZoneInfo) -> tuple[Entrega, ...]:
    """Return all orders, by number, that are to be delivered on a day of the organisation's zone; no cancelled ones.

    For whoever plans the day as a whole: what of it the caller may see, `may_see_delivery` tells.
    """
    days = (fecha, fecha + timedelta(days=1))
    begins, ends = (datetime.combine(day, time.min, tzinfo=zona).astimezone(UTC) for day in days)
    return await store.deliveries(db, fecha, begins, ends, windows.weekday(fecha))


def may_see_delivery(actor: Actor, delivery: Entrega) -> bool:
    """Tell whether a member of staff may see a delivery: whoever may see its order."""
    return _serves(actor, delivery.vendedor_asignado_id)


async def history(db: Db, pedido_id: UUID) -> tuple[Cambio, ...]:
    """Return the states of an order that the caller may see, in their order."""
    return await store.history(db, pedido_id)


async def list_own(db: Db, actor: Actor, wanted: Filtro) -> Pagina:
    """Return one page of the caller's orders, the latest first: a customer's own, those that a seller sold."""
    if actor.cliente_id is not None:
        return await store.find(db, store.OF_CLIENT, actor.cliente_id, wanted)
    return await store.find(db, store.OF_SELLER, actor.usuario_id, wanted)


async def list_all(db: Db, actor: Actor, wanted: Filtro) -> Pagina:
    """Return one page of the orders that a member of staff may see, the latest first."""
    if actor.es_admin and wanted.cliente_id is not None:
        return await store.find(db, store.OF_CLIENT, wanted.cliente_id, wanted)
    if actor.es_admin:
        return await store.find(db, store.ALL, None, wanted)
    return await store.find(db, store.SEEN_BY_SELLER, actor.usuario_id, wanted)


async def change_state(
    db: Db, actor: Actor, pedido_id: UUID, estado: Estado, nota: str | None, *, version: int | None = None
) -> Pedido:
    """Take an order one step on, or cancel it, which returns its stock; its present state changes nothing.

    Raises as `get`, Conflict `transicion_invalida`, PreconditionFailed for a stale `version`.
    """
    if actor.rol not in {Rol.VENDEDOR, Rol.ADMIN}:
        raise Forbidden
    async with db.transaction() as tx:
        await get(tx, actor, pedido_id)
        return await store.change_state(
            tx, pedido_id, estado, nota, version, actor_id=actor.usuario_id, now=tx.now()
        )


async def cancel(
    db: Db, actor: Actor, pedido_id: UUID, nota: str | None, *, version: int | None = None
) -> Pedido:
    """Cancel the caller's own order (customers), which returns its stock, while nobody has confirmed it.

    Raises as `get`, Conflict `transicion_invalida` in any later state, PreconditionFailed for a stale `version`.
    """
    async with db.transaction() as tx:
        await get(tx, actor, pedido_id)
        return await store.cancel(tx, pedido_id, nota, version, actor_id=actor.usuario_id, now=tx.now())


async def repeat(
    db: Db,
    actor: Actor,
    pedido_id: UUID,
    key: tuple[UUID | None, UUID | None, UUID | None, bool],
    *,
    version: int | None,
) -> Repeticion:
    """Add what an order held to the cart of a key, at today's prices; one round trip.

    The key (see `create`) names no client for staff: it is the order's. Errors as the flow `repeat_order`.
    """
    return await store.repeat(
        db, pedido_id, key, version, new_cart_id=uuid7(), actor_id=actor.usuario_id, now=db.now()
    )
