"""The second factor taken away, by its owner or by an administrator, and how its secret is kept (CONTRACT §12)."""

import itertools
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from clientela.identidad import signing
from clientela.identidad.totp import codes
from tests.cast import PASSWORD, Cast, Persona
from tests.identidad.authenticator import TOTP, Authenticator, enrol, log_in
from tests.tools.burst import Request, burst
from tests.tools.database import Database
from tests.tools.server import Server
from tests.tools.wait import wait_for

USUARIOS = "/api/v1/usuarios"


@pytest.fixture
def someone(new_usuario: Callable[..., Persona]) -> Persona:
    """A member of staff without a second factor."""
    return new_usuario("soporte")


# --- turning it on ------------------------------------------------------------------------------------------


def test_of_ten_who_confirm_at_once_one_does_and_his_session_stays(server: str, someone: Persona) -> None:
    """Ten devices of one person, one secret, one code: it is turned on once, and the code is used up by that."""
    devices = [someone, *(someone.again() for _ in range(9))]
    found = Authenticator(someone.post(TOTP).json()["secreto"])
    code = found.code()
    answers = burst(
        server, [Request("POST", TOTP, json={"codigo": code}, token=device.token) for device in devices]
    )
    statuses = [answer.status for answer in answers]
    assert statuses.count(200) == 1, statuses
    # The others were too late, or had their session ended by the first.
    assert {answer.json()["code"] for answer in answers if answer.status != 200} <= {
        "totp_activo",
        "conflicto_simultaneo",
        "no_autenticado",
    }
    [winner] = itertools.compress(devices, [status == 200 for status in statuses])
    wait_for(
        lambda: [d for d in devices if d.get("/api/v1/auth/yo").status_code == 200] == [winner],
        "the end of the other sessions",
    )
    assert log_in(someone, someone, code).json()["code"] == "totp_invalido"


def test_personal_tokens_go_on_as_before(new_usuario: Callable[..., Persona], server: str) -> None:
    """Integrations have no telephone: a token of an administrator works before, while and after he has the factor."""
    admin = new_usuario("admin")
    made = admin.post("/api/v1/tokens", json={"nombre": "integración", "habilidades": ["usuarios:leer"]})
    with Persona(server, made.json()["token"]) as integration:
        assert integration.get(USUARIOS).status_code == 200
        enrol(admin)
        assert integration.get(USUARIOS).status_code == 200
        assert off(admin, contrasenia=PASSWORD)[0] == 200
        assert integration.get(USUARIOS).status_code == 200


# --- turning it off -----------------------------------------------------------------------------------------


def off(person: Persona, **proof: Any) -> tuple[int, Any]:
    answer = person.request("DELETE", TOTP, json=proof)
    said = answer.json()
    return answer.status_code, said.get("code", said)


def test_it_is_turned_off_with_the_password_or_with_a_code(
    someone: Persona, cast: Cast, db: Database
) -> None:
    enrol(someone)
    assert off(someone, contrasenia=PASSWORD) == (200, {"activo": False})
    assert log_in(cast.anon, someone).status_code == 200
    found = enrol(someone)
    assert off(someone, codigo=found.code()) == (200, {"activo": False})
    found = enrol(someone)
    assert off(someone, codigo=found.code(), contrasenia=PASSWORD) == (200, {"activo": False})
    assert log_in(cast.anon, someone).status_code == 200
    row = "SELECT totp_secreto, totp_desde, totp_paso FROM usuarios WHERE id = $1::uuid"
    assert tuple(db.fetchrow(row, someone.usuario_id)) == (None, None, None)


def test_without_one_there_is_nothing_to_do(someone: Persona) -> None:
    assert off(someone, contrasenia=PASSWORD) == (200, {"activo": False})
    someone.post(TOTP)
    assert off(someone, contrasenia=PASSWORD) == (200, {"activo": False})
    assert someone.post(TOTP, json={"codigo": "123456"}).json()["code"] == "totp_sin_pendiente"


def test_a_proof_is_needed_and_every_one_given_must_be_right(
    server: str, someone: Persona, new_ip: Callable[[], str], cast: Cast
) -> None:
    found = enrol(someone)
    with Persona(server, someone.token, source_ip=new_ip()) as client:
        answer = client.request("DELETE", TOTP, json={})
        assert answer.status_code == 422
        assert set(answer.json()["errors"]) == {"contrasenia", "codigo"}
        assert client.request("DELETE", TOTP).status_code == 400
        assert off(client, contrasenia="equivocada-9") == (422, "contrasenia_actual")
        assert off(client, codigo=found.wrong()) == (422, "codigo_incorrecto")
        assert off(client, contrasenia=PASSWORD, codigo=found.wrong()) == (422, "codigo_incorrecto")
        assert off(client, contrasenia="equivocada-9", codigo=found.code()) == (422, "contrasenia_actual")
    assert log_in(cast.anon, someone).json()["code"] == "totp_requerido"


def test_wrong_proofs_count_as_failed_logins(someone: Persona, server: str, fresh_ip: str) -> None:
    found = enrol(someone)
    with Persona(server, someone.token, source_ip=fresh_ip) as client:
        proofs = [{"codigo": found.wrong()}, {"contrasenia": "equivocada-9"}] * 3
        assert [off(client, **proof)[0] for proof in proofs] == [422] * 5 + [429]
        assert off(client, contrasenia=PASSWORD) == (429, "demasiados_intentos")


def test_a_new_password_does_not_turn_it_off(someone: Persona, cast: Cast) -> None:
    found = enrol(someone)
    changed = someone.post("/api/v1/auth/contrasenia", json={"actual": PASSWORD, "nueva": "otra distinta 77"})
    assert changed.status_code == 200
    someone.contrasenia = "otra distinta 77"
    assert log_in(cast.anon, someone).json()["code"] == "totp_requerido"
    assert log_in(cast.anon, someone, found.code()).status_code == 200


