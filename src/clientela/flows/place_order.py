"""An order is made of a cart: the wish for its delivery is held against the client's windows, then it happens once."""

from msgspec import structs

from clientela.carritos import service as carritos
from clientela.carritos.model import Llave
from clientela.clientes import service as clientes
from clientela.clientes import windows
from clientela.core.actor import Actor
from clientela.core.db import Db
from clientela.core.errors import Invalid, PreconditionFailed
from clientela.core.textos import CAMPOS
from clientela.organizacion import service as organizacion
from clientela.pedidos import rules
from clientela.pedidos import service as pedidos
from clientela.pedidos.model import EntregaPedida, Pedido


async def place(
    db: Db,
    actor: Actor,
    key: Llave,
    wish: EntregaPedida,
    *,
    accept_changes: bool = False,
    version: int | None = None,
) -> Pedido:
    """Make an order of the cart of a key and empty that cart only (spec 4); one statement, so all of it or nothing.

    Raises Invalid for wishes that lie in the past or contradict each other, BadRequest `carrito_vacio` (with
    `ultimo_pedido_id`) and `sin_cliente`, NotFound for an unknown client or branch, Forbidden for another seller's
    client and another client's branch, Conflict `pedido_con_cambios` (with `lineas`), `credito_insuficiente`,
    `cliente_inactivo`, PreconditionFailed for a stale `version` of the cart.
    """
    if rules.wants_a_time(wish) or wish.hora_entrega_requerida is not None:
        wish = await _placed(db, key, wish)
    try:
        return await pedidos.create(
            db, actor, structs.astuple(key), wish, accept_changes=accept_changes, version=version
        )
    except PreconditionFailed as error:
        raise carritos.stale(error) from error


async def _placed(db: Db, key: Llave, wish: EntregaPedida) -> EntregaPedida:
    zona = await organizacion.zona(db)
    wrong = rules.contradictions(wish, windows.local(db.now(), zona).date(), zona)
    if wrong:
        raise Invalid({field: [CAMPOS[code]] for field, code in wrong.items()})
    if key.cliente_id is None:
        return wish
    return rules.place_in_windows(wish, await clientes.delivery_windows(db, key.cliente_id), zona)
