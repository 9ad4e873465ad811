"""What people do to orders, as requests that may be broken anywhere and are judged by what can be seen afterwards."""

import json
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.cast import Persona
from tests.faults.conftest import Site

PARTS = {
    "pedidos": "SELECT count(*) FROM pedidos WHERE cliente_id = $1::uuid",
    "lineas": "SELECT count(*) FROM pedido_lineas JOIN pedidos p ON p.id = pedido_id WHERE p.cliente_id = $1::uuid",
    "estados": "SELECT count(*) FROM pedido_estados JOIN pedidos p ON p.id = pedido_id WHERE p.cliente_id = $1::uuid",
    "cancelados": "SELECT count(*) FROM pedidos WHERE cliente_id = $1::uuid AND estado = 'CANCELADO'",
    "versiones": "SELECT sum(version) FROM pedidos WHERE cliente_id = $1::uuid",
    "en_carrito": """SELECT count(*) FROM carrito_lineas JOIN carritos k ON k.id = carrito_id
                      WHERE k.cliente_id = $1::uuid""",
    "carrito": "SELECT sum(version) FROM carritos WHERE cliente_id = $1::uuid",
    "existencias": "SELECT existencias FROM productos WHERE id = $2::uuid",
    "credito": "SELECT fn.credito_disponible($1::uuid)",
    "eventos": "SELECT count(*) FROM eventos WHERE cliente_id = $1::uuid",
    "facturas": "SELECT count(*) FROM facturas WHERE cliente_id = $1::uuid",
    "adeudado": "SELECT sum(saldo_pendiente) FROM cuentas_por_cobrar WHERE cliente_id = $1::uuid",
    "aceptadas": "SELECT count(*) FROM propuestas WHERE cliente_id = $1::uuid AND estado = 'ACEPTADA'",
    "claves": "SELECT count(*) FROM idempotencia WHERE actor = $3",
}
STATE = "SELECT " + ", ".join(f"coalesce(({sql}), 0)::float8 AS {name}" for name, sql in PARTS.items())
WISH = {
    "condicion_pago": "CREDITO",
    "fecha_entrega_requerida": "2030-01-07",
    "hora_entrega_requerida": "10:00",
}
ORDERED = {
    "pedidos": 1, "lineas": 2, "estados": 1, "versiones": 1, "en_carrito": -2, "carrito": 1,
    "existencias": -3, "credito": -16, "eventos": 4,
}  # fmt: skip
CONFIRMED = {"estados": 1, "versiones": 1, "eventos": 3}
CANCELLED = {
    "estados": 1,
    "versiones": 1,
    "cancelados": 1,
    "existencias": 3,
    "credito": 16,
    "eventos": 3,
}
DELIVERED = {"estados": 1, "versiones": 1, "facturas": 1, "adeudado": 16, "eventos": 6}
ACCEPTED = {"en_carrito": 2, "carrito": 1, "aceptadas": 1, "eventos": 3}


@dataclass(frozen=True)
class Ask:
    """One request of the flow under test."""

    method: str
    path: str
    body: str
    headers: dict[str, str] = field(default_factory=dict)


class Flow:
    """One thing that somebody does to an order, whatever number of times, and what of it can be seen."""

    success = 200
    whole: dict[str, int]

    def __init__(self, site: Site, *, keyed: bool) -> None:
        self.site, self.keyed = site, keyed
        self.client = site.cast.new_cliente()
        self.seller = site.cast.vendedora
        site.cast.assign(self.client, self.seller)
        answer = site.cast.admin.put(
            f"/api/clientes/{self.client.cliente_id}", json={"limite_credito": 1_000_000}
        )
        assert answer.status_code == 200, answer.text
        self.counted = site.cast.new_producto(precio="2.00", existencias="100000")["id"]
        self.uncounted = site.cast.new_producto(precio="10.00")["id"]

    @property
    def who(self) -> Persona:
        """Whoever does it."""
        return self.client

    def prepare(self) -> Ask:
        """Bring everything to where the request can succeed, and make it."""
        raise NotImplementedError

    def ask(self, method: str, path: str, body: Any) -> Ask:
        """A request of this flow's person, with a key of its own or none."""
        headers = {"Authorization": f"Bearer {self.who.token}", "Content-Type": "application/json"}
        if self.keyed:
            headers["Idempotency-Key"] = uuid.uuid4().hex
        return Ask(method, path, json.dumps(body), headers)

    def fill(self, who: Persona, path: str) -> None:
        """Put both products into a cart."""
        for product, amount in ((self.counted, 3), (self.uncounted, 1)):
            answer = who.post(path, json={"producto_id": product, "cantidad": amount})
            assert answer.status_code == 201, answer.text

    def state(self) -> dict[str, float]:
        """All that the request may change."""
        row = self.site.db.fetchrow(STATE, self.client.cliente_id, self.counted, self.who.usuario_id)
        return dict(row)

    def last_order(self) -> str:
        """The latest order."""
        sql = "SELECT id::text FROM pedidos WHERE cliente_id = $1::uuid ORDER BY numero DESC LIMIT 1"
        found: str = self.site.db.fetchval(sql, self.client.cliente_id)
        return found

    def again(self, status: int, body: Any, *, done: bool) -> None:  # noqa: ARG002 - for those who care
        """Judge the answer to the same request once more; `done`: the broken one had gone through all the same."""
        assert status == self.success, body
        assert body["id"] == self.last_order()