# --- administrators -----------------------------------------------------------------------------------------


def test_an_admin_sees_it_and_takes_it_away(someone: Persona, cast: Cast) -> None:
    enrol(someone)
    where = f"{USUARIOS}/{someone.usuario_id}"
    before = cast.admin.get(where).json()
    assert before["totp"] is True
    stale = cast.admin.patch(where, json={"totp": False}, headers={"If-Match": '"1"'})
    assert (stale.status_code, stale.json()["code"]) == (412, "desactualizado")
    answer = cast.admin.patch(where, json={"totp": False}, headers={"If-Match": f'"{before["version"]}"'})
    assert answer.status_code == 200
    assert answer.json()["totp"] is False
    assert log_in(cast.anon, someone).status_code == 200
    assert cast.admin.patch(where, json={"totp": False}).status_code == 200


@pytest.mark.parametrize("value", [True, None, 0, "false"])
def test_nobody_turns_it_on_for_another(someone: Persona, cast: Cast, value: Any) -> None:
    answer = cast.admin.patch(f"{USUARIOS}/{someone.usuario_id}", json={"totp": value})
    assert answer.status_code == 422
    assert set(answer.json()["errors"]) == {"totp"}


def test_an_admins_own_needs_the_proof(new_usuario: Callable[..., Persona], cast: Cast) -> None:
    admin = new_usuario("admin")
    enrol(admin)
    answer = admin.patch(f"{USUARIOS}/{admin.usuario_id}", json={"totp": False, "nombre": "Otro"})
    assert (answer.status_code, answer.json()["code"]) == (403, "totp_propio")
    shown = cast.admin.get(f"{USUARIOS}/{admin.usuario_id}").json()
    assert (shown["totp"], shown["nombre"]) == (True, admin.nombre)


def test_every_change_is_written_down(
    someone: Persona, cast: Cast, db: Database, client_from: Callable[..., Persona], fresh_ip: str
) -> None:
    found = enrol(someone)
    log_in(client_from(fresh_ip), someone, found.wrong())
    off(someone, contrasenia=PASSWORD)
    enrol(someone)
    cast.admin.patch(f"{USUARIOS}/{someone.usuario_id}", json={"totp": False})
    rows = db.fetch(
        """SELECT accion, actor_id::text AS actor, datos::text AS datos FROM auditoria
           WHERE objeto_id = $1 AND accion <> 'login.correcto' ORDER BY id""",
        someone.usuario_id,
    )
    own, admin = someone.usuario_id, cast.admin.usuario_id
    assert [(row["accion"], row["actor"]) for row in rows if row["accion"] != "usuario.creado"] == [
        ("totp.activado", own),
        ("login.fallido", None),
        ("totp.retirado", own),
        ("totp.activado", own),
        ("totp.retirado", admin),
        ("usuario.cambiado", admin),
    ]
    assert '"motivo": "totp"' in "".join(row["datos"] for row in rows)
    assert found.secret not in "".join(row["datos"] for row in rows)


# --- how it is kept -----------------------------------------------------------------------------------------


def test_a_dump_of_the_database_does_not_give_it_away(someone: Persona, db: Database) -> None:
    found = enrol(someone)
    stored = db.fetchval("SELECT totp_secreto FROM usuarios WHERE id = $1::uuid", someone.usuario_id)
    assert found.secret.encode() not in stored
    assert len(stored) == 12 + 32 + 16


def test_a_secret_is_bound_to_its_owner_and_to_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signing, "keyring", signing.Keyring())
    signing.keyring.load("a" * 32)
    owner, secret = uuid.uuid4(), codes.new_secret()
    sealed = codes.seal(secret, owner)
    assert codes.unseal(sealed, owner) == secret
    assert codes.seal(secret, owner) != sealed
    assert codes.unseal(sealed, uuid.uuid4()) is None
    assert codes.unseal(sealed[:-1] + bytes([sealed[-1] ^ 1]), owner) is None
    signing.keyring.load("b" * 32)
    assert codes.unseal(sealed, owner) is None


def test_keys_of_two_purposes_differ(monkeypatch: pytest.MonkeyPatch) -> None:
    keyring = signing.Keyring()
    keyring.load("a" * 32)
    assert keyring.derive("totp") == keyring.derive("totp")
    assert len({keyring.derive("totp"), keyring.derive("otra cosa"), keyring.key}) == 3


def test_with_another_key_nobody_gets_in_until_an_admin_helps(
    someone: Persona, db: Database, start_server: Callable[..., Server]
) -> None:
    found = enrol(someone)
    other = start_server(db.dsn, workers=1, secreto="otra-clave-" * 4)
    with Persona(other.url) as client:
        answer = log_in(client, someone, found.code())
        assert (answer.status_code, answer.json()["code"]) == (401, "totp_invalido")
    assert '"totp_unreadable"' in other.log.read_text()


def test_codes_are_those_of_the_standard() -> None:
    """RFC 6238, appendix B (SHA-1), its last six digits."""
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    for seconds, code in ((59, "287082"), (1111111109, "081804"), (20000000000, "353130")):
        now = datetime.fromtimestamp(seconds, UTC)
        assert codes.step_of(secret, code, now) == seconds // 30
        assert codes.step_of(secret, "000000", now) is None


def test_an_issuer_with_a_colon_stays_one_label() -> None:
    uri = codes.uri(codes.new_secret(), "ana@example.com", "Uno: Dos")
    assert unquote(urlsplit(uri).path) == "/Uno  Dos:ana@example.com"
