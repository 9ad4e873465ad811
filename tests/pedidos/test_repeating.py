"""`POST /orders/{id}/repetir`: what an order held goes into a cart, at today's prices (CONTRACT §7, §12)."""

import uuid
from collections.abc import Callable
from typing import Any

from tests.cast import Cast, Persona
from tests.pedidos.conftest import ORDER, OWN, kept, placed, quantities
from tests.pedidos.test_carts import add, refused

NewProducto = Callable[..., dict[str, Any]]


def ordered(who: Persona, *products: str, cantidad: Any = 2) -> str:
    """The path of an order of these products."""
    for product in products:
        add(who, OWN, product, cantidad)
    return f"/orders/{placed(who.post(ORDER))['id']}"


def test_it_fills_the_cart_at_todays_prices(alice: Persona, cast: Cast, new_producto: NewProducto) -> None:
    one, two, other = new_producto(precio="10.00")["id"], new_producto()["id"], new_producto()["id"]
    path = ordered(alice, one, two)
    cast.admin.patch(f"/api/v1/productos/{one}", json={"precio": "12.50"})
    add(alice, OWN, two, 1)
    add(alice, OWN, other, 1)
    answer = alice.post(f"{path}/repetir")
    assert answer.status_code == 200, answer.text
    cart = answer.json()
    # As with any line that is added, what was there stays and sums.
    assert (quantities(cart), cart["omitidos"]) == ({two: 3, other: 1, one: 2}, [])
    line = next(item for item in cart["items"] if item["producto_id"] == one)
    assert (line["precio_unitario"], line["precio_cambio"]) == (12.5, False)
    assert answer.headers["etag"] == f'"{cart["version"]}"'
    assert alice.get(OWN).json() == {key: value for key, value in cart.items() if key != "omitidos"}
    # What was ordered stays as it was.
    assert alice.get(path).json()["items"][0]["precio_unitario"] == 10


def test_what_is_no_longer_sold_is_named(alice: Persona, cast: Cast, new_producto: NewProducto) -> None:
    kept_on, gone = new_producto(), new_producto()
    path = ordered(alice, gone["id"], kept_on["id"])
    cast.admin.patch(f"/api/v1/productos/{gone['id']}", json={"activo": False})
    cart = alice.post(f"{path}/repetir").json()
    assert quantities(cart) == {kept_on["id"]: 2}
    assert cart["omitidos"] == [{"producto_id": gone["id"], "nombre": gone["nombre"]}]


def test_quantities_that_no_line_may_have_are_named_too(
    alice: Persona, cast: Cast, new_producto: NewProducto
) -> None:
    product = new_producto(fraccionable=True)["id"]
    path = ordered(alice, product, cantidad=1.5)
    cast.admin.patch(f"/api/v1/productos/{product}", json={"fraccionable": False})
    cart = alice.post(f"{path}/repetir").json()
    assert ([each["producto_id"] for each in cart["omitidos"]], cart["items"]) == ([product], [])
    # Nothing was written, so nothing is new.
    assert cart["version"] == 2
    much = new_producto()["id"]
    path = ordered(alice, much, cantidad=999_999)
    assert quantities(alice.post(f"{path}/repetir").json()) == {much: 999_999}
    cart = alice.post(f"{path}/repetir").json()
    assert ([each["producto_id"] for each in cart["omitidos"]], quantities(cart)) == ([much], {much: 999_999})


def test_staff_repeat_into_the_cart_that_they_keep(
    alice: Persona, cast: Cast, new_producto: NewProducto
) -> None:
    product = new_producto()["id"]
    path = ordered(alice, product)
    for who in (cast.vendedora, cast.admin):
        cart = who.post(f"{path}/repetir").json()
        assert (quantities(cart), cart["vendedor_id"]) == ({product: 2}, who.usuario_id)
        assert (cart["cliente_id"], quantities(who.get(kept(alice)).json())) == (
            alice.cliente_id,
            {product: 2},
        )
    assert alice.get(OWN).json()["items"] == []


def test_who_may_not(
    alice: Persona, cast: Cast, new_cliente: Callable[..., Persona], new_producto: NewProducto
) -> None:
    path = ordered(alice, new_producto()["id"])
    for who in (cast.otra_cliente, cast.otro_vendedor, cast.tecnica, cast.soporte):
        refused(who.post(f"{path}/repetir"), 403, "prohibido")
    for who in (alice, cast.admin):
        refused(who.post(f"/orders/{uuid.uuid4()}/repetir"), 404, "pedido_no_encontrado")
    stale = alice.post(f"{path}/repetir", headers={"If-Match": '"0"'})
    assert refused(stale, 412, "carrito_desactualizado")["carrito"] == alice.get(OWN).json()
    free = new_cliente()
    path = ordered(free, new_producto()["id"])
    assert cast.otro_vendedor.post(f"{path}/repetir").status_code == 200
