"""Many who claim one record at once, and staff who give it a login meanwhile: one login, and one owner."""

import itertools
from collections.abc import Callable
from typing import Any

import pytest

from tests.cast import Cast, Persona
from tests.clientes.conftest import new_email, new_phone, new_record
from tests.identidad.claims import Make, code_for, guess, login_of
from tests.identidad.test_login import V1, body
from tests.identidad.test_registro import form
from tests.tools.burst import Request, burst
from tests.tools.database import Database
from tests.tools.planted import program
from tests.tools.server import Server

__all__ = ["new_record"]


def check_one_winner(
    cast: Cast, running: Server, database: Database, new_ip: Callable[[], str], rounds: int
) -> None:
    """Twenty with the right code and a password each: one gets in, and his password is the one that counts."""
    for _ in range(rounds):
        made = cast.admin.post(
            "/api/clientes", json={"nombre": "Tienda", "telefono": new_phone(), "email": new_email()}
        )
        record = made.json()["data"]["cliente"]
        mine = form(celular=record["telefono"], correo=record["email"])
        with Persona(running.url, source_ip=new_ip()) as owner:
            code = code_for(owner, mine, running, record["email"])
        passwords = [f"clave-propia-{n}" for n in range(20)]
        answers = burst(
            running.url, [guess(mine | {"contrasenia": password}, code, new_ip()) for password in passwords]
        )
        statuses = [answer.status for answer in answers]
        assert statuses.count(201) == 1, sorted(statuses)
        assert set(statuses) <= {201, 400, 409, 503}, sorted(statuses)
        user = login_of(database, record)
        count = "SELECT count(*) FROM {} WHERE usuario_id = $1"
        assert database.fetchval(count.format("sesiones"), user["id"]) == 1
        assert database.fetchval(count.format("verificaciones"), user["id"]) == 0
        assert database.fetchval(count.format("identificadores"), user["id"]) == 2
        assert database.fetchval("SELECT count(*) FROM clientes WHERE email = $1", record["email"]) == 1
        [winner] = itertools.compress(passwords, [status == 201 for status in statuses])
        with Persona(running.url, source_ip=new_ip()) as owner:
            answer = owner.post(V1, json=body(V1, record["telefono"], winner))
            assert (answer.status_code, answer.json()["cliente_id"]) == (200, record["uuid"])


@pytest.mark.parametrize(
    "rounds", [10, pytest.param(300, marks=[pytest.mark.long, pytest.mark.timeout(3600)])]
)
def test_of_twenty_with_the_right_code_one_gets_the_record(
    cast: Cast, serving: Server, db: Database, new_ip: Callable[[], str], rounds: int
) -> None:
    check_one_winner(cast, serving, db, new_ip, rounds)


def test_control_looking_before_writing_gives_it_to_several(
    new_database: Callable[[], Database], start_server: Callable[..., Server], new_ip: Callable[[], str]
) -> None:
    database = new_database()
    planted = start_server(
        database.dsn, workers=1, program=program("tests.identidad.plants:any_number_of_owners")
    )
    with pytest.raises(AssertionError, match="201, 201"):
        check_one_winner(Cast(planted.url, database, planted.data_dir), planted, database, new_ip, 5)


def test_staff_who_give_a_login_and_an_owner_who_claims_it_make_one(
    server: str,
    cast: Cast,
    new_record: Make,
    new_ip: Callable[[], str],
    serving: Server,
    db: Database,
) -> None:
    """Whoever is first: one login, its password the owner's own or the phone, and the other one hears of it."""
    for _ in range(8):
        record = new_record(telefono=new_phone(), email=new_email())
        mine: dict[str, Any] = form(celular=record["telefono"], correo=record["email"])
        with Persona(server, source_ip=new_ip()) as owner:
            code = code_for(owner, mine, serving, record["email"])
        link = Request(
            "PUT", f"/api/clientes/{record['id']}", json={"crear_usuario": True}, token=cast.admin.token
        )
        claimed, linked = burst(server, [guess(mine, code, new_ip()), link])
        assert claimed.status in {201, 400, 409}, claimed.body
        assert linked.status in {200, 409, 422}, linked.body
        user = login_of(db, record)
        names = db.fetchval("SELECT count(*) FROM identificadores WHERE usuario_id = $1", user["id"])
        assert names == 2
        password = mine["contrasenia"] if claimed.status == 201 else record["telefono"]
        with Persona(server, source_ip=new_ip()) as owner:
            assert owner.post(V1, json=body(V1, record["telefono"], password)).status_code == 200
