"""Carts and proposals behind the words of the permission matrix: a new one for each cell, because calls use them up."""

from typing import TYPE_CHECKING

from tests.cast import Persona

if TYPE_CHECKING:
    from tests.api.world import World


def added(world: "World", caller: Persona, cart: str) -> str:
    """A product that lies in a cart of the caller's, if he may have one there."""
    caller.post(cart, json={"producto_id": world.product["id"], "cantidad": 1})
    return str(world.product["id"])


def to_propose(world: "World") -> str:
    """A cart of `vendedora` for a client of hers, not proposed yet."""
    client, seller = world.cast.new_cliente(), world.fixed["vendedora"]
    world.cast.assign(client, seller)
    return _filled(world, seller, client)


def new_proposal(world: "World") -> str:
    """A proposal to `dueno` that waits for its answer; every one is another administrator's."""
    staff = world.cast.new_usuario("admin")
    cart = _filled(world, staff, world.fixed["dueno"])
    return str(world.made(f"/api/v1/carritos/{cart}/proponer", {}, staff)["id"])


def to_recover(world: "World", caller: Persona) -> str:
    """The own cart of `dueno`, which has just lost a line; for the administrator a cart of her seller's."""
    dueno, seller = world.fixed["dueno"], world.fixed["vendedora"]
    if caller is world.cast.admin:
        cart = _filled(world, seller, dueno)
    else:
        cart = str(dueno.get("/orders/cart/me").json()["id"])
    world.cast.db.execute(
        """INSERT INTO carrito_lineas_vaciadas (carrito_id, vaciado_en, posicion, producto_id, nombre, cantidad)
           VALUES ($1::uuid, clock_timestamp(), 1, $2::uuid, 'De la matriz', 1)""",
        cart,
        world.product["id"],
    )
    return cart


def _filled(world: "World", staff: Persona, client: Persona) -> str:
    path = f"/orders/cart/client/{client.cliente_id}"
    added(world, staff, path)
    return str(staff.get(path).json()["id"])
