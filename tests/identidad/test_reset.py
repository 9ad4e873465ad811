"""Forgotten passwords: the link in the mail, good once, for half an hour, for its owner (T-AU-4; spec 5 §3–4)."""

import email
import email.policy
import hashlib
import re
import time
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from clientela.clientes import service as clientes
from clientela.core.limits import Limit
from clientela.identidad import recovery
from tests.cast import PASSWORD, Cast, Persona
from tests.identidad.mailroom import LINK, quiet, work_off
from tests.identidad.services import call
from tests.identidad.test_login import V1, body
from tests.tools.burst import Request, burst
from tests.tools.database import Database
from tests.tools.planted import program
from tests.tools.server import Server
from tests.tools.wait import wait_for

FORGOT = "/api/cliente/forgot-password"
RESET = "/api/cliente/reset-password"
ASKED = "Si el correo existe, se enviará un enlace de recuperación"
DONE = "Contraseña actualizada exitosamente"
NEW = "una nueva y mía 9"


__all__ = ["quiet"]


def reset(person: Any, token: str, password: str = NEW) -> Any:
    return person.post(RESET, json={"token": token, "nuevaContrasenia": password})


def plant(db: Database, usuario_id: str, **when: timedelta) -> str:
    """Store a reset token for a user, as the job does; `age` makes it older."""
    token = uuid.uuid4().hex
    db.execute("UPDATE restablecimientos SET consumido_en = now() WHERE usuario_id = $1::uuid", usuario_id)
    db.execute(
        """INSERT INTO restablecimientos (id, usuario_id, hash, creado_en, expira_en)
        VALUES ($1::uuid, $2::uuid, $3, now() - $4::interval, now() - $4::interval + interval '30 minutes')""",
        str(uuid.uuid4()),
        usuario_id,
        hashlib.sha256(token.encode()).hexdigest(),
        when.get("age", timedelta(0)),
    )
    return token


def mails_to(serving: Server, address: str) -> list[Any]:
    """The messages that have left for an address, as files."""
    found = []
    for file in sorted((serving.data_dir / "correo").glob("*.eml")):
        message = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
        if message["To"] == address:
            found.append(message)
    return found


def test_the_whole_way_by_mail(cast: Cast, serving: Server, db: Database) -> None:
    person = cast.new_cliente(nombre="Juana Azurduy")
    device = person.again()
    answer = cast.anon.post(FORGOT, json={"correo": person.correo.upper()}, headers={"Host": "malo.example"})
    assert (answer.status_code, answer.json()) == (200, {"mensaje": ASKED})
    message = wait_for(lambda: mails_to(serving, person.correo), "the mail", seconds=10)[0]
    text = message.get_content()
    assert "Juana Azurduy" in text
    found = LINK.search(text)
    assert found
    # The setting is the base of the link, whatever the request called itself.
    assert found[0].startswith("http://localhost:")
    token = found[1]
    assert len(token) == 43
    stored = db.fetchrow("SELECT * FROM restablecimientos WHERE usuario_id = $1::uuid", person.usuario_id)
    assert stored["hash"] == hashlib.sha256(token.encode()).hexdigest()
    assert stored["expira_en"] - stored["creado_en"] == timedelta(minutes=30)
    kept = "SELECT count(*) FROM correos WHERE cuerpo LIKE '%' || $1 || '%'"
    assert db.fetchval(kept, token) == 0
    answer = reset(cast.anon, token)
    assert (answer.status_code, answer.json()) == (200, {"mensaje": DONE})
    time.sleep(1)
    assert {p.get("/api/v1/auth/yo").status_code for p in (person, device)} == {401}
    assert cast.anon.post(V1, json=body(V1, person.correo, NEW)).status_code == 200
    again = reset(cast.anon, token, "otra más nueva 9")
    assert (again.status_code, again.json()["code"]) == (400, "restablecimiento_invalido")


