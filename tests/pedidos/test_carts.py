"""`/orders/cart/…`: shapes, rules and refusals of both kinds of carts (spec 4, CONTRACT §6 D)."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from tests.cast import Cast, Persona
from tests.pedidos.conftest import OWN, kept, quantities
from tests.tools.database import Database

NewProducto = Callable[..., dict[str, Any]]
LINE_KEYS = {
    "producto_id", "nombre", "cantidad", "precio_unitario", "subtotal", "campania_aplicada_id", "motivo_descuento",
    "disponible", "precio_actual", "precio_cambio",
}  # fmt: skip


def add(who: Persona, path: str, producto_id: str, cantidad: Any = 1, **more: Any) -> dict[str, Any]:
    """Add to a cart and return it."""
    answer = who.post(path, json={"producto_id": producto_id, "cantidad": cantidad} | more)
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    return body


def refused(answer: Any, status: int, code: str) -> dict[str, Any]:
    """The body of a refusal in dialect D."""
    body: dict[str, Any] = answer.json()
    assert (answer.status_code, body["statusCode"], body["code"]) == (status, status, code), answer.text
    return body


def test_the_first_look_makes_the_cart_and_the_next_finds_it(alice: Persona) -> None:
    first = alice.get(OWN)
    assert first.status_code == 200
    assert first.json() == {
        "id": first.json()["id"],
        "usuario_id": alice.usuario_id,
        "cliente_id": alice.cliente_id,
        "vendedor_id": None,
        "items": [],
        "total": 0,
        "version": 0,
        "updated_at": first.json()["updated_at"],
    }
    assert alice.get(OWN).json() == first.json()
    # Looking is not writing: the panel still answers that there is no cart.
    assert alice.get(f"{alice.panel}/carrito").status_code == 404


def test_a_line_has_the_shape_of_the_contract(alice: Persona, new_producto: NewProducto) -> None:
    product = new_producto(precio="12.35", fraccionable=True)
    cart = add(alice, OWN, product["id"], 2.5, motivo_descuento="  cliente antiguo ")
    (line,) = cart["items"]
    assert line.keys() == LINE_KEYS
    assert line == {
        "producto_id": product["id"],
        "nombre": product["nombre"],
        "cantidad": 2.5,
        "precio_unitario": 12.35,
        "subtotal": 30.88,
        "campania_aplicada_id": None,
        "motivo_descuento": "cliente antiguo",
        "disponible": True,
        "precio_actual": 12.35,
        "precio_cambio": False,
    }
    assert (cart["total"], cart["version"]) == (30.88, 1)


def test_one_cart_is_seen_through_both_contracts(alice: Persona, new_producto: NewProducto) -> None:
    one, two = new_producto()["id"], new_producto()["id"]
    add(alice, OWN, one, 2)
    panel = alice.get(f"{alice.panel}/carrito").json()
    assert [(line["itemId"], line["cantidad"]) for line in panel["items"]] == [(one, 2)]
    assert panel["version"] == 1
    saved = alice.put(
        f"{alice.panel}/carrito",
        json={"items": [{"itemId": one, "cantidad": 5}, {"itemId": two, "cantidad": 1}]},
    )
    assert saved.status_code == 200
    cart = alice.get(OWN).json()
    assert (quantities(cart), cart["version"]) == ({one: 5, two: 1}, 2)


def test_adding_adds_setting_sets_removing_removes(alice: Persona, new_producto: NewProducto) -> None:
    one, two = new_producto()["id"], new_producto()["id"]
    add(alice, OWN, one, 2)
    add(alice, OWN, two, 1)
    assert quantities(add(alice, OWN, one, 3)) == {one: 5, two: 1}
    answer = alice.patch(f"{OWN}/item/{one}", json={"cantidad": 4})
    assert (answer.status_code, quantities(answer.json())) == (200, {one: 4, two: 1})
    answer = alice.delete(f"{OWN}/item/{one}")
    assert (answer.status_code, quantities(answer.json())) == (200, {two: 1})
    refused(alice.delete(f"{OWN}/item/{one}"), 404, "linea_no_encontrada")
    refused(alice.patch(f"{OWN}/item/{one}", json={"cantidad": 1}), 404, "linea_no_encontrada")
    emptied = alice.delete(OWN)
    assert (emptied.status_code, emptied.json()["items"], emptied.json()["total"]) == (200, [], 0)
    # Emptying what is empty changes nothing.
    assert alice.delete(OWN).json() == emptied.json()


def test_lines_stay_where_they_were_first_put(alice: Persona, new_producto: NewProducto) -> None:
    ids = [new_producto()["id"] for _ in range(3)]
    for producto_id in ids:
        add(alice, OWN, producto_id)
    assert list(quantities(add(alice, OWN, ids[0]))) == ids


@pytest.mark.parametrize("cantidad", [0, -1, 0.0005, 1_000_000, "2", None, True])
def test_quantities_that_may_not_be(alice: Persona, new_producto: NewProducto, cantidad: Any) -> None:
    producto_id = new_producto(fraccionable=True)["id"]
    for answer in (
        alice.post(OWN, json={"producto_id": producto_id, "cantidad": cantidad}),
        alice.patch(f"{OWN}/item/{producto_id}", json={"cantidad": cantidad}),
    ):
        assert list(refused(answer, 400, "datos_invalidos")["errors"]) == ["cantidad"]
    assert alice.get(OWN).json()["version"] == 0


def test_fractions_and_sums_that_may_not_be(alice: Persona, new_producto: NewProducto) -> None:
    whole, much = new_producto()["id"], new_producto()["id"]
    body = refused(alice.post(OWN, json={"producto_id": whole, "cantidad": 1.5}), 400, "carrito_invalido")
    assert body["errors"] == {"cantidad": ["Este producto se vende por unidades enteras"]}
    add(alice, OWN, much, 999_999)
    body = refused(alice.post(OWN, json={"producto_id": much, "cantidad": 1}), 400, "carrito_invalido")
    assert list(body["errors"]) == ["cantidad"]
    assert quantities(alice.get(OWN).json()) == {much: 999_999}


def test_products_that_cannot_be_added(alice: Persona, cast: Cast, new_producto: NewProducto) -> None:
    refused(
        alice.post(OWN, json={"producto_id": str(uuid.uuid4()), "cantidad": 1}), 404, "producto_no_encontrado"
    )
    retired = new_producto()["id"]
    add(alice, OWN, retired)
    assert cast.admin.patch(f"/api/v1/productos/{retired}", json={"activo": False}).is_success
    refused(alice.post(OWN, json={"producto_id": retired, "cantidad": 1}), 409, "producto_retirado")
    refused(alice.patch(f"{OWN}/item/{retired}", json={"cantidad": 9}), 409, "producto_retirado")
    (line,) = alice.get(OWN).json()["items"]
    assert (line["cantidad"], line["disponible"]) == (1, False)
    assert alice.delete(f"{OWN}/item/{retired}").status_code == 200


def test_more_than_there_is_may_be_wished_for(alice: Persona, new_producto: NewProducto) -> None:
    product = new_producto(existencias="3")["id"]
    assert add(alice, OWN, product, 3)["items"][0]["disponible"] is True
    assert add(alice, OWN, product, 1)["items"][0]["disponible"] is False


def test_a_write_to_a_line_takes_todays_price(alice: Persona, cast: Cast, new_producto: NewProducto) -> None:
    product, other = new_producto(precio="10.00")["id"], new_producto()["id"]
    add(alice, OWN, product)
    assert cast.admin.patch(f"/api/v1/productos/{product}", json={"precio": "11.00"}).is_success

    def shown() -> tuple[Any, ...]:
        line = next(item for item in alice.get(OWN).json()["items"] if item["producto_id"] == product)
        return line["precio_unitario"], line["precio_actual"], line["precio_cambio"]

    assert shown() == (10, 11, True)
    add(alice, OWN, other)
    assert shown() == (10, 11, True)
    alice.patch(f"{OWN}/item/{product}", json={"cantidad": 1})
    assert shown() == (11, 11, False)


def test_a_stale_write_is_told_the_current_cart(alice: Persona, new_producto: NewProducto) -> None:
    product = new_producto()["id"]
    cart = add(alice, OWN, product)
    stale = {"If-Match": '"0"'}
    for answer in (
        alice.post(OWN, json={"producto_id": product, "cantidad": 1}, headers=stale),
        alice.patch(f"{OWN}/item/{product}", json={"cantidad": 7}, headers=stale),
        alice.delete(f"{OWN}/item/{product}", headers=stale),
        alice.delete(OWN, headers=stale),
    ):
        assert refused(answer, 412, "carrito_desactualizado")["carrito"] == cart
        assert answer.headers["etag"] == '"1"'
    answer = alice.delete(OWN, headers={"If-Match": '"1"'})
    assert (answer.status_code, answer.headers["etag"]) == (200, '"2"')


def test_seller_and_customer_have_a_cart_each(
    alice: Persona, cast: Cast, new_producto: NewProducto, db: Database
) -> None:
    hers, his, theirs = (new_producto()["id"] for _ in range(3))
    add(alice, OWN, hers, 2)
    add(cast.vendedora, kept(alice), his, 3)
    add(cast.admin, kept(alice), theirs, 4)
    for who, path, expected, seller in (
        (alice, OWN, {hers: 2}, None),
        (cast.vendedora, kept(alice), {his: 3}, cast.vendedora.usuario_id),
        (cast.admin, kept(alice), {theirs: 4}, cast.admin.usuario_id),
    ):
        cart = who.get(path).json()
        assert (quantities(cart), cart["vendedor_id"]) == (expected, seller)
        assert (cart["usuario_id"], cart["cliente_id"]) == (alice.usuario_id, alice.cliente_id)
    assert cast.vendedora.delete(kept(alice)).json()["items"] == []
    assert quantities(alice.get(OWN).json()) == {hers: 2}
    assert quantities(cast.admin.get(kept(alice)).json()) == {theirs: 4}
    live = "SELECT count(*) FROM carritos WHERE cliente_id = $1::uuid AND deleted_at IS NULL"
    assert db.fetchval(live, alice.cliente_id) == 3


def test_whose_clients_a_seller_may_serve(
    alice: Persona, cast: Cast, new_cliente: Callable[..., Persona]
) -> None:
    refused(cast.otro_vendedor.get(kept(alice)), 403, "prohibido")
    free = new_cliente()
    assert cast.otro_vendedor.get(kept(free)).status_code == 200
    refused(alice.get(kept(alice)), 403, "prohibido")
    for missing in (str(uuid.uuid4()), "no-es-un-id"):
        answer = cast.vendedora.get(f"/orders/cart/client/{missing}")
        assert (answer.status_code, answer.json()["error"]) == (404, "Not Found")


def test_staff_have_a_personal_cart_without_a_client(cast: Cast, new_producto: NewProducto) -> None:
    seller = cast.new_usuario("vendedor")
    cart = add(seller, OWN, new_producto()["id"])
    assert (cart["usuario_id"], cart["cliente_id"], cart["vendedor_id"]) == (seller.usuario_id, None, None)


def test_a_cart_tells_the_devices_of_its_customer_and_of_its_seller(
    alice: Persona, cast: Cast, new_producto: NewProducto, db: Database
) -> None:
    seller = cast.new_usuario("vendedor")
    cast.assign(alice, seller)
    product = new_producto()["id"]
    told = "SELECT count(*) FROM eventos WHERE tipo = 'cart.updated' AND flujo = $1"
    add(alice, OWN, product)
    assert db.fetchval(told, f"usuario:{alice.usuario_id}") == 1
    add(seller, kept(alice), product)
    # The seller's basket is his own affair until he proposes it.
    assert db.fetchval(told, f"usuario:{alice.usuario_id}") == 1
    assert db.fetchval(told, f"usuario:{seller.usuario_id}") == 1


def test_a_reason_for_a_discount_is_noted_and_changes_no_price(
    alice: Persona, cast: Cast, new_producto: NewProducto, db: Database
) -> None:
    product = new_producto(precio="10.00")["id"]
    cart = add(cast.vendedora, kept(alice), product, 1, motivo_descuento="vence pronto")
    assert (cart["total"], cart["items"][0]["motivo_descuento"]) == (10, "vence pronto")
    logged = db.fetchrow(
        "SELECT actor_id, datos FROM auditoria WHERE accion = 'carrito.motivo_descuento' AND objeto_id = $1",
        cart["id"],
    )
    assert str(logged["actor_id"]) == cast.vendedora.usuario_id
    assert "vence pronto" not in logged["datos"]
    kept_note = add(cast.vendedora, kept(alice), product)["items"][0]["motivo_descuento"]
    assert kept_note == "vence pronto"
    assert (
        add(cast.vendedora, kept(alice), product, 1, motivo_descuento=None)["items"][0]["motivo_descuento"]
        is None
    )
