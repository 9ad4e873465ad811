"""Whatever devices do to one cart at once could have been done one after the other (T-CA-8, T-CA-7).

Both contracts on the same cart: the panel's PUT and autosave, lines added, set and taken out, the whole emptied,
ordered, and read; now with the version last seen, now without. A search over all orders judges what was answered.
"""

import itertools
import random
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.cast import Cast
from tests.pedidos.conftest import OWN
from tests.tools.linear import Operation, ends
from tests.tools.mutants import mutate
from tests.tools.planted import program
from tests.tools.wire import Wire

ORDER = "/orders/from-cart/me"
DEVICES, OPERATIONS = 3, 3
KINDS = ["put", "autosave", "add", "add", "set", "remove", "clear", "order", "read", "read"]


# --- a cart that is alone in the world ---------------------------------------------------------------------


def apply(state, asked):
    """The next state (version, lines in their order) and the answer that a request must get in this one."""
    version, lines = state
    kind, content, wanted = asked
    if wanted is not None and wanted != version:
        return state, ("stale", version, None if kind == "autosave" else lines)
    if kind == "read":
        return state, ("cart", version, lines)
    after = CHANGES[kind](dict(lines), content)
    if after is None:
        return state, REFUSALS[kind]
    if kind == "clear" and not lines:
        return state, ("cart", version, ())
    version, shown = version + 1, tuple(after.items())
    if kind == "order":
        return (version, ()), ("ordered", None, lines)
    return (version, shown), ("cart", version, None if kind == "autosave" else shown)


def added(lines, content):
    product, amount = content
    return {**lines, product: lines.get(product, 0) + amount}


def set_to(lines, content):
    product, amount = content
    return {**lines, product: amount} if product in lines else None


def taken_out(lines, product):
    return {p: n for p, n in lines.items() if p != product} if product in lines else None


CHANGES = {
    "put": lambda _, content: dict(content),
    "autosave": lambda _, content: dict(content),
    "add": added,
    "set": set_to,
    "remove": taken_out,
    "clear": lambda *_: {},
    "order": lambda lines, _: {} if lines else None,
}
REFUSALS = {"set": ("absent", None, None), "remove": ("absent", None, None), "order": ("empty", None, None)}


# --- devices that ask the real one ----------------------------------------------------------------------------


class Device:
    """One session of a customer, on a connection of its own; remembers the version that it saw last."""

    def __init__(self, person):
        self.panel = person.panel
        self.wire = Wire(person.server_url, person.token, again=False)
        self.version = 0

    def do(self, kind, content=None, *, careful=False):
        """Ask, and say what was asked and answered in the model's words."""
        wanted = self.version if careful and kind != "read" else None
        method, path, body = self.spell(kind, content)
        headers = [] if wanted is None else [("If-Match", f'"{wanted}"')]
        begun = time.monotonic()
        answer = self.wire.request(method, path, json=body, headers=headers)
        ended = time.monotonic()
        answered = self.hear(kind, answer)
        if answered[1] is not None:
            self.version = answered[1]
        return Operation(begun, ended, (kind, content, wanted), answered)

    def spell(self, kind, content):
        """A request of the model as one of HTTP."""
        if kind in {"put", "autosave"}:
            items = [{"itemId": product, "cantidad": amount} for product, amount in content]
            cart = {"items": items}
            if kind == "put":
                return "PUT", f"{self.panel}/carrito", cart
            return "POST", f"{self.panel}/auto-guardar", {"carrito": cart}
        if kind == "add":
            return "POST", OWN, {"producto_id": content[0], "cantidad": content[1]}
        if kind == "set":
            return "PATCH", f"{OWN}/item/{content[0]}", {"cantidad": content[1]}
        if kind == "remove":
            return "DELETE", f"{OWN}/item/{content}", None
        if kind == "order":
            return "POST", ORDER, {}
        return ("GET" if kind == "read" else "DELETE"), OWN, None

    def hear(self, kind, answer):
        """An answer of HTTP as one of the model."""
        body = answer.json()
        if kind == "autosave":
            said = "cart" if body["carrito_actualizado"] else "stale"
            return said, body["versiones"]["carrito"], None
        if answer.status == 412:
            return "stale", body["carrito"]["version"], shown(body["carrito"])
        if answer.status == 404:
            return "absent", None, None
        if answer.status == 400 and body["code"] == "carrito_vacio":
            return "empty", None, None
        if answer.status not in {200, 201}:
            # The model never says this, so whatever follows, the history is broken.
            return "unforeseen", None, body
        if kind == "order":
            return "ordered", None, shown(body)
        return "cart", body["version"], shown(body)


def shown(cart):
    return tuple((line.get("itemId") or line["producto_id"], line["cantidad"]) for line in cart["items"])


