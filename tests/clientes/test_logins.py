"""`crear_usuario`: a login whose name and first password are the phone (spec 2, CONTRACT §2, §4, §12)."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.cast import PASSWORD, Cast, Persona
from tests.clientes.conftest import new_email, new_phone
from tests.clientes.test_creating import PATH, refused
from tests.tools.database import Database

Make = Callable[..., dict[str, Any]]
TAKEN = {
    "telefono": ["El celular ya está registrado"],
    "email": ["El correo ya está registrado"],
}


def create(cast: Cast, **fields: Any) -> Any:
    """Ask for a client with a login."""
    return cast.admin.post(PATH, json={"nombre": "Juan Pérez", "crear_usuario": True} | fields)


def update(cast: Cast, made: dict[str, Any], **fields: Any) -> Any:
    """Ask for a login of a client who is there."""
    return cast.admin.put(f"{PATH}/{made['id']}", json={"crear_usuario": True} | fields)


def log_in(cast: Cast, identificador: str, contrasenia: str) -> Any:
    """Try to log in."""
    body = {"identificador": identificador, "contrasenia": contrasenia}
    with Persona(cast.base_url) as device:
        return device.post("/api/v1/auth/login", json=body)


def test_the_phone_is_name_and_first_password(cast: Cast) -> None:
    phone, email = new_phone(), new_email()
    answer = create(cast, telefono=phone, email=email)
    assert answer.status_code == 201, answer.text
    data = answer.json()["data"]
    assert set(data) == {"cliente", "usuario"}
    user = data["usuario"]
    assert {key: value for key, value in user.items() if key not in {"id", "uuid"}} == {
        "name": "Juan Pérez",
        "usernick": phone,
        "email": email,
        "activo": True,
        "debe_cambiar_contrasenia": True,
    }
    assert data["cliente"]["user"] == user
    shown = cast.soporte.get(f"{PATH}/{data['cliente']['id']}").json()["data"]
    assert (set(shown), shown["cliente"]["user"]) == ({"cliente"}, user)
    # It may change the password and log out, nothing else; afterwards it is a login like any other.
    opened = log_in(cast, phone, phone)
    assert (opened.status_code, opened.json()["debe_cambiar_contrasenia"]) == (200, True)
    with Persona(cast.base_url, opened.json()["token"]) as device:
        own = f"{PATH}/{data['cliente']['id']}"
        walled = device.get(own)
        assert (walled.status_code, walled.json()["code"]) == (403, "debe_cambiar_contrasenia")
        body = {"actual": phone, "nueva": PASSWORD}
        fresh = device.post("/api/v1/auth/contrasenia", json=body).json()["token"]
    with Persona(cast.base_url, fresh) as device:
        assert device.get(own).json()["data"]["cliente"]["user"] == user | {"debe_cambiar_contrasenia": False}
    assert log_in(cast, phone, phone).status_code == 401
    for name in (phone, f"+591 {phone}", email, email.upper()):
        assert log_in(cast, name, PASSWORD).status_code == 200


@pytest.mark.parametrize("phone", [None, "", "   ", "pedir en la tienda", "123", "7" * 20])
def test_without_a_phone_there_is_no_login(cast: Cast, new_record: Make, phone: str | None) -> None:
    refused(create(cast, telefono=phone), "telefono")
    made = new_record()
    refused(update(cast, made, telefono=phone), "telefono")
    assert cast.admin.get(f"{PATH}/{made['id']}").json()["data"]["cliente"] == made


def test_absence_of_the_phone_is_named(cast: Cast, new_record: Make) -> None:
    assert refused(create(cast), "telefono")["telefono"] == ["Este campo es obligatorio"]
    refused(update(cast, new_record()), "telefono")
    # A record that has one needs none in the body.
    assert update(cast, new_record(telefono=new_phone())).status_code == 200


def test_a_phone_is_unique_among_clients_and_logins(cast: Cast, new_record: Make) -> None:
    """In whatever spelling; with `crear_usuario` only."""
    without, registered = new_phone(), cast.new_cliente().celular
    new_record(telefono=without)
    staff = new_phone()
    cast.new_usuario("soporte", celular=staff)
    for taken in (without, registered, staff):
        for spelling in (taken, f"+591 {taken}", f"({taken[:3]}) {taken[3:]}"):
            assert refused(create(cast, telefono=spelling), "telefono") == {"telefono": TAKEN["telefono"]}
            assert refused(update(cast, new_record(), telefono=spelling), "telefono")
        assert cast.admin.post(PATH, json={"nombre": "X", "telefono": taken}).status_code == 201


def test_an_email_is_unique_among_logins(cast: Cast, new_record: Make) -> None:
    shared = new_email()
    new_record(email=shared)
    assert create(cast, telefono=new_phone(), email=shared).status_code == 201
    for spelling in (shared, shared.upper()):
        said = refused(create(cast, telefono=new_phone(), email=spelling), "email")
        assert said == {"email": TAKEN["email"]}
    said = refused(create(cast, telefono=new_phone(), email=cast.admin.correo), "email")
    assert said == {"email": TAKEN["email"]}


def test_what_is_refused_is_not_there(cast: Cast, db: Database) -> None:
    email = new_email()
    refused(create(cast, nombre="Nadie", telefono=cast.new_cliente().celular, email=email), "telefono")
    assert db.fetchval("SELECT count(*) FROM clientes WHERE email = $1", email) == 0
    assert db.fetchval("SELECT count(*) FROM usuarios WHERE nombre = 'Nadie'") == 0


# --- on update -------------------------------------------------------------------------------------------------


def test_a_client_without_login_gets_one(cast: Cast, new_record: Make) -> None:
    phone = new_phone()
    made = new_record(telefono="70000009", email=new_email())
    answer = update(cast, made, telefono=phone, nombre="Nombre Nuevo")
    assert answer.status_code == 200, answer.text
    data = answer.json()["data"]
    user = data["usuario"]
    assert (user["name"], user["usernick"], user["email"]) == ("Nombre Nuevo", phone, made["email"])
    assert data["cliente"]["user"] == user
    assert (data["cliente"]["id"], data["cliente"]["uuid"]) == (made["id"], made["uuid"])
    opened = log_in(cast, phone, phone).json()
    assert (opened["cliente_id"], opened["debe_cambiar_contrasenia"]) == (made["uuid"], True)


def test_a_login_follows_name_and_email_and_keeps_its_password(cast: Cast) -> None:
    customer, email = cast.new_cliente(), new_email()
    record = {"id": customer.cliente_id}
    answer = update(cast, record, nombre="Otro Nombre", email=email)
    assert answer.status_code == 200, answer.text
    data = answer.json()["data"]
    assert set(data) == {"cliente"}
    assert (data["cliente"]["user"]["name"], data["cliente"]["user"]["email"]) == ("Otro Nombre", email)
    assert data["cliente"]["user"]["debe_cambiar_contrasenia"] is False
    assert log_in(cast, email, PASSWORD).json()["usuario_id"] == customer.usuario_id
    assert log_in(cast, customer.celular, PASSWORD).status_code == 200
    assert log_in(cast, customer.correo, PASSWORD).status_code == 401
    for phone_as_password in (customer.celular, f"+591{customer.celular}"):
        assert log_in(cast, customer.celular, phone_as_password).status_code == 401
    # Asking again changes nothing.
    again = update(cast, record)
    assert again.json()["data"]["cliente"] == data["cliente"]


def test_without_crear_usuario_the_login_stays_as_it_is(cast: Cast) -> None:
    customer = cast.new_cliente()
    body = {"nombre": "Razón Nueva", "email": new_email(), "telefono": new_phone()}
    for asked in ({}, {"crear_usuario": False}, {"crear_usuario": None}):
        answer = cast.admin.put(f"{PATH}/{customer.cliente_id}", json=body | asked)
        user = answer.json()["data"]["cliente"]["user"]
        assert (user["name"], user["email"]) == (customer.nombre, customer.correo)
    assert log_in(cast, customer.celular, PASSWORD).status_code == 200


def test_a_login_does_not_follow_to_what_somebody_has(cast: Cast) -> None:
    customer, other = cast.new_cliente(), cast.new_cliente()
    before = cast.admin.get(f"{PATH}/{customer.cliente_id}").json()
    record = {"id": customer.cliente_id}
    assert refused(update(cast, record, email=other.correo), "email") == {"email": TAKEN["email"]}
    assert refused(update(cast, record, telefono=other.celular), "telefono") == {
        "telefono": TAKEN["telefono"]
    }
    assert cast.admin.get(f"{PATH}/{customer.cliente_id}").json() == before


def test_a_seller_may_ask_for_a_login_of_his_client(cast: Cast) -> None:
    phone = new_phone()
    body = {"nombre": "X", "telefono": phone, "crear_usuario": True}
    made = cast.vendedora.post(PATH, json=body)
    assert made.status_code == 201
    assert made.json()["data"]["usuario"]["usernick"] == phone
    other = cast.otro_vendedor.put(
        f"{PATH}/{made.json()['data']['cliente']['id']}", json={"crear_usuario": True}
    )
    assert other.status_code == 403


def test_an_inactive_client_with_a_login_stays_outside(cast: Cast) -> None:
    phone = new_phone()
    answer = create(cast, telefono=phone, activo=False)
    assert answer.status_code == 201
    assert log_in(cast, phone, phone).status_code == 401
    record = answer.json()["data"]["cliente"]
    assert cast.admin.put(f"{PATH}/{record['id']}", json={"activo": True}).status_code == 200
    assert log_in(cast, phone, phone).status_code == 200


def test_a_new_login_is_audited_without_the_phone(cast: Cast, db: Database, new_record: Make) -> None:
    phone = new_phone()
    made = new_record()
    user = update(cast, made, telefono=phone).json()["data"]["usuario"]
    rows = db.fetch("SELECT accion, datos FROM auditoria WHERE objeto_id = $1", user["uuid"])
    assert [row["accion"] for row in rows] == ["usuario.cambiado"]
    assert "contrasenia" in json.loads(rows[0]["datos"])["campos"]
    everything = db.fetch(
        "SELECT datos FROM auditoria WHERE objeto_id = ANY ($1::text[])", [made["uuid"], user["uuid"]]
    )
    assert not [row for row in everything if phone in row["datos"]]
