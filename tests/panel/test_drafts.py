"""Drafts without any sending: shapes, replacement, versions (spec 1 §2, CONTRACT §8, §12)."""

import json
import uuid

import pytest

FIELDS = {"reclamo": ("titulo", "descripcion"), "soporte": ("asunto", "mensaje")}


@pytest.fixture
def cliente(new_cliente):
    return new_cliente()


def put(cliente, tipo="reclamo", **body):
    return cliente.put(f"{cliente.panel}/borradores/{tipo}", json=body)


def read(cliente):
    answer = cliente.get(f"{cliente.panel}/borradores")
    assert answer.status_code == 200
    return answer.json()


def test_there_are_none_at_first(cliente):
    assert read(cliente) == {"reclamo": None, "soporte": None}


@pytest.mark.parametrize("tipo", FIELDS)
def test_a_draft_has_the_shape_of_the_contract(cliente, tipo):
    title, text = FIELDS[tipo]
    written = put(cliente, tipo, **{title: "Llegó roto 🙁", text: "La caja\nestaba «abierta»"})
    assert written.status_code == 200
    body = written.json()
    assert body == {
        "message": "Borrador guardado exitosamente",
        "tipo": tipo,
        "version": 1,
        "fecha_actualizacion": body["fecha_actualizacion"],
    }
    assert body["fecha_actualizacion"].endswith("Z")
    assert read(cliente)[tipo] == {
        title: "Llegó roto 🙁",
        text: "La caja\nestaba «abierta»",
        "version": 1,
        "fecha_actualizacion": body["fecha_actualizacion"],
    }
    other = next(kind for kind in FIELDS if kind != tipo)
    assert read(cliente)[other] is None


def test_a_put_replaces_the_draft_whole(cliente):
    put(cliente, titulo="Uno", descripcion="Dos")
    put(cliente, descripcion="Tres")
    draft = read(cliente)["reclamo"]
    assert (draft["titulo"], draft["descripcion"], draft["version"]) == ("", "Tres", 2)


def test_an_empty_text_is_something(cliente):
    assert put(cliente, titulo="").status_code == 200
    assert read(cliente)["reclamo"]["titulo"] == ""


@pytest.mark.parametrize("length", [200, 10_000])
def test_lengths_count_code_points(cliente, length):
    field = "titulo" if length == 200 else "descripcion"
    assert put(cliente, **{field: "🙁" * length}).status_code == 200
    refused = put(cliente, **{field: "🙁" * (length + 1)})
    assert refused.status_code == 422
    assert refused.json()["errors"] == {field: [f"Debe tener como máximo {length} caracteres"]}
    assert read(cliente)["reclamo"][field] == "🙁" * length


@pytest.mark.parametrize(
    ("tipo", "body", "field"),
    [
        ("reclamo", {}, "cuerpo"),
        ("reclamo", {"titulo": None, "descripcion": None}, "cuerpo"),
        ("reclamo", {"version": 1}, "cuerpo"),
        ("reclamo", {"asunto": "de otro tipo"}, "cuerpo"),
        ("reclamo", {"titulo": 5}, "titulo"),
        ("reclamo", {"titulo": ["x"]}, "titulo"),
        ("reclamo", {"titulo": "x", "version": "1"}, "version"),
        ("reclamo", {"titulo": "x", "version": -1}, "version"),
        ("reclamo", {"titulo": "x", "version": 1.5}, "version"),
        ("reclamo", {"titulo": "x", "version": True}, "version"),
        ("soporte", {"asunto": {}}, "asunto"),
        ("soporte", {"mensaje": False}, "mensaje"),
        ("soporte", {"titulo": "x", "descripcion": "x"}, "cuerpo"),
        ("queja", {"titulo": "x"}, "tipo"),
        ("RECLAMO", {"titulo": "x"}, "tipo"),
    ],
)
def test_what_may_not_be_is_named(cliente, tipo, body, field):
    refused = put(cliente, tipo, **body)
    assert refused.status_code == 422
    assert refused.json()["errors"].keys() == {field}
    assert read(cliente) == {"reclamo": None, "soporte": None}


