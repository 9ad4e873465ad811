"""`POST /api/v1/clientes/asignar` and `…/traspasar`: many clients, one seller (CONTRACT §3, §4)."""

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from tests.cast import Cast
from tests.tools.burst import Answer, Request
from tests.tools.database import Database

Make = Callable[..., dict[str, Any]]
ASSIGN, HAND_OVER = "/api/v1/clientes/asignar", "/api/v1/clientes/traspasar"


def seller_of(cast: Cast, made: dict[str, Any]) -> str | None:
    """Whose the client is."""
    shown = cast.admin.get(f"/api/clientes/{made['id']}").json()["data"]["cliente"]
    found: str | None = shown["vendedor_asignado_id"]
    return found


def test_clients_by_number_or_uuid_become_a_sellers(cast: Cast, new_record: Make) -> None:
    made = [new_record() for _ in range(4)]
    seller = cast.vendedora.usuario_id
    # The same client twice is one.
    refs = [made[0]["id"], made[1]["uuid"], made[2]["uuid"].upper(), made[0]["uuid"]]
    answer = cast.admin.post(ASSIGN, json={"clientes": refs, "vendedor_id": seller})
    assert answer.status_code == 200, answer.text
    assert answer.json() == {"vendedor_id": seller, "asignados": 3, "restantes": 0}
    assert [seller_of(cast, client) for client in made] == [seller, seller, seller, None]
    assert cast.otro_vendedor.get(f"/api/clientes/{made[0]['id']}").status_code == 403
    freed = cast.admin.post(ASSIGN, json={"clientes": refs, "vendedor_id": None})
    assert freed.json() == {"vendedor_id": None, "asignados": 3, "restantes": 0}
    assert [seller_of(cast, client) for client in made] == [None] * 4


def test_all_or_none(cast: Cast, new_record: Make) -> None:
    made, unknown = new_record(), str(uuid.uuid4())
    refs = [unknown, made["id"], 10**15]
    answer = cast.admin.post(ASSIGN, json={"clientes": refs, "vendedor_id": cast.vendedora.usuario_id})
    assert answer.status_code == 422
    assert answer.json()["errors"] == {
        "clientes.0": ["El cliente no existe"],
        "clientes.2": ["El cliente no existe"],
    }
    assert seller_of(cast, made) is None


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "clientes"),
        ({"clientes": []}, "clientes"),
        ({"clientes": [0]}, "clientes.0"),
        ({"clientes": [1.5]}, "clientes.0"),
        ({"clientes": [True]}, "clientes.0"),
        ({"clientes": ["1"]}, "clientes.0"),
        ({"clientes": [2**63]}, "clientes.0"),
        ({"clientes": [None]}, "clientes.0"),
        ({"clientes": list(range(1, 202))}, "clientes"),
        ({"vendedor_id": "x"}, "vendedor_id"),
        ({"vendedor_id": "0190a6b2-7c1e-7d3a-9b5f-2f4c6d8e0a12"}, "vendedor_id"),
        ({"otro": 1}, "otro"),
    ],
)
def test_what_cannot_be_is_named(cast: Cast, new_record: Make, body: dict[str, Any], field: str) -> None:
    whole = {"clientes": [new_record()["id"]], "vendedor_id": None} | body
    if not body:
        whole.pop("clientes")
    answer = cast.admin.post(ASSIGN, json=whole)
    assert answer.status_code == 422, answer.text
    assert field in answer.json()["errors"]


def test_the_seller_must_be_said_and_be_one(cast: Cast, new_record: Make) -> None:
    made = new_record()
    assert cast.admin.post(ASSIGN, json={"clientes": [made["id"]]}).json()["errors"].keys() == {"vendedor_id"}
    gone = cast.new_usuario("vendedor")
    assert cast.admin.patch(f"/api/v1/usuarios/{gone.usuario_id}", json={"activo": False}).is_success
    for nobody in (cast.soporte, cast.admin, cast.cliente, gone):
        for path, more in (
            (ASSIGN, {"clientes": [made["id"]]}),
            (HAND_OVER, {"de_vendedor_id": str(uuid.uuid4())}),
        ):
            answer = cast.admin.post(path, json={"vendedor_id": nobody.usuario_id} | more)
            assert (answer.status_code, answer.json()["errors"]) == (
                422,
                {"vendedor_id": ["Debe ser un vendedor activo"]},
            )


