"""`/orders/…`: a cart becomes an order once, with its prices, stock, delivery and credit (spec 4, CONTRACT §7)."""

import uuid
from collections.abc import Callable
from typing import Any

from tests.cast import Cast, Persona
from tests.pedidos.conftest import ORDER, OWN, kept, order_for, placed, quantities, stock
from tests.pedidos.test_carts import add, refused
from tests.tools.database import Database

NewProducto = Callable[..., dict[str, Any]]
KEYS = {
    "id", "numero", "cliente_id", "vendedor_id", "creado_por", "condicion_pago", "sucursal_id",
    "fecha_entrega_solicitada", "fecha_entrega_requerida", "hora_entrega_requerida", "fuera_de_ventana",
    "observaciones_entrega", "ubicacion", "estado", "items", "total", "version", "created_at",
}  # fmt: skip


def test_the_contracts_own_story(alice: Persona, cast: Cast, new_producto: NewProducto) -> None:
    """Spec 4, Caso 1: two carts for one client, two orders, and nothing mixes."""
    one, two, bob = new_producto(precio="4.00")["id"], new_producto(precio="5.00")["id"], cast.vendedora
    assert alice.get(OWN).json()["id"] != bob.get(kept(alice)).json()["id"]
    add(alice, OWN, one, 2)
    assert bob.get(kept(alice)).json()["items"] == []
    add(bob, kept(alice), two, 3)
    assert quantities(alice.get(OWN).json()) == {one: 2}

    first = placed(alice.post(ORDER, json={"condicion_pago": "CONTADO"}))
    assert first.keys() == KEYS
    assert (quantities(first), first["total"], first["estado"]) == ({one: 2}, 8, "PENDIENTE")
    assert (first["cliente_id"], first["creado_por"]) == (alice.cliente_id, alice.usuario_id)
    # Her seller is the one whom she is assigned to.
    assert first["vendedor_id"] == bob.usuario_id
    assert alice.get(OWN).json()["items"] == []
    assert quantities(bob.get(kept(alice)).json()) == {two: 3}

    second = placed(bob.post(order_for(alice), json={"condicion_pago": "CREDITO"}))
    assert (quantities(second), second["vendedor_id"], second["creado_por"]) == (
        {two: 3}, bob.usuario_id, bob.usuario_id,
    )  # fmt: skip
    assert bob.get(kept(alice)).json()["items"] == []
    assert second["numero"] > first["numero"]
    assert [order["id"] for order in alice.get("/orders/me").json()["items"]] == [second["id"], first["id"]]


def test_an_empty_cart_orders_nothing_and_names_the_order_it_made(
    alice: Persona, cast: Cast, new_producto: NewProducto
) -> None:
    add(cast.vendedora, kept(alice), new_producto()["id"])
    body = refused(alice.post(ORDER), 400, "carrito_vacio")
    assert (body["message"], body["ultimo_pedido_id"]) == ("Carrito vacío", None)
    assert len(cast.vendedora.get(kept(alice)).json()["items"]) == 1
    add(alice, OWN, new_producto()["id"])
    made = placed(alice.post(ORDER))
    assert refused(alice.post(ORDER), 400, "carrito_vacio")["ultimo_pedido_id"] == made["id"]


def test_without_a_seller_there_is_none(
    new_cliente: Callable[..., Persona], new_producto: NewProducto
) -> None:
    customer = new_cliente()
    add(customer, OWN, new_producto()["id"])
    assert placed(customer.post(ORDER, json={}))["vendedor_id"] is None


def test_staff_cannot_order_from_a_personal_cart(cast: Cast, new_producto: NewProducto) -> None:
    seller = cast.new_usuario("vendedor")
    add(seller, OWN, new_producto()["id"])
    refused(seller.post(ORDER), 400, "sin_cliente")


def test_stock_is_taken_and_returns_with_a_cancelled_order(
    alice: Persona, cast: Cast, new_producto: NewProducto, db: Database
) -> None:
    product = new_producto(existencias="5")["id"]
    add(alice, OWN, product, 3)
    made = placed(alice.post(ORDER))
    assert stock(db, product) == 2
    add(alice, OWN, product, 3)
    body = refused(alice.post(ORDER), 409, "pedido_con_cambios")
    assert body["lineas"] == [{
        "producto_id": product, "motivo": "sin_existencias", "precio_anterior": 10.5, "precio_actual": 10.5,
        "disponible": False,
    }]  # fmt: skip
    # Nobody can accept what is not there.
    refused(alice.post(ORDER, json={"aceptar_cambios": True}), 409, "pedido_con_cambios")
    assert (quantities(alice.get(OWN).json()), stock(db, product)) == ({product: 3}, 2)
    path = f"/orders/{made['id']}/estado"
    for _ in range(2):
        cancelled = cast.vendedora.patch(path, json={"estado": "CANCELADO", "nota": "se arrepintió"})
        assert (cancelled.status_code, cancelled.json()["estado"], stock(db, product)) == (
            200,
            "CANCELADO",
            5,
        )
    assert quantities(placed(alice.post(ORDER))) == {product: 3}


