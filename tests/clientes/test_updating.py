"""`PUT /api/clientes/{id}`: what is sent changes, null clears, what is absent stays (spec 2, CONTRACT §4)."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.cast import Cast
from tests.clientes.test_creating import PATH, WINDOWS, refused
from tests.tools.database import Database

Make = Callable[..., dict[str, Any]]
FULL = {
    "razon_social": "Comercial JP",
    "nit": "1234567",
    "email": "juan@example.com",
    "telefono": "70000001",
    "whatsapp": "70000002",
    "fecha_nacimiento": "1980-02-29",
    "genero": "F",
    "limite_credito": 100,
    "latitud": -17.5,
    "longitud": -63.5,
    "observaciones": "Tocar el timbre",
}


def put(cast: Cast, made: dict[str, Any], body: dict[str, Any], **options: Any) -> Any:
    """The administrator's change of a client."""
    return cast.admin.put(f"{PATH}/{made['id']}", json=body, **options)


def show(cast: Cast, made: dict[str, Any]) -> dict[str, Any]:
    """The client as he is now."""
    found: dict[str, Any] = cast.admin.get(f"{PATH}/{made['id']}").json()["data"]["cliente"]
    return found


def hours(client: dict[str, Any]) -> list[tuple[int, str, str, bool]]:
    """His windows, without their identifiers."""
    return [
        (w["dia_semana"], w["hora_inicio"], w["hora_fin"], w["activo"]) for w in client["ventanas_entrega"]
    ]


def test_the_example_of_the_spec(cast: Cast, new_record: Make, categorias: list[dict[str, Any]]) -> None:
    ids = [category["id"] for category in categorias]
    made = new_record(telefono="70000001", ventanas_entrega=WINDOWS, categorias_ids=ids[1:])
    body = {
        "telefono": "70000002",
        "ventanas_entrega": [{"dia_semana": 5, "hora_inicio": "09:00", "hora_fin": "13:00"}],
        "categorias_ids": ids[:1],
    }
    answer = put(cast, made, body)
    assert answer.status_code == 200
    said = answer.json()
    assert (said["success"], said["message"]) == (True, "Cliente actualizado exitosamente")
    assert set(said["data"]) == {"cliente"}
    changed = said["data"]["cliente"]
    assert (changed["telefono"], changed["nombre"]) == ("70000002", made["nombre"])
    assert hours(changed) == [(5, "09:00", "13:00", True)]
    assert changed["categorias"] == categorias[:1]
    assert (changed["version"], answer.headers["etag"]) == (2, '"2"')
    assert show(cast, made) == changed


@pytest.mark.parametrize("field", sorted(FULL))
def test_one_field_changes_nothing_else(cast: Cast, new_record: Make, field: str) -> None:
    made = new_record(**{**FULL, field: None}, ventanas_entrega=WINDOWS)
    expected = made | {field: FULL[field], "version": 2}
    changed = put(cast, made, {field: FULL[field]}).json()["data"]["cliente"]
    assert changed.pop("fecha_actualizacion") > expected.pop("fecha_actualizacion")
    assert changed == expected


