"""A mail server in trouble holds nobody up, and its mails arrive once when it is well again (T-SM-1, over HTTP)."""

import email
import email.policy
import re
import statistics
import time

import httpx
import pytest

from tests.core.smtp import hanging_server, smtp_server
from tests.tools.ports import free_port
from tests.tools.wait import wait_for

NUMBER = 6


def _forgot(url, correo):
    began = time.monotonic()
    answer = httpx.post(f"{url}/api/cliente/forgot-password", json={"correo": correo}, timeout=10)
    assert answer.status_code == 200, answer.text
    return time.monotonic() - began


def _register(url, number):
    correo = f"cliente{number}@example.com"
    answer = httpx.post(
        f"{url}/api/registrar-cliente",
        json={
            "nombre": "Clara",
            "celular": f"7600000{number}",
            "correo": correo,
            "contrasenia": "clientela-pruebas",
        },
        timeout=10,
    )
    assert answer.status_code == 201, answer.text
    return correo


def _links(inbox):
    found = []
    for envelope in inbox.envelopes:
        text = email.message_from_bytes(envelope.original_content, policy=email.policy.default).get_content()
        found += re.findall(r"\?token=([\w-]+)", text)
    return found


def _sent(database):
    return database.fetchval("SELECT count(*) FROM correos WHERE estado = 'enviado'")


@pytest.mark.serial
def test_forgetting_a_password_takes_no_longer_when_the_mail_server_hangs(new_database, start_server):
    database = new_database()
    with hanging_server() as port:
        server = start_server(database.dsn, workers=1, smtp_url=f"smtp://127.0.0.1:{port}")
        people = [_register(server.url, number) for number in range(NUMBER)]
        times = [_forgot(server.url, correo) for correo in people]
        wait_for(
            lambda: database.fetchval("SELECT count(*) FROM correos WHERE intentos > 0") >= 4,
            "the mails are being tried",
        )
        while_hanging = [_forgot(server.url, f"nadie{number}@example.com") for number in range(NUMBER)]
        began = time.monotonic()
        assert httpx.get(f"{server.url}/readyz", timeout=5).status_code == 200
        assert time.monotonic() - began < 1
    assert statistics.median(times) < 0.25
    assert statistics.median(while_hanging) < 0.25


def test_after_the_trouble_each_token_arrives_once(new_database, start_server):
    database = new_database()
    port = free_port()
    server = start_server(database.dsn, smtp_url=f"smtp://127.0.0.1:{port}")
    for number in range(NUMBER):
        _forgot(server.url, _register(server.url, number))
    wait_for(
        lambda: database.fetchval("SELECT count(*) FROM correos WHERE intentos > 0") == NUMBER,
        "every mail was tried and refused",
    )
    with smtp_server(port) as (inbox, _):
        inbox.answers = ["451 4.3.0 later"] * (NUMBER // 2)
        inbox.delay = 0.3
        for done in (NUMBER - NUMBER // 2, NUMBER):
            database.execute("UPDATE correos SET proximo_en = now() WHERE estado = 'pendiente'")
            wait_for(
                lambda enough=done: _sent(database) >= enough,  # type: ignore[misc]
                "the mails have left",
                seconds=30,
            )
        tokens = _links(inbox)
    assert len(tokens) == len(set(tokens)) == NUMBER
    reset = httpx.post(
        f"{server.url}/api/cliente/reset-password",
        json={"token": tokens[0], "nuevaContrasenia": "una-clave-muy-nueva-7"},
        timeout=10,
    )
    assert reset.status_code == 200, reset.text
