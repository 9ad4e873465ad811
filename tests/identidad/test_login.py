"""The four logins: what they answer, to whom, and what they refuse (CONTRACT §2, spec 5 §2)."""

import json
import uuid
from collections.abc import Callable
from typing import Any

import bcrypt
import jwt
import pytest

from clientela.clientes import service as clientes
from tests.cast import PASSWORD, Cast, Persona
from tests.identidad.services import call
from tests.tools.database import Database
from tests.tools.server import SECRET

V1 = "/api/v1/auth/login"
PANEL = "/auth/clientes/login"
CASTELLA = "/api/login-client"


def body(path: str, name: str, password: str) -> dict[str, Any]:
    field = "identificador" if path == V1 else "correo"
    return {field: name, "contrasenia": password}


def test_v1_login_answers_everything_that_the_contract_names(new_cliente: Callable[..., Persona]) -> None:
    customer = new_cliente()
    answer = customer.post(V1, json=body(V1, customer.correo, PASSWORD))
    assert answer.status_code == 200
    said = answer.json()
    token = said.pop("token")
    assert said.pop("access_token") == token
    assert said == {
        "token_type": "Bearer",
        "expires_in": 30 * 86_400,
        "usuario_id": customer.usuario_id,
        "cliente_id": customer.cliente_id,
        "rol": "cliente",
        "debe_cambiar_contrasenia": False,
    }
    claims = jwt.decode(token, SECRET, algorithms=["HS256"])
    assert set(claims) == {"sub", "tipo", "rol", "cliente_id", "jti", "iat", "exp"}
    assert claims["sub"] == customer.usuario_id
    assert (claims["tipo"], claims["rol"]) == ("cliente", "cliente")
    assert claims["exp"] - claims["iat"] == 30 * 86_400


def test_staff_logs_in_at_v1_with_a_null_client(cast: Cast) -> None:
    answer = cast.anon.post(V1, json=body(V1, cast.soporte.correo, PASSWORD))
    assert answer.status_code == 200
    assert answer.json()["cliente_id"] is None
    assert answer.json()["rol"] == "soporte"
    claims = jwt.decode(answer.json()["token"], SECRET, algorithms=["HS256"])
    assert claims["tipo"] == "usuario"


def test_panel_login_answers_client_and_token(new_cliente: Callable[..., Persona]) -> None:
    customer = new_cliente()
    for path in (PANEL, PANEL + "/"):
        answer = customer.post(path, json={"correo": customer.correo, "contrasenia": PASSWORD})
        assert answer.status_code == 200
        assert set(answer.json()) == {"cliente_id", "access_token"}
        assert answer.json()["cliente_id"] == customer.cliente_id
    answer = customer.post(PANEL, json={"identificador": customer.celular, "contrasenia": PASSWORD})
    assert answer.json()["cliente_id"] == customer.cliente_id


def test_get_of_the_panel_login_is_405(cast: Cast) -> None:
    for path in (PANEL, PANEL + "/"):
        answer = cast.anon.get(path)
        assert answer.status_code == 405
        assert answer.headers["Allow"] == "POST"
        assert answer.json()["code"] == "metodo_no_permitido"


def test_castella_login_gives_a_token_or_the_customer(new_cliente: Callable[..., Persona]) -> None:
    customer = new_cliente(nombre="Juan Pérez", direccion="Calle Principal 123, San Salvador")
    asked = body(CASTELLA, customer.correo, PASSWORD)
    answer = customer.post(CASTELLA, json={**asked, "gethash": True})
    assert answer.status_code == 200
    assert set(answer.json()) == {"token"}
    for shown in (asked, {**asked, "gethash": False}, {**asked, "gethash": None}):
        answer = customer.post(CASTELLA, json=shown)
        assert answer.status_code == 200
        assert answer.json() == {
            "cliente": {
                "_id": customer.cliente_id,
                "nombre": "Juan Pérez",
                "celular": customer.celular,
                "correo": customer.correo,
                "direccion": "Calle Principal 123, San Salvador",
            }
        }


def test_showing_the_customer_opens_no_session(new_cliente: Callable[..., Persona], db: Database) -> None:
    customer = new_cliente()
    count = "SELECT count(*) FROM sesiones WHERE usuario_id = $1::uuid"
    before = db.fetchval(count, customer.usuario_id)
    assert customer.post(CASTELLA, json=body(CASTELLA, customer.correo, PASSWORD)).status_code == 200
    assert db.fetchval(count, customer.usuario_id) == before