def test_dearer_or_retired_lines_are_listed_and_cheaper_ones_taken(
    alice: Persona, cast: Cast, new_producto: NewProducto
) -> None:
    dearer, cheaper, gone = (new_producto(precio="10.00")["id"] for _ in range(3))
    for product in (dearer, cheaper, gone):
        add(alice, OWN, product)
    cast.admin.patch(f"/api/v1/productos/{dearer}", json={"precio": "12.50"})
    cast.admin.patch(f"/api/v1/productos/{cheaper}", json={"precio": "8.00"})
    cast.admin.patch(f"/api/v1/productos/{gone}", json={"activo": False})
    body = refused(alice.post(ORDER), 409, "pedido_con_cambios")
    keys = ("producto_id", "motivo", "precio_anterior", "precio_actual", "disponible")
    assert [tuple(line[key] for key in keys) for line in body["lineas"]] == [
        (dearer, "mas_caro", 10, 12.5, True), (gone, "retirado", 10, 10, False),
    ]  # fmt: skip
    assert all(line.keys() == set(keys) for line in body["lineas"])
    alice.delete(f"{OWN}/item/{gone}")
    refused(alice.post(ORDER), 409, "pedido_con_cambios")
    made = placed(alice.post(ORDER, json={"aceptar_cambios": True}))
    assert {line["producto_id"]: line["precio_unitario"] for line in made["items"]} == {
        dearer: 12.5,
        cheaper: 8,
    }
    assert made["total"] == 20.5


def test_each_line_is_rounded_and_the_total_is_their_sum(alice: Persona, new_producto: NewProducto) -> None:
    for _ in range(3):
        add(alice, OWN, new_producto(precio="0.35", fraccionable=True)["id"], 0.3)
    made = placed(alice.post(ORDER))
    assert [line["subtotal"] for line in made["items"]] == [0.11] * 3
    assert made["total"] == 0.33


def test_a_stale_version_orders_nothing(alice: Persona, new_producto: NewProducto) -> None:
    cart = add(alice, OWN, new_producto()["id"])
    answer = alice.post(ORDER, json={}, headers={"If-Match": '"7"'})
    assert refused(answer, 412, "carrito_desactualizado")["carrito"] == cart
    placed(alice.post(ORDER, json={}, headers={"If-Match": '"1"'}))


# --- credit ----------------------------------------------------------------------------------------------


def test_credit_is_the_limit_less_debts_and_open_orders(
    alice: Persona, cast: Cast, new_producto: NewProducto
) -> None:
    cast.admin.put(f"/api/clientes/{alice.cliente_id}", json={"limite_credito": 100})
    debt = {"cliente_id": alice.cliente_id, "concepto": "Saldo anterior", "monto": "30.00"}
    assert cast.admin.post("/api/v1/cuentas-por-cobrar", json=debt).status_code == 201
    product = new_producto(precio="35.00")["id"]

    def order(condition: str = "CREDITO") -> Any:
        add(alice, OWN, product)
        made = placed(alice.post(ORDER, json={"condicion_pago": condition}))
        return [warning["code"] for warning in made.get("advertencias", [])]

    assert [order(), order("CONTADO"), order(), order()] == [[], [], [], ["credito_excedido"]]


def test_beyond_his_credit_nobody_orders_where_the_policy_says_so(
    alice: Persona, new_producto: NewProducto, start_server: Callable[..., Any], db: Database
) -> None:
    strict = start_server(db.dsn, workers=1, politica_credito="bloquear")
    here = alice.again(base_url=strict.url)
    product = new_producto(precio="35.00", existencias="9")["id"]
    add(here, OWN, product)
    body = refused(here.post(ORDER, json={"condicion_pago": "CREDITO"}), 409, "credito_insuficiente")
    assert (body["disponible"], body["total"]) == (0, 35)
    assert (len(here.get(OWN).json()["items"]), stock(db, product)) == (1, 9)
    placed(here.post(ORDER, json={"condicion_pago": "CONTADO"}))


def test_an_inactive_client_is_sold_nothing(alice: Persona, cast: Cast, new_producto: NewProducto) -> None:
    add(cast.vendedora, kept(alice), new_producto()["id"])
    cast.admin.put(f"/api/clientes/{alice.cliente_id}", json={"activo": False})
    refused(cast.vendedora.post(order_for(alice)), 409, "cliente_inactivo")
    assert len(cast.vendedora.get(kept(alice)).json()["items"]) == 1


def test_a_key_repeats_the_answer(alice: Persona, new_producto: NewProducto) -> None:
    add(alice, OWN, new_producto()["id"])
    key = {"Idempotency-Key": uuid.uuid4().hex}
    first, second = (alice.post(ORDER, json={}, headers=key) for _ in range(2))
    assert (first.status_code, second.status_code, first.content) == (201, 201, second.content)
