"""`/orders/…`: a cart becomes an order once, with its prices, stock, delivery and credit (spec 4, CONTRACT §7)."""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.cast import Cast, Persona
from tests.pedidos.conftest import OWN, kept, quantities
from tests.pedidos.test_carts import add, refused
from tests.tools.database import Database

NewProducto = Callable[..., dict[str, Any]]
ORDER = "/orders/from-cart/me"
KEYS = {
    "id", "numero", "cliente_id", "vendedor_id", "creado_por", "condicion_pago", "sucursal_id",
    "fecha_entrega_solicitada", "fecha_entrega_requerida", "hora_entrega_requerida", "fuera_de_ventana",
    "observaciones_entrega", "ubicacion", "estado", "items", "total", "version", "created_at",
}  # fmt: skip


def order_for(client: Persona) -> str:
    """The path at which staff order for a client."""
    return f"/orders/from-cart/client/{client.cliente_id}"


def placed(answer: Any) -> dict[str, Any]:
    """The order that was made."""
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    return body


def stock(db: Database, producto_id: str) -> Any:
    """What is left of a product."""
    return db.fetchval("SELECT existencias FROM productos WHERE id = $1::uuid", producto_id)


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
    (line,) = body["lineas"]
    assert (line["producto_id"], line["problema"], line["existencias"]) == (product, "sin_existencias", 2)
    # Nobody can accept what is not there.
    refused(alice.post(ORDER, json={"aceptar_cambios": True}), 409, "pedido_con_cambios")
    assert (quantities(alice.get(OWN).json()), stock(db, product)) == ({product: 3}, 2)
    path = f"/orders/{made['id']}/estado"
    for _ in range(2):
        cancelled = cast.vendedora.patch(path, json={"estado": "CANCELADO", "motivo": "se arrepintió"})
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
    assert {line["producto_id"]: line["problema"] for line in body["lineas"]} == {
        dearer: "mas_caro",
        gone: "retirado",
    }
    assert next(line for line in body["lineas"] if line["producto_id"] == dearer)["precio_actual"] == 12.5
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


# --- delivery --------------------------------------------------------------------------------------------


@pytest.fixture
def monday_morning(alice: Persona, cast: Cast) -> Persona:
    """The customer, who takes deliveries on Mondays from 8 to 12."""
    windows = [{"dia_semana": 1, "hora_inicio": "08:00", "hora_fin": "12:00"}]
    answer = cast.admin.put(f"/api/clientes/{alice.cliente_id}", json={"ventanas_entrega": windows})
    assert answer.status_code == 200, answer.text
    return alice


NEXT = {"fecha": "2026-11-30", "hora_inicio": "08:00", "hora_fin": "12:00"}


@pytest.mark.parametrize(
    ("wish", "following"),
    [
        ({}, None),
        ({"fecha_entrega_requerida": "2026-11-30", "hora_entrega_requerida": "08:00"}, None),
        ({"fecha_entrega_requerida": "2026-11-30"}, None),
        # 15:30 in La Paz is too late; the same as an instant, and without an offset.
        ({"fecha_entrega_solicitada": "2026-11-30T12:00:00Z"}, None),
        ({"fecha_entrega_requerida": "2026-11-29", "hora_entrega_requerida": "10:30"}, NEXT),
        ({"fecha_entrega_requerida": "2026-11-28"}, NEXT),
        ({"fecha_entrega_solicitada": "2026-11-30T19:30:00Z"}, {**NEXT, "fecha": "2026-12-07"}),
        ({"fecha_entrega_solicitada": "2026-11-30T15:30:00"}, {**NEXT, "fecha": "2026-12-07"}),
    ],
)
def test_a_wish_is_held_against_the_windows(
    monday_morning: Persona, new_producto: NewProducto, wish: dict[str, Any], following: Any
) -> None:
    add(monday_morning, OWN, new_producto()["id"])
    made = placed(monday_morning.post(ORDER, json=wish))
    assert (made["fuera_de_ventana"], made.get("proxima_ventana")) == (following is not None, following)
    assert made["fecha_entrega_requerida"] == wish.get("fecha_entrega_requerida")
    assert made["hora_entrega_requerida"] == wish.get("hora_entrega_requerida")


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"fecha_entrega_requerida": "2026-11-30", "fecha_entrega_solicitada": "2026-12-01T12:00:00Z"},
         "fecha_entrega_requerida"),
        ({"fecha_entrega_requerida": "2026-11-30", "hora_entrega_requerida": "09:00",
          "fecha_entrega_solicitada": "2026-11-30T12:00:00Z"}, "hora_entrega_requerida"),
        ({"hora_entrega_requerida": "09:00"}, "fecha_entrega_requerida"),
        ({"hora_entrega_requerida": "9:00", "fecha_entrega_requerida": "2026-11-30"}, "hora_entrega_requerida"),
        ({"fecha_entrega_requerida": "30/11/2026"}, "fecha_entrega_requerida"),
        ({"fecha_entrega_solicitada": "mañana"}, "fecha_entrega_solicitada"),
        ({"condicion_pago": "FIADO"}, "condicion_pago"),
        ({"ubicacion": {"lat": 91, "lng": 0}}, "ubicacion.lat"),
        ({"ubicacion": {"lat": 1}}, "ubicacion.lng"),
        ({"observaciones_entrega": "x" * 2001}, "observaciones_entrega"),
    ],
)  # fmt: skip
def test_wishes_that_cannot_be(
    alice: Persona, new_producto: NewProducto, wish: dict[str, Any], field: str
) -> None:
    add(alice, OWN, new_producto()["id"])
    assert list(refused(alice.post(ORDER, json=wish), 400, "datos_invalidos")["errors"]) == [field]
    assert len(alice.get(OWN).json()["items"]) == 1


