"""Proposals: a seller shows his cart to its client, who takes it over or declines it (CONTRACT §6, §12)."""

from uuid import UUID

from clientela.carritos import store
from clientela.carritos.model import Aceptada, EstadoPropuesta, PaginaPropuestas, Propuesta
from clientela.core.actor import Actor
from clientela.core.db import Db
from clientela.core.errors import Forbidden
from clientela.core.ids import uuid7


async def propose(db: Db, actor: Actor, carrito_id: UUID) -> Propuesta:
    """Propose what the caller's cart for a client holds (administrators: anybody's); the cart stays as it is.

    NotFound `carrito_no_encontrado` also for a cart that is no proposal's: somebody else's, a customer's own.
    BadRequest `carrito_vacio`, Conflict `propuesta_abierta` while the same content waits for its answer.
    """
    return await store.propose(
        db, carrito_id, actor.usuario_id, admin=actor.es_admin, new_id=uuid7(), now=db.now()
    )


async def list_proposals(
    db: Db, actor: Actor, estado: EstadoPropuesta | None, *, limit: int, offset: int
) -> PaginaPropuestas:
    """Return one page of the proposals that concern the caller: made to him, made by him, for administrators all."""
    statement, owner = store.PROPOSALS_OF_SELLER, actor.usuario_id
    if actor.cliente_id is not None:
        statement, owner = store.PROPOSALS_OF_CLIENT, actor.cliente_id
    elif actor.es_admin:
        return await store.find_proposals(db, store.ALL_PROPOSALS, None, estado, limit, offset)
    return await store.find_proposals(db, statement, owner, estado, limit, offset)


async def accept(db: Db, actor: Actor, propuesta_id: UUID) -> Aceptada:
    """Add a proposal's lines to the customer's own cart, once, at today's prices; one round trip.

    NotFound `propuesta_no_encontrada` also for another's, Conflict `propuesta_respondida` for one that has its answer.
    """
    return await store.accept(
        db,
        propuesta_id,
        _client(actor),
        new_cart_id=uuid7(),
        actor_id=actor.usuario_id,
        now=db.now(),
    )


async def decline(db: Db, actor: Actor, propuesta_id: UUID) -> Propuesta:
    """Decline a proposal; errors as `accept`."""
    return await store.decline(db, propuesta_id, _client(actor), actor_id=actor.usuario_id, now=db.now())


def _client(actor: Actor) -> UUID:
    if actor.cliente_id is None:
        raise Forbidden
    return actor.cliente_id
