"""The second factor of staff: turned on and off, asked for at login, each code good for one use (CONTRACT §2, §12)."""

import threading
import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from tests.cast import PASSWORD, Cast, Persona
from tests.identidad.authenticator import TOTP, Authenticator, enrol, forget_uses, log_in
from tests.identidad.test_login import PANEL, V1, body
from tests.tools.burst import Request, burst
from tests.tools.database import Database
from tests.tools.planted import program
from tests.tools.server import Server

USUARIOS = "/api/v1/usuarios"


@pytest.fixture
def someone(new_usuario: Callable[..., Persona]) -> Persona:
    """A member of staff without a second factor."""
    return new_usuario("soporte")


@pytest.fixture
def door(client_from: Callable[..., Persona], fresh_ip: str) -> Persona:
    """An anonymous client with an address of its own."""
    return client_from(fresh_ip)


# --- turning it on ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sent", [None, {}])
def test_the_secret_is_shown_as_text_and_as_an_address(
    someone: Persona, cast: Cast, sent: dict[str, Any] | None
) -> None:
    answer = someone.post(TOTP, json=sent) if sent is not None else someone.post(TOTP)
    assert answer.status_code == 201
    said = answer.json()
    assert set(said) == {"secreto", "uri"}
    assert len(said["secreto"]) == 32
    parts = urlsplit(said["uri"])
    organisation = cast.admin.get("/api/v1/organizacion").json()["nombre"]
    assert (parts.scheme, parts.netloc) == ("otpauth", "totp")
    assert unquote(parts.path) == f"/{organisation}:{someone.correo}"
    assert parse_qs(parts.query) == {"secret": [said["secreto"]], "issuer": [organisation]}


def test_asking_again_replaces_what_was_not_confirmed(someone: Persona) -> None:
    first = Authenticator(someone.post(TOTP).json()["secreto"])
    second = Authenticator(someone.post(TOTP).json()["secreto"])
    refused = someone.post(TOTP, json={"codigo": first.code()})
    assert (refused.status_code, refused.json()["code"]) == (422, "codigo_incorrecto")
    assert someone.post(TOTP, json={"codigo": second.code()}).status_code == 200


def test_what_waits_for_its_first_code_asks_nobody_for_one(someone: Persona, cast: Cast) -> None:
    assert someone.post(TOTP).status_code == 201
    assert log_in(cast.anon, someone).status_code == 200
    assert cast.admin.get(f"{USUARIOS}/{someone.usuario_id}").json()["totp"] is False


def test_a_wrong_code_confirms_nothing(someone: Persona, cast: Cast) -> None:
    found = Authenticator(someone.post(TOTP).json()["secreto"])
    for code in (found.wrong(), found.code(-3), found.code(3)):
        answer = someone.post(TOTP, json={"codigo": code})
        assert (answer.status_code, answer.json()["code"]) == (422, "codigo_incorrecto")
        assert set(answer.json()["errors"]) == {"codigo"}
    assert log_in(cast.anon, someone).status_code == 200


def test_each_step_has_its_time(someone: Persona) -> None:
    early = someone.post(TOTP, json={"codigo": "123456"})
    assert (early.status_code, early.json()["code"]) == (409, "totp_sin_pendiente")
    found = enrol(someone)
    for sent in ({}, {"codigo": found.code(1)}):
        late = someone.post(TOTP, json=sent)
        assert (late.status_code, late.json()["code"]) == (409, "totp_activo")


@pytest.mark.parametrize(
    "code", ["", "12345", "1234567", "abcdef", "12 3456", "١٢٣٤٥٦", "123456\n", None, 123456]
)
def test_what_cannot_be_a_code_is_named(someone: Persona, cast: Cast, code: Any) -> None:
    for answer in (
        someone.post(TOTP, json={"codigo": code}),
        someone.request("DELETE", TOTP, json={"codigo": code}),
    ):
        assert answer.status_code == 422
        assert "codigo" in answer.json()["errors"]
    if code is not None:
        refused = log_in(cast.anon, someone, codigo_totp=code)
        assert refused.status_code == 422
        assert set(refused.json()["errors"]) == {"codigo_totp"}


