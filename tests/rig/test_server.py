"""The rig's servers and people are what the fixtures promise."""

import os
import signal

import httpx
import pytest

from tests.cast import Persona
from tests.tools import processes
from tests.tools.burst import Request
from tests.tools.wait import wait_for


def test_server_runs_two_workers_and_is_ready(server: str, serving) -> None:
    assert httpx.get(f"{server}/readyz").status_code == 200
    assert len(serving.worker_pids()) >= 2
    assert all(map(processes.alive, serving.worker_pids()))


def test_cast_is_who_it_says(cast) -> None:
    roles = {name: person.rol for name, person in cast.everybody().items()}
    assert roles == {
        "cliente": "cliente", "otra_cliente": "cliente", "vendedora": "vendedor", "otro_vendedor": "vendedor",
        "tecnica": "tecnico", "otro_tecnico": "tecnico", "soporte": "soporte", "admin": "admin", "anon": "anon",
    }  # fmt: skip
    assert cast.cliente.cliente_id != cast.otra_cliente.cliente_id


def test_new_people_and_products_are_new(new_cliente, new_usuario, new_producto) -> None:
    one, two = new_cliente(), new_cliente()
    assert one.cliente_id != two.cliente_id
    assert one.get(f"{one.panel}/preferencias").status_code == 200
    assert one.get(f"{two.panel}/preferencias").status_code == 403
    assert new_usuario("soporte").rol == "soporte"
    assert new_producto(precio="3.20")["precio"] == "3.20"


def test_another_device_is_another_session(new_cliente) -> None:
    one = new_cliente()
    other = one.again()
    assert other.token != one.token
    assert other.cliente_id == one.cliente_id


def test_fresh_addresses_have_throttles_of_their_own(client_from, new_ip, new_cliente) -> None:
    """Failures from one address do not lock another, which is what `fresh_ip` is for."""
    person = new_cliente()
    wrong = {"identificador": person.correo, "contrasenia": "equivocada-del-todo"}
    noisy = client_from(new_ip())
    statuses = [noisy.post("/api/v1/auth/login", json=wrong).status_code for _ in range(6)]
    assert statuses == [401] * 5 + [429]
    assert person.again(source_ip=new_ip()).token


def test_burst_reaches_the_server(burst, new_cliente) -> None:
    person = new_cliente()
    answers = burst([Request("GET", f"{person.panel}/borradores", token=person.token)] * 10)
    assert [answer.status for answer in answers] == [200] * 10


def test_server_of_ones_own_can_be_killed_and_started_again(start_server, new_database) -> None:
    database = new_database()
    own = start_server(database.dsn)
    pids = processes.tree(own.pid)
    own.kill()
    wait_for(lambda: not any(map(processes.alive, pids)), "the death of all")
    own.start()
    assert httpx.get(f"{own.url}/healthz").status_code == 200
    victim = own.kill_worker()
    assert not processes.alive(victim)
    wait_for(own.ready, "the service without that worker")
    assert own.stop() in {0, -signal.SIGTERM, 128 + signal.SIGTERM}


def test_server_that_dies_says_why(start_server, new_database) -> None:
    with pytest.raises(AssertionError, match="SECRETO"):
        start_server(new_database().dsn, secreto="corto")


def test_settings_of_the_machine_do_not_leak_in(start_server, new_database, monkeypatch) -> None:
    monkeypatch.setitem(os.environ, "CLIENTELA_TOKEN_DIAS", "0")
    own = start_server(new_database().dsn, workers=1)
    assert isinstance(Persona(own.url), httpx.Client)
    assert own.ready()
