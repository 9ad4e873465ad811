"""Revocation holds on every process within a second of the answer (T-AU-7; CONTRACT §2, §12)."""

import hashlib
import time
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from clientela.clientes import service as clientes
from tests.cast import PASSWORD, Cast, Persona
from tests.identidad.services import call
from tests.identidad.test_forged import claims_of
from tests.identidad.test_login import V1, body
from tests.tools.burst import Request, burst
from tests.tools.database import Database
from tests.tools.planted import program
from tests.tools.server import Server

YO = "/api/v1/auth/yo"
DEVICES = 10
LAG = 1.0
# Each connection reaches one of two workers by chance: eight miss one of them once in 128 times.
TRIES = 8

Revoke = Callable[[Cast, Database, Persona, list[str]], None]


def ok(answer: Any, status: int = 200) -> None:
    assert answer.status_code == status, answer.text


def each_logs_out(cast: Cast, _: Database, __: Persona, tokens: list[str]) -> None:
    for token in tokens:
        with Persona(cast.base_url, token) as device:
            ok(device.post("/api/v1/auth/logout"))


def each_is_ended_from_another(cast: Cast, _: Database, person: Persona, tokens: list[str]) -> None:
    with login(cast.base_url, person) as other:
        for token in tokens:
            ok(other.delete(f"/api/v1/auth/sesiones/{claims_of(token)['jti']}"))


def all_are_ended_at_once(cast: Cast, _: Database, __: Persona, tokens: list[str]) -> None:
    with Persona(cast.base_url, tokens[0]) as device:
        ok(device.delete("/api/v1/auth/sesiones"))


def the_password_is_changed(cast: Cast, _: Database, __: Persona, tokens: list[str]) -> None:
    with Persona(cast.base_url, tokens[0]) as device:
        ok(device.post("/api/v1/auth/contrasenia", json={"actual": PASSWORD, "nueva": "otra distinta 77"}))


def the_password_is_reset(cast: Cast, db: Database, person: Persona, _: list[str]) -> None:
    token = uuid.uuid4().hex
    db.execute(
        """INSERT INTO restablecimientos (id, usuario_id, hash, creado_en, expira_en)
        VALUES ($1::uuid, $2::uuid, $3, now(), now() + interval '30 minutes')""",
        str(uuid.uuid4()),
        person.usuario_id,
        hashlib.sha256(token.encode()).hexdigest(),
    )
    sent = {"token": token, "nuevaContrasenia": "otra distinta 77"}
    ok(cast.anon.post("/api/cliente/reset-password", json=sent))


def an_admin_disables_him(cast: Cast, _: Database, person: Persona, __: list[str]) -> None:
    ok(cast.admin.patch(f"/api/v1/usuarios/{person.usuario_id}", json={"activo": False}))


def an_admin_sets_his_password(cast: Cast, _: Database, person: Persona, __: list[str]) -> None:
    ok(cast.admin.patch(f"/api/v1/usuarios/{person.usuario_id}", json={"contrasenia": "dictada al oído"}))


def his_client_is_deactivated(_: Cast, db: Database, person: Persona, __: list[str]) -> None:
    call(db, lambda pool: clientes.set_active(pool, None, uuid.UUID(person.cliente_id), activo=False))


def his_role_changes(cast: Cast, _: Database, person: Persona, __: list[str]) -> None:
    ok(cast.admin.patch(f"/api/v1/usuarios/{person.usuario_id}", json={"rol": "tecnico"}))


WAYS: tuple[Revoke, ...] = (
    each_logs_out,
    each_is_ended_from_another,
    all_are_ended_at_once,
    the_password_is_changed,
    the_password_is_reset,
    an_admin_disables_him,
    an_admin_sets_his_password,
    his_client_is_deactivated,
    his_role_changes,
)


def login(base_url: str, person: Persona) -> Persona:
    """Another device of somebody."""
    with Persona(base_url) as anon:
        answer = anon.post(V1, json=body(V1, person.correo, PASSWORD))
    ok(answer)
    return Persona(base_url, answer.json()["token"])


def statuses(url: str, tokens: list[str]) -> dict[int, int]:
    """Ask with every token on connections enough to reach every worker; count the answers by status."""
    found: dict[int, int] = {}
    for start in range(0, len(tokens), 10):
        asked = [
            Request("GET", YO, token=token) for token in tokens[start : start + 10] for _ in range(TRIES)
        ]
        for answer in burst(url, asked):
            found[answer.status] = found.get(answer.status, 0) + 1
    return found