def test_turning_it_on_ends_the_other_sessions(someone: Persona) -> None:
    others = [someone.again() for _ in range(2)]
    enrol(someone)
    assert someone.get("/api/v1/auth/yo").status_code == 200
    assert someone.get("/api/v1/auth/sesiones").json()["total"] == 1
    assert [other.get("/api/v1/auth/sesiones").status_code for other in others] == [401, 401]


def test_customers_have_none(new_cliente: Callable[..., Persona]) -> None:
    customer = new_cliente()
    assert customer.post(TOTP).status_code == 403
    assert customer.request("DELETE", TOTP, json={"contrasenia": PASSWORD}).status_code == 403
    # What they send along is not looked at.
    assert log_in(customer, customer, "123456").status_code == 200


def test_a_personal_token_touches_nothing(cast: Cast, server: str) -> None:
    sent = {"nombre": "prueba", "habilidades": ["*"]}
    with Persona(server, cast.admin.post("/api/v1/tokens", json=sent).json()["token"]) as token:
        for answer in (
            token.post(TOTP),
            token.post(TOTP, json={"codigo": "123456"}),
            token.request("DELETE", TOTP, json={"contrasenia": PASSWORD}),
        ):
            assert (answer.status_code, answer.json()["code"]) == (403, "requiere_sesion")


# --- logging in ---------------------------------------------------------------------------------------------


def test_a_login_needs_password_and_code(someone: Persona, door: Persona) -> None:
    found = enrol(someone)
    missing = log_in(door, someone)
    assert (missing.status_code, missing.json()["code"]) == (401, "totp_requerido")
    assert missing.headers["WWW-Authenticate"] == "Bearer"
    wrong = log_in(door, someone, found.wrong())
    assert (wrong.status_code, wrong.json()["code"]) == (401, "totp_invalido")
    code = found.code()
    right = log_in(door, someone, f"{code[:3]} {code[3:]}")
    assert right.status_code == 200
    assert right.json()["usuario_id"] == someone.usuario_id


def test_only_who_has_the_password_hears_of_it(someone: Persona, door: Persona, cast: Cast) -> None:
    found = enrol(someone)
    for sent in (
        {"contrasenia": "equivocada-9"},
        {"contrasenia": "equivocada-9", "codigo_totp": found.code()},
        {"identificador": f"nadie-{uuid.uuid4().hex}@example.com", "codigo_totp": found.code()},
    ):
        answer = log_in(door, someone, **sent)
        assert (answer.status_code, answer.json()["code"]) == (401, "credenciales_invalidas")
    staff = door.post(PANEL, json=body(PANEL, someone.correo, PASSWORD))
    assert (staff.status_code, staff.json()["code"]) == (401, "credenciales_invalidas")
    # The code that came with a wrong password was not used up.
    assert log_in(cast.anon, someone, found.code()).status_code == 200


def test_a_code_is_used_once_and_takes_the_older_ones_along(
    someone: Persona, door: Persona, db: Database
) -> None:
    found = enrol(someone)
    forget_uses(db, someone)
    assert log_in(door, someone, found.code()).status_code == 200
    for code in (found.code(), found.code(-1)):
        again = log_in(door, someone, code)
        assert (again.status_code, again.json()["code"]) == (401, "totp_invalido")
    assert log_in(door, someone, found.code(1)).status_code == 200


def test_the_code_that_turned_it_on_opens_nothing(someone: Persona, door: Persona) -> None:
    found = Authenticator(someone.post(TOTP).json()["secreto"])
    code = found.code()
    assert someone.post(TOTP, json={"codigo": code}).status_code == 200
    assert log_in(door, someone, code).json()["code"] == "totp_invalido"


