"""What the tests of the orders contract share: a shop with a seller of its own, and products."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.cast import Cast, Persona
from tests.tools.database import Database

OWN = "/orders/cart/me"
ORDER = "/orders/from-cart/me"


def kept(client: Persona) -> str:
    """The path of the cart that staff keep for a client."""
    return f"/orders/cart/client/{client.cliente_id}"


def quantities(cart: dict[str, Any]) -> dict[str, float]:
    """What is in a cart: quantities by product."""
    return {line["producto_id"]: line["cantidad"] for line in cart["items"]}


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


@pytest.fixture
def alice(cast: Cast, new_cliente: Callable[..., Persona]) -> Persona:
    """A fresh customer, assigned to `vendedora`."""
    made = new_cliente()
    cast.assign(made, cast.vendedora)
    return made