class Round:
    """So many histories on one cart, each begun where the one before ended."""

    def __init__(self, cast, seed):
        self.chance = random.Random(seed)
        self.amounts = itertools.count(1)
        self.products = [cast.new_producto()["id"] for _ in range(3)]
        client = cast.new_cliente()
        self.devices = [Device(client)] + [Device(client.again()) for _ in range(DEVICES - 1)]
        # The panel shows a cart once it was written.
        self.state = apply((0, ()), self.devices[0].do("put", ()).asked)[0]

    def plan(self):
        """Something to do. What is put has a quantity of its own: what was just ordered would not come back."""
        kind = self.chance.choice(KINDS)
        content: Any = None
        if kind in {"put", "autosave"}:
            chosen = self.chance.sample(self.products, self.chance.randint(0, 3))
            content = tuple((product, 1_000 * next(self.amounts)) for product in chosen)
        elif kind in {"add", "set"}:
            content = (self.chance.choice(self.products), self.chance.randint(1, 50))
        elif kind == "remove":
            content = self.chance.choice(self.products)
        return kind, content, self.chance.random() < 0.4

    def run(self, histories):
        """How many of so many histories could not have happened one by one."""
        broken = 0
        with self, ThreadPoolExecutor(DEVICES) as pool:
            for _ in range(histories):
                plans = [[self.plan() for _ in range(OPERATIONS)] for _ in self.devices]
                history = list(itertools.chain(*pool.map(work, self.devices, plans)))
                possible = ends(self.state, history, apply)
                last = self.devices[0].do("read").answered
                broken += last[1:] not in possible
                self.state = last[1:]
                # Quantities stay below where they would be refused.
                if next(self.amounts) > 900:
                    self.amounts = itertools.count(1)
        return broken

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for device in self.devices:
            device.wire.close()


def work(device, plans):
    return [device.do(kind, content, careful=careful) for kind, content, careful in plans]


@pytest.mark.parametrize("histories", [1_000, pytest.param(20_000, marks=pytest.mark.long)])
@pytest.mark.timeout(3600)
def test_what_devices_do_at_once_could_be_done_in_turn(cast, histories):
    assert Round(cast, 8).run(histories) == 0


# --- the search sees what it should -----------------------------------------------------------------------------


def test_control_versions_that_nobody_looks_at(new_database, start_server):
    """The blind last writer wins: a stale write goes through."""
    database = new_database()
    server = start_server(database.dsn, workers=1, program=program("tests.races.plants:blind_to_versions"))
    assert Round(Cast(server.url, database, server.data_dir), 8).run(10) > 0


def test_control_a_cart_that_nobody_holds(new_database, start_server):
    """Without the header's lock a line is read, summed and written back while another does the same."""
    database = new_database()
    mutate(database, "carrito_bloquear", "FOR UPDATE", "")
    server = start_server(database.dsn, workers=2)
    made = Round(Cast(server.url, database, server.data_dir), 8)
    assert any(made.run(25) for _ in range(8))


A, B = "a", "b"
ONE = ((A, 1),)
AT_ONCE, BEFORE, AFTER = (0, 3), (0, 1), (2, 3)
# Pairs that cannot be: when, what was asked, what was answered. The cart is at version 1 and holds one of A.
IMPOSSIBLE: dict[str, list[Any]] = {
    "a write that a later read does not see": [
        (BEFORE, ("add", (A, 2), None), ("cart", 2, ((A, 3),))),
        (AFTER, ("read", None, None), ("cart", 1, ONE)),
    ],
    "two additions and one sum": [
        (AT_ONCE, ("add", (A, 2), None), ("cart", 2, ((A, 3),))),
        (AT_ONCE, ("add", (A, 4), None), ("cart", 3, ((A, 5),))),
    ],
    "a version with the lines of another": [
        (AT_ONCE, ("add", (B, 2), None), ("cart", 2, ((A, 1), (B, 2)))),
        (AT_ONCE, ("read", None, None), ("cart", 1, ((A, 1), (B, 2)))),
    ],
    "a stale write that goes through": [
        (BEFORE, ("put", ((B, 1),), None), ("cart", 2, ((B, 1),))),
        (AFTER, ("put", ((A, 9),), 1), ("cart", 3, ((A, 9),))),
    ],
    "a line that is ordered and stays": [
        (BEFORE, ("order", None, None), ("ordered", None, ONE)),
        (AFTER, ("read", None, None), ("cart", 2, ONE)),
    ],
    "two orders of one content": [
        (AT_ONCE, ("order", None, None), ("ordered", None, ONE)),
        (AT_ONCE, ("order", None, None), ("ordered", None, ONE)),
    ],
}


def history(*lines):
    return [Operation(begun, ended, asked, answered) for (begun, ended), asked, answered in lines]


@pytest.mark.parametrize("name", IMPOSSIBLE)
def test_control_histories_that_cannot_be_are_seen(name):
    assert ends((1, ONE), history(*IMPOSSIBLE[name]), apply) == set()


def test_any_order_will_do_as_long_as_the_clock_allows_it():
    one = ("add", (A, 2), None), ("cart", 3, ((A, 7),))
    other = ("add", (A, 4), None), ("cart", 2, ((A, 5),))
    assert ends((1, ONE), history(((0, 2), *one), ((1, 3), *other)), apply) == {(3, ((A, 7),))}
    assert ends((1, ONE), history(((0, 2), *one), ((2.5, 3), *other)), apply) == set()
