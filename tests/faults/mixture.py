"""All that people do at once, for the tests that kill something in the midst of it."""

from collections.abc import Callable

from tests.cast import Cast
from tests.faults.load import (
    AutosaveWriter,
    CartWriter,
    ClaimWriter,
    DraftWriter,
    NewcomerWriter,
    PaymentWriter,
    Writer,
)
from tests.faults.orders import OrderWriter


def mixed(cast: Cast, count: int = 16) -> list[Writer]:
    """So many writers of all kinds."""
    products = [cast.new_producto()["id"] for _ in range(3)]
    makers: list[Callable[[], Writer]] = [
        lambda: CartWriter(cast.new_cliente(), products),
        lambda: OrderWriter(cast),
        lambda: DraftWriter(cast.new_cliente()),
        lambda: AutosaveWriter(cast.new_cliente(), products),
        lambda: ClaimWriter(cast.new_cliente()),
        lambda: NewcomerWriter(cast.base_url),
        lambda: PaymentWriter(cast.admin, cast.new_cliente()),
    ]
    return [makers[number % len(makers)]() for number in range(count)]