def test_null_clears_and_absence_leaves(
    cast: Cast, new_record: Make, categorias: list[dict[str, Any]]
) -> None:
    made = new_record(
        **FULL,
        ventanas_entrega=WINDOWS,
        categorias_ids=[categorias[0]["id"]],
        direcciones=[{"direccion": "A"}],
    )
    assert put(cast, made, {}).json()["data"]["cliente"] == made
    cleared = dict.fromkeys([*FULL, "ventanas_entrega", "categorias_ids", "vendedor_asignado_id"])
    changed = put(cast, made, cleared).json()["data"]["cliente"]
    assert {field: changed[field] for field in FULL} == dict.fromkeys(FULL) | {"limite_credito": 0}
    assert (changed["ventanas_entrega"], changed["categorias"]) == ([], [])
    # Addresses have routes of their own; an update neither takes nor loses them.
    assert changed["direcciones"] == made["direcciones"]
    same = put(cast, made, {"direcciones": [], "categorias": [], "user": None}).json()["data"]["cliente"]
    assert same["direcciones"] == made["direcciones"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"nombre": None}, "nombre"),
        ({"nombre": " "}, "nombre"),
        ({"activo": None}, "activo"),
        ({"activo": "1"}, "activo"),
        ({"email": "x"}, "email"),
        ({"limite_credito": -0.01}, "limite_credito"),
        ({"localidad_id": 999999999}, "localidad_id"),
        ({"categorias_ids": [999999999]}, "categorias_ids.0"),
        ({"ventanas_entrega": [WINDOWS[0] | {"hora_fin": "07:59"}]}, "ventanas_entrega.0.hora_fin"),
        ({"ventanas_entrega": [*WINDOWS, WINDOWS[1]]}, "ventanas_entrega.2"),
        ({"fecha_nacimiento": "2999-12-31"}, "fecha_nacimiento"),
        ({"ci_anverso": "texto"}, "ci_anverso"),
    ],
)
def test_what_cannot_be_is_named_and_changes_nothing(
    cast: Cast, new_record: Make, body: dict[str, Any], field: str
) -> None:
    made = new_record(ventanas_entrega=WINDOWS)
    said = refused(put(cast, made, {"nit": "cambiado", "ventanas_entrega": []} | body), field)
    assert said[field]
    assert show(cast, made) == made


def test_windows_that_stay_the_same_keep_their_ids(cast: Cast, new_record: Make) -> None:
    made = new_record(ventanas_entrega=WINDOWS)
    same = put(cast, made, {"ventanas_entrega": list(reversed(WINDOWS))}).json()["data"]["cliente"]
    assert same == made
    replaced = put(cast, made, {"ventanas_entrega": WINDOWS[:1]}).json()["data"]["cliente"]
    assert hours(replaced) == [(1, "08:00", "12:00", True)]
    assert replaced["ventanas_entrega"][0]["id"] > made["ventanas_entrega"][1]["id"]


def test_overlaps_are_warned_of_when_windows_are_sent(cast: Cast, new_record: Make) -> None:
    made = new_record()
    over = [WINDOWS[0], WINDOWS[0] | {"hora_inicio": "11:59"}]
    answer = put(cast, made, {"ventanas_entrega": over})
    assert [warning["code"] for warning in answer.json()["data"]["advertencias"]] == ["ventanas_superpuestas"]
    assert "advertencias" not in put(cast, made, {"nit": "5"}).json()["data"]


def test_by_number_or_uuid_or_post(cast: Cast, new_record: Make) -> None:
    made = new_record()
    for number, ref in enumerate((made["id"], made["uuid"], made["uuid"].upper())):
        assert cast.admin.put(f"{PATH}/{ref}", json={"nit": str(number)}).status_code == 200
        assert show(cast, made)["nit"] == str(number)
    for method in ("PUT", "put"):
        answer = cast.admin.post(f"{PATH}/{made['id']}", json={"_method": method, "nit": method})
        assert answer.status_code == 200
        assert answer.json()["message"] == "Cliente actualizado exitosamente"
        assert show(cast, made)["nit"] == method
    for body in ({}, {"_method": "DELETE"}, {"_method": None}):
        answer = cast.admin.post(f"{PATH}/{made['id']}", json={"nit": "no"} | body)
        assert (answer.status_code, answer.json()["code"]) == (405, "metodo_no_permitido")
        assert answer.headers["allow"] == "GET, HEAD, POST, PUT"
    assert show(cast, made)["nit"] == "put"


@pytest.mark.parametrize("ref", ["0", "-1", "abc", "99999999999999999999", "9" * 18, "%00", "1.0"])
def test_an_id_that_cannot_be_is_404(cast: Cast, ref: str) -> None:
    for answer in (cast.admin.get(f"{PATH}/{ref}"), cast.admin.put(f"{PATH}/{ref}", json={"nit": "1"})):
        assert (answer.status_code, answer.json()["code"]) == (404, "no_encontrado")
        assert answer.json()["success"] is False


