"""Preferences: defaults, deep merging, bounds (spec 1 §3, CONTRACT §8, §12)."""

import json
import uuid

import pytest

VIEWS = (
    "inicio", "catalogo", "mis-pedidos", "reclamo", "perfil", "facturas", "soporte", "carrito",
    "chat", "ordenes", "garantias", "mantenimientos",
)  # fmt: skip


@pytest.fixture
def cliente(new_cliente):
    return new_cliente()


def put(cliente, **body):
    return cliente.put(f"{cliente.panel}/preferencias", json=body)


def read(cliente):
    answer = cliente.get(f"{cliente.panel}/preferencias")
    assert answer.status_code == 200
    return answer.json()


def test_the_defaults_when_none_were_saved(cliente):
    assert read(cliente) == {
        "vista_activa": "inicio",
        "configuraciones": {"notificaciones": True, "tema": "dark"},
        "fecha_actualizacion": None,
    }


def test_saving_answers_what_is_saved(cliente):
    saved = put(cliente, vista_activa="catalogo", configuraciones={"tema": "light"})
    assert saved.status_code == 200
    body = saved.json()
    assert body.pop("message") == "Preferencias guardadas exitosamente"
    assert body["vista_activa"] == "catalogo"
    assert body["configuraciones"] == {"notificaciones": True, "tema": "light"}
    assert body["fecha_actualizacion"].endswith("Z")
    assert read(cliente) == body


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_of_the_contract_may_be_active(cliente, view):
    assert put(cliente, vista_activa=view).json()["vista_activa"] == view


def test_parts_that_are_absent_or_null_stay(cliente):
    put(cliente, vista_activa="perfil", configuraciones={"notificaciones": False})
    bodies: list[dict[str, object]] = [
        {},
        {"vista_activa": None},
        {"configuraciones": None},
        {"configuraciones": {}},
        {"otro": 1},
    ]
    for body in bodies:
        assert put(cliente, **body).status_code == 200
        shown = read(cliente)
        assert shown["vista_activa"] == "perfil"
        assert shown["configuraciones"] == {"notificaciones": False, "tema": "dark"}


def test_merging_is_deep(cliente):
    put(
        cliente,
        configuraciones={"panel": {"columnas": {"a": 1, "b": 2}, "lista": [1, 2]}, "n": 12345678901.25},
    )
    put(cliente, configuraciones={"panel": {"columnas": {"b": 3, "c": 4}, "lista": [3]}})
    put(cliente, configuraciones={"panel": {"columnas": {"a": None}}})
    assert read(cliente)["configuraciones"] == {
        "notificaciones": True,
        "tema": "dark",
        "panel": {"columnas": {"b": 3, "c": 4}, "lista": [3]},
        "n": 12345678901.25,
    }


def test_values_come_back_as_they_were(cliente):
    kept = {"vacio": {}, "lista": [], "texto": 'ñandú 🙂 \\ " \n', "falso": False, "cero": 0, "exp": 1e-7}
    put(cliente, configuraciones=kept)
    shown = read(cliente)["configuraciones"]
    assert {key: shown[key] for key in kept} == kept


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"vista_activa": "panel"}, "vista_activa"),
        ({"vista_activa": ""}, "vista_activa"),
        ({"vista_activa": 1}, "vista_activa"),
        ({"configuraciones": []}, "configuraciones"),
        ({"configuraciones": "x"}, "configuraciones"),
        ({"configuraciones": {"notificaciones": "true"}}, "configuraciones.notificaciones"),
        ({"configuraciones": {"notificaciones": 1}}, "configuraciones.notificaciones"),
        ({"configuraciones": {"notificaciones": None}}, "configuraciones.notificaciones"),
        ({"configuraciones": {"tema": 5}}, "configuraciones.tema"),
        ({"configuraciones": {"tema": None}}, "configuraciones.tema"),
    ],
)
def test_what_may_not_be_is_named(cliente, body, field):
    refused = put(cliente, **body)
    assert refused.status_code == 422
    assert refused.json()["errors"].keys() == {field}
    assert read(cliente)["fecha_actualizacion"] is None


def test_settings_are_bounded_after_merging(cliente):
    assert put(cliente, configuraciones={"a": "x" * 4000}).status_code == 200
    refused = put(cliente, vista_activa="chat", configuraciones={"b": "ñ" * 2500})
    assert refused.status_code == 422
    body = refused.json()
    assert body["code"] == "configuraciones_excesivas"
    assert body["errors"] == {"configuraciones": ["Las configuraciones no pueden superar 8 KiB"]}
    shown = read(cliente)
    assert (shown["vista_activa"], "b" in shown["configuraciones"]) == ("inicio", False)
    assert put(cliente, configuraciones={"a": None, "b": "ñ" * 2500}).status_code == 200, "null makes room"
    assert put(cliente, configuraciones={"c": "x" * 9000}).status_code == 422


def test_the_bound_is_exactly_eight_kibibytes(cliente, db):
    put(cliente, configuraciones={"a": ""})
    used = db.fetchval(
        "SELECT octet_length(configuraciones::text) FROM preferencias WHERE cliente_id = $1::uuid",
        cliente.cliente_id,
    )
    room = 8192 - used
    assert put(cliente, configuraciones={"a": "x" * (room + 1)}).status_code == 422
    assert put(cliente, configuraciones={"a": "x" * room}).status_code == 200


def test_preferences_are_their_customers_only(new_cliente, cast):
    mine, yours = new_cliente(), new_cliente()
    put(mine, vista_activa="chat")
    assert yours.get(f"{mine.panel}/preferencias").status_code == 403
    assert yours.put(f"{mine.panel}/preferencias", json={"vista_activa": "inicio"}).status_code == 403
    assert cast.anon.get(f"{mine.panel}/preferencias").status_code == 401
    assert cast.vendedora.get(f"{mine.panel}/preferencias").status_code == 403
    assert cast.admin.get(f"{mine.panel}/preferencias").json()["vista_activa"] == "chat"
    assert read(yours)["vista_activa"] == "inicio"


def test_an_administrator_at_nobodys_preferences(cast):
    nobody = f"/clientes/{uuid.uuid4()}/preferencias"
    for answer in (cast.admin.get(nobody), cast.admin.put(nobody, json={})):
        assert (answer.status_code, answer.json()["code"]) == (404, "cliente_no_encontrado")


def test_the_other_devices_are_told(cliente, db):
    put(cliente, vista_activa="chat")
    put(cliente, vista_activa="perfil")
    events = db.fetch(
        "SELECT tipo, datos FROM eventos WHERE flujo = $1 AND tipo <> 'client.created' ORDER BY seq",
        f"usuario:{cliente.usuario_id}",
    )
    assert [(event["tipo"], json.loads(event["datos"])) for event in events] == [
        ("preferences.updated", {"id": cliente.cliente_id, "version": version}) for version in (1, 2)
    ]
