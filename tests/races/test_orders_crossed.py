"""T-CA-7, -9, -10 and -11: orders among edits, among old saves, among lies about prices, and of the last units.

Each is counted by a function that is also let loose on a shop without the guard in question, where it must count some.
"""

import itertools
import random
from collections import Counter

import pytest

from tests.pedidos.conftest import OWN
from tests.races.shops import ORDER, Shop, adding, ordering, quantities
from tests.tools.burst import Request
from tests.tools.mutants import mutated

# --- an order among edits (T-CA-7) ---------------------------------------------------------------------------


def imbalances(shop: Shop, rounds: int) -> int:
    """One orders while eight edit: what was added is ordered, still there, or was taken out by the one who said so.

    Returns how many of these sums, statuses and totals are wrong.
    """
    chance = random.Random(7)
    client = shop.cast.new_cliente()
    products = [shop.cast.new_producto(precio="2.00")["id"] for _ in range(4)]
    wrong = 0
    known: Counter[str] = Counter()
    for _ in range(rounds):
        chosen = [(chance.choice(products), chance.randint(1, 5)) for _ in range(7)]
        leaving = chance.choice(products)
        requests = [adding(client, *choice) for choice in chosen]
        requests.append(Request("DELETE", f"{OWN}/item/{leaving}", token=client.token))
        requests.append(ordering(client))
        answers = shop.burst(requests)
        ordered = quantities(answers[-1].json()) if answers[-1].status == 201 else {}
        left = quantities(client.get(OWN).json())
        wrong += [answer.status for answer in answers[:7]] != [201] * 7
        for product in products:
            added = sum(n for each, n in chosen if each == product)
            gone = known[product] + added - ordered.get(product, 0) - left.get(product, 0)
            taken_out = product == leaving and answers[7].status == 200
            wrong += gone < 0 or (gone > 0 and not taken_out)
        if ordered:
            wrong += answers[-1].json()["total"] != 2 * sum(ordered.values())
        known = Counter(left)
    return wrong


@pytest.mark.parametrize("rounds", [200, pytest.param(20_000, marks=pytest.mark.long)])
@pytest.mark.timeout(7200)
def test_each_added_unit_is_ordered_or_still_there(shop: Shop, rounds: int) -> None:
    assert imbalances(shop, rounds) == 0


def test_control_without_the_carts_lock_units_are_lost(unguarded: Shop) -> None:
    with mutated(unguarded.db, "carrito_bloquear", "FOR UPDATE", ""):
        assert imbalances(unguarded, 40) > 0


# --- the last units (T-CA-11) ----------------------------------------------------------------------------------


def oversold(shop: Shop, races: int) -> int:
    """Twelve carts race for three units of each of two products, asked for in both orders: three orders, no more."""
    clients = [shop.cast.new_cliente() for _ in range(12)]
    wrong = 0
    for _ in range(races):
        one, two = (shop.cast.new_producto(existencias="3")["id"] for _ in range(2))
        for request in (
            [Request("DELETE", OWN, token=client.token) for client in clients],
            [adding(client, (one, two)[n % 2]) for n, client in enumerate(clients)],
            [adding(client, (two, one)[n % 2]) for n, client in enumerate(clients)],
        ):
            shop.burst(request)
        answers = shop.burst([ordering(client) for client in clients])
        wrong += sorted(answer.status for answer in answers) != [201] * 3 + [409] * 9
        wrong += any(a.status == 409 and a.json()["code"] != "pedido_con_cambios" for a in answers)
        left = shop.db.fetch("SELECT existencias FROM productos WHERE id = ANY ($1::uuid[])", [one, two])
        sold = shop.db.fetchval(
            "SELECT sum(cantidad) FROM pedido_lineas WHERE producto_id = ANY ($1::uuid[])", [one, two]
        )
        wrong += ([row["existencias"] for row in left], sold) != ([0, 0], 6)
    return wrong


@pytest.mark.parametrize("races", [40, pytest.param(5_000, marks=pytest.mark.long)])
@pytest.mark.timeout(7200)
def test_the_last_unit_is_sold_once(shop: Shop, races: int) -> None:
    assert oversold(shop, races) == 0


def test_control_looked_at_and_then_taken_is_seen(unguarded: Shop) -> None:
    """The wall behind the lock still holds the stock, but who runs into it is not told what the matter is."""
    with mutated(unguarded.db, "pedido_crear", "FOR NO KEY UPDATE", ""):
        assert oversold(unguarded, 5) > 0


# --- old saves (T-CA-9) ----------------------------------------------------------------------------------------