def test_a_stale_version_is_412(cast: Cast, new_record: Make) -> None:
    made = new_record()
    assert put(cast, made, {"nit": "1"}, headers={"If-Match": '"1"'}).status_code == 200
    answer = put(cast, made, {"nit": "2"}, headers={"If-Match": '"1"'})
    assert (answer.status_code, answer.json()["code"]) == (412, "desactualizado")
    assert answer.json()["version"] == 2
    assert show(cast, made)["nit"] == "1"


def test_what_only_administrators_may_give(cast: Cast, new_record: Make) -> None:
    made = new_record(limite_credito=500, vendedor_asignado_id=cast.vendedora.usuario_id)
    path = f"{PATH}/{made['id']}"
    for body in (
        {"limite_credito": 501},
        {"limite_credito": 499.99},
        {"limite_credito": None},
        {"activo": False},
        {"vendedor_asignado_id": None},
        {"vendedor_asignado_id": cast.otro_vendedor.usuario_id},
    ):
        answer = cast.vendedora.put(path, json={"nit": "no"} | body)
        assert (answer.status_code, answer.json()["code"]) == (403, "prohibido"), body
    # What is there already may be sent back.
    same = {"limite_credito": 500.00, "activo": True, "vendedor_asignado_id": cast.vendedora.usuario_id}
    answer = cast.vendedora.put(path, json={"nit": "sí"} | same)
    assert answer.status_code == 200
    assert answer.json()["data"]["cliente"]["nit"] == "sí"
    assert put(cast, made, {"vendedor_asignado_id": cast.otro_vendedor.usuario_id}).status_code == 200
    assert cast.vendedora.put(path, json={"nit": "ya no"}).status_code == 403
    assert cast.otro_vendedor.put(path, json={"nit": "suyo"}).status_code == 200


def test_deactivation_ends_the_customers_sessions(cast: Cast, new_cliente: Callable[..., Any]) -> None:
    customer = new_cliente()
    record = {"id": customer.cliente_id}
    assert customer.get("/api/v1/auth/yo").status_code == 200
    assert put(cast, record, {"activo": False}).json()["data"]["cliente"]["activo"] is False
    again = {"identificador": customer.correo, "contrasenia": customer.contrasenia}
    assert cast.anon.post("/api/v1/auth/login", json=again).status_code == 401
    assert put(cast, record, {"activo": True}).status_code == 200
    assert cast.anon.post("/api/v1/auth/login", json=again).status_code == 200


def test_a_change_is_audited_by_names_and_told_of(cast: Cast, new_record: Make, db: Database) -> None:
    made = new_record()
    put(cast, made, {"email": "secreto@example.com", "limite_credito": 75.5, "ventanas_entrega": WINDOWS})
    row = db.fetchrow(
        "SELECT * FROM auditoria WHERE objeto_id = $1 AND accion = 'cliente.actualizado'", made["uuid"]
    )
    assert json.loads(row["datos"]) == {
        "campos": ["email", "limite_credito", "ventanas_entrega"],
        "cambios": {"limite_credito": {"antes": "0.00", "despues": "75.5"}},
    }
    told = db.fetch(
        "SELECT datos FROM eventos WHERE cliente_id = $1::uuid AND tipo = 'client.updated'", made["uuid"]
    )
    assert [json.loads(event["datos"]) for event in told] == [{"id": made["uuid"], "version": 2}] * 2
    # What changes nothing is neither.
    put(cast, made, {"limite_credito": 75.50, "ventanas_entrega": WINDOWS})
    count = "SELECT count(*) FROM eventos WHERE cliente_id = $1::uuid"
    assert db.fetchval(count, made["uuid"]) == 4
