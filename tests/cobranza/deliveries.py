"""Orders made and delivered through the API, and the invoices that come of it."""

from typing import Any

from tests.cast import Persona
from tests.pedidos.conftest import OWN

FACTURAS = "/api/v1/facturas"
STEPS = ("CONFIRMADO", "EN_PREPARACION", "EN_RUTA")


def ordered(customer: Persona, lines: dict[str, float], condition: str = "CREDITO") -> dict[str, Any]:
    """An order of some products."""
    for product, amount in lines.items():
        added = customer.post(OWN, json={"producto_id": product, "cantidad": amount})
        assert added.status_code == 201, added.text
    made = customer.post("/orders/from-cart/me", json={"condicion_pago": condition})
    assert made.status_code == 201, made.text
    order: dict[str, Any] = made.json()
    return order


def step(person: Persona, order: dict[str, Any], estado: str) -> Any:
    """The answer to one step of an order."""
    return person.patch(f"/orders/{order['id']}/estado", json={"estado": estado})


def on_its_way(person: Persona, order: dict[str, Any]) -> dict[str, Any]:
    """Take an order as far as the door."""
    for estado in STEPS:
        assert step(person, order, estado).status_code == 200
    return order


def delivered(person: Persona, order: dict[str, Any]) -> dict[str, Any]:
    """Deliver an order."""
    answer = step(person, on_its_way(person, order), "ENTREGADO")
    assert answer.status_code == 200, answer.text
    return order


def invoices_of(person: Persona, customer: Persona, **wanted: Any) -> list[dict[str, Any]]:
    """The invoices of a customer, as somebody sees them."""
    answer = person.get(f"/api/v1/clientes/{customer.cliente_id}/facturas", params=wanted)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


def invoiced(person: Persona, customer: Persona, lines: dict[str, float]) -> dict[str, Any]:
    """The invoice of a new order that was delivered, with its lines."""
    order = delivered(person, ordered(customer, lines))
    (found,) = [each for each in invoices_of(person, customer) if each["pedido_id"] == order["id"]]
    made: dict[str, Any] = person.get(f"{FACTURAS}/{found['id']}").json()
    return made
