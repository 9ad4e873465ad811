"""One key, one order, one answer: whatever is cut, killed or sent twenty times at once (T-CA-6 over orders)."""

import json
import os
import random
import signal
import uuid
from contextlib import suppress

import pytest

from tests.cast import Cast
from tests.pedidos.conftest import OWN, kept
from tests.tools.burst import Request, burst
from tests.tools.keys import (
    CUTS,
    kept_answer,
    must_wait,
    send_and_cut,
    send_many,
    send_until_answered,
    stands,
)
from tests.tools.planted import program

ORDER = "/orders/from-cart/me"
MADE = (
    "SELECT count(*) FROM pedidos p JOIN pedido_lineas l ON l.pedido_id = p.id WHERE l.producto_id = $1::uuid"
)


class Shop:
    """A server that may be mistreated, and people who order from it by both kinds of cart."""

    def __init__(self, server, database):
        self.server, self.database = server, database
        self.cast = Cast(server.url, database, server.data_dir)
        self.client = self.cast.new_cliente()
        self.chance = random.Random(6)
        self.forth = f"/orders/from-cart/client/{self.client.cliente_id}"

    def order(self, number):
        """A request for what was just put into a cart, whose product it names; now by the one, now by the other."""
        product = self.cast.new_producto()["id"]
        who, cart, path = (
            (self.client, OWN, ORDER) if number % 2 else (self.cast.admin, kept(self.client), self.forth)
        )
        filling = Request("POST", cart, json={"producto_id": product, "cantidad": 1}, token=who.token)
        assert send_until_answered(self.server.url, filling).status == 201
        headers = {"Idempotency-Key": uuid.uuid4().hex}
        return Request(
            "POST", path, json={"condicion_pago": "CONTADO"}, token=who.token, headers=headers
        ), product

    def kill_sometimes(self):
        if self.chance.random() < 0.2:
            os.kill(self.chance.choice(self.server.worker_pids()), signal.SIGKILL)

    def is_wrong(self, request, product):
        """Send it many times; tell whether any answer, or what is stored, betrays a second try or a lost one."""
        answers = send_many(self.server.url, request)
        who = self.client if request.path == ORDER else self.cast.admin
        key = request.headers["Idempotency-Key"]
        stored = kept_answer(self.database, who.usuario_id, "POST", request.path, key)
        return (
            stored is None
            or {answer.status for answer in answers} != {201}
            or {answer.body for answer in answers} != {stored}
            or json.loads(stored)["items"][0]["producto_id"] != product
            or self.database.fetchval(MADE, product) != 1
        )

    def wrong_keys(self, keys, *, kills):
        """How many of so many keys did not mean one order and one answer."""
        wrong = 0
        for number in range(keys):
            request, product = self.order(number)
            with suppress(OSError):
                send_and_cut(self.server.url, request, number // 2 % CUTS)
            if kills:
                self.kill_sometimes()
            wrong += self.is_wrong(request, product)
        return wrong


@pytest.fixture
def shop(new_database, start_server):
    database = new_database()
    return Shop(start_server(database.dsn), database)


@pytest.mark.parametrize(("keys", "kills"), [(60, True), pytest.param(5_000, True, marks=pytest.mark.long)])
@pytest.mark.timeout(7200)
def test_one_key_is_one_order_and_one_answer(shop, keys, kills):
    assert shop.wrong_keys(keys, kills=kills) == 0


def test_control_a_key_kept_outside_the_transaction_is_noticed(new_database, start_server):
    database = new_database()
    plant = program("tests.faults.plants:keeps_keys_afterwards")
    shop = Shop(start_server(database.dsn, workers=1, program=plant), database)
    assert shop.wrong_keys(8, kills=False) > 0


def test_the_answer_outlives_the_whole_server(shop, start_server):
    request, product = shop.order(1)
    before = send_until_answered(shop.server.url, request)
    shop.server.kill()
    other = start_server(shop.database.dsn, workers=1)
    after = send_until_answered(other.url, request)
    assert (before.status, before.body) == (after.status, after.body) == (201, before.body)
    assert after.headers["idempotency-replayed"] == "true"
    assert shop.database.fetchval(MADE, product) == 1


def add(who, path, product):
    assert who.post(path, json={"producto_id": product, "cantidad": 1}).status_code == 201


def test_a_key_is_bound_to_its_body_its_actor_and_its_path(cast, new_cliente, new_producto):
    key = {"Idempotency-Key": uuid.uuid4().hex}
    client, other = new_cliente(), new_cliente()
    product = new_producto()["id"]
    theirs = f"/orders/from-cart/client/{client.cliente_id}"
    for who, path in ((client, OWN), (other, OWN), (cast.admin, kept(client))):
        add(who, path, product)
    made = [
        who.post(path, json={"condicion_pago": "CONTADO"}, headers=key)
        for who, path in ((client, ORDER), (other, ORDER), (cast.admin, theirs))
    ]
    assert [answer.status_code for answer in made] == [201] * 3
    assert len({answer.json()["id"] for answer in made}) == 3
    add(client, OWN, product)
    for body in ({"condicion_pago": "CREDITO"}, {}, {"condicion_pago": "CONTADO", "aceptar_cambios": True}):
        refused = client.post(ORDER, json=body, headers=key)
        assert (refused.status_code, refused.json()["code"]) == (422, "clave_idempotencia_reusada")
    again = client.post(ORDER, json={"condicion_pago": "CONTADO"}, headers=key)
    assert (again.content, again.headers["idempotency-replayed"]) == (made[0].content, "true")
    assert len(client.get(OWN).json()["items"]) == 1, "what came into the cart afterwards stays there"


def test_a_refused_order_may_be_sent_again_under_its_key(new_cliente, new_producto):
    client, key = new_cliente(), {"Idempotency-Key": uuid.uuid4().hex}
    refused = client.post(ORDER, json={}, headers=key)
    assert (refused.status_code, refused.json()["code"]) == (400, "carrito_vacio")
    add(client, OWN, new_producto()["id"])
    assert client.post(ORDER, json={}, headers=key).status_code == 201


def test_the_twin_of_an_order_in_flight_is_told_to_wait(server, db, new_cliente, new_producto):
    """The cart's header is held, so the first waits in the middle of its work; its twins must not."""
    client = new_cliente()
    add(client, OWN, new_producto()["id"])
    request = Request(
        "POST", ORDER, json={}, token=client.token, headers={"Idempotency-Key": uuid.uuid4().hex}
    )
    db.execute("BEGIN")
    try:
        db.execute("SELECT 1 FROM carritos WHERE usuario_id = $1::uuid FOR UPDATE", client.usuario_id)
        answers = burst(server, [request] * 8)
    finally:
        db.execute("ROLLBACK")
    assert sum(must_wait(answer) for answer in answers) == 7
    (first,) = [answer for answer in answers if not must_wait(answer)]
    assert first.status == 503, "nobody waits for a lock longer than two seconds"
    assert not stands(first)
    assert send_until_answered(server, request).status == 201
