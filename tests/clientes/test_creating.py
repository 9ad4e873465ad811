"""`POST /api/clientes`: what it stores, what it answers, what it refuses (spec 2, CONTRACT §4, §12)."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.cast import Cast, Persona
from tests.clientes.conftest import new_email, new_phone
from tests.tools.database import Database

PATH = "/api/clientes"
WINDOWS = [
    {"dia_semana": 1, "hora_inicio": "08:00", "hora_fin": "12:00"},
    {"dia_semana": 3, "hora_inicio": "14:00", "hora_fin": "17:30"},
]
EMPTY: dict[str, Any] = {
    "razon_social": None,
    "nit": None,
    "email": None,
    "whatsapp": None,
    "fecha_nacimiento": None,
    "genero": None,
    "limite_credito": 0,
    "localidad_id": None,
    "localidad": None,
    "latitud": None,
    "longitud": None,
    "observaciones": None,
    "activo": True,
    "vendedor_asignado_id": None,
    "foto_perfil": None,
    "ci_anverso": None,
    "ci_reverso": None,
    "direcciones": [],
    "ventanas_entrega": [],
    "categorias": [],
    "cuentas_por_cobrar": [],
    "user": None,
    "version": 1,
}


def refused(answer: Any, *fields: str) -> dict[str, list[str]]:
    """Check that exactly these fields were refused with 422, in this dialect's voice; return the messages."""
    said = answer.json()
    assert answer.status_code == 422, answer.text
    assert said["success"] is False
    assert said["message"] == "Los datos enviados no son válidos"
    assert set(said["errors"]) == set(fields), said["errors"]
    return said["errors"]  # type: ignore[no-any-return]


def test_the_first_quick_example(cast: Cast) -> None:
    """The smallest client: its name and a phone, which others without login may share."""
    for _ in range(2):
        answer = cast.admin.post(PATH, json={"nombre": "Cliente App", "telefono": "70000001"})
        assert answer.status_code == 201
        said = answer.json()
        assert (said["success"], said["message"]) == (True, "Cliente creado exitosamente")
        assert set(said["data"]) == {"cliente"}
        made = said["data"]["cliente"]
        assert isinstance(made["id"], int)
        assert answer.headers["etag"] == '"1"'
        for field in ("id", "uuid", "fecha_registro", "fecha_actualizacion"):
            assert made.pop(field)
        assert made == {"nombre": "Cliente App", "telefono": "70000001"} | EMPTY


def test_the_second_quick_example(cast: Cast, categorias: list[dict[str, Any]]) -> None:
    """Windows and categories."""
    wanted = [categorias[0]["id"], categorias[1]["id"]]
    body = {
        "nombre": "Cliente App",
        "telefono": "70000001",
        "ventanas_entrega": WINDOWS,
        "categorias_ids": wanted,
    }
    answer = cast.admin.post(PATH, json=body)
    assert answer.status_code == 201
    made = answer.json()["data"]["cliente"]
    assert [{k: v for k, v in window.items() if k != "id"} for window in made["ventanas_entrega"]] == [
        window | {"activo": True} for window in WINDOWS
    ]
    assert made["categorias"] == [categorias[0], categorias[1]]


@pytest.mark.parametrize("form", ["Bearer {}", "bearer {}", "{}"])
def test_a_token_in_sanctums_form_is_accepted(cast: Cast, form: str) -> None:
    body = {"nombre": "Integración", "habilidades": ["clientes"]}
    token = cast.admin.post("/api/v1/tokens", json=body).json()["token"]
    assert "|" in token
    with Persona(cast.base_url) as program:
        headers = {"Authorization": form.format(token)}
        made = program.post(PATH, json={"nombre": "Cliente App", "telefono": "70000001"}, headers=headers)
        assert made.status_code == 201
        path = f"{PATH}/{made.json()['data']['cliente']['id']}"
        assert program.get(path, headers=headers).json()["data"]["cliente"]["nombre"] == "Cliente App"
        assert program.get("/api/v1/localidades", headers=headers).status_code == 200
        assert program.get("/api/v1/productos", headers=headers).status_code == 403


