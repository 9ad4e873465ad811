"""Random days of a shop: a customer, two sellers and an administrator, and what they may do to carts and orders.

The routes of carts, orders, proposals and drafts of both contracts. A model says what each request must be answered;
after each, what is stored is what the model holds: one cart for each key and only its own actor's units in it (T-CA-1,
-2), each order the content of one cart, once (T-CA-5, -7), at the catalogue's prices (T-CA-10), and no unit of the
stock twice or lost (T-CA-11).
"""

import json
import uuid
from collections import Counter
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from hypothesis.stateful import run_state_machine_as_test as run_machine

from tests.cast import Cast, Persona
from tests.pedidos.conftest import OWN, kept
from tests.tools.burst import Answer
from tests.tools.database import Database
from tests.tools.wire import Wire

CLIENT, ADMIN = 0, 3
ACTORS = st.sampled_from([CLIENT, CLIENT, 1, 2, ADMIN])
PRODUCTS = st.integers(0, 2)
AMOUNTS = st.integers(1, 9)
STEPS = ["PENDIENTE", "CONFIRMADO", "EN_PREPARACION", "EN_RUTA", "ENTREGADO"]
STOCK = 40
STATE = """
SELECT (SELECT json_agg(json_build_array(k.vendedor_id, k.version, (
                   SELECT coalesce(json_object_agg(l.producto_id, trim_scale(l.cantidad)), '{}')
                     FROM carrito_lineas l WHERE l.carrito_id = k.id)))
          FROM carritos k WHERE k.cliente_id = $1::uuid AND k.deleted_at IS NULL) AS carritos,
       (SELECT json_agg(json_build_array(p.id, p.creado_por, p.estado, p.total, (
                   SELECT json_object_agg(l.producto_id, trim_scale(l.cantidad))
                     FROM pedido_lineas l WHERE l.pedido_id = p.id)) ORDER BY p.numero)
          FROM pedidos p WHERE p.cliente_id = $1::uuid) AS pedidos,
       (SELECT campos::json FROM borradores
         WHERE cliente_id = $1::uuid AND tipo = 'soporte' AND campos IS NOT NULL) AS borrador,
       (SELECT count(*) FROM tickets WHERE cliente_id = $1::uuid) AS tickets,
       (SELECT existencias::int FROM productos WHERE id = $2::uuid) AS existencias"""


class Order:
    """An order as the model knows it."""

    def __init__(self, number: str, actor: int, lines: dict[str, int], total: float) -> None:
        self.number, self.actor, self.lines, self.total = number, actor, lines, total
        self.state = "PENDIENTE"


class Proposal:
    """What a member of staff proposed, as the model knows it."""

    def __init__(self, number: str, actor: int, lines: dict[str, int], version: int) -> None:
        self.number, self.actor, self.lines, self.version = number, actor, lines, version
        self.state = "PENDIENTE"


