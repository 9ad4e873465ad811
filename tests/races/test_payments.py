"""Payments at once: every cent counted, exactly as many as the debt can take, and the control that loses some."""

import random
import uuid
from collections import Counter
from decimal import Decimal

import pytest

from tests.cast import Cast
from tests.cobranza.books import CUENTAS, PAGOS, balance, owe
from tests.cobranza.plants import NO_WALLS
from tests.tools.burst import Request
from tests.tools.burst import burst as fire
from tests.tools.planted import program
from tests.tools.sweep import sweep

ROUNDS = [20, pytest.param(2_000, marks=pytest.mark.long)]


def payment(person, cliente, monto, cuenta=None, key=None):
    body = {"cliente_id": cliente.cliente_id, "monto": monto, "medio": "efectivo"}
    if cuenta is not None:
        body["cuenta_id"] = cuenta["id"]
    headers = {} if key is None else {"Idempotency-Key": key}
    return Request("POST", PAGOS, json=body, token=person.token, headers=headers)


def outcomes(answers):
    """How often each answer was given, by status and code."""
    return Counter((a.status, a.json().get("code")) for a in answers)


@pytest.mark.parametrize("rounds", ROUNDS)
@pytest.mark.timeout(3600)
def test_of_forty_payments_as_many_succeed_as_the_debt_can_take(burst, cast, new_cliente, db, rounds):
    cliente = new_cliente()
    for _ in range(rounds):
        debt = owe(cast.admin, cliente, "250.00")
        answers = burst([payment(cast.admin, cliente, "10.00", debt) for _ in range(40)], settle=0.01)
        assert outcomes(answers) == {(201, None): 25, (409, "pago_excede_saldo"): 15}
        assert balance(cliente, debt) == 0
        kept = db.fetchval("SELECT sum(monto) FROM pago_aplicaciones WHERE cuenta_id = $1::uuid", debt["id"])
        assert kept == Decimal("250.00")


@pytest.mark.parametrize("rounds", ROUNDS)
@pytest.mark.timeout(3600)
def test_payments_spread_over_several_debts_take_each_cent_once(burst, cast, new_cliente, rounds):
    """Payments with a debt named and without cross one another; what was accepted is what is no longer owed."""
    chance = random.Random(7)
    for _ in range(rounds):
        cliente = new_cliente()
        debts = [owe(cast.admin, cliente, f"{chance.randint(100, 3000) / 100:.2f}") for _ in range(4)]
        owed = sum(Decimal(debt["monto"]) for debt in debts)
        amounts = [Decimal(chance.randint(1, 900)) / 100 for _ in range(30)]
        requests = [
            payment(cast.admin, cliente, str(amount), chance.choice([None, None, *debts]))
            for amount in amounts
        ]
        answers = burst(requests, settle=0.01)
        assert {status for status, _ in outcomes(answers)} <= {201, 409}
        paid = sum(amount for amount, answer in zip(amounts, answers, strict=True) if answer.status == 201)
        left = [balance(cliente, debt) for debt in debts]
        assert sum(left) == owed - paid
        assert all(amount >= 0 for amount in left)


def test_annulments_and_payments_cross_without_losing_any(burst, cast, new_cliente):
    cliente = new_cliente()
    debt = owe(cast.admin, cliente, "10.00")
    for _ in range(10):
        paid = burst([payment(cast.admin, cliente, "1.00", debt) for _ in range(10)])
        made = [answer.json()["id"] for answer in paid]
        annul = [
            Request("POST", f"{PAGOS}/{each}/anular", json={"motivo": "Prueba"}, token=cast.admin.token)
            for each in made
        ]
        more = [payment(cast.admin, cliente, "1.00", debt) for _ in range(10)]
        answers = burst([request for pair in zip(annul, more, strict=True) for request in pair])
        assert {answer.status for answer in answers[::2]} == {200}
        taken = sum(answer.status == 201 for answer in answers[1::2])
        assert {answer.status for answer in answers[1::2]} <= {201, 409}
        assert balance(cliente, debt) == 10 - taken
        for answer in answers[1::2]:
            if answer.status == 201:
                path = f"{PAGOS}/{answer.json()['id']}/anular"
                assert cast.admin.post(path, json={"motivo": "Prueba"}).status_code == 200
        assert balance(cliente, debt) == 10


