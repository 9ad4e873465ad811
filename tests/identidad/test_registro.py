"""Registration of customers (spec 5 §1): what it answers, what it refuses, and that a race has one winner."""

import itertools
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from tests.cast import PASSWORD, Cast, Persona
from tests.tools.burst import Request, burst
from tests.tools.database import Database
from tests.tools.planted import program

PATH = "/api/registrar-cliente"
_numbers = itertools.count(uuid.uuid4().int % 5_000_000)


def form(**fields: Any) -> dict[str, Any]:
    """A registration that passes."""
    return {
        "nombre": "Juan Pérez",
        "celular": f"6{next(_numbers) % 10_000_000:07}",
        "correo": f"juan-{uuid.uuid4().hex[:12]}@example.com",
        "contrasenia": "securePassword123",
    } | fields


def test_a_customer_registers_and_is_logged_in(cast: Cast, db: Database) -> None:
    sent = form(celular=" 7555-1234 ".replace("1234", f"{next(_numbers) % 10_000:04}"), direccion="Calle 1")
    answer = cast.anon.post(PATH, json=sent)
    assert answer.status_code == 201
    assert set(answer.json()) == {"token"}
    with Persona(cast.base_url, answer.json()["token"]) as person:
        me = person.get("/api/v1/auth/yo").json()
    assert me["rol"] == me["tipo"] == "cliente"
    assert (me["nombre"], me["correo"]) == (sent["nombre"], sent["correo"])
    row = db.fetchrow("SELECT * FROM clientes WHERE id = $1::uuid", me["cliente_id"])
    assert str(row["usuario_principal_id"]) == me["usuario_id"]
    assert row["telefono"] == sent["celular"].strip()
    assert row["telefono_e164"].startswith("+5917555")
    assert (row["limite_credito"], row["activo"], row["vendedor_asignado_id"]) == (0, True, None)
    address = db.fetchrow("SELECT * FROM direcciones WHERE cliente_id = $1::uuid", me["cliente_id"])
    assert (address["direccion"], address["es_principal"]) == ("Calle 1", True)
    hashed = db.fetchval("SELECT contrasenia_hash FROM usuarios WHERE id = $1::uuid", me["usuario_id"])
    assert hashed.startswith("$2b$")


def test_the_example_of_the_contract_is_accepted(cast: Cast) -> None:
    answer = cast.anon.post(PATH, json=form(contrasenia="securePassword123", direccion=None))
    assert answer.status_code == 201


@pytest.mark.parametrize("field", ["nombre", "celular", "correo", "contrasenia"])
@pytest.mark.parametrize("how", ["absent", "null", "empty"])
def test_a_missing_field_has_the_contracts_sentence(cast: Cast, field: str, how: str) -> None:
    sent = form()
    if how == "absent":
        del sent[field]
    else:
        sent[field] = None if how == "null" else ""
    answer = cast.anon.post(PATH, json=sent)
    assert answer.status_code == 400
    said = answer.json()
    assert said["mensaje"] == "Nombre, celular, correo y contraseña son obligatorios"
    assert said["code"] == "registro_incompleto"
    assert said["errors"] == {field: ["Este campo es obligatorio"]}


def test_all_missing_and_wrong_fields_are_named_at_once(cast: Cast) -> None:
    said = cast.anon.post(PATH, json={"nombre": None, "celular": 5, "correo": " "}).json()
    missing = ["Este campo es obligatorio"]
    assert said["code"] == "registro_incompleto"
    assert said["errors"] == {
        "nombre": missing,
        "celular": ["Debe ser un texto"],
        "correo": missing,
        "contrasenia": missing,
    }
    said = cast.anon.post(PATH, json=form(celular="12", correo="no", contrasenia="corta")).json()
    assert said["code"] == "datos_invalidos"
    assert set(said["errors"]) == {"celular", "correo", "contrasenia"}


