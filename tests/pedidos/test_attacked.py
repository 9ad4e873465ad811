"""What a stranger found at the orders' door: each once, as he found it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.cast import Cast, Persona
from tests.pedidos.conftest import OWN, kept

ORDER = "/orders/from-cart/me"


def ordered(who: Persona, product: str, cart: str = OWN, order: str = ORDER, **wish: Any) -> dict[str, Any]:
    assert who.post(cart, json={"producto_id": product, "cantidad": 1}).status_code == 201
    answer = who.post(order, json=wish)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def test_an_order_goes_with_its_client_to_another_seller(
    alice: Persona, cast: Cast, new_producto: Callable[..., dict[str, Any]]
) -> None:
    product = new_producto()["id"]
    made = ordered(cast.vendedora, product, kept(alice), f"/orders/from-cart/client/{alice.cliente_id}")
    cast.assign(alice, cast.otro_vendedor)
    path = f"/orders/{made['id']}"
    assert cast.vendedora.get(path).status_code == 403
    assert cast.vendedora.patch(f"{path}/estado", json={"estado": "CONFIRMADO"}).status_code == 403
    listed = cast.vendedora.get("/orders", params={"cliente_id": alice.cliente_id}).json()
    assert (listed["total"], listed["items"]) == (0, [])
    assert cast.otro_vendedor.patch(f"{path}/estado", json={"estado": "CONFIRMADO"}).status_code == 200


def test_the_panel_shows_the_price_of_a_campaign_and_its_end(
    alice: Persona, cast: Cast, new_producto: Callable[..., dict[str, Any]]
) -> None:
    product = new_producto(precio="9.99")["id"]
    now = datetime.now(UTC)
    campaign = cast.admin.post(
        "/api/v1/campanias",
        json={
            "nombre": "A mitad de precio",
            "porcentaje": "50",
            "desde": (now - timedelta(days=1)).isoformat(),
            "hasta": (now + timedelta(days=1)).isoformat(),
            "productos": [product],
        },
    ).json()
    sent = {"producto_id": product, "cantidad": 2, "campania_aplicada_id": campaign["id"]}
    assert alice.post(OWN, json=sent).status_code == 201

    def prices() -> tuple[tuple[float, float, bool], tuple[float, float, bool]]:
        (panel,) = alice.get(f"{alice.panel}/carrito").json()["items"]
        (orders,) = alice.get(OWN).json()["items"]
        return (
            (panel["item"]["precio"], panel["precio_actual"], panel["precio_cambio"]),
            (orders["precio_unitario"], orders["precio_actual"], orders["precio_cambio"]),
        )

    assert prices() == ((5.0, 5.0, False), (5.0, 5.0, False))
    cast.admin.patch(f"/api/v1/campanias/{campaign['id']}", json={"activo": False})
    assert prices() == ((5.0, 9.99, True), (5.0, 9.99, True))


def test_a_note_on_the_present_state_is_kept_once(
    alice: Persona, cast: Cast, new_producto: Callable[..., dict[str, Any]]
) -> None:
    path = f"/orders/{ordered(alice, new_producto()['id'])['id']}"
    for _ in range(2):
        noted = cast.admin.patch(f"{path}/estado", json={"estado": "PENDIENTE", "nota": "El cliente llamó"})
        assert (noted.status_code, noted.json()["estado"]) == (200, "PENDIENTE")
    history = cast.admin.get(path).json()["historial"]
    assert [(each["estado"], each["nota"]) for each in history] == [
        ("PENDIENTE", None), ("PENDIENTE", "El cliente llamó"),
    ]  # fmt: skip


@pytest.mark.parametrize("payment", ["CONTADO", "CREDITO"])
def test_a_total_that_no_book_could_hold_is_named(
    alice: Persona, new_producto: Callable[..., dict[str, Any]], payment: str
) -> None:
    product = new_producto(precio="9999999.99")["id"]
    assert alice.post(OWN, json={"producto_id": product, "cantidad": 999999}).status_code == 201
    answer = alice.post(ORDER, json={"condicion_pago": payment})
    assert (answer.status_code, answer.json()["code"]) == (400, "datos_invalidos")
    assert list(answer.json()["errors"]) == ["items"]
    assert len(alice.get(OWN).json()["items"]) == 1


def test_a_delivery_has_a_street(
    alice: Persona, cast: Cast, new_producto: Callable[..., dict[str, Any]]
) -> None:
    address = {"direccion": "Av. Busch 120", "es_principal": True, "latitud": -17.78, "longitud": -63.18}
    assert (
        cast.admin.post(f"/api/v1/clientes/{alice.cliente_id}/direcciones", json=address).status_code == 201
    )
    made = ordered(alice, new_producto()["id"], fecha_entrega_requerida="2098-03-04")
    shown = cast.vendedora.get("/api/v1/entregas", params={"fecha": "2098-03-04"}).json()["entregas"]
    (mine,) = [each for each in shown if each["pedido_id"] == made["id"]]
    assert (mine["direccion"], mine["ubicacion"]) == ("Av. Busch 120", {"lat": -17.78, "lng": -63.18})
