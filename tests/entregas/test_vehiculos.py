"""`/api/v1/vehiculos`: made and changed by administrators, read by staff (CONTRACT §12)."""

import uuid
from typing import Any

import pytest

from tests.cast import Cast
from tests.tools.database import Database

PATH = "/api/v1/vehiculos"


def plate() -> str:
    """A plate that nobody has."""
    return uuid.uuid4().hex[:10].upper()


def added(cast: Cast, **fields: Any) -> dict[str, Any]:
    """A vehicle that stays in the yard."""
    answer = cast.admin.post(PATH, json={"placa": plate(), "capacidad_kg": "1500", "activo": False} | fields)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def test_a_vehicle_is_made_read_listed_and_changed(cast: Cast) -> None:
    sign = plate()
    made = added(cast, placa=f"  {sign[:4].lower()}   {sign[4:].lower()} ", chofer_id=cast.tecnica.usuario_id)
    assert made["placa"] == f"{sign[:4]} {sign[4:]}"
    assert (made["capacidad_kg"], made["salida"], made["regreso"], made["nombre"]) == (
        "1500",
        "08:00",
        "18:00",
        None,
    )
    assert (made["chofer_id"], made["version"]) == (cast.tecnica.usuario_id, 1)
    path = f"{PATH}/{made['id']}"
    assert cast.vendedora.get(path).json() == made
    changed = cast.admin.patch(
        path,
        json={"nombre": " Furgón ", "salida": "06:30", "chofer_id": None, "capacidad_kg": 800.5},
        headers={"If-Match": '"1"'},
    )
    assert changed.status_code == 200, changed.text
    body = changed.json()
    assert (body["nombre"], body["salida"], body["chofer_id"], body["capacidad_kg"]) == (
        "Furgón",
        "06:30",
        None,
        "800.5",
    )
    assert (body["version"], changed.headers["etag"]) == (2, '"2"')
    stale = cast.admin.patch(path, json={"activo": True}, headers={"If-Match": '"1"'})
    assert (stale.status_code, stale.json()["code"], stale.json()["version"]) == (412, "desactualizado", 2)
    # Saying what is there already changes nothing.
    assert cast.admin.patch(path, json={"nombre": "Furgón"}).json()["version"] == 2
    for asked, there in ((None, True), ("0", True), ("1", False), ("", True)):
        query = {"per_page": 100} | ({} if asked is None else {"activo": asked})
        found = cast.soporte.get(PATH, params=query).json()["items"]
        assert (made["id"] in {item["id"] for item in found}) is there, asked


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"placa": " "}, "placa"),
        ({"placa": "A\tB"}, "placa"),
        ({"placa": "A" * 21}, "placa"),
        ({"capacidad_kg": "0"}, "capacidad_kg"),
        ({"capacidad_kg": "1e3"}, "capacidad_kg"),
        ({"capacidad_kg": "1.2345"}, "capacidad_kg"),
        ({"salida": "8:00"}, "salida"),
        ({"salida": "18:00"}, "regreso"),
        ({"chofer_id": str(uuid.uuid4())}, "chofer_id"),
        ({"sorpresa": 1}, "sorpresa"),
    ],
)
def test_what_a_vehicle_cannot_be(cast: Cast, db: Database, fields: dict[str, Any], wrong: str) -> None:
    body = {"placa": plate(), "capacidad_kg": "10"} | fields
    answer = cast.admin.post(PATH, json=body)
    assert (answer.status_code, list(answer.json()["errors"])) == (422, [wrong])
    assert db.fetchval("SELECT count(*) FROM vehiculos WHERE placa = $1", body["placa"]) == 0
    made = added(cast)
    answer = cast.admin.patch(f"{PATH}/{made['id']}", json=fields)
    assert (answer.status_code, list(answer.json()["errors"])) == (422, [wrong])


def test_customers_and_those_who_left_drive_nothing(cast: Cast) -> None:
    gone = cast.new_usuario("tecnico")
    vehicle = added(cast, chofer_id=gone.usuario_id)
    cast.admin.patch(f"/api/v1/usuarios/{gone.usuario_id}", json={"activo": False})
    for nobody in (gone, cast.cliente):
        answer = cast.admin.post(
            PATH, json={"placa": plate(), "capacidad_kg": "10", "chofer_id": nobody.usuario_id}
        )
        assert (answer.status_code, list(answer.json()["errors"])) == (422, ["chofer_id"])
    # Whoever left stays named until somebody names another, and the rest can be changed meanwhile.
    answer = cast.admin.patch(f"{PATH}/{vehicle['id']}", json={"nombre": "Sin chofer"})
    assert (answer.status_code, answer.json()["chofer_id"]) == (200, gone.usuario_id)


def test_a_plate_is_one_vehicles(cast: Cast) -> None:
    first, second = added(cast), added(cast)
    for answer in (
        cast.admin.post(PATH, json={"placa": first["placa"].lower(), "capacidad_kg": "10"}),
        cast.admin.patch(f"{PATH}/{second['id']}", json={"placa": first["placa"]}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "placa_en_uso")
        assert list(answer.json()["errors"]) == ["placa"]


def test_a_vehicle_that_is_not_there(cast: Cast) -> None:
    for path in (f"{PATH}/999999999", f"{PATH}/x"):
        assert cast.admin.get(path).status_code == 404
    answer = cast.admin.patch(f"{PATH}/999999999", json={"activo": False})
    assert (answer.status_code, answer.json()["code"]) == (404, "vehiculo_no_encontrado")
