"""An order is repeated: what it held goes into the cart of whoever asks, at today's prices."""

from uuid import UUID

import msgspec
from msgspec import structs

from clientela.carritos import service as carritos
from clientela.carritos.model import Carrito, Llave
from clientela.core.actor import Actor
from clientela.core.db import Db
from clientela.core.errors import PreconditionFailed
from clientela.pedidos import service as pedidos
from clientela.pedidos.model import Omitido


class Repetido(msgspec.Struct, frozen=True):
    """A cart with what an order held added to it, and what is no longer sold."""

    carrito: Carrito
    omitidos: tuple[Omitido, ...]


async def repeat(db: Db, actor: Actor, pedido_id: UUID, *, version: int | None = None) -> Repetido:
    """Add what an order held to the caller's own cart, or to the one that a member of staff keeps for its client.

    Quantities add up with what is there, as for any added line (CONTRACT §7, §12); one round trip. Raises NotFound
    `pedido_no_encontrado`, Forbidden for another customer's order and another seller's client, PreconditionFailed for
    a stale `version` of the cart.
    """
    own = carritos.own_key(actor)
    key = own if actor.cliente_id is not None else Llave(None, None, actor.usuario_id, actor.es_admin)
    try:
        found = await pedidos.repeat(db, actor, pedido_id, structs.astuple(key), version=version)
    except PreconditionFailed as error:
        raise carritos.stale(error) from error
    return Repetido(msgspec.json.decode(found.carrito, type=Carrito), found.omitidos)