def test_a_seller_who_leaves_hands_over_what_is_his(cast: Cast, new_record: Make) -> None:
    leaving, coming = cast.new_usuario("vendedor"), cast.new_usuario("vendedor")
    his = [new_record(vendedor_asignado_id=leaving.usuario_id) for _ in range(3)]
    other = new_record(vendedor_asignado_id=cast.vendedora.usuario_id)
    assert cast.admin.patch(f"/api/v1/usuarios/{leaving.usuario_id}", json={"activo": False}).is_success
    body = {"de_vendedor_id": leaving.usuario_id, "vendedor_id": coming.usuario_id}
    answer = cast.admin.post(HAND_OVER, json=body)
    assert (answer.status_code, answer.json()) == (
        200,
        {"vendedor_id": coming.usuario_id, "asignados": 3, "restantes": 0},
    )
    assert {seller_of(cast, client) for client in his} == {coming.usuario_id}
    assert seller_of(cast, other) == cast.vendedora.usuario_id
    assert cast.admin.post(HAND_OVER, json=body).json()["asignados"] == 0
    to_himself = {"de_vendedor_id": coming.usuario_id, "vendedor_id": coming.usuario_id}
    assert cast.admin.post(HAND_OVER, json=to_himself).json()["asignados"] == 0
    assert {seller_of(cast, client) for client in his} == {coming.usuario_id}


def test_what_is_left_is_said(cast: Cast, new_record: Make, db: Database) -> None:
    leaving = cast.new_usuario("vendedor")
    for _ in range(3):
        new_record(vendedor_asignado_id=leaving.usuario_id)
    # The client and his principal refer to each other: both are there in one statement.
    db.execute(
        """WITH ids AS (SELECT gen_random_uuid() AS usuario, gen_random_uuid() AS cliente FROM generate_series(1, 200)),
                principales AS (
                    INSERT INTO usuarios (id, nombre, rol, cliente_id, creado_en, actualizado_en)
                    SELECT usuario, 'Muchos', 'cliente', cliente, now(), now() FROM ids)
           INSERT INTO clientes (id, usuario_principal_id, nombre, vendedor_asignado_id, creado_en, actualizado_en)
           SELECT cliente, usuario, 'Muchos', $1::uuid, now(), now() FROM ids""",
        leaving.usuario_id,
    )
    body = {"de_vendedor_id": leaving.usuario_id, "vendedor_id": None}
    assert cast.admin.post(HAND_OVER, json=body).json() == {
        "vendedor_id": None,
        "asignados": 200,
        "restantes": 3,
    }
    assert cast.admin.post(HAND_OVER, json=body).json()["asignados"] == 3


def test_each_change_is_audited_and_told_of(cast: Cast, new_record: Make, db: Database) -> None:
    made = [new_record() for _ in range(2)]
    body = {"clientes": [client["id"] for client in made], "vendedor_id": cast.vendedora.usuario_id}
    # The second time nothing changes, so nothing is said.
    for _ in range(2):
        assert cast.admin.post(ASSIGN, json=body).status_code == 200
    for client in made:
        (row,) = db.fetch(
            "SELECT datos FROM auditoria WHERE objeto_id = $1 AND accion = 'cliente.actualizado'",
            client["uuid"],
        )
        assert json.loads(row["datos"])["cambios"] == {
            "vendedor_asignado_id": {"antes": None, "despues": cast.vendedora.usuario_id}
        }
        assert (
            db.fetchval(
                "SELECT count(*) FROM eventos WHERE cliente_id = $1::uuid AND tipo = 'client.updated'",
                client["uuid"],
            )
            == 2
        )


def test_who_assign_the_same_clients_at_once_do_not_wait_crosswise(
    cast: Cast, new_record: Make, burst: Callable[..., list[Answer]]
) -> None:
    """One order of locks: every answer is a yes, and everybody is one seller's."""
    made = [new_record()["id"] for _ in range(6)]
    sellers = [cast.vendedora.usuario_id, cast.otro_vendedor.usuario_id]
    for _ in range(5):
        requests = [
            Request(
                "POST",
                ASSIGN,
                json={"clientes": made[:: 1 if number % 2 else -1], "vendedor_id": sellers[number % 2]},
                token=cast.admin.token,
            )
            for number in range(6)
        ]
        assert [answer.status for answer in burst(requests)] == [200] * 6
        owners = {seller_of(cast, {"id": ref}) for ref in made}
        assert len(owners) == 1
