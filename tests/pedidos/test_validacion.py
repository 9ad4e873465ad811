"""The two tests that the orders contract itself writes down (spec 4, "Validación en Tests"), over HTTP."""

from collections.abc import Callable
from typing import Any

from tests.cast import Cast, Persona
from tests.pedidos.conftest import OWN, kept, quantities
from tests.pedidos.test_carts import add, refused


def test_vendor_cannot_access_client_cart(
    alice: Persona, cast: Cast, new_producto: Callable[..., dict[str, Any]]
) -> None:
    bob = cast.vendedora
    his = add(bob, kept(alice), new_producto()["id"], 3)
    hers = alice.get(OWN).json()
    assert hers["id"] != his["id"]
    assert (hers["vendedor_id"], his["vendedor_id"]) == (None, bob.usuario_id)
    # She sees nothing of his, and no path leads him to hers.
    assert hers["items"] == []
    add(alice, OWN, new_producto()["id"], 2)
    assert bob.get(OWN).json()["id"] not in {hers["id"], his["id"]}
    assert bob.get(kept(alice)).json() == his
    assert bob.get(f"{alice.panel}/carrito").status_code == 403
    assert alice.get(kept(alice)).status_code == 403


def test_client_creates_order_only_from_their_cart(
    alice: Persona, cast: Cast, new_producto: Callable[..., dict[str, Any]]
) -> None:
    product = new_producto()["id"]
    add(cast.vendedora, kept(alice), product, 3)
    body = refused(
        alice.post("/orders/from-cart/me", json={"condicion_pago": "CONTADO"}), 400, "carrito_vacio"
    )
    assert (body["message"], body["ultimo_pedido_id"]) == ("Carrito vacío", None)
    assert quantities(cast.vendedora.get(kept(alice)).json()) == {product: 3}
    assert alice.get("/orders/me").json()["total"] == 0