def test_both_ways_to_wish_agree(alice: Persona, new_producto: NewProducto) -> None:
    add(alice, OWN, new_producto()["id"])
    wish = {
        "fecha_entrega_requerida": "2026-11-30",
        "hora_entrega_requerida": "08:00",
        "fecha_entrega_solicitada": "2026-11-30T12:00:00Z",
    }
    made = placed(alice.post(ORDER, json=wish))
    assert {name: made[name] for name in wish} == wish


def test_where_it_goes_falls_back_step_by_step(
    alice: Persona, cast: Cast, new_cliente: Callable[..., Persona], new_producto: NewProducto
) -> None:
    product = new_producto()["id"]

    def where(**wish: Any) -> Any:
        add(alice, OWN, product)
        return placed(alice.post(ORDER, json=wish))["ubicacion"]

    path = f"/api/v1/clientes/{alice.cliente_id}/direcciones"
    assert where() is None
    cast.admin.put(f"/api/clientes/{alice.cliente_id}", json={"latitud": -17.1, "longitud": -63.1})
    assert where() == {"lat": -17.1, "lng": -63.1}
    principal = {"direccion": "Casa", "es_principal": True, "latitud": -17.2, "longitud": -63.2}
    assert cast.admin.post(path, json=principal).status_code == 201
    assert where() == {"lat": -17.2, "lng": -63.2}
    branch = cast.admin.post(path, json={"direccion": "Sucursal", "latitud": -17.3, "longitud": -63.3}).json()
    assert where(sucursal_id=branch["uuid"]) == {"lat": -17.3, "lng": -63.3}
    sent = {"lat": -17.4, "lng": -63.4}
    assert where(sucursal_id=branch["uuid"], ubicacion=sent) == sent
    add(alice, OWN, product)
    for unknown in (str(uuid.uuid4()), _branch_of(cast, new_cliente())):
        refused(alice.post(ORDER, json={"sucursal_id": unknown}), 404, "sucursal_no_encontrada")


def _branch_of(cast: Cast, other: Persona) -> str:
    made = cast.admin.post(f"/api/v1/clientes/{other.cliente_id}/direcciones", json={"direccion": "Ajena"})
    return str(made.json()["uuid"])


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
    strict = start_server(db.dsn, workers=1, credito="bloquear")
    here = alice.again(base_url=strict.url)
    product = new_producto(precio="35.00", existencias="9")["id"]
    add(here, OWN, product)
    body = refused(here.post(ORDER, json={"condicion_pago": "CREDITO"}), 409, "credito_insuficiente")
    assert (body["disponible"], body["total"]) == (0, 35)
    assert (len(here.get(OWN).json()["items"]), stock(db, product)) == (1, 9)
    placed(here.post(ORDER, json={"condicion_pago": "CONTADO"}))