def risen(shop: Shop, customers: int, rounds: int) -> int:
    """Customers order on one device; another then saves what it still shows, by both ways, with and without a version.

    Returns how many of the old saves left anything of what was ordered in the cart.
    """
    product = shop.cast.new_producto()["id"]
    phones = [shop.cast.new_cliente() for _ in range(customers)]
    laptops = [phone.again() for phone in phones]
    amounts, wrong = itertools.count(1), 0
    for turn in range(rounds):
        amount = next(amounts)
        filled = shop.burst([adding(phone, product, amount) for phone in phones])
        made = shop.burst([ordering(phone) for phone in phones])
        assert {answer.status for answer in filled + made} == {201}
        saves = []
        for number, laptop in enumerate(laptops):
            version = filled[number].json()["version"] if number % 2 else None
            cart = {"items": [{"itemId": product, "cantidad": amount}]}
            if (number // 2 + turn) % 2:
                headers = {"If-Match": f'"{version}"'} if version else {}
                path = f"{laptop.panel}/carrito"
                saves.append(Request("PUT", path, json=cart, token=laptop.token, headers=headers))
            else:
                body = {"carrito": cart | ({"version": version} if version else {})}
                path = f"{laptop.panel}/auto-guardar"
                saves.append(Request("POST", path, json=body, token=laptop.token))
        assert {answer.status for answer in shop.burst(saves)} <= {200, 412}
        seen = shop.burst([Request("GET", OWN, token=phone.token) for phone in phones])
        wrong += sum(answer.json()["items"] != [] for answer in seen)
        shop.burst([Request("DELETE", OWN, token=phone.token) for phone in phones])
    return wrong


@pytest.mark.timeout(600)
def test_a_thousand_old_saves_bring_nothing_back(shop: Shop) -> None:
    assert risen(shop, 40, 25) == 0


def test_control_a_naive_save_brings_it_back(unguarded: Shop) -> None:
    with mutated(unguarded.db, "carrito_sin_lo_pedido", "p_version IS NOT NULL", "true"):
        assert risen(unguarded, 8, 2) > 0


# --- prices (T-CA-10) ------------------------------------------------------------------------------------------

HOSTILE = [0, -1, 1e-9, 0.01, "1", 1e30, None, [], {"$gt": 0}, True]


def strange_prices(shop: Shop, customers: int, rounds: int) -> int:
    """Carts saved with prices, names and identifiers of the browser's own, by both contracts, and ordered.

    Returns how many lines of orders do not say what the catalogue says.
    """
    chance = random.Random(10)
    products = [shop.cast.new_producto(precio=f"{n + 1}.05")["id"] for n in range(6)]
    clients = [shop.cast.new_cliente() for _ in range(customers)]
    for turn in range(rounds):
        saves = []
        for number, client in enumerate(clients):
            product, other = chance.sample(products, 2)
            price = chance.choice(HOSTILE)
            lies = {"precio": price, "nombre": "Gratis", "_id": other, "codigo": "OTRO"}
            money = {"precio": price, "precio_unitario": price, "subtotal": price, "total": price}
            if (number + turn) % 2:
                line = {"itemId": product, "cantidad": turn + 1, "item": lies, **money}
                path = f"{client.panel}/carrito"
                saves.append(Request("PUT", path, json={"items": [line], **money}, token=client.token))
            else:
                body = {"producto_id": product, "cantidad": turn + 1, "item": lies, **money}
                saves.append(Request("POST", OWN, json=body, token=client.token))
        assert {answer.status for answer in shop.burst(saves)} == {200, 201}
        lying = {"items": [], "total": 0.01, "precio": 0.01}
        orders = shop.burst([Request("POST", ORDER, json=lying, token=client.token) for client in clients])
        assert {answer.status for answer in orders} == {201}
    found: int = shop.db.fetchval(
        """SELECT count(*) FROM pedidos o JOIN pedido_lineas l ON l.pedido_id = o.id
             JOIN productos p ON p.id = l.producto_id
            WHERE o.cliente_id = ANY ($1::uuid[]) AND (
                  (l.precio_unitario, l.codigo, l.nombre) <> (p.precio, p.codigo, p.nombre)
                  OR o.total <> round(p.precio * l.cantidad, 2))""",
        [client.cliente_id for client in clients],
    )
    return found


@pytest.mark.parametrize("rounds", [25, pytest.param(500, marks=pytest.mark.long)])
@pytest.mark.timeout(3600)
def test_no_order_has_a_price_but_the_catalogues(shop: Shop, rounds: int) -> None:
    assert strange_prices(shop, 20, rounds) == 0


def test_control_a_trusted_snapshot_is_seen(unguarded: Shop) -> None:
    """As if the line had kept what the browser sent: a cent."""
    with mutated(unguarded.db, "pedido_lineas", "coalesce(r.precio, p.precio) AS precio", "0.01 AS precio"):
        assert strange_prices(unguarded, 4, 2) == 8
