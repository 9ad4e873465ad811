"""Who sees orders, how they are listed, and how they go from state to state (CONTRACT §7, §12)."""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.cast import Cast, Persona
from tests.pedidos.conftest import ORDER, OWN, placed, stock
from tests.pedidos.test_carts import add, refused
from tests.tools.database import Database

NewProducto = Callable[..., dict[str, Any]]


def test_who_sees_an_order(alice: Persona, cast: Cast, new_producto: NewProducto) -> None:
    add(alice, OWN, new_producto()["id"])
    made = placed(alice.post(ORDER))
    path = f"/orders/{made['id']}"
    shown = alice.get(path).json()
    assert {name: shown[name] for name in made} == made
    (first,) = shown["historial"]
    assert (first["estado"], first["actor_id"], first["nota"]) == ("PENDIENTE", alice.usuario_id, None)
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
    # A date alone is the organisation's day, the last one whole.
    today = str(datetime.now(ZoneInfo("America/La_Paz")).date())
    assert found(alice, "/orders/me", desde=today, hasta=today) == made[::-1]
    mine = {"cliente_id": alice.cliente_id}
    for who in (cast.vendedora, cast.admin):
        assert found(who, "/orders", **mine) == made[::-1]
        assert found(who, "/orders", **mine, vendedor_id=cast.vendedora.usuario_id) == made[::-1]
        assert found(who, "/orders", **mine, vendedor_id=cast.otro_vendedor.usuario_id) == []
    assert found(cast.otro_vendedor, "/orders", **mine) == []
    for path, wrong in (("/orders", "per_page"), ("/orders/me", "page")):
        refused(alice.get(path, params={wrong: 0}) if path != "/orders" else
                cast.admin.get(path, params={wrong: 101}), 400, "datos_invalidos")  # fmt: skip


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


def test_orders_of_nobodys_clients_are_for_every_seller(
    cast: Cast, new_cliente: Callable[..., Persona], new_producto: NewProducto
) -> None:
    customer = new_cliente()
    add(customer, OWN, new_producto()["id"])
    made = placed(customer.post(ORDER))
    for seller in (cast.vendedora, cast.otro_vendedor):
        assert seller.get(f"/orders/{made['id']}").status_code == 200
        (listed,) = seller.get("/orders", params={"cliente_id": customer.cliente_id}).json()["items"]
        assert listed["id"] == made["id"]


def test_what_is_on_its_way_may_still_be_cancelled(
    alice: Persona, cast: Cast, new_producto: NewProducto, db: Database
) -> None:
    product = new_producto(existencias="5")["id"]
    add(alice, OWN, product, 2)
    path = f"/orders/{placed(alice.post(ORDER))['id']}/estado"
    for estado in ("CONFIRMADO", "EN_PREPARACION", "EN_RUTA", "CANCELADO"):
        assert cast.vendedora.patch(path, json={"estado": estado}).json()["estado"] == estado
    assert stock(db, product) == 5
    refused(cast.vendedora.patch(path, json={"estado": "ENTREGADO"}), 409, "transicion_invalida")


def test_a_customer_cancels_what_nobody_confirmed(
    alice: Persona, cast: Cast, new_producto: NewProducto, db: Database
) -> None:
    product = new_producto(existencias="5")["id"]

    def ordered() -> str:
        add(alice, OWN, product, 2)
        return f"/orders/{placed(alice.post(ORDER))['id']}"

    path = ordered()
    refused(cast.otra_cliente.post(f"{path}/cancelar"), 403, "prohibido")
    refused(cast.vendedora.post(f"{path}/cancelar"), 403, "prohibido")
    refused(alice.post(f"{path}/cancelar", headers={"If-Match": '"9"'}), 412, "desactualizado")
    assert stock(db, product) == 3
    answer = alice.post(f"{path}/cancelar", json={"nota": "pedí de más"})
    assert (answer.status_code, answer.json()["estado"], stock(db, product)) == (200, "CANCELADO", 5)
    last = alice.get(path).json()["historial"][-1]
    assert (last["estado"], last["nota"], last["actor_id"]) == ("CANCELADO", "pedí de más", alice.usuario_id)
    refused(alice.post(f"{path}/cancelar"), 409, "transicion_invalida")
    path = ordered()
    assert cast.vendedora.patch(f"{path}/estado", json={"estado": "CONFIRMADO"}).status_code == 200
    refused(alice.post(f"{path}/cancelar"), 409, "transicion_invalida")
    refused(alice.post(f"/orders/{uuid.uuid4()}/cancelar"), 404, "pedido_no_encontrado")
    assert stock(db, product) == 3