@pytest.mark.parametrize("sent", [{}, {"correo": ""}, {"correo": None}, {"correo": "  "}])
def test_forgot_without_correo_is_400(cast: Cast, sent: dict[str, Any]) -> None:
    answer = cast.anon.post(FORGOT, json=sent)
    assert (answer.status_code, answer.json()["code"]) == (400, "correo_requerido")
    assert answer.json()["mensaje"] == "El correo es obligatorio"


@pytest.mark.parametrize(
    "correo", ["nadie@example.com", "no es un correo", "@", "75000001", "a@b\u202e.co", "x" * 320]
)
def test_forgot_is_200_whatever_it_is_asked(cast: Cast, correo: str) -> None:
    answer = cast.anon.post(FORGOT, json={"correo": correo})
    assert (answer.status_code, answer.json()) == (200, {"mensaje": ASKED})


def test_forgot_with_a_wrong_type_is_400(cast: Cast) -> None:
    answer = cast.anon.post(FORGOT, json={"correo": 5})
    assert (answer.status_code, set(answer.json()["errors"])) == (400, {"correo"})


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"token": "x"},
        {"nuevaContrasenia": "una nueva 9"},
        {"token": "", "nuevaContrasenia": "una nueva 9"},
    ],
)
def test_reset_with_missing_fields_is_400(cast: Cast, sent: dict[str, Any]) -> None:
    answer = cast.anon.post(RESET, json=sent)
    assert (answer.status_code, answer.json()["code"]) == (400, "restablecimiento_incompleto")
    assert answer.json()["mensaje"] == "El token y la nueva contraseña son obligatorios"


def test_worthless_tokens_are_400(cast: Cast, db: Database) -> None:
    person = cast.new_cliente()
    token = plant(db, person.usuario_id)
    hashed = db.fetchval(
        "SELECT hash FROM restablecimientos WHERE usuario_id = $1::uuid AND consumido_en IS NULL",
        person.usuario_id,
    )
    for worthless in (
        "x",
        token[:-1],
        token + "x",
        token.upper(),
        f" {token}",
        hashed,
        person.token or "",
        "x" * 1024,
    ):
        answer = reset(cast.anon, worthless)
        assert (answer.status_code, answer.json()["code"]) == (400, "restablecimiento_invalido")
    assert reset(cast.anon, token).status_code == 200


def test_a_bad_password_does_not_use_the_token_up(cast: Cast, db: Database) -> None:
    person = cast.new_cliente()
    token = plant(db, person.usuario_id)
    for password, code in (
        ("corta", "contrasenia_corta"),
        ("12345678", "contrasenia_comun"),
        (person.celular, "contrasenia_personal"),
        (person.correo, "contrasenia_personal"),
        ("ñ" * 40, "contrasenia_larga"),
    ):
        answer = reset(cast.anon, token, password)
        assert (answer.status_code, answer.json()["code"]) == (400, code)
        assert set(answer.json()["errors"]) == {"nuevaContrasenia"}
    assert reset(cast.anon, token).status_code == 200


def test_half_an_hour_to_the_second(cast: Cast, db: Database) -> None:
    person = cast.new_cliente()
    late = plant(db, person.usuario_id, age=timedelta(minutes=30))
    assert reset(cast.anon, late).status_code == 400
    person = cast.new_cliente()
    closing = plant(db, person.usuario_id, age=timedelta(minutes=30) - timedelta(seconds=1.5))
    assert reset(cast.anon, closing, "corta").json()["code"] == "contrasenia_corta"
    time.sleep(1.5)
    assert reset(cast.anon, closing).json()["code"] == "restablecimiento_invalido"


def parallel_uses(url: str, cast: Cast, db: Database, uses: int) -> tuple[int, list[str]]:
    """Use one token many times at once; how many worked, and which of the passwords is then the one."""
    person = cast.new_cliente()
    token = plant(db, person.usuario_id)
    wishes = [f"deseo número {n}" for n in range(uses)]
    answers = burst(
        url, [Request("POST", RESET, json={"token": token, "nuevaContrasenia": w}) for w in wishes]
    )
    assert {answer.status for answer in answers} <= {200, 400, 503}
    worked = [wish for wish, answer in zip(wishes, answers, strict=True) if answer.status == 200]
    return len(worked), worked


