"""What the tests of the orders contract share: a shop with a seller of its own, and products."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.cast import Cast, Persona

OWN = "/orders/cart/me"


def kept(client: Persona) -> str:
    """The path of the cart that staff keep for a client."""
    return f"/orders/cart/client/{client.cliente_id}"


def quantities(cart: dict[str, Any]) -> dict[str, float]:
    """What is in a cart: quantities by product."""
    return {line["producto_id"]: line["cantidad"] for line in cart["items"]}


@pytest.fixture
def alice(cast: Cast, new_cliente: Callable[..., Persona]) -> Persona:
    """A fresh customer, assigned to `vendedora`."""
    made = new_cliente()
    cast.assign(made, cast.vendedora)
    return made
