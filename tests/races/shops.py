"""A shop that races are run in, be it the sound one or one with a guard taken away."""

import uuid
from collections import Counter
from typing import Any

from tests.cast import Cast, Persona
from tests.pedidos.conftest import OWN, kept
from tests.tools.burst import Answer, Request, burst
from tests.tools.database import Database

ORDER = "/orders/from-cart/me"


class Shop:
    """A server, its people and its database."""

    def __init__(self, url: str, cast: Cast, db: Database) -> None:
        self.url, self.cast, self.db = url, cast, db

    def burst(self, requests: list[Request]) -> list[Answer]:
        """Send all at once."""
        return burst(self.url, requests, settle=0.01)


def adding(who: Persona, product: str, amount: int = 1, path: str = OWN) -> Request:
    """One more line, or more of one."""
    return Request("POST", path, json={"producto_id": product, "cantidad": amount}, token=who.token)


def ordering(who: Persona, path: str = ORDER) -> Request:
    """An order of what is in the cart."""
    return Request("POST", path, json={}, token=who.token)


def quantities(cart: dict[str, Any]) -> dict[str, int]:
    """What is in a cart or an order, by product, in either contract's words."""
    return {line.get("itemId") or line["producto_id"]: line["cantidad"] for line in cart["items"]}


class Buyer:
    """One actor with a cart, products of his own, and what must be in it: nobody else writes there."""

    def __init__(self, shop: Shop, who: Persona, client: Persona) -> None:
        self.who, self.client, self.own = who, client, who is client
        self.path = OWN if self.own else kept(client)
        self.order = ORDER if self.own else f"/orders/from-cart/client/{client.cliente_id}"
        self.products = [shop.cast.new_producto()["id"] for _ in range(3)]
        self.lines: dict[str, int] = {}
        self.version = 0
        self.ordered: Counter[str] = Counter()

    def request(self, kind: str, product: str, amount: int) -> tuple[Request, int, dict[str, int] | None]:
        """A request, the status that it must have, and what must be in the cart afterwards (None: as before)."""
        there, token = product in self.lines, self.who.token
        if kind == "add":
            after = {**self.lines, product: self.lines.get(product, 0) + amount}
            return adding(self.who, product, amount, self.path), 201, after
        if kind == "set":
            path, body = f"{self.path}/item/{product}", {"cantidad": amount}
            after = {**self.lines, product: amount}
            return (
                Request("PATCH", path, json=body, token=token),
                200 if there else 404,
                after if there else None,
            )
        if kind == "remove":
            left = {each: n for each, n in self.lines.items() if each != product}
            request = Request("DELETE", f"{self.path}/item/{product}", token=token)
            return request, 200 if there else 404, left if there else None
        if kind == "clear":
            return Request("DELETE", self.path, token=token), 200, {} if self.lines else None
        if kind == "order":
            headers = {"Idempotency-Key": uuid.uuid4().hex} if amount % 2 else {}
            request = Request("POST", self.order, json={}, token=token, headers=headers)
            return request, 201 if self.lines else 400, {} if self.lines else None
        items = [{"itemId": product, "cantidad": amount}]
        if kind == "autosave":
            cart = {"carrito": {"items": items, "version": self.version}}
            return (
                Request("POST", f"{self.client.panel}/auto-guardar", json=cart, token=token),
                200,
                {product: amount},
            )
        headers = {"If-Match": f'"{self.version}"'}
        path = f"{self.client.panel}/carrito"
        return (
            Request("PUT", path, json={"items": items}, token=token, headers=headers),
            200,
            {product: amount},
        )

    def hear(self, kind: str, answer: Answer, status: int, after: dict[str, int] | None) -> bool:
        """Take the answer in; tell whether it is what this actor's own doings call for."""
        before = self.lines
        if after is not None:
            self.lines = after
            self.version += 1
        if answer.status != status:
            return False
        if kind == "order" and after is not None:
            self.ordered.update(before)
            return quantities(answer.json()) == before
        shows = status < 300 and kind != "autosave"
        return not shows or (quantities(answer.json()), answer.json()["version"]) == (
            self.lines,
            self.version,
        )