@pytest.mark.parametrize(
    "spelling",
    [
        "{a}{b}", "+591{a}{b}", "+591 {a}{b}", "591{a}{b}", "{a}-{b}", " {a} {b} ", "(591) {a}.{b}", "00591{a}{b}",
        "\uff17{rest}",
    ],
)  # fmt: skip
def test_a_phone_logs_in_however_it_is_typed(new_cliente: Callable[..., Persona], spelling: str) -> None:
    customer = new_cliente()
    phone = customer.celular
    name = spelling.format(a=phone[:4], b=phone[4:], rest=phone[1:])
    assert customer.post(V1, json=body(V1, name, PASSWORD)).status_code == 200, name


def test_case_of_correo_and_usernick_does_not_matter(cast: Cast) -> None:
    nick = f"Nick{uuid.uuid4().hex[:8]}"
    made = cast.new_usuario("soporte", usernick=nick)
    for name in (made.correo.upper(), nick, nick.lower(), nick.upper(), f"  {nick} "):
        assert cast.anon.post(V1, json=body(V1, name, PASSWORD)).status_code == 200, name


def refusals(person: Persona, cast: Cast) -> dict[str, tuple[str, str]]:
    """Name and password of every login that is refused, by why."""
    return {
        # Names of their own, also those of nobody: an account is throttled whether it exists or not.
        "unknown correo": (f"nadie-{uuid.uuid4().hex}@example.com", PASSWORD),
        # The people of these tests all have Bolivian numbers.
        "unknown celular": (f"+54114{uuid.uuid4().int % 10_000_000:07}", PASSWORD),
        "unknown usernick": (f"nadie-{uuid.uuid4().hex[:20]}", PASSWORD),
        "no name at all": ("@", PASSWORD),
        "wrong password": (person.correo, PASSWORD + "x"),
        "other case": (person.correo, PASSWORD.upper()),
        "too long to be anybody's": (person.correo, PASSWORD + "x" * 900),
        "only the first 72 bytes are right": (person.correo, (PASSWORD + "y" * 100)),
    }


@pytest.mark.parametrize("path", [V1, PANEL, CASTELLA])
def test_every_refusal_is_the_same_401(
    new_cliente: Callable[..., Persona],
    cast: Cast,
    new_ip: Callable[[], str],
    client_from: Callable[..., Persona],
    path: str,
) -> None:
    customer = new_cliente()
    seen = set()
    for why, (name, password) in refusals(customer, cast).items():
        answer = client_from(new_ip()).post(path, json=body(path, name, password))
        assert answer.status_code == 401, why
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        said = answer.json()
        # The request's name counts up, so it is not always of one length.
        length = int(answer.headers["content-length"]) - len(said.pop("request_id"))
        changing = {"date", "x-request-id", "content-length"}
        headers = {k: v for k, v in answer.headers.items() if k not in changing} | {"length": length}
        seen.add((json.dumps(said, sort_keys=True), json.dumps(headers, sort_keys=True)))
    assert len(seen) == 1, seen
    assert "credenciales_invalidas" in next(iter(seen))[0]


@pytest.mark.parametrize("path", [PANEL, CASTELLA])
def test_staff_at_a_customers_door_is_unknown(
    cast: Cast, client_from: Callable[..., Persona], fresh_ip: str, path: str
) -> None:
    answer = client_from(fresh_ip).post(path, json=body(path, cast.soporte.correo, PASSWORD))
    assert (answer.status_code, answer.json()["code"]) == (401, "credenciales_invalidas")


@pytest.mark.parametrize("path", [V1, PANEL, CASTELLA])
def test_a_disabled_user_is_refused_as_an_unknown_one(
    new_cliente: Callable[..., Persona],
    cast: Cast,
    client_from: Callable[..., Persona],
    fresh_ip: str,
    path: str,
) -> None:
    customer = new_cliente()
    off = cast.admin.patch(f"/api/v1/usuarios/{customer.usuario_id}", json={"activo": False})
    assert off.status_code == 200
    answer = client_from(fresh_ip).post(path, json=body(path, customer.correo, PASSWORD))
    assert (answer.status_code, answer.json()["code"]) == (401, "credenciales_invalidas")
    cast.admin.patch(f"/api/v1/usuarios/{customer.usuario_id}", json={"activo": True})
    again = client_from(fresh_ip).post(path, json=body(path, customer.correo, PASSWORD))
    assert again.status_code == 200


def test_a_deactivated_client_cannot_log_in(
    new_cliente: Callable[..., Persona],
    db: Database,
    client_from: Callable[..., Persona],
    fresh_ip: str,
) -> None:
    customer = new_cliente()
    call(db, lambda pool: clientes.set_active(pool, None, uuid.UUID(customer.cliente_id), activo=False))
    answer = client_from(fresh_ip).post(V1, json=body(V1, customer.correo, PASSWORD))
    assert answer.status_code == 401