def test_of_fifty_annulments_one_happens(burst, cast, new_cliente):
    cliente = new_cliente()
    debt = owe(cast.admin, cliente, "5.00")
    path = f"{CUENTAS}/{debt['id']}/anular"
    request = Request("POST", path, json={"motivo": "Repetida"}, token=cast.admin.token)
    assert outcomes(burst([request] * 50)) == {(200, None): 1, (409, "cuenta_anulada"): 49}


def test_a_debt_is_paid_or_annulled_never_both(burst, cast, new_cliente):
    cliente = new_cliente()
    for _ in range(20):
        debt = owe(cast.admin, cliente, "5.00")
        path = f"{CUENTAS}/{debt['id']}/anular"
        annul = Request("POST", path, json={"motivo": "Prueba"}, token=cast.admin.token)
        paid, annulled = burst([payment(cast.admin, cliente, "5.00", debt), annul])
        assert (paid.status, annulled.status) in {(201, 409), (409, 200)}


@pytest.mark.parametrize("rounds", ROUNDS)
@pytest.mark.timeout(3600)
def test_twenty_requests_of_one_key_are_one_payment(burst, cast, new_cliente, rounds):
    """T-CA-6: the twins of a request in flight wait their turn outside, those after it get its very answer."""
    cliente = new_cliente()
    for _ in range(rounds):
        debt, key = owe(cast.admin, cliente, "10.00"), uuid.uuid4().hex
        request = payment(cast.admin, cliente, "1.00", debt, key)
        answers = burst([request] * 20, settle=0.01)
        answers += [answer for _ in range(5) for answer in burst([request], settle=0)]
        made = {answer.body for answer in answers if answer.status == 201}
        assert len(made) == 1
        refused = outcomes(answer for answer in answers if answer.status != 201)
        assert refused.keys() <= {(409, "peticion_en_curso")}
        assert [answer.status for answer in answers[20:]] == [201] * 5
        assert balance(cliente, debt) == Decimal("9.00")


@pytest.fixture
def planted(start_server, new_database):
    """A server with one defect, on a database of its own, and its people."""

    def start(plant, sql=None):
        database = new_database()
        if sql is not None:
            database.execute(sql)
        server = start_server(database.dsn, workers=1, program=program(f"tests.cobranza.plants:{plant}"))
        return database, server, Cast(server.url, database, server.data_dir)

    return start


def forty(server, people):
    """Forty payments to a debt that can take twenty-five, several times over; how they were answered."""
    cliente, answered = people.new_cliente(), Counter[tuple[int, str | None]]()
    for _ in range(5):
        debt = owe(people.admin, cliente, "250.00")
        requests = [payment(people.admin, cliente, "10.00", debt) for _ in range(40)]
        answered += outcomes(fire(server.url, requests))
    return answered


def test_control_without_the_lock_the_walls_still_hold_but_answers_are_wrong(planted):
    """Whoever was told of room that somebody else took runs into the database: no cent is lost, and no 409 said."""
    database, server, people = planted("without_lock")
    answered = forty(server, people)
    assert answered[201, None] == 125
    assert answered[409, "pago_excede_saldo"] < 75
    assert sweep(database) == []


def test_control_without_lock_and_walls_payments_are_lost(planted):
    database, server, people = planted("read_modify_write", NO_WALLS)
    assert forty(server, people)[201, None] > 125, "more was taken than was owed"
    assert {violation.rule for violation in sweep(database)} == {"saldo_discordante"}
