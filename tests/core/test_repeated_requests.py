"""One key, one piece of work: whatever is cut, killed or sent twenty times at once (T-CA-6, over HTTP)."""

import os
import random
import signal
import uuid
from contextlib import suppress

import pytest

from tests.cast import PASSWORD, login
from tests.tools.burst import Request
from tests.tools.keys import CUTS, send_and_cut, send_many, send_until_answered
from tests.tools.planted import program
from tests.tools.server import run_cli


def _admin(server, database):
    """A token of a new administrator."""
    correo = f"admin-{uuid.uuid4().hex}@example.com"
    made = run_cli(
        "crear-admin", "--correo", correo, "--contrasenia", PASSWORD,
        data_dir=server.data_dir, database_url=database.dsn,
    )  # fmt: skip
    assert made.returncode == 0, made.stdout + made.stderr
    return login(server.url, correo).token


def _request(token, key, codigo):
    """Make a product: a second one of the same code would be a conflict, never a twin."""
    return Request(
        "POST",
        "/api/v1/productos",
        json={"codigo": codigo, "nombre": "Agua", "precio": "3.20", "unidad": "botella"},
        token=token,
        headers={"Idempotency-Key": key},
    )


def _is_wrong(server, database, request, codigo):
    """Send a request twenty times at once and five times more; tell whether any answer betrays a second try."""
    answers = send_many(server.url, request)
    made = database.fetchval("SELECT count(*) FROM productos WHERE codigo = $1", codigo)
    return {answer.status for answer in answers} != {201} or len({a.body for a in answers}) != 1 or made != 1


def _wrong_keys(server, database, keys, *, kills):
    """Use so many keys under trouble; return how many of them did not mean one piece of work, one answer."""
    token = _admin(server, database)
    chance = random.Random(7)
    wrong = 0
    for number in range(keys):
        codigo = f"P-{uuid.uuid4().hex[:20]}"
        request = _request(token, uuid.uuid4().hex, codigo)
        with suppress(OSError):
            send_and_cut(server.url, request, number % CUTS)
        if kills and chance.random() < 0.2:
            os.kill(chance.choice(server.worker_pids()), signal.SIGKILL)
        wrong += _is_wrong(server, database, request, codigo)
    return wrong


def test_one_key_is_one_piece_of_work_and_one_answer(new_database, start_server):
    database = new_database()
    assert _wrong_keys(start_server(database.dsn), database, 18, kills=True) == 0


@pytest.mark.long
def test_five_thousand_keys(new_database, start_server):
    database = new_database()
    assert _wrong_keys(start_server(database.dsn), database, 5000, kills=True) == 0


def test_a_key_that_holds_nothing_is_noticed(new_database, start_server):
    database = new_database()
    planted = start_server(database.dsn, workers=1, program=program("tests.core.plants:look_without_holding"))
    assert _wrong_keys(planted, database, 4, kills=False) > 0


def test_an_answer_outlives_the_whole_server(new_database, start_server):
    database = new_database()
    first = start_server(database.dsn)
    request = _request(_admin(first, database), uuid.uuid4().hex, "P-1")
    before = send_until_answered(first.url, request)
    first.kill()
    after = send_until_answered(start_server(database.dsn, workers=1).url, request)
    assert (before.status, before.body) == (after.status, after.body) == (201, before.body)
    assert after.headers["idempotency-replayed"] == "true"


def test_a_key_is_its_actors_own(server, new_cliente):
    key = {"Idempotency-Key": uuid.uuid4().hex}
    body = {"asunto": "Prueba", "mensaje": "Hola"}
    one, other = (
        new_cliente().post("/soporte", json=body, headers=key),
        new_cliente().post("/soporte", json=body, headers=key),
    )
    assert one.status_code == other.status_code == 201
    assert one.json()["id"] != other.json()["id"]


def test_a_refused_request_may_be_sent_again_under_its_key(new_cliente):
    cliente, key = new_cliente(), {"Idempotency-Key": uuid.uuid4().hex}
    assert cliente.post("/soporte", json={"asunto": ""}, headers=key).status_code == 422
    assert (
        cliente.post("/soporte", json={"asunto": "Prueba", "mensaje": "Hola"}, headers=key).status_code == 201
    )
    refused = cliente.post("/soporte", json={"asunto": "Otra", "mensaje": "Hola"}, headers=key)
    assert (refused.status_code, refused.json()["code"]) == (422, "clave_idempotencia_reusada")


@pytest.mark.parametrize("key", ["", "a b", "x" * 256])
def test_a_malformed_key_is_400(new_cliente, key):
    answer = new_cliente().post(
        "/soporte", json={"asunto": "Prueba", "mensaje": "Hola"}, headers={"Idempotency-Key": key}
    )
    assert (answer.status_code, answer.json()["code"]) == (400, "cabecera_invalida")