def trial(cast: Cast, db: Database, way: Revoke, people: int) -> dict[int, int]:
    """Warm every worker's memory with the tokens of so many people, revoke, wait the lag, and ask again."""
    staff = way is his_role_changes
    made = [cast.new_usuario("soporte") if staff else cast.new_cliente() for _ in range(people)]
    tokens = [[login(cast.base_url, person).token or "" for _ in range(DEVICES)] for person in made]
    every = [token for group in tokens for token in group]
    assert statuses(cast.base_url, every) == {200: len(every) * TRIES}
    for person, group in zip(made, tokens, strict=True):
        way(cast, db, person, group)
    time.sleep(LAG)
    return statuses(cast.base_url, every)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_no_worker_accepts_it_after_a_second(cast: Cast, db: Database, way: Revoke) -> None:
    assert trial(cast, db, way, 6) == {401: 6 * DEVICES * TRIES}


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_no_worker_accepts_it_after_a_second_long(cast: Cast, db: Database, way: Revoke) -> None:
    assert trial(cast, db, way, 56) == {401: 56 * DEVICES * TRIES}


def test_control_a_server_that_never_forgets_is_caught(
    cast: Cast, db: Database, start_server: Callable[..., Server]
) -> None:
    planted = start_server(db.dsn, workers=1, program=program("tests.identidad.plants:remembering_for_ever"))
    person = cast.new_cliente()
    token = login(cast.base_url, person).token or ""
    assert statuses(planted.url, [token]) == {200: TRIES}
    each_logs_out(cast, db, person, [token])
    time.sleep(LAG)
    assert statuses(planted.url, [token]) == {200: TRIES}


def test_a_wall_rises_on_every_worker_within_a_second(cast: Cast) -> None:
    person = cast.new_cliente()
    asked = [Request("GET", "/api/v1/auth/sesiones", token=person.token)] * TRIES
    assert {answer.status for answer in burst(cast.base_url, asked)} == {200}
    change = {"debe_cambiar_contrasenia": True}
    ok(cast.admin.patch(f"/api/v1/usuarios/{person.usuario_id}", json=change))
    time.sleep(LAG)
    assert {answer.status for answer in burst(cast.base_url, asked)} == {403}


def test_other_sessions_and_other_people_stay(cast: Cast) -> None:
    person, bystander = cast.new_cliente(), cast.new_cliente()
    device = login(cast.base_url, person)
    ok(device.post("/api/v1/auth/logout"))
    time.sleep(LAG)
    assert statuses(cast.base_url, [person.token or "", bystander.token or ""]) == {200: 2 * TRIES}


def test_a_reactivated_user_needs_a_new_login(cast: Cast) -> None:
    person = cast.new_cliente()
    for active in (False, True):
        ok(cast.admin.patch(f"/api/v1/usuarios/{person.usuario_id}", json={"activo": active}))
    time.sleep(LAG)
    assert statuses(cast.base_url, [person.token or ""]) == {401: TRIES}
    assert statuses(cast.base_url, [login(cast.base_url, person).token or ""]) == {200: TRIES}


def test_a_client_made_active_again_may_log_in(cast: Cast, db: Database, fresh_ip: str) -> None:
    person = cast.new_cliente()
    his_client_is_deactivated(cast, db, person, [])
    with Persona(cast.base_url, source_ip=fresh_ip) as anon:
        ok(anon.post(V1, json=body(V1, person.correo, PASSWORD)), 401)
    call(db, lambda pool: clientes.set_active(pool, None, uuid.UUID(person.cliente_id), activo=True))
    assert statuses(cast.base_url, [login(cast.base_url, person).token or ""]) == {200: TRIES}


def test_revocation_is_announced_with_an_id_only(cast: Cast, db: Database) -> None:
    person = cast.new_cliente()
    ok(person.post("/api/v1/auth/logout"))
    row = db.fetchrow(
        "SELECT tipo, datos::text FROM eventos WHERE flujo = 'sesiones' AND datos->>'usuario_id' = $1",
        person.usuario_id,
    )
    assert row["tipo"] == "sesion.terminada"
    assert row["datos"] == f'{{"usuario_id": "{person.usuario_id}"}}'
