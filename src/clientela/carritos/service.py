"""Use cases of the carts (CONTRACT §6, §12).

Whether the caller may touch a client's cart is the permission matrix's decision (`api/permisos.py`).
"""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from clientela.carritos import rules, store
from clientela.carritos.model import Carrito, LineaPedida, LineaSumada
from clientela.core.actor import Actor
from clientela.core.db import Db
from clientela.core.errors import Invalid, NotFound, PreconditionFailed
from clientela.core.ids import uuid7


async def read(db: Db, cliente_id: UUID) -> Carrito:
    """Return a client's own cart with today's prices and stock beside each line (spec 1 §1).

    NotFound `carrito_no_encontrado` until it was first written, `cliente_no_encontrado` without such a client.
    """
    exists, cart = await store.read_own(db, cliente_id)
    if not exists:
        raise NotFound("cliente_no_encontrado")
    if cart is None:
        raise NotFound("carrito_no_encontrado")
    return cart


async def replace(
    db: Db, actor: Actor, cliente_id: UUID, lines: Sequence[LineaPedida], *, version: int | None = None
) -> Carrito:
    """Make `lines` the client's own cart and return it (spec 1 §1); all or nothing, one round trip.

    Lines of one product are summed; a product that was there keeps its snapshot. With `version`, a cart that
    moved on is PreconditionFailed `carrito_desactualizado` whose `carrito` is the current Carrito. Invalid names
    every `items.N.itemId` that is unknown or newly retired and every `items.N.cantidad` that may not be.
    """
    summed = rules.add_up(lines)
    asked = rules.arrays(summed)
    try:
        return await store.replace(
            db, cliente_id, asked, version, new_id=uuid7(), actor_id=actor.usuario_id, now=db.now()
        )
    except Invalid as error:
        raise explain(error, summed) from error
    except PreconditionFailed as error:
        raise stale(error) from error


def stale(error: PreconditionFailed) -> PreconditionFailed:
    """Return the database's refusal of a stale version with the current cart as a Carrito."""
    return PreconditionFailed(error.code, data={"carrito": msgspec.convert(error.data["carrito"], Carrito)})


def explain(error: Invalid, lines: Sequence[LineaSumada], prefix: str = "items") -> Invalid:
    """Say the database's refusal of lines by the fields that were sent; any other refusal stays as it is."""
    if error.code != "carrito_invalido":
        return error
    return Invalid(rules.line_errors(error.data, lines, prefix), code=error.code)