def test_no_body_and_no_json_are_400(cast: Cast) -> None:
    assert cast.anon.post(PATH).json()["code"] == "registro_incompleto"
    answer = cast.anon.post(PATH, content=b"{", headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (400, "json_invalido")


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"correo": "no es un correo"}, "correo"),
        ({"correo": "a@b"}, "correo"),
        ({"correo": "a b@example.com"}, "correo"),
        ({"correo": "ñandu@example.com"}, "correo"),
        ({"correo": "a@example.com\r\nBcc: b@example.com"}, "correo"),
        ({"correo": "a" * 250 + "@example.com"}, "correo"),
        ({"celular": "llámame"}, "celular"),
        ({"celular": "123"}, "celular"),
        ({"celular": "7" * 41}, "celular"),
        ({"celular": 75551234}, "celular"),
        ({"nombre": "x" * 201}, "nombre"),
        ({"nombre": ["Juan"]}, "nombre"),
        ({"nombre": "Juan\nPérez"}, "nombre"),
        ({"nombre": "Juan\x7f"}, "nombre"),
        ({"celular": "7555\n1234"}, "celular"),
        ({"contrasenia": "x" * 1025}, "contrasenia"),
        ({"direccion": "x" * 501}, "direccion"),
        ({"direccion": 5}, "direccion"),
    ],
)
def test_what_cannot_be_is_named(cast: Cast, fields: dict[str, Any], field: str) -> None:
    answer = cast.anon.post(PATH, json=form(**fields))
    assert answer.status_code == 400
    assert set(answer.json()["errors"]) == {field}
    assert answer.json()["mensaje"]


@pytest.mark.parametrize("spelling", ["{}", "{} ", "+591{}", "+591 {}"])
def test_a_known_celular_is_409_in_any_spelling(cast: Cast, spelling: str) -> None:
    first = form()
    assert cast.anon.post(PATH, json=first).status_code == 201
    answer = cast.anon.post(PATH, json=form(celular=spelling.format(first["celular"])))
    assert answer.status_code == 409
    assert answer.json()["mensaje"] == "El celular ya está registrado"
    assert answer.json()["code"] == "celular_registrado"


def test_a_known_correo_is_409_in_any_case(cast: Cast) -> None:
    first = form()
    assert cast.anon.post(PATH, json=first).status_code == 201
    answer = cast.anon.post(PATH, json=form(correo=first["correo"].upper()))
    assert answer.status_code == 409
    assert answer.json()["mensaje"] == "El correo ya está registrado"
    assert answer.json()["code"] == "correo_registrado"


def test_names_of_staff_are_taken_too(cast: Cast) -> None:
    nick = f"6{next(_numbers) % 10_000_000:07}"
    cast.new_usuario("soporte", usernick=nick)
    answer = cast.anon.post(PATH, json=form(celular=f"+591 {nick}"))
    assert (answer.status_code, answer.json()["code"]) == (409, "celular_registrado")
    answer = cast.anon.post(PATH, json=form(correo=cast.admin.correo))
    assert (answer.status_code, answer.json()["code"]) == (409, "correo_registrado")


def test_a_record_without_login_is_never_doubled(cast: Cast, db: Database) -> None:
    known = form()
    usuario, cliente = uuid.uuid4(), uuid.uuid4()
    db.execute(
        f"""BEGIN;
        INSERT INTO usuarios (id, nombre, rol, cliente_id, creado_en, actualizado_en)
            VALUES ('{usuario}', 'Tienda', 'cliente', '{cliente}', now(), now());
        INSERT INTO clientes (id, usuario_principal_id, nombre, email, telefono, telefono_e164, creado_en,
                              actualizado_en)
            VALUES ('{cliente}', '{usuario}', 'Tienda', '{known["correo"].upper()}', '{known["celular"]}',
                    '+591{known["celular"]}', now(), now());
        COMMIT"""
    )
    for sent in (form(correo=known["correo"]), form(celular=known["celular"])):
        answer = cast.anon.post(PATH, json=sent)
        assert (answer.status_code, answer.json()["code"]) == (409, "verificacion_requerida")
    answer = cast.admin.post(
        "/api/v1/usuarios", json=form(celular=known["celular"], rol="cliente") | {"correo": None}
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "celular_registrado")
    assert db.fetchval("SELECT count(*) FROM clientes WHERE lower(email) = lower($1)", known["correo"]) == 1


def rows(db: Database) -> tuple[int, ...]:
    """How many rows a registration writes to."""
    return tuple(
        db.fetchval(f"SELECT count(*) FROM {table}")
        for table in ("usuarios", "clientes", "identificadores", "sesiones", "direcciones")
    )