@pytest.mark.parametrize(("steps", "status"), [(-2, 401), (-1, 200), (0, 200), (1, 200), (2, 401)])
def test_one_step_is_allowed_for_slow_clocks(
    someone: Persona, door: Persona, db: Database, steps: int, status: int
) -> None:
    found = enrol(someone)
    forget_uses(db, someone)
    assert log_in(door, someone, found.code(steps)).status_code == status


def race(server: str, someone: Persona, code: str, new_ip: Callable[[], str]) -> list[int]:
    """Log in twenty times at once with one code, from twenty addresses."""
    sent = body(V1, someone.correo, someone.contrasenia) | {"codigo_totp": code}
    answers = burst(server, [Request("POST", V1, json=sent, source_ip=new_ip()) for _ in range(20)])
    return sorted(answer.status for answer in answers)


def test_of_twenty_logins_with_one_code_one_gets_in(
    server: str, someone: Persona, db: Database, new_ip: Callable[[], str]
) -> None:
    found = enrol(someone)
    forget_uses(db, someone)
    # The account's own throttle counts to twenty.
    assert race(server, someone, found.code(), new_ip) == [200] + [401] * 19
    living = "SELECT count(*) FROM sesiones WHERE usuario_id = $1::uuid AND terminada_en IS NULL"
    assert db.fetchval(living, someone.usuario_id) == 2


def test_control_without_compare_and_set_several_get_in(
    new_usuario: Callable[..., Persona],
    db: Database,
    new_ip: Callable[[], str],
    start_server: Callable[..., Server],
) -> None:
    planted = start_server(
        db.dsn, workers=1, program=program("tests.identidad.plants_totp:look_before_using")
    )

    def winners() -> int:
        person = new_usuario("soporte")
        found = enrol(person)
        forget_uses(db, person)
        return race(planted.url, person, found.code(), new_ip).count(200)

    assert any(winners() > 1 for _ in range(8))


def test_wrong_codes_count_as_failed_logins_and_missing_ones_do_not(someone: Persona, door: Persona) -> None:
    found = enrol(someone)
    assert [log_in(door, someone).status_code for _ in range(8)] == [401] * 8
    assert [log_in(door, someone, found.wrong()).status_code for _ in range(5)] == [401] * 5
    for refused in (log_in(door, someone, found.code()), log_in(door, someone)):
        assert (refused.status_code, refused.json()["code"]) == (429, "demasiados_intentos")
        assert int(refused.headers["Retry-After"]) > 0


def test_wrong_codes_in_parallel_are_counted_exactly(server: str, someone: Persona, fresh_ip: str) -> None:
    sent = body(V1, someone.correo, PASSWORD) | {"codigo_totp": enrol(someone).wrong()}
    answers = burst(server, [Request("POST", V1, json=sent, source_ip=fresh_ip) for _ in range(30)])
    assert sum(answer.status == 401 for answer in answers) == 5
    assert sum(answer.status == 429 for answer in answers) == 25


def test_a_login_that_was_overtaken_by_the_change_opens_no_session(
    someone: Persona, server: str, db: Database
) -> None:
    """The password is right and no code is asked for yet; then, before the session opens, one is."""
    seen: list[tuple[int, str]] = []

    def enter() -> None:
        with Persona(server) as late:
            answer = log_in(late, someone)
            seen.append((answer.status_code, answer.json()["code"]))

    attempt = threading.Thread(target=enter)
    waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND transactionid = pg_current_xact_id()::xid"
    db.execute("BEGIN")
    try:
        db.execute("UPDATE usuarios SET version = version + 1 WHERE id = $1::uuid", someone.usuario_id)
        attempt.start()
        for _ in range(200):
            if db.fetchval(waiting):
                break
            threading.Event().wait(0.01)
    finally:
        db.execute("COMMIT")
    attempt.join()
    assert seen == [(409, "conflicto_simultaneo")]