def test_every_field_is_kept(cast: Cast, localidad: dict[str, Any], db: Database) -> None:
    sent = {
        "nombre": "  Juan Pérez  ",
        "razon_social": "Comercial JP",
        "nit": "1234567",
        "email": "Juan@EXAMPLE.com",
        "telefono": " +591 700-00001 ",
        "whatsapp": "70000002",
        "fecha_nacimiento": "1980-02-29",
        "genero": "M",
        "limite_credito": 1500.50,
        "localidad_id": localidad["id"],
        "latitud": -17.7833123456789,
        "longitud": -63.1821,
        "activo": True,
        "observaciones": "Tocar el timbre\nPreguntar por Ana",
        "vendedor_asignado_id": cast.vendedora.usuario_id,
        "direcciones": [
            {"direccion": "Av. Uno", "ciudad": "Santa Cruz", "codigo_postal": "", "es_principal": True},
            {"direccion": "Av. Dos", "departamento": "Santa Cruz", "es_principal": True, "latitud": -17},
            {"direccion": "Av. Tres", "activa": False},
        ],
        "otro_campo": "no existe",
    }
    answer = cast.admin.post(PATH, json=sent)
    assert answer.status_code == 201, answer.text
    made = answer.json()["data"]["cliente"]
    expected = sent | {
        "nombre": "Juan Pérez",
        "email": "Juan@example.com",
        "telefono": "+591 700-00001",
        "latitud": -17.783312,
        "localidad": localidad,
    }
    del expected["otro_campo"], expected["direcciones"]
    assert {field: made[field] for field in expected} == expected
    addresses = made["direcciones"]
    assert [(a["direccion"], a["es_principal"], a["activa"]) for a in addresses] == [
        ("Av. Uno", False, True),
        ("Av. Dos", True, True),
        ("Av. Tres", False, False),
    ]
    assert (addresses[0]["ciudad"], addresses[0]["codigo_postal"]) == ("Santa Cruz", None)
    assert (addresses[1]["latitud"], addresses[1]["longitud"]) == (-17, None)
    assert len({a["uuid"] for a in addresses}) == 3
    stored = db.fetchrow("SELECT * FROM clientes WHERE id = $1::uuid", made["uuid"])
    assert stored["telefono_e164"] == "+59170000001"
    assert cast.admin.get(f"{PATH}/{made['id']}").json()["data"]["cliente"] == made


def test_a_phone_that_cannot_be_read_is_kept_as_typed(new_record: Callable[..., dict[str, Any]]) -> None:
    assert new_record(telefono="pedir en la tienda")["telefono"] == "pedir en la tienda"


