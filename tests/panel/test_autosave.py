"""POST /clientes/{cliente_id}/auto-guardar (spec 1 §6, CONTRACT §8, §12)."""

import json
import uuid

import pytest


@pytest.fixture
def cliente(new_cliente):
    return new_cliente()


def save(cliente, **body):
    return cliente.post(f"{cliente.panel}/auto-guardar", json=body)


def items(*lines):
    return [{"itemId": item_id, "cantidad": amount} for item_id, amount in lines]


def everything(cliente):
    """The panel as it stands; None for a cart that was never written."""
    cart = cliente.get(f"{cliente.panel}/carrito")
    drafts = cliente.get(f"{cliente.panel}/borradores").json()
    preferences = cliente.get(f"{cliente.panel}/preferencias").json()
    return (cart.json() if cart.status_code == 200 else None, drafts, preferences)


NOTHING = (
    None,
    {"reclamo": None, "soporte": None},
    {
        "vista_activa": "inicio",
        "configuraciones": {"notificaciones": True, "tema": "dark"},
        "fecha_actualizacion": None,
    },
)


def test_everything_at_once(cliente, new_producto):
    a = new_producto()["id"]
    saved = save(
        cliente,
        carrito={"items": items((a, 2), (a, 1))},
        borradores={
            "reclamo": {"titulo": "Llegó roto", "descripcion": "La caja"},
            "soporte": {"asunto": "Horario", "mensaje": ""},
        },
        preferencias={"vista_activa": "carrito", "configuraciones": {"tema": "light"}},
    )
    assert saved.status_code == 200
    assert saved.json() == {
        "message": "Datos auto-guardados exitosamente",
        "carrito_actualizado": True,
        "borradores_actualizados": True,
        "preferencias_actualizadas": True,
        "versiones": {"carrito": 1, "reclamo": 1, "soporte": 1},
        "conflictos": [],
    }
    cart, drafts, preferences = everything(cliente)
    assert [(line["itemId"], line["cantidad"]) for line in cart["items"]] == [(a, 3)]
    assert (drafts["reclamo"]["titulo"], drafts["soporte"]["asunto"]) == ("Llegó roto", "Horario")
    assert preferences["vista_activa"] == "carrito"
    assert preferences["configuraciones"] == {"notificaciones": True, "tema": "light"}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"carrito": None, "borradores": None, "preferencias": None},
        {"borradores": {}},
        {"borradores": {"reclamo": None, "soporte": None}},
        {"otro": 1},
    ],
)
def test_what_is_null_or_absent_stays(cliente, body):
    saved = save(cliente, **body)
    assert saved.status_code == 200
    assert saved.json() == {
        "message": "Datos auto-guardados exitosamente",
        "carrito_actualizado": False,
        "borradores_actualizados": False,
        "preferencias_actualizadas": False,
        "versiones": {"carrito": None, "reclamo": None, "soporte": None},
        "conflictos": [],
    }
    assert everything(cliente) == NOTHING


@pytest.mark.parametrize(
    ("body", "flags"),
    [
        ({"carrito": {"items": []}}, (True, False, False)),
        ({"borradores": {"soporte": {"mensaje": "x"}}}, (False, True, False)),
        ({"preferencias": {"vista_activa": "chat"}}, (False, False, True)),
        ({"preferencias": {}}, (False, False, False)),
        ({"preferencias": {"vista_activa": None, "configuraciones": None}}, (False, False, False)),
        ({"preferencias": {"configuraciones": {}}}, (False, False, True)),
    ],
)
def test_each_section_has_its_flag(cliente, body, flags):
    saved = save(cliente, **body).json()
    assert (
        saved["carrito_actualizado"],
        saved["borradores_actualizados"],
        saved["preferencias_actualizadas"],
    ) == flags


def test_an_autosave_writes_the_cart(cliente):
    assert cliente.get(f"{cliente.panel}/carrito").status_code == 404
    save(cliente, carrito={"items": []})
    assert cliente.get(f"{cliente.panel}/carrito").status_code == 200


