"""A customer who orders without pause, by a key each, and asks again under the same key what he was not told."""

import json
import uuid
from collections import Counter
from dataclasses import dataclass
from decimal import Decimal

from tests.cast import Cast
from tests.faults.load import Damage, Writer
from tests.tools.burst import Answer
from tests.tools.database import Database
from tests.tools.keys import kept_answer
from tests.tools.wire import Wire

ORDER = "/orders/from-cart/me"
STOCK = Decimal(99_999_999)


@dataclass
class Wish:
    """One order: how many of each product, of which version of the cart, and what was promised of it."""

    number: int
    key: str
    version: str
    order_id: str | None = None
    cancelled: bool = False


class OrderWriter(Writer):
    """Puts so many of two products into the cart, orders them, and has every third order cancelled.

    Whole is: both lines of the same number, the counted product's stock less what is ordered, and a kept answer for
    exactly the orders that there are.
    """

    def __init__(self, cast: Cast) -> None:
        self.person = cast.new_cliente()
        super().__init__(self.person.server_url, self.person.token)
        self.office = Wire(self.person.server_url, cast.admin.token, timeout=10, again=False)
        self.counted = cast.new_producto(existencias=str(STOCK))["id"]
        self.products = [self.counted, cast.new_producto()["id"]]
        self.wishes: list[Wish] = []

    def write(self, number: int) -> Answer:
        if not self.wishes or self.wishes[-1].order_id:
            items = [{"itemId": product, "cantidad": number} for product in self.products]
            saved = self.wire.request("PUT", f"{self.person.panel}/carrito", json={"items": items})
            if saved.status != 200:
                return saved
            self.wishes.append(Wish(number, uuid.uuid4().hex, saved.headers["etag"]))
        wish = self.wishes[-1]
        headers = [("Idempotency-Key", wish.key), ("If-Match", wish.version)]
        answer = self.wire.request("POST", ORDER, json={}, headers=headers)
        if answer.status == 409 and answer.json()["code"] == "peticion_en_curso":
            # What was cut off from us is still at work.
            return Answer(503, answer.headers, answer.body, answer.seconds)
        if answer.status == 201:
            wish.order_id = answer.json()["id"]
            if wish.number % 3 == 0:
                self.cancel(wish)
        return answer

    def cancel(self, wish: Wish) -> None:
        """Have the order cancelled; what is not answered may be so or not."""
        path = f"/orders/{wish.order_id}/estado"
        answer = self.office.request("PATCH", path, json={"estado": "CANCELADO"})
        wish.cancelled = answer.status == 200

    def judge(self, db: Database, damage: Damage) -> None:
        self.office.close()
        sql = """SELECT p.id::text, p.estado, array_agg(l.cantidad::int) AS cantidades
                   FROM pedidos p LEFT JOIN pedido_lineas l ON l.pedido_id = p.id
                  WHERE p.cliente_id = $1::uuid GROUP BY p.id"""
        found = {row["id"]: row for row in db.fetch(sql, self.person.cliente_id)}
        made = Counter(row["cantidades"][0] for row in found.values())
        for wish in self.wishes:
            name = f"order {wish}: {made[wish.number]} made"
            if wish.order_id and wish.order_id not in found:
                damage.lost.append(name)
            elif wish.cancelled and wish.order_id and found[wish.order_id]["estado"] != "CANCELADO":
                damage.lost.append(f"{name}, its cancelling forgotten")
            kept = kept_answer(db, self.person.usuario_id, "POST", ORDER, wish.key)
            promised = None if kept is None else json.loads(kept)["id"]
            if made[wish.number] > 1 or (promised in found) != (made[wish.number] == 1):
                damage.half.append(f"{name}, kept {promised}")
        damage.half += [
            str(row)
            for row in found.values()
            if len(row["cantidades"]) != 2 or len(set(row["cantidades"])) != 1
        ]
        sold = sum(row["cantidades"][0] for row in found.values() if row["estado"] != "CANCELADO")
        left = db.fetchval("SELECT existencias FROM productos WHERE id = $1::uuid", self.counted)
        if left != STOCK - sold:
            damage.half.append(f"stock {left}, sold {sold}")
