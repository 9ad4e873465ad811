"""The code that proves whose a record is: what it opens, how long, how often it is guessed and asked for."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from clientela.identidad.verification import service as verification
from tests.cast import PASSWORD, Cast, Persona
from tests.clientes.conftest import new_email, new_phone, new_record
from tests.identidad.claims import (
    Make,
    Record,
    another,
    ask,
    code_for,
    codes_to,
    guess,
    holders,
    login_of,
    shop,
    stranger,
)
from tests.identidad.services import call
from tests.identidad.test_login import V1, body
from tests.identidad.test_registro import PATH, form
from tests.identidad.test_reset import mails_to
from tests.tools.burst import Request, burst
from tests.tools.database import Database
from tests.tools.server import Server

__all__ = ["new_record", "shop", "stranger"]


# --- whose code it is ----------------------------------------------------------------------------------------


def test_with_the_phone_of_one_and_the_e_mail_of_another_nobody_gets_both(
    stranger: Persona, new_record: Make, serving: Server, db: Database
) -> None:
    """Whichever of the two is older: the code goes to its e-mail, and opens nothing but that record."""
    one, two = (new_record(telefono=new_phone(), email=new_email()) for _ in range(2))
    # Who reads the mail of `two` asks with the phone of `one`: the code goes to `one`.
    mixed = form(celular=one["telefono"], correo=two["email"])
    to_one = code_for(stranger, mixed, serving, one["email"])
    assert mails_to(serving, two["email"]) == []
    # He has a code of his own record's, asked with his own names; it does not open `one`.
    own = form(celular=two["telefono"], correo=two["email"])
    to_two = code_for(stranger, own, serving, two["email"])
    assert ask(stranger, mixed, to_two) == (400, "verificacion_invalida")
    assert ask(stranger, form(celular=one["telefono"]), to_two) == (400, "verificacion_invalida")
    # Nor is the code of `one` good for anything but what it was asked for.
    assert ask(stranger, own, to_one) == (400, "verificacion_invalida")
    assert login_of(db, one)["contrasenia_hash"] is None
    assert ask(stranger, own, to_two) == (201, "")
    assert login_of(db, two)["correo"] == two["email"]
    assert login_of(db, one)["contrasenia_hash"] is None


@pytest.mark.parametrize("field", ["correo", "celular"])
def test_a_code_is_good_only_with_what_it_was_asked_with(
    stranger: Persona, shop: Record, serving: Server, db: Database, field: str
) -> None:
    mine = form(celular=shop["telefono"], correo=shop["email"])
    code = code_for(stranger, mine, serving, shop["email"])
    other = mine | {field: form()[field]}
    assert ask(stranger, other, code) == (400, "verificacion_invalida")
    assert login_of(db, shop)["contrasenia_hash"] is None
    # What is said besides is no name, and may be corrected.
    assert ask(stranger, mine | {"nombre": "Otra Forma", "contrasenia": "otra-clave-99"}, code) == (201, "")


def test_a_code_dies_when_staff_correct_the_e_mail_that_it_went_to(
    stranger: Persona, shop: Record, cast: Cast, serving: Server, db: Database
) -> None:
    mine = form(celular=shop["telefono"])
    code = code_for(stranger, mine, serving, shop["email"])
    right = new_email()
    assert cast.admin.put(f"/api/clientes/{shop['id']}", json={"email": right}).status_code == 200
    assert ask(stranger, mine, code) == (400, "verificacion_invalida")
    assert login_of(db, shop)["contrasenia_hash"] is None
    assert ask(stranger, mine, code_for(stranger, mine, serving, right)) == (201, "")


def test_a_code_for_nobodys_record_registers_nobody(stranger: Persona, db: Database) -> None:
    mine = form()
    assert ask(stranger, mine, "12345678") == (400, "verificacion_invalida")
    assert holders(db, mine) == 0
    assert ask(stranger, mine | {"codigo": None}) == (201, "")
    assert ask(stranger, form(codigo="")) == (201, "")


# --- how long, how often -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("seconds", "expected"), [(1790, 201), (1801, 400)])
def test_a_code_lives_for_half_an_hour(
    stranger: Persona, shop: Record, serving: Server, db: Database, seconds: int, expected: int
) -> None:
    mine = form(celular=shop["telefono"])
    code = code_for(stranger, mine, serving, shop["email"])
    stored = db.fetchrow(
        """UPDATE verificaciones SET expira_en = expira_en - make_interval(secs => $2)
            WHERE usuario_id = $1 RETURNING expira_en, creado_en""",
        login_of(db, shop)["id"],
        seconds,
    )
    assert (stored["expira_en"] - stored["creado_en"]).total_seconds() == 1800 - seconds
    assert ask(stranger, mine, code)[0] == expected


def test_a_newer_code_voids_the_older(stranger: Persona, shop: Record, serving: Server) -> None:
    mine = form(celular=shop["telefono"])
    old, new = (code_for(stranger, mine, serving, shop["email"]) for _ in range(2))
    assert ask(stranger, mine, old) == (400, "verificacion_invalida")
    assert ask(stranger, mine, new) == (201, "")


def test_a_password_that_does_not_pass_leaves_the_code_good(
    stranger: Persona, shop: Record, serving: Server
) -> None:
    mine = form(celular=shop["telefono"])
    code = code_for(stranger, mine, serving, shop["email"])
    assert ask(stranger, mine | {"contrasenia": "corta"}, code) == (400, "contrasenia_corta")
    assert ask(stranger, mine, code) == (201, "")


@pytest.mark.parametrize("code", ["", " ", "1", "x" * 20, "١٢٣٤٥٦٧٨", "0" * 8, "-1234567", "12345678\u200b"])
def test_what_is_no_code_is_a_wrong_one(stranger: Persona, shop: Record, code: str) -> None:
    mine = form(celular=shop["telefono"])
    expected = (400, "verificacion_invalida") if code.strip() else (409, "verificacion_requerida")
    assert ask(stranger, mine, code) == expected


@pytest.mark.parametrize("code", [12345678, "1" * 21, ["1"]])
def test_a_code_of_another_shape_is_named(stranger: Persona, shop: Record, code: Any) -> None:
    answer = stranger.post(PATH, json=form(celular=shop["telefono"], codigo=code))
    assert (answer.status_code, set(answer.json()["errors"])) == (400, {"codigo"})


def test_wrong_unknown_and_dead_codes_are_answered_alike(
    server: str, shop: Record, new_record: Make, stranger: Persona, serving: Server, db: Database
) -> None:
    """Nobody learns whether a code is on its way."""
    asked, quiet, dead = shop, *(new_record(telefono=new_phone(), email=new_email()) for _ in range(2))
    forms = [form(celular=record["telefono"]) for record in (asked, quiet, dead)]
    codes = [code_for(stranger, forms[n], serving, (asked, quiet, dead)[n]["email"]) for n in (0, 2)]
    db.execute("UPDATE verificaciones SET expira_en = now() WHERE usuario_id = $1", login_of(db, dead)["id"])
    said = []
    for sent, code in zip(forms, (another(codes[0]), "00000000", codes[1]), strict=True):
        answer = stranger.post(PATH, json=sent | {"codigo": code})
        said.append((answer.status_code, {k: v for k, v in answer.json().items() if k != "request_id"}))
    assert said[0] == said[1] == said[2]
    assert said[0][0] == 400
    assert said[0][1]["errors"] == {"codigo": ["El código de verificación no es correcto o ya venció"]}


def test_an_address_guesses_five_times_however_many_at_once(
    server: str, stranger: Persona, shop: Record, serving: Server, db: Database, new_ip: Callable[[], str]
) -> None:
    mine = form(celular=shop["telefono"])
    code = code_for(stranger, mine, serving, shop["email"])
    ip = new_ip()
    answers = burst(server, [guess(mine, another(code), ip) for _ in range(60)])
    statuses = [answer.status for answer in answers]
    assert (statuses.count(400), statuses.count(429)) == (5, 55)
    assert all(int(a.headers["retry-after"]) > 590 for a in answers if a.status == 429)
    # The right one comes too late from there, and passwords share the count; from elsewhere it is good.
    with Persona(server, source_ip=ip) as guesser:
        assert ask(guesser, mine, code) == (429, "demasiados_intentos")
        assert guesser.post(V1, json=body(V1, "nadie@example.com", PASSWORD)).status_code == 429
    assert ask(stranger, mine, code) == (201, "")


def test_a_record_bears_twenty_guesses_from_however_many_addresses(
    server: str, stranger: Persona, shop: Record, serving: Server, db: Database, new_ip: Callable[[], str]
) -> None:
    mine = form(celular=shop["telefono"])
    code = code_for(stranger, mine, serving, shop["email"])
    guesses = [guess(mine, f"{(int(code) + n) % 10**8:08}", new_ip()) for n in range(1, 61)]
    statuses = [answer.status for answer in burst(server, guesses)]
    assert (statuses.count(400), statuses.count(429)) == (20, 40)
    assert ask(stranger, mine, code) == (429, "demasiados_intentos")
    assert login_of(db, shop)["contrasenia_hash"] is None


def test_two_codes_an_hour_leave_for_a_record_and_nobody_hears_of_it(
    server: str, shop: Record, serving: Server, db: Database, new_ip: Callable[[], str]
) -> None:
    def asked(**fields: Any) -> Request:
        return Request("POST", PATH, json=form(celular=shop["telefono"], **fields), source_ip=new_ip())

    answers = burst(server, [asked() for _ in range(12)])
    said = {(a.status, tuple((k, str(v)) for k, v in a.json().items() if k != "request_id")) for a in answers}
    assert len(said) == 1
    assert next(iter(said))[0] == 409
    assert len(codes_to(serving, shop["email"], 2)) == 2
    # Strangers who know a phone have used up theirs, not the place of who knows the e-mail too.
    burst(server, [asked(correo=shop["email"]) for _ in range(6)])
    assert len(codes_to(serving, shop["email"], 4)) == 4
    sent = "SELECT count(*) FROM correos WHERE destinatario = $1 AND plantilla = 'verificacion_registro'"
    assert db.fetchval(sent, shop["email"]) == 4


def test_an_address_asks_for_twenty_codes_an_hour(
    server: str, new_record: Make, new_ip: Callable[[], str]
) -> None:
    ip = new_ip()
    phones = [new_record(telefono=new_phone(), email=new_email())["telefono"] for _ in range(24)]
    answers = burst(
        server, [Request("POST", PATH, json=form(celular=phone), source_ip=ip) for phone in phones]
    )
    statuses = [answer.status for answer in answers]
    assert (statuses.count(409), statuses.count(429)) == (20, 4)
    assert all("retry-after" in a.headers for a in answers if a.status == 429)
    # Who registers without naming anybody's record is not counted.
    with Persona(server, source_ip=ip) as neighbour:
        assert ask(neighbour, form()) == (201, "")


def test_unknown_records_cost_no_place(stranger: Persona) -> None:
    """Twenty-one registrations from one address: none of them asked for a code."""
    assert {ask(stranger, form())[0] for _ in range(21)} == {201}


def test_the_table_is_swept(db: Database, serving: Server, shop: Record, stranger: Persona) -> None:
    code_for(stranger, form(celular=shop["telefono"]), serving, shop["email"])
    user = login_of(db, shop)["id"]
    old, living = uuid.uuid4().hex * 2, "SELECT count(*) FROM verificaciones WHERE usuario_id = $1"
    db.execute(
        """INSERT INTO verificaciones VALUES ($1, $2, $2, now() - interval '40 days', now() - interval '39 days')""",
        user,
        old,
    )
    assert db.fetchval(living, user) == 2
    call(db, lambda pool: verification.purge(pool, pool.now(), 100))
    assert db.fetchval(living, user) == 1