def test_overlapping_windows_are_stored_with_a_warning(cast: Cast) -> None:
    windows = [
        {"dia_semana": 1, "hora_inicio": "08:00", "hora_fin": "12:00"},
        {"dia_semana": 1, "hora_inicio": "10:00", "hora_fin": "14:00"},
        {"dia_semana": 1, "hora_inicio": "14:00", "hora_fin": "15:00"},
        {"dia_semana": 2, "hora_inicio": "10:00", "hora_fin": "14:00"},
        {"dia_semana": 1, "hora_inicio": "09:00", "hora_fin": "10:00", "activo": False},
    ]
    answer = cast.admin.post(PATH, json={"nombre": "X", "ventanas_entrega": windows})
    assert answer.status_code == 201
    data = answer.json()["data"]
    assert data["advertencias"] == [
        {
            "code": "ventanas_superpuestas",
            "message": "Las ventanas de entrega lunes 08:00–12:00 y lunes 10:00–14:00 se superponen",
        }
    ]
    assert len(data["cliente"]["ventanas_entrega"]) == 5


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"nombre": ""}, "nombre"),
        ({"nombre": "   "}, "nombre"),
        ({"nombre": None}, "nombre"),
        ({"nombre": 5}, "nombre"),
        ({"nombre": "x" * 201}, "nombre"),
        ({"nombre": "a\nb"}, "nombre"),
        ({"razon_social": "x" * 201}, "razon_social"),
        ({"nit": "1" * 41}, "nit"),
        ({"nit": 1234567}, "nit"),
        ({"email": "no es un correo"}, "email"),
        ({"email": "a@b"}, "email"),
        ({"telefono": "7" * 41}, "telefono"),
        ({"telefono": 70000001}, "telefono"),
        ({"whatsapp": "7" * 41}, "whatsapp"),
        ({"fecha_nacimiento": "2026-02-30"}, "fecha_nacimiento"),
        ({"fecha_nacimiento": "30/01/1980"}, "fecha_nacimiento"),
        ({"fecha_nacimiento": "2999-01-01"}, "fecha_nacimiento"),
        ({"genero": "m"}, "genero"),
        ({"limite_credito": -1}, "limite_credito"),
        ({"limite_credito": "5"}, "limite_credito"),
        ({"limite_credito": 0.001}, "limite_credito"),
        ({"limite_credito": 1e12}, "limite_credito"),
        ({"localidad_id": 999999999}, "localidad_id"),
        ({"localidad_id": 0}, "localidad_id"),
        ({"localidad_id": "1"}, "localidad_id"),
        ({"localidad_id": True}, "localidad_id"),
        ({"latitud": 90.01}, "latitud"),
        ({"latitud": "-17"}, "latitud"),
        ({"longitud": -180.5}, "longitud"),
        ({"observaciones": "x" * 10_001}, "observaciones"),
        ({"activo": 1}, "activo"),
        ({"activo": "true"}, "activo"),
        ({"crear_usuario": "si"}, "crear_usuario"),
        ({"vendedor_asignado_id": "no-es-uuid"}, "vendedor_asignado_id"),
        ({"vendedor_asignado_id": "0190a6b2-7c1e-7d3a-9b5f-2f4c6d8e0a12"}, "vendedor_asignado_id"),
        ({"foto_perfil": "https://ejemplo.bo/foto.jpg"}, "foto_perfil"),
        ({"ventanas_entrega": {}}, "ventanas_entrega"),
        ({"ventanas_entrega": [5]}, "ventanas_entrega.0"),
        ({"ventanas_entrega": [WINDOWS[0] | {"dia_semana": 7}]}, "ventanas_entrega.0.dia_semana"),
        ({"ventanas_entrega": [WINDOWS[0] | {"dia_semana": -1}]}, "ventanas_entrega.0.dia_semana"),
        ({"ventanas_entrega": [WINDOWS[0] | {"dia_semana": 1.5}]}, "ventanas_entrega.0.dia_semana"),
        ({"ventanas_entrega": [WINDOWS[0] | {"hora_inicio": "8:00"}]}, "ventanas_entrega.0.hora_inicio"),
        ({"ventanas_entrega": [WINDOWS[0] | {"hora_inicio": "08:00:00"}]}, "ventanas_entrega.0.hora_inicio"),
        ({"ventanas_entrega": [WINDOWS[0] | {"hora_fin": "24:00"}]}, "ventanas_entrega.0.hora_fin"),
        ({"ventanas_entrega": [WINDOWS[0] | {"hora_fin": "08:00"}]}, "ventanas_entrega.0.hora_fin"),
        (
            {"ventanas_entrega": [WINDOWS[1], WINDOWS[0] | {"hora_fin": "02:00"}]},
            "ventanas_entrega.1.hora_fin",
        ),
        ({"ventanas_entrega": [WINDOWS[0], WINDOWS[0]]}, "ventanas_entrega.1"),
        ({"ventanas_entrega": [WINDOWS[0], WINDOWS[0] | {"activo": False}]}, "ventanas_entrega.1"),
        ({"categorias_ids": [999999999]}, "categorias_ids.0"),
        ({"categorias_ids": ["1"]}, "categorias_ids.0"),
        ({"categorias_ids": [2**63]}, "categorias_ids.0"),
        ({"direcciones": [{}]}, "direcciones.0.direccion"),
        ({"direcciones": [{"direccion": "x" * 501}]}, "direcciones.0.direccion"),
        ({"direcciones": [{"direccion": "x", "latitud": 91}]}, "direcciones.0.latitud"),
    ],
)
def test_what_cannot_be_is_named(cast: Cast, fields: dict[str, Any], field: str) -> None:
    refused(cast.admin.post(PATH, json={"nombre": "Tienda"} | fields), field)


def test_all_that_is_wrong_is_said_at_once(cast: Cast) -> None:
    body = {"email": "x", "ventanas_entrega": [{"dia_semana": 9, "hora_inicio": "9", "hora_fin": "10:00"}]}
    said = refused(
        cast.admin.post(PATH, json=body),
        "nombre",
        "email",
        "ventanas_entrega.0.dia_semana",
        "ventanas_entrega.0.hora_inicio",
    )
    assert said["nombre"] == ["Este campo es obligatorio"]
    assert said["ventanas_entrega.0.hora_inicio"] == ["Debe ser una hora HH:mm"]
    unknown: dict[str, Any] = {
        "nombre": "X",
        "localidad_id": 999999999,
        "categorias_ids": [888888888, 777777777],
        "vendedor_asignado_id": cast.soporte.usuario_id,
    }
    said = refused(
        cast.admin.post(PATH, json=unknown),
        "localidad_id",
        "categorias_ids.0",
        "categorias_ids.1",
        "vendedor_asignado_id",
    )
    assert said["vendedor_asignado_id"] == ["Debe ser un vendedor activo"]