# --- reading and states ----------------------------------------------------------------------------------


def test_who_sees_an_order(alice: Persona, cast: Cast, new_producto: NewProducto) -> None:
    add(alice, OWN, new_producto()["id"])
    made = placed(alice.post(ORDER))
    path = f"/orders/{made['id']}"
    shown = alice.get(path).json()
    assert {name: shown[name] for name in made} == made
    (first,) = shown["historial"]
    assert (first["estado"], first["actor_id"], first["motivo"]) == ("PENDIENTE", alice.usuario_id, None)
    for who, status in (
        (cast.vendedora, 200), (cast.admin, 200), (cast.otro_vendedor, 403), (cast.otra_cliente, 403),
        (cast.soporte, 403), (cast.tecnica, 403),
    ):  # fmt: skip
        assert who.get(path).status_code == status
    refused(alice.get(f"/orders/{uuid.uuid4()}"), 404, "pedido_no_encontrado")
    listed = cast.vendedora.get("/orders", params={"per_page": 100}).json()
    assert made["id"] in {order["id"] for order in listed["items"]}
    assert made["id"] not in {
        o["id"] for o in cast.otro_vendedor.get("/orders", params={"per_page": 100}).json()["items"]
    }


def test_lists_are_filtered(alice: Persona, cast: Cast, new_producto: NewProducto) -> None:
    product, made = new_producto()["id"], []
    for _ in range(3):
        add(alice, OWN, product)
        made.append(placed(alice.post(ORDER))["id"])
    cast.admin.patch(f"/orders/{made[0]}/estado", json={"estado": "CANCELADO"})

    def found(who: Persona, path: str, **params: Any) -> Any:
        answer = who.get(path, params=params)
        assert answer.status_code == 200, answer.text
        return [order["id"] for order in answer.json()["items"]]

    assert found(alice, "/orders/me") == made[::-1]
    assert found(alice, "/orders/me", estado="CANCELADO") == [made[0]]
    assert found(alice, "/orders/me", per_page=1, page=2) == [made[1]]
    assert found(cast.admin, "/orders", cliente_id=alice.cliente_id, estado="PENDIENTE") == [made[2], made[1]]
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    assert found(alice, "/orders/me", desde=tomorrow) == []
    assert found(alice, "/orders/me", hasta=tomorrow) == made[::-1]


def test_an_order_goes_step_by_step(
    alice: Persona, cast: Cast, new_producto: NewProducto, db: Database
) -> None:
    add(alice, OWN, new_producto()["id"])
    made = placed(alice.post(ORDER))
    path = f"/orders/{made['id']}/estado"
    refused(cast.vendedora.patch(path, json={"estado": "EN_RUTA"}), 409, "transicion_invalida")
    assert list(
        refused(cast.vendedora.patch(path, json={"estado": "PERDIDO"}), 400, "datos_invalidos")["errors"]
    ) == ["estado"]
    refused(alice.patch(path, json={"estado": "CANCELADO"}), 403, "prohibido")
    refused(cast.otro_vendedor.patch(path, json={"estado": "CONFIRMADO"}), 403, "prohibido")
    for number, estado in enumerate(("CONFIRMADO", "EN_PREPARACION", "EN_RUTA", "ENTREGADO")):
        answer = cast.vendedora.patch(path, json={"estado": estado}, headers={"If-Match": f'"{number + 1}"'})
        assert (answer.status_code, answer.json()["estado"], answer.json()["version"]) == (
            200,
            estado,
            number + 2,
        )
    refused(cast.vendedora.patch(path, json={"estado": "CANCELADO"}), 409, "transicion_invalida")
    refused(
        cast.vendedora.patch(path, json={"estado": "ENTREGADO"}, headers={"If-Match": '"1"'}),
        412,
        "desactualizado",
    )
    history = alice.get(f"/orders/{made['id']}").json()["historial"]
    assert [step["estado"] for step in history] == [
        "PENDIENTE",
        "CONFIRMADO",
        "EN_PREPARACION",
        "EN_RUTA",
        "ENTREGADO",
    ]
    told = "SELECT count(*) FROM eventos WHERE tipo = 'order.updated' AND flujo = $1"
    assert db.fetchval(told, f"usuario:{alice.usuario_id}") == 5


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