def test_fields_of_the_other_kind_are_not_even_looked_at(cliente):
    assert put(cliente, titulo="x", asunto=5, mensaje="y" * 20_000, otro={}).status_code == 200


def test_deleting_is_idempotent(cliente):
    put(cliente, titulo="x")
    for _ in range(3):
        answer = cliente.delete(f"{cliente.panel}/borradores/reclamo")
        assert (answer.status_code, answer.json()) == (200, {"message": "Borrador eliminado exitosamente"})
        assert read(cliente)["reclamo"] is None
    unknown = cliente.delete(f"{cliente.panel}/borradores/queja")
    assert unknown.status_code == 422
    assert unknown.json()["errors"] == {"tipo": ["Debe ser reclamo o soporte"]}


def test_the_current_version_may_write_and_no_other(cliente):
    assert put(cliente, titulo="Uno", version=0).json()["version"] == 1
    assert put(cliente, titulo="Dos", version=1).json()["version"] == 2
    for version in (0, 1, 3, 99):
        stale = put(cliente, titulo="Tres", version=version)
        assert stale.status_code == 409
        assert (stale.json()["code"], stale.json()["version"]) == ("version_anterior", 2)
    assert read(cliente)["reclamo"]["titulo"] == "Dos"
    assert put(cliente, titulo="Tres").json()["version"] == 3, "without a version the last write wins"


def test_a_version_survives_a_deletion(cliente):
    put(cliente, titulo="Uno")
    cliente.delete(f"{cliente.panel}/borradores/reclamo")
    stale = put(cliente, titulo="Uno, más tarde", version=1)
    assert (stale.status_code, stale.json()["code"]) == (409, "version_anterior")
    assert put(cliente, titulo="Nuevo").json()["version"] == 3


def test_drafts_are_their_customers_only(new_cliente, cast):
    mine, yours = new_cliente(), new_cliente()
    put(mine, titulo="Mío")
    assert yours.get(f"{mine.panel}/borradores").status_code == 403
    assert yours.put(f"{mine.panel}/borradores/reclamo", json={"titulo": "x"}).status_code == 403
    assert yours.delete(f"{mine.panel}/borradores/reclamo").status_code == 403
    assert cast.anon.get(f"{mine.panel}/borradores").status_code == 401
    assert cast.soporte.get(f"{mine.panel}/borradores").status_code == 403
    assert cast.admin.get(f"{mine.panel}/borradores").json()["reclamo"]["titulo"] == "Mío"
    assert read(yours) == {"reclamo": None, "soporte": None}


def test_an_administrator_at_nobodys_drafts(cast):
    nobody = f"/clientes/{uuid.uuid4()}/borradores"
    answers = (
        cast.admin.get(nobody),
        cast.admin.put(f"{nobody}/reclamo", json={"titulo": "x"}),
        cast.admin.delete(f"{nobody}/reclamo"),
    )
    for answer in answers:
        assert (answer.status_code, answer.json()["code"]) == (404, "cliente_no_encontrado")


def test_the_other_devices_are_told(cliente, db):
    put(cliente, "soporte", asunto="x")
    cliente.delete(f"{cliente.panel}/borradores/soporte")
    cliente.delete(f"{cliente.panel}/borradores/soporte")
    events = db.fetch(
        "SELECT tipo, datos FROM eventos WHERE flujo = $1 AND tipo <> 'client.created' ORDER BY seq",
        f"usuario:{cliente.usuario_id}",
    )
    assert [(event["tipo"], json.loads(event["datos"])) for event in events] == [
        ("draft.updated", {"id": cliente.cliente_id, "tipo": "soporte", "version": version})
        for version in (1, 2)
    ]