def test_null_and_blank_are_as_good_as_absent(cast: Cast) -> None:
    nulls = dict.fromkeys([*EMPTY.keys() - {"localidad", "version", "user", "categorias"}, "crear_usuario"])
    nulls |= {"categorias_ids": None, "telefono": "  ", "nit": ""}
    answer = cast.admin.post(PATH, json=nulls | {"nombre": "Vacío"})
    assert answer.status_code == 201, answer.text
    made = answer.json()["data"]["cliente"]
    assert {field: made[field] for field in EMPTY} == EMPTY
    assert made["telefono"] is None


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "json_invalido"),
        (b"", 400, "cuerpo_requerido"),
        (b"[]", 422, "datos_invalidos"),
        (b'{"nombre": "' + b"x" * (1 << 20) + b'"}', 413, "cuerpo_demasiado_grande"),
    ],
)
def test_bodies_that_are_none(cast: Cast, body: bytes, status: int, code: str) -> None:
    answer = cast.admin.post(PATH, content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["success"] is False


def test_another_content_type_is_415(cast: Cast) -> None:
    answer = cast.admin.post(PATH, content=b"nombre=X", headers={"Content-Type": "text/plain"})
    assert (answer.status_code, answer.json()["code"]) == (415, "tipo_no_admitido")


def test_without_a_token_it_is_401(cast: Cast) -> None:
    answer = cast.anon.post(PATH, json={"nombre": "X"})
    assert (answer.status_code, answer.json()["code"]) == (401, "no_autenticado")
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.json()["success"] is False


def test_a_sellers_client_is_his_and_has_the_defaults(cast: Cast) -> None:
    made = cast.vendedora.post(PATH, json={"nombre": "X", "limite_credito": 0, "activo": True})
    assert made.status_code == 201
    assert made.json()["data"]["cliente"]["vendedor_asignado_id"] == cast.vendedora.usuario_id
    own = {"nombre": "X", "vendedor_asignado_id": cast.vendedora.usuario_id}
    assert cast.vendedora.post(PATH, json=own).status_code == 201
    for more in (
        {"limite_credito": 1},
        {"activo": False},
        {"vendedor_asignado_id": cast.otro_vendedor.usuario_id},
        {"vendedor_asignado_id": None},
    ):
        answer = cast.vendedora.post(PATH, json={"nombre": "X"} | more)
        assert (answer.status_code, answer.json()["code"]) == (403, "prohibido")
        assert cast.admin.post(PATH, json={"nombre": "X"} | more).status_code == 201


def test_the_same_key_makes_one_client(cast: Cast, db: Database) -> None:
    name = f"Una vez {new_email()}"
    headers = {"Idempotency-Key": new_email()}
    first = cast.admin.post(PATH, json={"nombre": name}, headers=headers)
    again = cast.admin.post(PATH, json={"nombre": name}, headers=headers)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content
    assert db.fetchval("SELECT count(*) FROM clientes WHERE nombre = $1", name) == 1


def test_a_new_client_is_audited_and_told_of_without_his_data(
    new_record: Callable[..., dict[str, Any]], cast: Cast, db: Database
) -> None:
    phone, email = new_phone(), new_email()
    made = new_record(nombre="Confidencial", telefono=phone, email=email)
    events = db.fetch("SELECT * FROM eventos WHERE cliente_id = $1::uuid", made["uuid"])
    assert {(e["flujo"].partition(":")[0], e["tipo"], e["principal"]) for e in events} == {
        ("usuario", "client.created", True),
        ("rol", "client.created", False),
    }
    assert json.loads(events[0]["datos"]) == {"id": made["uuid"], "version": 1}
    row = db.fetchrow("SELECT * FROM auditoria WHERE objeto_id = $1", made["uuid"])
    assert (row["accion"], str(row["actor_id"])) == ("cliente.creado", cast.admin.usuario_id)
    for text in (phone, email, "Confidencial"):
        assert text not in row["datos"]