def check_races(server: str, db: Database, rounds: int) -> None:
    """Of fifty who want the same e-mail, or the same phone, one is registered, whole; the others leave nothing."""
    for number in range(rounds):
        shared = ("correo", "celular")[number % 2]
        value = form()[shared]
        before = rows(db)
        answers = burst(
            server,
            [Request("POST", PATH, json=form(**{shared: value}, direccion="Calle 1")) for _ in range(50)],
        )
        statuses = [answer.status for answer in answers]
        assert statuses.count(201) == 1, sorted(statuses)
        for answer in answers:
            if answer.status == 503:
                assert answer.json()["code"] == "servicio_ocupado"
                assert "retry-after" in answer.headers
            elif answer.status != 201:
                assert (answer.status, answer.json()["code"]) == (409, f"{shared}_registrado")
        grown = [now - then for now, then in zip(rows(db), before, strict=True)]
        assert grown == [1, 1, 2, 1, 1]


def test_fifty_who_want_the_same_name(
    new_database: Callable[[], Database], start_server: Callable[..., Any]
) -> None:
    database = new_database()
    check_races(start_server(database.dsn).url, database, 100)


def test_control_without_the_namespace_there_are_several_winners(
    new_database: Callable[[], Database], start_server: Callable[..., Any]
) -> None:
    database = new_database()
    planted = start_server(
        database.dsn, workers=1, program=program("tests.identidad.plants:names_for_everybody")
    )
    with pytest.raises(AssertionError, match="201, 201"):
        check_races(planted.url, database, 3)


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_fifty_who_want_the_same_name_2000_times(
    new_database: Callable[[], Database], start_server: Callable[..., Any]
) -> None:
    database = new_database()
    check_races(start_server(database.dsn).url, database, 2_000)


def test_crossed_wishes_do_not_deadlock(server: str) -> None:
    """Two who each want what the other has first: one of them, or neither's rival, never an error."""
    for _ in range(10):
        one, two = form(), form()
        crossed = [one, one | {"celular": two["celular"]}, two, two | {"celular": one["celular"]}] * 4
        answers = burst(server, [Request("POST", PATH, json=sent) for sent in crossed])
        assert {answer.status for answer in answers} <= {201, 409, 503}
        assert sum(answer.status == 201 for answer in answers) in {1, 2}


def test_an_installation_may_limit_registrations(
    db: Database, start_server: Callable[..., Any], new_ip: Callable[[], str]
) -> None:
    limited = start_server(db.dsn, workers=2, registros_por_hora="3")
    ip = new_ip()
    taken = form()
    requests = [Request("POST", PATH, json=form(), source_ip=ip) for _ in range(8)]
    refused = [Request("POST", PATH, json=form(contrasenia="corta"), source_ip=ip) for _ in range(3)]
    assert {answer.status for answer in burst(limited.url, refused)} == {400}
    answers = burst(limited.url, requests)
    assert sorted(answer.status for answer in answers) == [201] * 3 + [429] * 5
    assert all("retry-after" in answer.headers for answer in answers if answer.status == 429)
    with Persona(limited.url, source_ip=new_ip()) as other:
        assert other.post(PATH, json=taken).status_code == 201


def test_unknown_fields_change_nothing(cast: Cast, db: Database) -> None:
    sent = form(rol="admin", limite_credito=1000, activo=False, cliente_id=str(uuid.uuid4()), tipo="usuario")
    answer = cast.anon.post(PATH, json=sent)
    assert answer.status_code == 201
    with Persona(cast.base_url, answer.json()["token"]) as person:
        me = person.get("/api/v1/auth/yo").json()
    assert me["rol"] == "cliente"
    assert me["cliente_id"] != sent["cliente_id"]
    assert db.fetchval("SELECT limite_credito FROM clientes WHERE id = $1::uuid", me["cliente_id"]) == 0


def test_registering_with_wrong_password_of_my_own(cast: Cast) -> None:
    for password, code in (
        ("corta12", "contrasenia_corta"),
        ("12345678", "contrasenia_comun"),
        (PASSWORD * 8, "contrasenia_larga"),
    ):
        answer = cast.anon.post(PATH, json=form(contrasenia=password))
        assert (answer.status_code, answer.json()["code"]) == (400, code)
        assert set(answer.json()["errors"]) == {"contrasenia"}