def test_of_a_hundred_parallel_uses_one_works(cast: Cast, db: Database, server: str) -> None:
    for _ in range(5):
        count, worked = parallel_uses(server, cast, db, 100)
        assert count == 1, worked


def test_control_a_token_that_is_not_locked_works_twice(
    cast: Cast, db: Database, start_server: Callable[..., Server]
) -> None:
    planted = start_server(db.dsn, workers=1, program=program("tests.identidad.plants:any_number_of_uses"))
    assert max(parallel_uses(planted.url, cast, db, 20)[0] for _ in range(3)) > 1


def test_a_token_dies_with_what_it_was_made_for(cast: Cast, db: Database) -> None:
    def new_request(person: Persona) -> None:
        plant(db, person.usuario_id)

    def password_change(person: Persona) -> None:
        sent = {"actual": PASSWORD, "nueva": "otra distinta 77"}
        assert person.post("/api/v1/auth/contrasenia", json=sent).status_code == 200

    def changed_by_admin(**change: Any) -> Callable[[Persona], None]:
        def apply(person: Persona) -> None:
            path = f"/api/v1/usuarios/{person.usuario_id}"
            assert cast.admin.patch(path, json=change).status_code == 200

        return apply

    for death in (
        new_request,
        password_change,
        changed_by_admin(correo=f"nuevo-{uuid.uuid4().hex}@example.com"),
        changed_by_admin(activo=False),
        changed_by_admin(contrasenia="dictada al oído"),
    ):
        person = cast.new_cliente()
        token = plant(db, person.usuario_id)
        death(person)
        assert reset(cast.anon, token).json()["code"] == "restablecimiento_invalido", death


def test_a_token_works_for_its_account_only(cast: Cast, db: Database) -> None:
    owner, other = cast.new_cliente(), cast.new_cliente()
    token = plant(db, owner.usuario_id)
    sent = {"token": token, "nuevaContrasenia": NEW, "correo": other.correo}
    sent |= {"usuario_id": other.usuario_id, "cliente_id": other.cliente_id}
    assert cast.anon.post(RESET, json=sent).status_code == 200
    assert cast.anon.post(V1, json=body(V1, other.correo, PASSWORD)).status_code == 200
    assert cast.anon.post(V1, json=body(V1, owner.correo, NEW)).status_code == 200


def test_a_reset_opens_the_wall_and_is_written_down(cast: Cast, db: Database) -> None:
    person = cast.new_cliente()
    cast.admin.patch(f"/api/v1/usuarios/{person.usuario_id}", json={"debe_cambiar_contrasenia": True})
    assert reset(cast.anon, plant(db, person.usuario_id)).status_code == 200
    answer = cast.anon.post(V1, json=body(V1, person.correo, NEW))
    assert answer.json()["debe_cambiar_contrasenia"] is False
    actions = db.fetch("SELECT accion FROM auditoria WHERE objeto_id = $1 ORDER BY id", person.usuario_id)
    assert "contrasenia.restablecida" in [row["accion"] for row in actions]


# --- what the job makes of requests: on a server that runs no jobs, worked off by the test itself -----------


def age_limits(database: Database, correo: str, by: timedelta) -> None:
    """Make an address's requests older."""
    keys = [
        Limit("restablecer_hora", correo, *recovery.PER_HOUR).key,
        Limit("restablecer_dia", correo, *recovery.PER_DAY).key,
    ]
    database.execute(
        "UPDATE limites SET ocurrido_en = ocurrido_en - $2::interval WHERE clave = ANY ($1)", keys, by
    )


def test_two_mails_an_hour_and_five_a_day_silently(quiet: tuple[Cast, Database]) -> None:
    cast, database = quiet
    person = cast.new_cliente()

    def ask(times: int) -> int:
        sent = 0
        for _ in range(times):
            answer = cast.anon.post(FORGOT, json={"correo": person.correo})
            assert (answer.status_code, answer.json()) == (200, {"mensaje": ASKED})
            sent += len(work_off(database))
        return sent

    assert ask(4) == 2
    age_limits(database, person.correo, timedelta(minutes=61))
    assert ask(4) == 2
    age_limits(database, person.correo, timedelta(minutes=61))
    assert ask(4) == 1
    age_limits(database, person.correo, timedelta(minutes=61))
    assert ask(4) == 0
    age_limits(database, person.correo, timedelta(hours=24))
    assert ask(4) == 2