GOOD = {
    "carrito": {"items": []},
    "borradores": {"reclamo": {"titulo": "bueno"}, "soporte": {"asunto": "bueno"}},
    "preferencias": {"vista_activa": "chat", "configuraciones": {"bueno": 1}},
}
GHOST = str(uuid.uuid4())


@pytest.mark.parametrize(
    ("bad", "field"),
    [
        ({"carrito": {}}, "carrito.items"),
        ({"carrito": {"items": None}}, "carrito.items"),
        ({"carrito": []}, "carrito"),
        ({"carrito": {"items": items((GHOST, 1))}}, "carrito.items.0.itemId"),
        ({"carrito": {"items": items((GHOST, 1)), "version": 99}}, "carrito.items.0.itemId"),
        ({"carrito": {"items": items((GHOST, 0))}}, "carrito.items.0.cantidad"),
        ({"carrito": {"items": [], "version": "1"}}, "carrito.version"),
        ({"carrito": {"items": [], "version": -1}}, "carrito.version"),
        ({"borradores": []}, "borradores"),
        ({"borradores": {"reclamo": {}}}, "borradores.reclamo"),
        ({"borradores": {"reclamo": {"titulo": "x" * 201}}}, "borradores.reclamo.titulo"),
        ({"borradores": {"soporte": {"mensaje": 5}}}, "borradores.soporte.mensaje"),
        ({"borradores": {"soporte": {"mensaje": "x", "version": "2"}}}, "borradores.soporte.version"),
        ({"borradores": {"otro": {"titulo": "x"}}}, "borradores.otro"),
        ({"preferencias": {"vista_activa": "panel"}}, "preferencias.vista_activa"),
        ({"preferencias": {"configuraciones": {"tema": 1}}}, "preferencias.configuraciones.tema"),
        ({"preferencias": {"configuraciones": {"x": "y" * 9000}}}, "preferencias.configuraciones"),
    ],
)
def test_any_invalid_part_refuses_everything(cliente, db, bad, field):
    refused = save(cliente, **{**GOOD, **bad})
    assert refused.status_code == 422
    assert refused.json()["errors"].keys() == {field}
    assert everything(cliente) == NOTHING
    told = db.fetch("SELECT tipo FROM eventos WHERE flujo = $1", f"usuario:{cliente.usuario_id}")
    assert [event["tipo"] for event in told] == ["client.created"]


def test_stale_parts_do_not_stop_the_others(cliente, new_producto):
    a, b = new_producto()["id"], new_producto()["id"]
    cliente.put(f"{cliente.panel}/carrito", json={"items": items((a, 1))})
    cliente.put(f"{cliente.panel}/borradores/reclamo", json={"titulo": "uno"})
    cliente.put(f"{cliente.panel}/borradores/reclamo", json={"titulo": "dos"})
    saved = save(
        cliente,
        carrito={"items": items((b, 9)), "version": 0},
        borradores={"reclamo": {"titulo": "tres", "version": 1}, "soporte": {"asunto": "sí", "version": 0}},
        preferencias={"vista_activa": "chat"},
    )
    assert saved.status_code == 200
    assert saved.json() == {
        "message": "Datos auto-guardados exitosamente",
        "carrito_actualizado": False,
        "borradores_actualizados": False,
        "preferencias_actualizadas": True,
        "versiones": {"carrito": 1, "reclamo": 2, "soporte": 1},
        "conflictos": ["carrito", "borradores.reclamo"],
    }
    cart, drafts, preferences = everything(cliente)
    assert [line["itemId"] for line in cart["items"]] == [a]
    assert (drafts["reclamo"]["titulo"], drafts["soporte"]["asunto"]) == ("dos", "sí")
    assert preferences["vista_activa"] == "chat"


def test_current_versions_save(cliente, new_producto):
    a = new_producto()["id"]
    versions = {"carrito": 0, "reclamo": 0}
    for turn in range(3):
        saved = save(
            cliente,
            carrito={"items": items((a, turn + 1)), "version": versions["carrito"]},
            borradores={"reclamo": {"titulo": f"turno {turn}", "version": versions["reclamo"]}},
        ).json()
        assert saved["conflictos"] == []
        versions = saved["versiones"]
    assert versions == {"carrito": 3, "reclamo": 3, "soporte": None}