MISSING: tuple[dict[str, Any], ...] = (
    {},
    {"correo": "a@example.com"},
    {"contrasenia": PASSWORD},
    {"correo": "", "contrasenia": PASSWORD},
    {"correo": None, "contrasenia": PASSWORD},
    {"correo": "a@example.com", "contrasenia": ""},
    {"correo": "a@example.com", "contrasenia": None},
)


@pytest.mark.parametrize("sent", MISSING)
def test_missing_fields_are_named_and_not_counted(
    client_from: Callable[..., Persona], fresh_ip: str, sent: dict[str, Any]
) -> None:
    client = client_from(fresh_ip)
    for _ in range(4):
        answer = client.post(CASTELLA, json=sent)
        assert (answer.status_code, answer.json()["code"]) == (400, "credenciales_incompletas")
        assert answer.json()["mensaje"] == "Correo y contraseña son obligatorios"
        renamed = {"identificador" if k == "correo" else k: v for k, v in sent.items()}
        assert client.post(V1, json=renamed).status_code == 422
        assert client.post(PANEL, json=sent).status_code == 422
    assert client.post(CASTELLA, json=body(CASTELLA, "a@example.com", PASSWORD)).status_code == 401


@pytest.mark.parametrize("sent", [{}, {"contrasenia": None}, {"correo": None}, {"identificador": None}])
def test_every_missing_field_is_named(cast: Cast, sent: dict[str, Any]) -> None:
    missing = ["Este campo es obligatorio"]
    answer = cast.anon.post(CASTELLA, json=sent)
    assert answer.status_code == 400
    assert answer.json()["errors"] == {"correo": missing, "contrasenia": missing}
    for path, name in ((V1, "identificador"), (PANEL, "correo")):
        answer = cast.anon.post(path, json={k: v for k, v in sent.items() if path == PANEL or k != "correo"})
        assert answer.status_code == 422
        assert set(answer.json()["errors"]) == {name, "contrasenia"}


def test_of_two_names_the_wrong_one_is_named(cast: Cast) -> None:
    answer = cast.anon.post(PANEL, json={"identificador": 5})
    assert set(answer.json()["errors"]) == {"identificador", "contrasenia"}
    answer = cast.anon.post(PANEL, json={"identificador": "a@example.com", "correo": ""})
    assert set(answer.json()["errors"]) == {"correo", "contrasenia"}


@pytest.mark.parametrize("wrong", [1, True, [], {}, 1.5])
def test_wrong_types_are_named(cast: Cast, wrong: Any) -> None:
    answer = cast.anon.post(CASTELLA, json={"correo": wrong, "contrasenia": PASSWORD})
    assert answer.status_code == 400
    assert "correo" in answer.json()["errors"]
    answer = cast.anon.post(V1, json={"identificador": wrong, "contrasenia": PASSWORD})
    assert answer.status_code == 422
    assert "identificador" in answer.json()["errors"]
    answer = cast.anon.post(PANEL, json={"correo": "a@example.com", "contrasenia": wrong})
    assert answer.status_code == 422
    assert "contrasenia" in answer.json()["errors"]


def test_every_login_is_written_down_once(
    new_cliente: Callable[..., Persona], db: Database, client_from: Callable[..., Persona], fresh_ip: str
) -> None:
    customer = new_cliente()
    client = client_from(fresh_ip)
    count = "SELECT count(*) FROM auditoria WHERE accion = $1 AND objeto_id = $2"
    for path in (V1, PANEL, CASTELLA):
        for password, action in ((PASSWORD, "login.correcto"), ("otra-cosa-9", "login.fallido")):
            before = db.fetchval(count, action, customer.usuario_id)
            client.post(path, json=body(path, customer.correo, password))
            assert db.fetchval(count, action, customer.usuario_id) == before + 1


def test_a_hash_of_another_cost_is_renewed_at_login(
    new_cliente: Callable[..., Persona], db: Database, cast: Cast
) -> None:
    customer = new_cliente()
    # As PHP writes it, which is what an existing database of this kind holds.
    old = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(5)).decode().replace("$2b$", "$2y$")
    where = "WHERE id = $1::uuid"
    db.execute(f"UPDATE usuarios SET contrasenia_hash = $2 {where}", customer.usuario_id, old)
    for _ in range(2):
        assert cast.anon.post(V1, json=body(V1, customer.correo, PASSWORD)).status_code == 200
        new = db.fetchval(f"SELECT contrasenia_hash FROM usuarios {where}", customer.usuario_id)
        assert new.startswith("$2b$04$")