def test_parallel_requests_make_at_most_two_and_one_token_lives(quiet: tuple[Cast, Database]) -> None:
    cast, database = quiet
    person = cast.new_cliente()
    answers = burst(cast.base_url, [Request("POST", FORGOT, json={"correo": person.correo})] * 30)
    assert {answer.status for answer in answers} == {200}
    first = work_off(database)
    assert 1 <= len(first) <= 2
    living = "SELECT count(*) FROM restablecimientos WHERE usuario_id = $1::uuid AND consumido_en IS NULL"
    assert database.fetchval(living, person.usuario_id) == 1


def test_only_the_newest_token_is_good(quiet: tuple[Cast, Database]) -> None:
    cast, database = quiet
    person = cast.new_cliente()
    tokens = []
    for _ in range(2):
        cast.anon.post(FORGOT, json={"correo": person.correo})
        tokens += work_off(database)
    assert [reset(cast.anon, token).status_code for token in tokens] == [400, 200]


def test_who_gets_a_mail(quiet: tuple[Cast, Database]) -> None:
    cast, database = quiet
    off, gone, phone_only = cast.new_cliente(), cast.new_cliente(), f"6{uuid.uuid4().int % 10_000_000:07}"
    cast.admin.patch(f"/api/v1/usuarios/{off.usuario_id}", json={"activo": False})
    call(database, lambda pool: clientes.set_active(pool, None, uuid.UUID(gone.cliente_id), activo=False))
    made = cast.admin.post(
        "/api/v1/usuarios",
        json={"nombre": "Sin correo", "rol": "tecnico", "contrasenia": PASSWORD, "celular": phone_only},
    )
    assert made.status_code == 201
    for nobody in (off.correo, gone.correo, phone_only, "nadie@example.com", cast.cliente.celular):
        cast.anon.post(FORGOT, json={"correo": nobody})
        assert work_off(database) == [], nobody
    for somebody in (cast.new_usuario("soporte"), cast.new_usuario("admin"), cast.new_cliente()):
        cast.anon.post(FORGOT, json={"correo": f" {somebody.correo.upper()} "})
        (token,) = work_off(database)
        assert reset(cast.anon, token, "clave de personal 9").status_code == 200
        assert cast.anon.post(V1, json=body(V1, somebody.correo, "clave de personal 9")).status_code == 200


def test_an_address_that_no_mail_can_go_to_holds_nobody_up(quiet: tuple[Cast, Database]) -> None:
    cast, database = quiet
    odd, person = cast.new_cliente(), cast.new_cliente()
    address = "ñandú@example.com"
    database.execute("UPDATE usuarios SET correo = $2 WHERE id = $1::uuid", odd.usuario_id, address)
    database.execute("UPDATE identificadores SET clave = $2 WHERE clave = $1", odd.correo, address)
    cast.anon.post(FORGOT, json={"correo": address})
    cast.anon.post(FORGOT, json={"correo": person.correo})
    assert len(work_off(database)) == 1


def test_the_link_follows_the_setting(
    new_database: Callable[[], Database],
) -> None:
    database = new_database()
    from clientela.identidad import service  # noqa: PLC0415

    async def ask(pool: Any) -> None:
        await service.create_admin(pool, "jefa@example.com", PASSWORD)
        await recovery.request_reset(pool, "jefa@example.com")
        await recovery.send_next_reset(pool)

    call(database, ask, url="https://tienda.example.bo")
    text = database.fetchval("SELECT cuerpo FROM correos")
    assert re.search(r"^https://tienda\.example\.bo/restablecer\?token=[\w-]{43}$", text, re.MULTILINE)
    expires = database.fetchval("SELECT vence_en FROM correos")
    assert isinstance(expires, datetime)
