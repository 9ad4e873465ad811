"""Which passwords pass, at every door that sets one (T-AU-10, D-11)."""

import unicodedata
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from clientela.identidad.passwords import common_passwords
from tests.cast import PASSWORD, Cast, Persona
from tests.identidad.test_login import V1, body
from tests.identidad.test_registro import PATH, form
from tests.tools.database import Database

CHANGE = "/api/v1/auth/contrasenia"

ACCEPTED = {
    "eight code points": "ñandú-87",
    "eight emoji of four bytes": "🦙🌋🧉🎺🪇🥟🦜🌽",
    "72 bytes": "k" * 30 + "9" * 42,
    "36 two-byte letters": "ñ" * 35 + "ú",
    "blanks inside": "una frase que recuerdo",
    "blanks around": "  con espacios  ",
    "eight blanks": " " * 8,
    "control characters": "tab\there\nline",
    "zero width and direction marks": "a\u200db\u202ec\u2066d1",
    "what looks like SQL": "'; DROP TABLE usuarios; --",
    "a hash": "$2b$04$abcdefghijklmnopqrstuv",
}
REFUSED = {
    "seven code points": ("ñandú-8", "contrasenia_corta"),
    "eight that compose to seven": ("n\u0303andu-8", "contrasenia_corta"),
    "73 bytes": ("k" * 30 + "9" * 43, "contrasenia_larga"),
    "forty eñes": ("ñ" * 40, "contrasenia_larga"),
    "128 code points": ("xyz9" * 32, "contrasenia_larga"),
    "nineteen emoji": ("🦙" * 19, "contrasenia_larga"),
    "the commonest": ("12345678", "contrasenia_comun"),
    "the commonest in capitals": ("QWERTYUIOP", "contrasenia_comun"),
    "in Spanish": ("contraseña123", "contrasenia_comun"),
    "in Spanish, decomposed": (unicodedata.normalize("NFD", "contraseña123"), "contrasenia_comun"),
}


@pytest.mark.parametrize("why", ACCEPTED)
def test_accepted_and_logs_in(
    cast: Cast, client_from: Callable[..., Persona], fresh_ip: str, why: str
) -> None:
    sent = form(contrasenia=ACCEPTED[why])
    assert cast.anon.post(PATH, json=sent).status_code == 201
    client = client_from(fresh_ip)
    for password in (ACCEPTED[why], unicodedata.normalize("NFD", ACCEPTED[why])):
        assert client.post(V1, json=body(V1, sent["correo"], password)).status_code == 200
    assert client.post(V1, json=body(V1, sent["correo"], ACCEPTED[why][:-1])).status_code == 401


@pytest.mark.parametrize("why", REFUSED)
def test_refused_at_every_door(cast: Cast, new_cliente: Callable[..., Persona], why: str) -> None:
    password, code = REFUSED[why]
    answer = cast.anon.post(PATH, json=form(contrasenia=password))
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    answer = cast.admin.post(
        "/api/v1/usuarios",
        json={"nombre": "X", "rol": "soporte", "contrasenia": password, "correo": "x@example.com"},
    )
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert set(answer.json()["errors"]) == {"contrasenia"}
    customer = new_cliente()
    answer = customer.post(CHANGE, json={"actual": PASSWORD, "nueva": password})
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert set(answer.json()["errors"]) == {"nueva"}
    answer = cast.admin.patch(f"/api/v1/usuarios/{customer.usuario_id}", json={"contrasenia": password})
    assert (answer.status_code, answer.json()["code"]) == (422, code)


def own(sent: dict[str, Any]) -> list[str]:
    """Spellings of what a customer's password may not be."""
    local, _, _ = sent["correo"].partition("@")
    phone = sent["celular"]
    return [
        sent["nombre"],
        sent["nombre"].upper(),
        "juan quispe-mamani",
        "JuanQuispeMamaní",
        sent["correo"],
        sent["correo"].upper(),
        local,
        phone,
        f"{phone[:4]}-{phone[4:]}",
        f"+591{phone}",
        f"591 {phone}",
    ]


def test_own_name_correo_and_celular_are_refused(cast: Cast) -> None:
    sent = form(nombre="Juan Quispe Mamani")
    for password in own(sent):
        answer = cast.anon.post(PATH, json={**sent, "contrasenia": password})
        assert (answer.status_code, answer.json()["code"]) == (400, "contrasenia_personal"), password
    answer = cast.anon.post(PATH, json={**sent, "contrasenia": sent["celular"] + "-mío"})
    assert answer.status_code == 201
    with Persona(cast.base_url, answer.json()["token"]) as person:
        for password in own(sent):
            change = {"actual": sent["celular"] + "-mío", "nueva": password}
            answer = person.post(CHANGE, json=change)
            assert (answer.status_code, answer.json()["code"]) == (422, "contrasenia_personal"), password


