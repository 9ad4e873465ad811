"""`/api/v1/clientes/{id}/direcciones`: addresses and branches (CONTRACT §4, §12)."""

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from tests.cast import Cast
from tests.tools.database import Database

Make = Callable[..., dict[str, Any]]
BRANCH = {
    "direccion": "Av. Principal 123",
    "ciudad": "Santa Cruz",
    "departamento": "Santa Cruz",
    "codigo_postal": "0000",
    "latitud": -17.7833,
    "longitud": -63.1821,
    "es_principal": True,
    "activa": True,
}


def path(made: dict[str, Any], *more: Any) -> str:
    return "/".join(["/api/v1/clientes", str(made["uuid"]), "direcciones", *map(str, more)])


def items(cast: Cast, made: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = cast.admin.get(path(made)).json()["items"]
    return found


def add(cast: Cast, made: dict[str, Any], **fields: Any) -> dict[str, Any]:
    answer = cast.admin.post(path(made), json={"direccion": "Calle 1"} | fields)
    assert answer.status_code == 201, answer.text
    added: dict[str, Any] = answer.json()
    return added


def test_a_branch_is_added_shown_and_listed(cast: Cast, new_record: Make) -> None:
    made = new_record()
    answer = cast.admin.post(path(made), json=BRANCH)
    assert answer.status_code == 201
    branch = answer.json()
    assert {field: branch[field] for field in BRANCH} == BRANCH
    said = cast.admin.get(path(made)).json()
    assert said == {"items": [branch], "total": 1, "page": 1, "per_page": 20}
    shown = cast.admin.get(f"/api/clientes/{made['id']}").json()["data"]["cliente"]
    assert shown["direcciones"] == [branch]
    assert shown["version"] == 2


def test_one_is_the_principal_address(cast: Cast, new_record: Make) -> None:
    made = new_record()
    first, second = add(cast, made, es_principal=True), add(cast, made, es_principal=True)
    third = add(cast, made)
    assert [a["es_principal"] for a in items(cast, made)] == [False, True, False]
    assert cast.admin.patch(path(made, third["id"]), json={"es_principal": True}).status_code == 200
    assert [a["es_principal"] for a in items(cast, made)] == [False, False, True]
    assert cast.admin.patch(path(made, third["uuid"]), json={"es_principal": False}).status_code == 200
    assert [a["es_principal"] for a in items(cast, made)] == [False, False, False]
    assert {a["id"] for a in items(cast, made)} == {first["id"], second["id"], third["id"]}


def test_absent_stays_and_null_clears(cast: Cast, new_record: Make) -> None:
    made = new_record()
    branch = add(cast, made, **BRANCH)
    changed = cast.admin.patch(path(made, branch["uuid"]), json={"ciudad": None, "latitud": None}).json()
    assert changed == branch | {"ciudad": None, "latitud": None}
    assert cast.admin.patch(path(made, branch["id"]), json={}).json() == changed
    assert cast.admin.patch(path(made, branch["id"]), json={"codigo_postal": " "}).json() == changed | {
        "codigo_postal": None
    }


def test_a_deleted_one_is_gone(cast: Cast, new_record: Make) -> None:
    made = new_record()
    branch, kept = add(cast, made, **BRANCH), add(cast, made)
    answer = cast.admin.delete(path(made, branch["id"]))
    assert (answer.status_code, answer.json()) == (200, branch)
    assert items(cast, made) == [kept]
    assert cast.admin.delete(path(made, branch["id"])).status_code == 404


def test_who_may(cast: Cast, new_record: Make) -> None:
    """His seller and administrators write, support reads; to all others his client is not there."""
    made = new_record(vendedor_asignado_id=cast.vendedora.usuario_id)
    branch = add(cast, made)
    assert cast.vendedora.post(path(made), json={"direccion": "Calle 2"}).status_code == 201
    assert cast.vendedora.patch(path(made, branch["id"]), json={"ciudad": "Montero"}).status_code == 200
    assert cast.soporte.get(path(made)).json()["total"] == 2
    for person, status in ((cast.soporte, 403), (cast.otro_vendedor, 404), (cast.cliente, 403)):
        assert person.post(path(made), json={"direccion": "X"}).status_code == status
        assert person.delete(path(made, branch["id"])).status_code == status
    assert cast.otro_vendedor.get(path(made)).status_code == 404
    assert cast.cliente.get(path(made)).status_code == 404
    own = f"/api/v1/clientes/{cast.cliente.cliente_id}/direcciones"
    assert cast.cliente.get(own).status_code == 200
    assert cast.tecnica.get(path(made)).status_code == 403


def test_another_clients_address_is_not_there(cast: Cast, new_record: Make) -> None:
    made, other = new_record(), new_record()
    foreign = add(cast, other)
    for ref in (foreign["id"], foreign["uuid"], uuid.uuid4(), 2**40, "abc"):
        for answer in (
            cast.admin.patch(path(made, ref), json={"ciudad": "X"}),
            cast.admin.delete(path(made, ref)),
        ):
            assert (answer.status_code, answer.json()["code"]) == (404, "no_encontrado")
    assert items(cast, other) == [foreign]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"direccion": ""}, "direccion"),
        ({"direccion": None}, "direccion"),
        ({"direccion": "x" * 501}, "direccion"),
        ({"ciudad": "x" * 101}, "ciudad"),
        ({"codigo_postal": "x" * 21}, "codigo_postal"),
        ({"latitud": 90.000001}, "latitud"),
        ({"longitud": "-63"}, "longitud"),
        ({"es_principal": None}, "es_principal"),
        ({"activa": 1}, "activa"),
        ({"cliente_id": "x"}, "cliente_id"),
    ],
)
def test_what_cannot_be_is_named(cast: Cast, new_record: Make, body: dict[str, Any], field: str) -> None:
    made = new_record()
    answer = cast.admin.post(path(made), json={"direccion": "Calle 1"} | body)
    assert (answer.status_code, set(answer.json()["errors"])) == (422, {field})


def test_pages(cast: Cast, new_record: Make) -> None:
    made = new_record(direcciones=[{"direccion": f"Calle {number}"} for number in range(5)])
    said = cast.admin.get(path(made), params={"per_page": 2, "page": 3}).json()
    assert [address["direccion"] for address in said["items"]] == ["Calle 4"]
    assert said["total"] == 5


def test_every_change_is_audited_and_told_of(cast: Cast, new_record: Make, db: Database) -> None:
    made = new_record()
    branch = add(cast, made, **BRANCH)
    cast.admin.patch(path(made, branch["id"]), json={"ciudad": "Montero"})
    cast.admin.delete(path(made, branch["id"]))
    rows = db.fetch("SELECT accion, datos FROM auditoria WHERE objeto_id = $1 ORDER BY id", made["uuid"])
    assert [row["accion"] for row in rows] == [
        "cliente.creado",
        "cliente.direccion_creada",
        "cliente.direccion_actualizada",
        "cliente.direccion_eliminada",
    ]
    assert all(json.loads(row["datos"]) == {"direccion_id": branch["id"]} for row in rows[1:])
    versions = db.fetch(
        "SELECT datos FROM eventos WHERE cliente_id = $1::uuid AND principal ORDER BY seq", made["uuid"]
    )
    assert [json.loads(row["datos"])["version"] for row in versions] == [1, 2, 3, 4]