class OwnOrder(Flow):
    """A customer orders what is in his cart."""

    success, whole = 201, ORDERED
    cart, order = "/orders/cart/me", "/orders/from-cart/me"

    def prepare(self) -> Ask:
        # What a broken one left in the cart would be ordered with this.
        assert self.who.delete(self.cart).status_code == 200
        self.fill(self.who, self.cart)
        return self.ask("POST", self.order, WISH)

    def again(self, status: int, body: Any, *, done: bool) -> None:
        if done and not self.keyed:
            assert (status, body["code"]) == (400, "carrito_vacio")
            assert body["ultimo_pedido_id"] == self.last_order()
        else:
            super().again(status, body, done=done)


class KeptOrder(OwnOrder):
    """A seller orders what is in the cart that he keeps for a customer."""

    def __init__(self, site: Site, *, keyed: bool) -> None:
        super().__init__(site, keyed=keyed)
        self.cart = f"/orders/cart/client/{self.client.cliente_id}"
        self.order = f"/orders/from-cart/client/{self.client.cliente_id}"

    @property
    def who(self) -> Persona:
        return self.seller


class Step(Flow):
    """A seller takes an order one state on."""

    whole, estado = CONFIRMED, "CONFIRMADO"

    @property
    def who(self) -> Persona:
        return self.seller

    def prepare(self) -> Ask:
        self.fill(self.client, OwnOrder.cart)
        made = self.client.post(OwnOrder.order, json=WISH)
        assert made.status_code == 201, made.text
        return self.ask("PATCH", f"/orders/{made.json()['id']}/estado", {"estado": self.estado})


class Cancelling(Step):
    """A seller cancels an order, and its stock returns."""

    whole, estado = CANCELLED, "CANCELADO"


class Delivering(Step):
    """A seller hands an order on credit over: it is invoiced, and what was reserved of the credit is owed."""

    whole, estado = DELIVERED, "ENTREGADO"

    def prepare(self) -> Ask:
        asked = super().prepare()
        for estado in ("CONFIRMADO", "EN_PREPARACION", "EN_RUTA"):
            answer = self.who.patch(asked.path, json={"estado": estado})
            assert answer.status_code == 200, answer.text
        return asked


class Accepting(Flow):
    """A customer takes what his seller proposes over into his own cart."""

    whole = ACCEPTED

    def prepare(self) -> Ask:
        assert self.client.delete(OwnOrder.cart).status_code == 200
        his = f"/orders/cart/client/{self.client.cliente_id}"
        self.fill(self.seller, his)
        proposed = self.seller.post(f"/api/v1/carritos/{self.seller.get(his).json()['id']}/proponer")
        assert proposed.status_code == 201, proposed.text
        return self.ask("POST", f"/api/v1/propuestas/{proposed.json()['id']}/aceptar", {})

    def again(self, status: int, body: Any, *, done: bool) -> None:
        if done and not self.keyed:
            assert (status, body["code"]) == (409, "propuesta_respondida")
        else:
            assert status == self.success, body


FLOWS = [OwnOrder, KeptOrder, Step, Cancelling, Delivering, Accepting]


def send(site: Site, asked: Ask) -> tuple[int, Any]:
    """Send a request that nothing breaks, until it is answered: a cut connection's locks may last for a moment."""
    deadline = time.monotonic() + 10
    while True:
        answer = site.cast.anon.request(asked.method, asked.path, content=asked.body, headers=asked.headers)
        waits = answer.status_code == 503 or answer.json().get("code") == "peticion_en_curso"
        if not waits:
            return answer.status_code, answer.json()
        assert time.monotonic() < deadline, answer.text
        time.sleep(0.05)


def added(before: dict[str, float], change: dict[str, int]) -> dict[str, float]:
    """A state and what was changed in it."""
    return {name: value + change.get(name, 0) for name, value in before.items()}


def through_every_point(flow: Flow, broken: Callable[[Ask, int], tuple[bool, int]]) -> int:
    """Break the request at one point after the other until there is none left; how many there were.

    `broken` sends it and tells whether the break was reached, and the status (0: no answer).
    """
    change = flow.whole | ({"claves": 1} if flow.keyed else {})
    point = 0
    while True:
        point += 1
        asked = flow.prepare()
        before = flow.state()
        reached, status = broken(asked, point)
        after = flow.state()
        where = f"{type(flow).__name__} at {point}"
        if not reached:
            assert (status, after) == (flow.success, added(before, change)), where
            return point - 1
        assert status in {0, 503}, where
        assert after in (before, added(before, change)), f"half a state: {where}"
        flow.again(*send(flow.site, asked), done=after != before)
        # Whoever asks once more with a key has his row now, and nothing else happened twice.
        assert flow.state() == added(before, change), where