class Shop(RuleBasedStateMachine):
    """The model, and the real shop beside it."""

    cast: Cast
    database: Database
    wires: dict[str, Wire]

    @initialize()
    def open(self) -> None:
        self.client = self.cast.new_cliente()
        self.people: list[Persona] = [
            self.client,
            self.cast.vendedora,
            self.cast.otro_vendedor,
            self.cast.admin,
        ]
        made = [self.cast.new_producto(precio="3.00", existencias=STOCK) for _ in range(1)]
        made += [self.cast.new_producto(precio=f"{2 + n}.00") for n in range(2)]
        self.products = [product["id"] for product in made]
        self.prices = {product["id"]: Decimal(product["precio"]) for product in made}
        self.carts: list[dict[str, int]] = [{}, {}, {}, {}]
        self.versions = [0, 0, 0, 0]
        self.proposals: list[Proposal] = []
        self.stock = STOCK
        self.orders: list[Order] = []
        self.repeatable: list[tuple[int, dict[str, str], bytes]] = []
        self.draft: str | None = None
        self.tickets = 0

    # --- asking -------------------------------------------------------------------------------------------

    def ask(
        self, actor: int, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> Answer:
        who = self.people[actor]
        wire = self.wires.setdefault(who.usuario_id, Wire(who.server_url, who.token))
        answer = wire.request(method, path, json=body, headers=list((headers or {}).items()))
        assert answer.status < 500, answer.body
        return answer

    def cart_path(self, actor: int) -> str:
        return OWN if actor == CLIENT else kept(self.client)

    def order_path(self, actor: int) -> str:
        return (
            "/orders/from-cart/me"
            if actor == CLIENT
            else f"/orders/from-cart/client/{self.client.cliente_id}"
        )

    def changed(self, actor: int, answer: Answer, status: int, lines: dict[str, int]) -> None:
        """A write that went through: the cart is one version on and holds this."""
        assert answer.status == status, answer.body
        self.carts[actor] = lines
        self.versions[actor] += 1
        cart = answer.json()
        shown = {line.get("itemId") or line["producto_id"]: line["cantidad"] for line in cart["items"]}
        assert (cart["version"], shown) == (self.versions[actor], lines)

    def refused(self, answer: Answer, status: int, code: str) -> dict[str, Any]:
        body: dict[str, Any] = answer.json()
        assert (answer.status, body.get("code")) == (status, code), body
        return body

    def match(self, actor: int) -> dict[str, str]:
        """Ask for the present version; without it a panel's write would be taken for an echo of an order."""
        return {"If-Match": f'"{self.versions[actor]}"'}

    # --- carts --------------------------------------------------------------------------------------------

    @rule(actor=ACTORS)
    def look(self, actor: int) -> None:
        cart = self.ask(actor, "GET", self.cart_path(actor)).json()
        assert {line["producto_id"]: line["cantidad"] for line in cart["items"]} == self.carts[actor]
        assert cart["version"] == self.versions[actor]
        if actor == CLIENT:
            panel = self.ask(CLIENT, "GET", f"{self.client.panel}/carrito")
            assert (panel.status == 200) == (self.versions[CLIENT] > 0)
            if panel.status == 200:
                assert {line["itemId"]: line["cantidad"] for line in panel.json()["items"]} == self.carts[
                    CLIENT
                ]

    @rule(actor=ACTORS, product=PRODUCTS, amount=AMOUNTS)
    def add(self, actor: int, product: int, amount: int) -> None:
        chosen = self.products[product]
        answer = self.ask(actor, "POST", self.cart_path(actor), {"producto_id": chosen, "cantidad": amount})
        self.changed(actor, answer, 201, dict(Counter(self.carts[actor]) + Counter({chosen: amount})))

    @rule(actor=ACTORS, product=PRODUCTS, amount=AMOUNTS)
    def set_quantity(self, actor: int, product: int, amount: int) -> None:
        chosen = self.products[product]
        path = f"{self.cart_path(actor)}/item/{chosen}"
        answer = self.ask(actor, "PATCH", path, {"cantidad": amount})
        if chosen in self.carts[actor]:
            self.changed(actor, answer, 200, {**self.carts[actor], chosen: amount})
        else:
            self.refused(answer, 404, "linea_no_encontrada")

    @rule(actor=ACTORS, product=PRODUCTS)
    def remove(self, actor: int, product: int) -> None:
        chosen = self.products[product]
        answer = self.ask(actor, "DELETE", f"{self.cart_path(actor)}/item/{chosen}")
        if chosen in self.carts[actor]:
            left = {each: n for each, n in self.carts[actor].items() if each != chosen}
            self.changed(actor, answer, 200, left)
        else:
            self.refused(answer, 404, "linea_no_encontrada")

    @rule(actor=ACTORS)
    def clear(self, actor: int) -> None:
        answer = self.ask(actor, "DELETE", self.cart_path(actor))
        if self.carts[actor]:
            self.changed(actor, answer, 200, {})
        else:
            assert (answer.status, answer.json()["version"]) == (200, self.versions[actor])

    @rule(amounts=st.dictionaries(PRODUCTS, AMOUNTS, max_size=3))
    def put_whole(self, amounts: dict[int, int]) -> None:
        lines = {self.products[product]: amount for product, amount in amounts.items()}
        items = [{"itemId": product, "cantidad": n, "item": {"precio": 0.01}} for product, n in lines.items()]
        path = f"{self.client.panel}/carrito"
        answer = self.ask(CLIENT, "PUT", path, {"items": items}, self.match(CLIENT))
        self.changed(CLIENT, answer, 200, lines)

    @rule(amounts=st.dictionaries(PRODUCTS, AMOUNTS, max_size=3), late=st.booleans())
    def autosave(self, amounts: dict[int, int], late: bool) -> None:
        lines = {self.products[product]: amount for product, amount in amounts.items()}
        cart = {
            "items": [{"itemId": product, "cantidad": n} for product, n in lines.items()],
            "version": self.versions[CLIENT] + (1 if late else 0),
        }
        saved = self.ask(CLIENT, "POST", f"{self.client.panel}/auto-guardar", {"carrito": cart}).json()
        assert saved["carrito_actualizado"] is not late
        if not late:
            self.carts[CLIENT] = lines
            self.versions[CLIENT] += 1
        assert (saved["versiones"]["carrito"] or 0) == self.versions[CLIENT]

    @rule(actor=ACTORS, product=PRODUCTS, back=st.integers(1, 3))
    def write_what_is_stale(self, actor: int, product: int, back: int) -> None:
        if back > self.versions[actor]:
            return
        stale = {"If-Match": f'"{self.versions[actor] - back}"'}
        body = {"producto_id": self.products[product], "cantidad": 1}
        path = self.cart_path(actor)
        for answer in (
            self.ask(actor, "POST", path, body, stale),
            self.ask(actor, "DELETE", path, None, stale),
        ):
            current = self.refused(answer, 412, "carrito_desactualizado")["carrito"]
            assert current["version"] == self.versions[actor]

    # --- orders -------------------------------------------------------------------------------------------

    @rule(actor=ACTORS, keyed=st.booleans())
    def order(self, actor: int, keyed: bool) -> None:
        self.place(actor, keyed=keyed)

    @precondition(lambda self: any(self.carts))
    @rule(data=st.data(), cents=st.integers(0, 9999))
    def order_what_has_another_price_now(self, data: st.DataObject, cents: int) -> None:
        actor = data.draw(st.sampled_from([number for number in range(4) if self.carts[number]]))
        self.set_price(next(iter(self.carts[actor])), cents)
        self.place(actor, keyed=False)

    def place(self, actor: int, *, keyed: bool) -> None:
        headers = {"Idempotency-Key": uuid.uuid4().hex} if keyed else {}
        answer = self.ask(actor, "POST", self.order_path(actor), {"aceptar_cambios": True}, headers)
        lines = self.carts[actor]
        if not lines:
            last = [order.number for order in self.orders if order.actor == actor]
            said = self.refused(answer, 400, "carrito_vacio")
            assert said["ultimo_pedido_id"] == (last[-1] if last else None)
        elif lines.get(self.products[0], 0) > self.stock:
            self.refused(answer, 409, "pedido_con_cambios")
        else:
            assert answer.status == 201, answer.body
            made = answer.json()
            total = float(sum(n * self.prices[product] for product, n in lines.items()))
            assert {line["producto_id"]: line["cantidad"] for line in made["items"]} == lines
            assert made["total"] == total
            self.orders.append(Order(made["id"], actor, lines, total))
            self.stock -= lines.get(self.products[0], 0)
            self.carts[actor] = {}
            self.versions[actor] += 1
            if keyed:
                self.repeatable.append((actor, headers, answer.body))

    @precondition(lambda self: self.repeatable)
    @rule(data=st.data())
    def send_again(self, data: st.DataObject) -> None:
        actor, headers, body = data.draw(st.sampled_from(self.repeatable))
        answer = self.ask(actor, "POST", self.order_path(actor), {"aceptar_cambios": True}, headers)
        assert (answer.status, answer.body) == (201, body)
        other = self.ask(actor, "POST", self.order_path(actor), {"condicion_pago": "CREDITO"}, headers)
        self.refused(other, 422, "clave_idempotencia_reusada")

    @precondition(lambda self: self.orders)
    @rule(data=st.data(), wanted=st.sampled_from([*STEPS, "CANCELADO", "siguiente", "siguiente"]))
    def change_state(self, data: st.DataObject, wanted: str) -> None:
        order = data.draw(st.sampled_from(self.orders))
        ended = order.state in {"ENTREGADO", "CANCELADO"}
        if wanted == "siguiente":
            wanted = order.state if ended else STEPS[STEPS.index(order.state) + 1]
        path = f"/orders/{order.number}/estado"
        answer = self.ask(ADMIN, "PATCH", path, {"estado": wanted})
        onward = not ended and (wanted == "CANCELADO" or STEPS.index(wanted) == STEPS.index(order.state) + 1)
        if wanted == order.state or onward:
            assert (answer.status, answer.json()["estado"]) == (200, wanted), answer.body
            self.move(order, wanted)
        else:
            self.refused(answer, 409, "transicion_invalida")

    @precondition(lambda self: self.orders)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        order = data.draw(st.sampled_from(self.orders))
        answer = self.ask(CLIENT, "POST", f"/orders/{order.number}/cancelar")
        if order.state == "PENDIENTE":
            assert answer.status == 200, answer.body
            self.move(order, "CANCELADO")
        else:
            self.refused(answer, 409, "transicion_invalida")

    def move(self, order: Order, state: str) -> None:
        if state == "CANCELADO" != order.state:
            self.stock += order.lines.get(self.products[0], 0)
        order.state = state

    @precondition(lambda self: self.orders)
    @rule(data=st.data(), actor=ACTORS)
    def repeat(self, data: st.DataObject, actor: int) -> None:
        order = data.draw(st.sampled_from(self.orders))
        answer = self.ask(actor, "POST", f"/orders/{order.number}/repetir")
        self.changed(actor, answer, 200, dict(Counter(self.carts[actor]) + Counter(order.lines)))

    def set_price(self, product: str, cents: int) -> None:
        amount = f"{cents // 100}.{cents % 100:02}"
        assert self.ask(ADMIN, "PATCH", f"/api/v1/productos/{product}", {"precio": amount}).status == 200
        self.prices[product] = Decimal(amount)

    # --- proposals ----------------------------------------------------------------------------------------

    @rule(actor=st.sampled_from([1, 2, ADMIN]))
    def propose(self, actor: int) -> None:
        cart = self.ask(actor, "GET", self.cart_path(actor)).json()["id"]
        answer = self.ask(actor, "POST", f"/api/v1/carritos/{cart}/proponer")
        waiting = [each for each in self.proposals if (each.actor, each.state) == (actor, "PENDIENTE")]
        if not self.carts[actor]:
            self.refused(answer, 400, "carrito_vacio")
        elif waiting and waiting[0].version == self.versions[actor]:
            self.refused(answer, 409, "propuesta_abierta")
        else:
            assert answer.status == 201, answer.body
            for each in waiting:
                each.state = "REEMPLAZADA"
            number, lines = answer.json()["id"], dict(self.carts[actor])
            self.proposals.append(Proposal(number, actor, lines, self.versions[actor]))

    @precondition(lambda self: self.proposals)
    @rule(data=st.data(), answer=st.sampled_from(["aceptar", "aceptar", "rechazar"]))
    def answer_a_proposal(self, data: st.DataObject, answer: str) -> None:
        proposal = data.draw(st.sampled_from(self.proposals))
        said = self.ask(CLIENT, "POST", f"/api/v1/propuestas/{proposal.number}/{answer}")
        if proposal.state != "PENDIENTE":
            self.refused(said, 409, "propuesta_respondida")
            return
        proposal.state = "ACEPTADA" if answer == "aceptar" else "RECHAZADA"
        assert (said.status, said.json()["estado"]) == (200, proposal.state), said.body
        if answer == "aceptar":
            self.carts[CLIENT] = dict(Counter(self.carts[CLIENT]) + Counter(proposal.lines))
            self.versions[CLIENT] += 1

    # --- drafts -------------------------------------------------------------------------------------------

    @rule(text=st.sampled_from(["Falta una caja", "Llegó tarde", "Otra cosa"]))
    def write_draft(self, text: str) -> None:
        path = f"{self.client.panel}/borradores/soporte"
        text = f"{text} {uuid.uuid4().hex}"
        assert self.ask(CLIENT, "PUT", path, {"mensaje": text}).status == 200
        self.draft = text

    @rule()
    def delete_draft(self) -> None:
        assert self.ask(CLIENT, "DELETE", f"{self.client.panel}/borradores/soporte").status == 200
        self.draft = None

    @precondition(lambda self: self.draft)
    @rule()
    def send_draft(self) -> None:
        answer = self.ask(CLIENT, "POST", "/soporte", {"asunto": "Pedido", "mensaje": self.draft})
        assert answer.status == 201, answer.body
        self.draft = None
        self.tickets += 1

    # --- what is stored -----------------------------------------------------------------------------------

    @invariant()
    def everything_is_as_it_should_be(self) -> None:
        if not hasattr(self, "client"):
            return
        row = self.database.fetchrow(STATE, self.client.cliente_id, self.products[0])
        keys = [None, *(who.usuario_id for who in self.people[1:])]
        carts = json.loads(row["carritos"] or "[]")
        assert len({cart[0] for cart in carts}) == len(carts), "one live cart for each key"
        found = {keys.index(key): (version, lines) for key, version, lines in carts}
        for actor in range(4):
            assert found.get(actor, (0, {})) == (self.versions[actor], self.carts[actor]), f"cart of {actor}"
        orders = [[o.number, self.people[o.actor].usuario_id, o.state, o.total, o.lines] for o in self.orders]
        assert json.loads(row["pedidos"] or "[]") == orders
        draft = json.loads(row["borrador"])["mensaje"] if row["borrador"] else None
        assert (row["existencias"], draft, row["tickets"]) == (self.stock, self.draft, self.tickets)


def run(cast: Cast, database: Database, examples: int) -> None:
    """So many days of thirty requests; only the night has the time to look for the shortest that fails."""
    Shop.cast, Shop.database, Shop.wires = cast, database, {}
    limits = settings(
        max_examples=examples,
        stateful_step_count=30,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
        derandomize=examples < 100,
        phases=tuple(Phase) if examples > 100 else (Phase.generate,),
    )
    try:
        run_machine(Shop, settings=limits)
    finally:
        for wire in Shop.wires.values():
            wire.close()