def test_if_match_stands_for_the_version_of_the_cart(cliente):
    """A stale header must not lose an update here either; as every stale part it does not stop the others."""
    path = f"{cliente.panel}/auto-guardar"
    cliente.put(f"{cliente.panel}/carrito", json={"items": []})
    body = {"carrito": {"items": []}, "borradores": {"reclamo": {"titulo": "x"}}}
    stale = cliente.post(path, json=body, headers={"If-Match": '"0"'}).json()
    assert (stale["carrito_actualizado"], stale["borradores_actualizados"]) == (False, True)
    assert stale["conflictos"] == ["carrito"]
    assert cliente.post(path, json=body, headers={"If-Match": '"1"'}).json()["carrito_actualizado"] is True
    body["carrito"] = {"items": [], "version": 2}
    said = cliente.post(path, json=body, headers={"If-Match": '"0"'}).json()
    assert said["carrito_actualizado"] is True, "what the body says of its part counts"


def test_the_other_devices_are_told_of_what_was_saved(cliente, db):
    cliente.put(f"{cliente.panel}/borradores/reclamo", json={"titulo": "uno"})
    save(
        cliente,
        carrito={"items": []},
        borradores={"reclamo": {"titulo": "dos", "version": 9}, "soporte": {"asunto": "x"}},
        preferencias={"vista_activa": "chat"},
    )
    events = db.fetch(
        "SELECT tipo, datos FROM eventos WHERE flujo = $1 AND tipo <> 'client.created' ORDER BY seq OFFSET 1",
        f"usuario:{cliente.usuario_id}",
    )
    assert [event["tipo"] for event in events] == ["cart.updated", "draft.updated", "preferences.updated"]
    assert json.loads(events[1]["datos"])["tipo"] == "soporte"


def test_only_the_customer_and_administrators_save(new_cliente, cast):
    mine, yours = new_cliente(), new_cliente()
    path = f"{mine.panel}/auto-guardar"
    assert yours.post(path, json={"carrito": {"items": []}}).status_code == 403
    assert cast.anon.post(path, json={"carrito": {"items": []}}).status_code == 401
    assert cast.soporte.post(path, json={"carrito": {"items": []}}).status_code == 403
    assert everything(mine) == NOTHING
    saved = cast.admin.post(path, json={"borradores": {"reclamo": {"titulo": "de parte del cliente"}}})
    assert saved.json()["borradores_actualizados"] is True
    assert everything(mine)[1]["reclamo"]["titulo"] == "de parte del cliente"


def test_staff_at_a_customers_panel_leaves_a_trace_and_the_customer_none(new_cliente, cast, db):
    mine = new_cliente()
    everywhere = {
        "carrito": {"items": []},
        "borradores": {"reclamo": {"titulo": "x"}},
        "preferencias": {"vista_activa": "chat"},
    }
    traces = "SELECT accion FROM auditoria WHERE cadena = 'panel' AND actor_id = $1 ORDER BY seq"
    assert save(mine, **everywhere).status_code == 200
    assert db.fetch(traces, uuid.UUID(mine.usuario_id)) == []
    before = len(db.fetch(traces, uuid.UUID(cast.admin.usuario_id)))
    assert cast.admin.post(f"{mine.panel}/auto-guardar", json=everywhere).status_code == 200
    left = [row["accion"] for row in db.fetch(traces, uuid.UUID(cast.admin.usuario_id))][before:]
    assert left == ["panel.carrito_cambiado", "panel.borrador_cambiado", "panel.preferencias_cambiadas"]


def test_an_administrator_saves_nothing_of_nobody(cast):
    nobody = cast.admin.post(f"/clientes/{uuid.uuid4()}/auto-guardar", json={"carrito": {"items": []}})
    assert (nobody.status_code, nobody.json()["code"]) == (404, "cliente_no_encontrado")
    empty = cast.admin.post(f"/clientes/{uuid.uuid4()}/auto-guardar", json={})
    assert empty.status_code == 404
