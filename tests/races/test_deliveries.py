"""Deliveries at once: one invoice for each order, numbers without gaps, and credit that is neither doubled nor lost."""

import asyncio
from collections import Counter
from typing import Any

import pytest

from clientela.core.db import Db
from clientela.flows import deliver_order
from clientela.pedidos import service as pedidos
from tests.cast import Cast
from tests.cobranza.deliveries import on_its_way, ordered
from tests.pedidos.conftest import OWN
from tests.tools.burst import Request
from tests.tools.burst import burst as fire
from tests.tools.planted import program
from tests.tools.sweep import sweep

MADE = """
SELECT (SELECT count(*) FROM facturas WHERE pedido_id = $1::uuid),
       (SELECT count(*) FROM cuentas_por_cobrar c JOIN facturas f ON f.cuenta_id = c.id WHERE f.pedido_id = $1::uuid),
       (SELECT count(*) FROM pedido_estados WHERE pedido_id = $1::uuid AND estado = 'ENTREGADO')"""


def delivering(person, order, version=None):
    path = f"/orders/{order['id']}/estado"
    headers = {} if version is None else {"If-Match": f'"{version}"'}
    return Request("PATCH", path, json={"estado": "ENTREGADO"}, token=person.token, headers=headers)


@pytest.mark.parametrize("orders", [15, pytest.param(2_000, marks=pytest.mark.long)])
@pytest.mark.timeout(3600)
def test_twenty_deliveries_make_one_invoice(burst, cast, new_cliente, new_producto, db, orders):
    customer, product = new_cliente(), new_producto()["id"]
    for _ in range(orders):
        order = on_its_way(cast.admin, ordered(customer, {product: 1}))
        answers = burst([delivering(cast.admin, order)] * 20, settle=0.01)
        assert {answer.status for answer in answers} == {200}
        assert tuple(db.fetchrow(MADE, order["id"])) == (1, 1, 1)


@pytest.mark.parametrize("rounds", [6, pytest.param(500, marks=pytest.mark.long)])
@pytest.mark.timeout(3600)
def test_numbers_have_no_gap(new_database, start_server, rounds):
    """Twelve orders of several customers at once, some of them asked for with a version that is gone."""
    database = new_database()
    server = start_server(database.dsn, workers=2)
    people = Cast(server.url, database, server.data_dir)
    customers = [people.new_cliente() for _ in range(4)]
    product = people.new_producto()["id"]
    made = 0
    for _ in range(rounds):
        orders = [on_its_way(people.admin, ordered(each, {product: 1})) for each in customers * 3]
        requests = [
            delivering(people.admin, order, 9 if n % 4 == 0 else None) for n, order in enumerate(orders)
        ]
        answers = fire(server.url, requests, settle=0.01)
        outcomes = Counter(answer.status for answer in answers)
        assert outcomes == {200: 9, 412: 3}
        made += 9
    numbers = [row["numero"] for row in database.fetch("SELECT numero FROM facturas ORDER BY numero")]
    assert numbers == list(range(1, made + 1))
    assert sweep(database) == []


def test_of_delivering_and_cancelling_one_happens(burst, cast, new_cliente, new_producto, db):
    customer, product = new_cliente(), new_producto(existencias="50")["id"]
    for _ in range(15):
        order = on_its_way(cast.admin, ordered(customer, {product: 1}))
        cancel = Request(
            "PATCH", f"/orders/{order['id']}/estado", json={"estado": "CANCELADO"}, token=cast.admin.token
        )
        answers = burst([delivering(cast.admin, order), cancel], settle=0.01)
        assert sorted(answer.status for answer in answers) == [200, 409]
        invoices = db.fetchval("SELECT count(*) FROM facturas WHERE pedido_id = $1::uuid", order["id"])
        assert invoices == (answers[0].status == 200)


def race_for_credit(shop, rounds):
    """Deliver an order of 40 while its customer orders 61 with a limit of 100; how those orders were answered."""
    server, people = shop
    answered: Counter[int] = Counter()
    for _ in range(rounds):
        customer = people.new_cliente()
        people.admin.put(f"/api/clientes/{customer.cliente_id}", json={"limite_credito": 100})
        order = on_its_way(people.admin, ordered(customer, {people.new_producto(precio="40.00")["id"]: 1}))
        much = people.new_producto(precio="61.00")["id"]
        assert customer.post(OWN, json={"producto_id": much, "cantidad": 1}).status_code == 201
        more = Request(
            "POST", "/orders/from-cart/me", json={"condicion_pago": "CREDITO"}, token=customer.token
        )
        answers = fire(server.url, [delivering(people.admin, order), *[more] * 6], settle=0.01)
        assert answers[0].status == 200
        answered += Counter(answer.status for answer in answers[1:])
    return answered


@pytest.fixture
def strict(start_server, new_database):
    """A server that refuses orders beyond the credit, on a database of its own, with or without a defect."""

    def start(plant: str | None = None, sql: str | None = None) -> tuple[Any, Cast]:
        database = new_database()
        if sql is not None:
            database.execute(sql)
        options = {} if plant is None else {"program": program(plant)}
        server = start_server(database.dsn, workers=1 if plant else 2, politica_credito="bloquear", **options)
        return server, Cast(server.url, database, server.data_dir)

    return start


@pytest.mark.parametrize("rounds", [12, pytest.param(1_000, marks=pytest.mark.long)])
@pytest.mark.timeout(3600)
def test_credit_does_not_vanish_while_an_order_is_delivered(strict, rounds):
    assert race_for_credit(strict(), rounds) == {409: 6 * rounds}


def test_control_delivered_first_and_invoiced_afterwards_credit_vanishes(strict):
    wall = "ALTER TABLE pedidos DISABLE TRIGGER pedidos_facturados"
    assert race_for_credit(strict("tests.races.test_deliveries:invoiced_later", wall), 3)[201] > 0


def invoiced_later() -> None:
    """Plant: the order is delivered in one transaction, and its invoice made in another a little later."""
    whole = deliver_order.change_state

    async def in_two(db: Db, *args: Any, **options: Any) -> Any:
        made = await pedidos.change_state(db, *args, **options)
        await asyncio.sleep(0.3)
        return await whole(db, *args) if made.estado == "ENTREGADO" else made

    planted: Any = deliver_order
    planted.change_state = in_two


@pytest.mark.parametrize("rounds", [8, pytest.param(500, marks=pytest.mark.long)])
@pytest.mark.timeout(3600)
def test_credit_is_not_counted_twice(strict, rounds):
    """What fits exactly is always accepted, whether the delivery comes before it or after it."""
    server, people = strict()
    for _ in range(rounds):
        customer = people.new_cliente()
        people.admin.put(f"/api/clientes/{customer.cliente_id}", json={"limite_credito": 100})
        order = on_its_way(people.admin, ordered(customer, {people.new_producto(precio="40.00")["id"]: 1}))
        rest = people.new_producto(precio="60.00")["id"]
        assert customer.post(OWN, json={"producto_id": rest, "cantidad": 1}).status_code == 201
        more = Request(
            "POST", "/orders/from-cart/me", json={"condicion_pago": "CREDITO"}, token=customer.token
        )
        answers = fire(server.url, [delivering(people.admin, order), more], settle=0.01)
        assert [answer.status for answer in answers] == [200, 201]
        assert "advertencias" not in answers[1].json()
