"""Use cases of the carts (CONTRACT §6, §12).

Whether the caller may touch a client's cart is the permission matrix's decision (`api/permisos.py`).
"""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from clientela.carritos import rules, store
from clientela.carritos.model import CambioLinea, Carrito, LineaPedida, LineaSumada, Llave, Reemplazo
from clientela.core.actor import Actor
from clientela.core.db import Db
from clientela.core.errors import Invalid, NotFound, PreconditionFailed
from clientela.core.ids import uuid7
from clientela.core.textos import CAMPOS, MENSAJES


async def read(db: Db, cliente_id: UUID) -> Carrito:
    """Return a client's own cart with today's prices and stock beside each line (spec 1 §1).

    NotFound `carrito_no_encontrado` until it was first written, `cliente_no_encontrado` without such a client.
    """
    exists, cart = await store.read_own(db, cliente_id, db.now())
    if not exists:
        raise NotFound("cliente_no_encontrado")
    if cart is None:
        raise NotFound("carrito_no_encontrado")
    return cart


async def replace(
    db: Db, actor: Actor, cliente_id: UUID, lines: Sequence[LineaPedida], *, version: int | None = None
) -> Reemplazo:
    """Make `lines` the client's own cart and return it (spec 1 §1); all or nothing, one round trip.

    Without a version, lines that equal what was ordered a moment ago are left out and named in `perdidas`.

    Lines of one product are summed; a product that was there keeps its snapshot. With `version`, a cart that
    moved on is PreconditionFailed `carrito_desactualizado` whose `carrito` is the current Carrito. Invalid names
    every `items.N.itemId` that is unknown or newly retired and every `items.N.cantidad` that may not be.
    """
    summed = rules.add_up(lines)
    asked = rules.arrays(summed)
    try:
        return await store.replace(
            db,
            cliente_id,
            asked,
            version,
            new_id=uuid7(),
            actor_id=actor.usuario_id,
            session_id=actor.sesion_id,
            now=db.now(),
        )
    except Invalid as error:
        raise explain(error, summed) from error
    except PreconditionFailed as error:
        raise stale(error) from error


def own_key(actor: Actor) -> Llave:
    """Name the caller's own cart: a customer's is his client's, staff have one for themselves (CONTRACT §12)."""
    return Llave(actor.usuario_id, actor.cliente_id)


def seller_key(actor: Actor, cliente_id: UUID) -> Llave:
    """Name the cart that a member of staff keeps for a client (spec 4)."""
    return Llave(None, cliente_id, actor.usuario_id, actor.es_admin)


async def open_cart(db: Db, key: Llave) -> Carrito:
    """Return the cart of a key, made if there is none (spec 4 getOrCreateCart); one round trip.

    NotFound `cliente_no_encontrado`, Forbidden for another seller's client.
    """
    return await store.read(db, key, new_id=uuid7(), now=db.now())


async def put_line(
    db: Db, actor: Actor, key: Llave, change: CambioLinea, *, version: int | None = None
) -> Carrito:
    """Add to a line or set its quantity and return the cart (spec 4); one round trip, no addition is ever lost.

    The line takes the catalogue's price of this moment. Raises as `open_cart`, and NotFound
    `producto_no_encontrado` or (setting) `linea_no_encontrada`, Conflict `producto_retirado`, Invalid for a quantity
    that may not be and for a campaign that does not apply, PreconditionFailed for a stale `version`.
    """
    try:
        return await store.put_line(
            db, key, change, version, new_id=uuid7(), actor_id=actor.usuario_id, now=db.now()
        )
    except Invalid as error:
        raise _explain_line(error) from error
    except PreconditionFailed as error:
        raise stale(error) from error


async def remove(
    db: Db, actor: Actor, key: Llave, producto_id: UUID | None, *, version: int | None = None
) -> Carrito:
    """Take one product, or (None) all of them, out of a cart and return it (spec 4); one round trip.

    Raises as `open_cart`, and NotFound `linea_no_encontrada`, PreconditionFailed for a stale `version`.
    """
    try:
        return await store.remove(
            db, key, producto_id, version, new_id=uuid7(), actor_id=actor.usuario_id, now=db.now()
        )
    except PreconditionFailed as error:
        raise stale(error) from error


def _explain_line(error: Invalid) -> Invalid:
    if error.code == "campania_no_aplicable":
        return Invalid({"campania_aplicada_id": [MENSAJES[error.code]]}, code=error.code)
    reasons = [CAMPOS[reason] for reason in error.data if reason in CAMPOS]
    return Invalid({"cantidad": reasons}, code=error.code)


def stale(error: PreconditionFailed) -> PreconditionFailed:
    """Return the database's refusal of a stale version with the current cart as a Carrito."""
    return PreconditionFailed(error.code, data={"carrito": msgspec.convert(error.data["carrito"], Carrito)})


def explain(error: Invalid, lines: Sequence[LineaSumada], prefix: str = "items") -> Invalid:
    """Say the database's refusal of lines by the fields that were sent; any other refusal stays as it is."""
    if error.code != "carrito_invalido":
        return error
    return Invalid(rules.line_errors(error.data, lines, prefix), code=error.code)
