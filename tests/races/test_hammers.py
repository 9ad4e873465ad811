"""The three hammers under which open shops break (RELIABILITY.md): thirty rounds each, exact, every request answered.

Two processes serve. Additions come from fifty sessions of one customer, where others lose most of them.
"""

from collections.abc import Callable
from typing import Any

import pytest

from tests.cast import Cast
from tests.pedidos.conftest import OWN, kept, quantities
from tests.races.shops import Shop as Unguarded
from tests.tools.burst import Answer, Request, burst
from tests.tools.database import Database
from tests.tools.mutants import mutated

ORDER = "/orders/from-cart/me"


class Shop:
    """A server under the hammer, and how often it was exact."""

    def __init__(self, url: str, cast: Cast, db: Database, rounds: int = 30) -> None:
        self.url, self.cast, self.db, self.rounds = url, cast, db, rounds

    def burst(self, requests: list[Request]) -> list[Answer]:
        """Send all at once; whoever is not answered, or with an error of ours, is a broken round."""
        answers = burst(self.url, requests, settle=0.01)
        assert {answer.status for answer in answers} <= {200, 201, 400, 409}
        return answers

    def exact(self, blow: Callable[[int], bool]) -> int:
        """In how many of the rounds a blow was taken exactly."""
        return sum(blow(number) for number in range(self.rounds))


def adding(token: str | None, product: str, amount: int = 1, path: str = OWN) -> Request:
    return Request("POST", path, json={"producto_id": product, "cantidad": amount}, token=token)


def additions(shop: Shop) -> int:
    """Fifty additions to one cart, each from a session of its own: the sum is exact."""
    client = shop.cast.new_cliente()
    product = shop.cast.new_producto()["id"]
    sessions = [client.again() for _ in range(50)]

    def blow(number: int) -> bool:
        answers = shop.burst([adding(each.token, product) for each in sessions])
        expected = 50 * (number + 1)
        seen = sorted(quantities(answer.json())[product] for answer in answers if answer.status == 201)
        return seen == [expected - 49 + n for n in range(50)] and in_cart(client) == {product: expected}

    def in_cart(who: Any) -> dict[str, float]:
        return quantities(who.get(OWN).json())

    return shop.exact(blow)


def completions(shop: Shop) -> int:
    """Twenty completions of one cart, now the customer's, now one that is kept for him: one order."""
    client, admin = shop.cast.new_cliente(), shop.cast.admin
    product = shop.cast.new_producto()["id"]
    made = "SELECT count(*) FROM pedidos WHERE cliente_id = $1::uuid"

    def blow(number: int) -> bool:
        who, cart, path = (
            (client, OWN, ORDER)
            if number % 2
            else (admin, kept(client), f"/orders/from-cart/client/{client.cliente_id}")
        )
        shop.burst([adding(who.token, product, path=cart)])
        answers = shop.burst([Request("POST", path, json={}, token=who.token)] * 20)
        ids = [answer.json()["id"] for answer in answers if answer.status == 201]
        told = [answer.json()["ultimo_pedido_id"] for answer in answers if answer.status == 400]
        return len(ids) == 1 and told == ids * 19 and shop.db.fetchval(made, client.cliente_id) == number + 1

    return shop.exact(blow)


def last_units(shop: Shop) -> int:
    """Twenty buyers of the one unit that there is: one order, and a refusal for each of the others."""
    buyers = [shop.cast.new_cliente() for _ in range(20)]

    def blow(_: int) -> bool:
        product = shop.cast.new_producto(existencias="1")["id"]
        shop.burst([Request("DELETE", OWN, token=buyer.token) for buyer in buyers])
        shop.burst([adding(buyer.token, product) for buyer in buyers])
        answers = shop.burst([Request("POST", ORDER, json={}, token=buyer.token) for buyer in buyers])
        refused = [answer.json()["code"] for answer in answers if answer.status == 409]
        left = shop.db.fetchval("SELECT existencias FROM productos WHERE id = $1::uuid", product)
        sold = "SELECT count(*) FROM pedido_lineas WHERE producto_id = $1::uuid"
        return refused == ["pedido_con_cambios"] * 19 and (left, shop.db.fetchval(sold, product)) == (0, 1)

    return shop.exact(blow)


HAMMERS = [additions, completions, last_units]


@pytest.mark.parametrize("hammer", HAMMERS)
def test_every_round_is_exact(hammer: Callable[[Shop], int], server: str, cast: Cast, db: Database) -> None:
    shop = Shop(server, cast, db)
    assert hammer(shop) == shop.rounds == 30


def test_control_without_locks_no_hammer_is_taken(unguarded: Unguarded) -> None:
    shop = Shop(unguarded.url, unguarded.cast, unguarded.db, rounds=5)
    with (
        mutated(shop.db, "carrito_bloquear", "FOR UPDATE", ""),
        mutated(shop.db, "pedido_crear", "FOR NO KEY UPDATE", ""),
    ):
        assert max(hammer(shop) for hammer in HAMMERS) < shop.rounds