def test_the_ten_thousand_commonest_are_refused(cast: Cast) -> None:
    """Every one by the rule itself, a sample over HTTP."""
    from clientela.identidad.rules import password_problem  # noqa: PLC0415

    common = common_passwords()
    assert len(common) >= 10_000
    assert all(password_problem(password, (), common) == "contrasenia_comun" for password in common)
    for password in sorted(common)[:: len(common) // 15]:
        answer = cast.anon.post(PATH, json=form(contrasenia=password.swapcase()))
        assert answer.json()["code"] == "contrasenia_comun", password


@pytest.mark.parametrize("raw", [b'"abc\\u0000defgh"', b'"abc\\ud800defgh"'])
def test_what_no_column_holds_is_refused_without_a_5xx(cast: Cast, raw: bytes) -> None:
    for path, name, status in ((PATH, b"correo", 400), (V1, b"identificador", 422)):
        content = (
            b'{"nombre":"x","celular":"60000000","' + name + b'":"a@example.com","contrasenia":' + raw + b"}"
        )
        answer = cast.anon.post(path, content=content, headers={"Content-Type": "application/json"})
        assert answer.status_code == status
        assert "contrasenia" in answer.json()["errors"]


def test_a_change_ends_everything_and_gives_one_fresh_session(
    new_cliente: Callable[..., Persona], cast: Cast, db: Database
) -> None:
    customer = new_cliente()
    other = customer.again()
    answer = customer.post(CHANGE, json={"actual": PASSWORD, "nueva": "otra distinta 77"})
    assert answer.status_code == 200
    said = answer.json()
    assert set(said) == {
        "token", "access_token", "token_type", "expires_in", "usuario_id", "cliente_id", "rol",
        "debe_cambiar_contrasenia",
    }  # fmt: skip
    with Persona(cast.base_url, said["token"]) as fresh:
        assert fresh.get("/api/v1/auth/yo").status_code == 200
        sessions = fresh.get("/api/v1/auth/sesiones").json()
    assert [session["actual"] for session in sessions["items"]] == [True]
    count = "SELECT count(*) FROM sesiones WHERE usuario_id = $1::uuid AND terminada_en IS NULL"
    assert db.fetchval(count, customer.usuario_id) == 1
    assert cast.anon.post(V1, json=body(V1, customer.correo, "otra distinta 77")).status_code == 200
    other.close()


def test_wrong_present_and_repeated_passwords_are_refused(
    new_cliente: Callable[..., Persona], fresh_ip: str, server: str
) -> None:
    customer = new_cliente()
    with Persona(server, customer.token, source_ip=fresh_ip) as client:
        answer = client.post(CHANGE, json={"actual": "equivocada-9", "nueva": "otra distinta 77"})
        assert (answer.status_code, answer.json()["code"]) == (422, "contrasenia_actual")
        assert set(answer.json()["errors"]) == {"actual"}
        answer = client.post(CHANGE, json={"actual": PASSWORD, "nueva": PASSWORD})
        assert (answer.status_code, answer.json()["code"]) == (422, "contrasenia_repetida")
        for sent in (
            {},
            {"actual": PASSWORD},
            {"nueva": "otra distinta 77"},
            {"actual": "", "nueva": "x" * 9},
        ):
            assert client.post(CHANGE, json=sent).status_code == 422


def test_parallel_changes_have_one_winner(
    server: str, new_cliente: Callable[..., Persona], burst: Any
) -> None:
    from tests.tools.burst import Request  # noqa: PLC0415

    customer = new_cliente()
    wishes = [f"deseo numero {n} de ella" for n in range(8)]
    answers = burst(
        [Request("POST", CHANGE, json={"actual": PASSWORD, "nueva": w}, token=customer.token) for w in wishes]
    )
    winners = [w for w, answer in zip(wishes, answers, strict=True) if answer.status == 200]
    assert len(winners) == 1
    assert {answer.status for answer in answers} <= {200, 401, 409, 422, 429}
    with Persona(server) as anon:
        assert anon.post(V1, json=body(V1, customer.correo, winners[0])).status_code == 200


def test_nothing_of_a_password_is_kept(cast: Cast, db: Database, serving: Any) -> None:
    secret = f"canario-{uuid.uuid4().hex}"
    sent = form(contrasenia=secret)
    token = cast.anon.post(PATH, json=sent).json()["token"]
    cast.anon.post(V1, json=body(V1, sent["correo"], secret))
    with Persona(cast.base_url, token) as person:
        person.post(CHANGE, json={"actual": secret, "nueva": secret + "x"})
    dump = " ".join(
        str(row["fila"])
        for table in ("usuarios", "sesiones", "auditoria", "eventos", "limites", "idempotencia", "correos")
        for row in db.fetch(f"SELECT t::text AS fila FROM {table} t")
    )
    assert secret not in dump
    assert token not in dump
    log = serving.log.read_text(errors="replace")
    assert secret not in log
    assert token not in log
