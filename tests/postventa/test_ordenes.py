"""The life of a work order in v1, and every error it can give."""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.cast import Cast, Persona
from tests.postventa.conftest import ORDERS, Office, ago


def code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def actions(who: Persona, orden: dict[str, Any]) -> list[str]:
    return [each["accion"] for each in who.get(f"{ORDERS}/{orden['id']}").json()["movimientos"]]


def test_an_order_lives_from_the_call_to_the_signature(
    cast: Cast, office: Office, cliente: Persona, tecnico: Persona
) -> None:
    orden = office.orden(cliente, descripcion="No graba")
    assert (orden["estado"], orden["tecnico_id"], orden["advertencias"]) == ("PENDIENTE", None, [])
    assert code(office.move(cast.admin, orden, "iniciar")) == (409, "orden_en_otro_estado")
    given = office.move(cast.soporte, orden, "asignar", tecnico_id=tecnico.usuario_id)
    assert (given.status_code, given.json()["estado"]) == (200, "ASIGNADA")
    moved = office.move(
        cast.soporte, orden, "reprogramar", fecha_programada="2027-01-05T10:00", motivo="Viaja"
    )
    # Without an offset the organisation's clock is meant.
    assert moved.json()["fecha_programada"] == "2027-01-05T14:00:00Z"
    assert office.move(tecnico, orden, "notas", texto="Falta escalera").status_code == 201
    begun = office.move(tecnico, orden, "iniciar")
    assert (begun.json()["estado"], begun.json()["iniciada_en"] is None) == ("EN_EJECUCION", False)
    assert code(office.move(cast.soporte, orden, "reprogramar", fecha_programada=ago())) == (
        409, "orden_en_otro_estado",
    )  # fmt: skip
    done = office.move(tecnico, orden, "finalizar", nota="Disco nuevo").json()
    assert (done["estado"], done["fecha_ejecucion"]) == ("FINALIZADO", done["ultimo_movimiento_en"])
    assert code(office.move(tecnico, orden, "finalizar")) == (409, "orden_en_otro_estado")
    assert code(office.move(cast.admin, orden, "cancelar")) == (409, "orden_en_otro_estado")
    assert actions(cliente, orden) == [
        "creada", "asignada", "reprogramada", "nota", "iniciada", "finalizada",
    ]  # fmt: skip
    explained = cliente.get(f"{ORDERS}/{orden['id']}/garantia").json()
    assert (explained["elegible"], explained["codigo"]) == (True, "garantia_vigente")


def test_every_movement_counts_as_one(office: Office, cast: Cast, cliente: Persona, tecnico: Persona) -> None:
    orden = office.orden(cliente, ultimo_movimiento_en=ago(days=9), estado="PENDIENTE")
    for accion, body in (
        ("asignar", {"tecnico_id": tecnico.usuario_id}),
        ("reprogramar", {"fecha_programada": ago(days=-3)}),
        ("notas", {"texto": "Llamar antes"}),
        ("iniciar", {}),
    ):
        before = datetime.now(UTC)
        moved = office.move(cast.admin, orden, accion, **body).json()
        assert datetime.fromisoformat(moved["ultimo_movimiento_en"]) >= before, accion


def test_what_is_wrong_with_a_new_order(cast: Cast, office: Office, cliente: Persona) -> None:
    service = office.servicio()
    sent = {"cliente_id": cliente.cliente_id, "servicio_id": service["id"], "fecha_programada": ago()}
    assert code(cast.admin.post(ORDERS, json=sent | {"cliente_id": str(uuid.uuid4())})) == (
        404, "cliente_no_encontrado",
    )  # fmt: skip
    unknown = cast.admin.post(ORDERS, json=sent | {"servicio_id": str(uuid.uuid4())})
    assert (unknown.status_code, set(unknown.json()["errors"])) == (422, {"servicio_id"})
    for nobody in (str(uuid.uuid4()), cast.vendedora.usuario_id):
        assert code(cast.admin.post(ORDERS, json=sent | {"tecnico_id": nobody})) == (
            404, "tecnico_no_encontrado",
        )  # fmt: skip
    empty = cast.admin.post(ORDERS, json={})
    assert set(empty.json()["errors"]) == {"cliente_id", "servicio_id", "fecha_programada"}
    cast.admin.patch(f"/api/v1/servicios/{service['id']}", json={"activo": False})
    assert code(cast.admin.post(ORDERS, json=sent)) == (409, "servicio_retirado")


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"estado": "FINALIZADO"}, "fecha_ejecucion"),
        ({"estado": "PENDIENTE", "fecha_ejecucion": ago(days=1)}, "fecha_ejecucion"),
        ({"fecha_ejecucion": ago(days=1)}, "fecha_ejecucion"),
        ({"estado": "EN_EJECUCION"}, "tecnico_id"),
        ({"tipo": "REVISION"}, "garantia_de"),
        ({"estado": "FINALIZADO", "fecha_ejecucion": ago(days=-1)}, "fecha_ejecucion"),
        ({"ultimo_movimiento_en": ago(days=-1)}, "ultimo_movimiento_en"),
        ({"tipo": "REVISION", "garantia_de": str(uuid.uuid4())}, "garantia_de"),
        ({"estado": "HECHA"}, "estado"),
    ],
)
def test_a_history_that_cannot_be(
    cast: Cast, office: Office, cliente: Persona, fields: dict[str, Any], field: str
) -> None:
    sent = {
        "cliente_id": cliente.cliente_id,
        "servicio_id": office.servicio()["id"],
        "fecha_programada": ago(),
    }
    answer = cast.admin.post(ORDERS, json=sent | fields)
    assert (answer.status_code, set(answer.json()["errors"])) == (422, {field})


def test_only_administrators_bring_in_history(cast: Cast, office: Office, cliente: Persona) -> None:
    sent = {
        "cliente_id": cliente.cliente_id,
        "servicio_id": office.servicio()["id"],
        "fecha_programada": ago(),
    }
    assert cast.soporte.post(ORDERS, json=sent).status_code == 201
    history = sent | {"estado": "FINALIZADO", "fecha_ejecucion": ago(days=1)}
    assert cast.soporte.post(ORDERS, json=history).status_code == 403
    gone = cast.new_usuario("tecnico")
    cast.admin.patch(f"/api/v1/usuarios/{gone.usuario_id}", json={"activo": False})
    assert cast.admin.post(ORDERS, json=sent | {"tecnico_id": gone.usuario_id}).status_code == 404
    assert cast.admin.post(ORDERS, json=history | {"tecnico_id": gone.usuario_id}).status_code == 201


def test_a_technician_has_only_his_own(
    cast: Cast, office: Office, cliente: Persona, tecnico: Persona
) -> None:
    orden = office.orden(cliente, tecnico_id=tecnico.usuario_id)
    other = cast.otro_tecnico
    assert code(other.get(f"{ORDERS}/{orden['id']}")) == (404, "orden_no_encontrada")
    for accion in ("iniciar", "finalizar", "cancelar"):
        assert code(office.move(other, orden, accion)) == (404, "orden_no_encontrada")
    assert office.move(other, orden, "notas", texto="x").status_code == 404
    assert office.move(tecnico, orden, "asignar", tecnico_id=other.usuario_id).status_code == 403
    assert [each["id"] for each in tecnico.get(ORDERS).json()["items"]] == [orden["id"]]
    assert tecnico.get(ORDERS, params={"tecnico_id": other.usuario_id}).json()["items"] == []
    assert [each["id"] for each in cliente.get(ORDERS).json()["items"]] == [orden["id"]]
    assert cliente.get(ORDERS, params={"cliente_id": cast.cliente.cliente_id}).json()["total"] == 0
    assert cast.otra_cliente.get(f"{ORDERS}/{orden['id']}").status_code == 404
    assert cast.otra_cliente.get(f"{ORDERS}/{orden['id']}/garantia").status_code == 404
    assert cast.vendedora.get(ORDERS).status_code == 403
    assert tecnico.get(f"{ORDERS}/{orden['numero']}").json()["id"] == orden["id"]


def test_a_second_visit_at_that_time_is_warned_of(
    office: Office, cast: Cast, cliente: Persona, tecnico: Persona
) -> None:
    service = office.servicio(duracion_min=90)["id"]
    begin = datetime(2027, 3, 1, 13, 0, tzinfo=UTC)

    def at(minutes: int) -> dict[str, Any]:
        when = (begin + timedelta(minutes=minutes)).isoformat()
        return office.orden(
            cliente, tecnico_id=tecnico.usuario_id, servicio_id=service, fecha_programada=when
        )

    first = at(0)
    assert first["advertencias"] == []
    assert at(90)["advertencias"] == []
    (warning,) = at(-89)["advertencias"]
    assert (warning["code"], warning["orden_id"]) == ("tecnico_ocupado", first["id"])
    late = at(300)
    moved = office.move(
        cast.admin, late, "reprogramar", fecha_programada=(begin + timedelta(minutes=10)).isoformat()
    )
    assert [each["code"] for each in moved.json()["advertencias"]] == ["tecnico_ocupado"]
    free = office.orden(cliente, servicio_id=service, fecha_programada=begin.isoformat())
    given = office.move(cast.admin, free, "asignar", tecnico_id=tecnico.usuario_id)
    assert [each["code"] for each in given.json()["advertencias"]] == ["tecnico_ocupado"]


def test_a_stale_version_changes_nothing(
    office: Office, cast: Cast, cliente: Persona, tecnico: Persona
) -> None:
    orden = office.orden(cliente, tecnico_id=tecnico.usuario_id)
    stale = {"If-Match": '"7"'}
    for accion, body in (
        ("iniciar", None),
        ("cancelar", None),
        ("asignar", {"tecnico_id": tecnico.usuario_id}),
        ("reprogramar", {"fecha_programada": ago()}),
    ):
        answer = cast.admin.post(f"{ORDERS}/{orden['id']}/{accion}", json=body, headers=stale)
        assert code(answer) == (412, "desactualizado"), accion
    assert cliente.get(f"{ORDERS}/{orden['id']}").json()["version"] == 1


def test_lists_are_filtered(cast: Cast, office: Office, cliente: Persona, tecnico: Persona) -> None:
    mine = {"cliente_id": cliente.cliente_id}
    pending = office.orden(cliente, ultimo_movimiento_en=ago(days=5, seconds=5), estado="PENDIENTE")
    under_way = office.orden(cliente, estado="EN_EJECUCION", tecnico_id=tecnico.usuario_id)
    done = office.hecha(cliente)

    def ids(**params: str) -> list[str]:
        return [each["id"] for each in cast.admin.get(ORDERS, params=mine | params).json()["items"]]

    assert ids() == [done["id"], under_way["id"], pending["id"]]
    assert ids(estado="FINALIZADO") == [done["id"]]
    assert ids(vista="sin_asignar") == [pending["id"]]
    assert ids(vista="en_ejecucion") == [under_way["id"]]
    assert ids(vista="sin_movimiento_5d") == [pending["id"]]
    assert ids(tipo="REVISION") == []
    assert ids(tecnico_id=tecnico.usuario_id) == [under_way["id"]]
    assert ids(hasta=ago(days=1)) == [done["id"]]
    assert ids(desde=ago(days=1)) == [under_way["id"], pending["id"]]
    assert cast.admin.get(ORDERS, params={"vista": "todas"}).status_code == 422


def test_services_are_kept(cast: Cast, office: Office) -> None:
    made = office.servicio(garantia_meses=6)
    twin = cast.admin.post("/api/v1/servicios", json={"nombre": made["nombre"]})
    assert code(twin) == (409, "servicio_repetido")
    path = f"/api/v1/servicios/{made['id']}"
    assert code(cast.admin.patch(path, json={"nombre": "X"}, headers={"If-Match": '"9"'})) == (
        412, "desactualizado",
    )  # fmt: skip
    assert cast.admin.patch(path, json={"duracion_min": 30}).json()["version"] == 2
    assert cast.admin.patch(path, json={"duracion_min": 30}).json()["version"] == 2
    other = office.servicio()
    assert code(cast.admin.patch(path, json={"nombre": other["nombre"]})) == (409, "servicio_repetido")
    assert cast.tecnica.get(f"/api/v1/servicios/{made['numero']}").json()["garantia_meses"] == 6
    assert code(cast.admin.get(f"/api/v1/servicios/{uuid.uuid4()}")) == (404, "servicio_no_encontrado")
    assert cast.admin.patch(f"/api/v1/servicios/{uuid.uuid4()}", json={"activo": False}).status_code == 404
    assert cast.soporte.post("/api/v1/servicios", json={"nombre": "X"}).status_code == 403
    for wrong in ({"garantia_meses": -1}, {"garantia_meses": 121}, {"duracion_min": 0}, {"nombre": " "}):
        assert cast.admin.post("/api/v1/servicios", json={"nombre": "X"} | wrong).status_code == 422


def test_where_double_booking_is_refused(
    start_server: Callable[..., Any], new_database: Callable[..., Any]
) -> None:
    database = new_database()
    server = start_server(database.dsn, workers=1, doble_reserva="bloquear")
    cast = Cast(server.url, database, server.data_dir)
    office = Office(cast)
    visit = {"tecnico_id": cast.tecnica.usuario_id, "fecha_programada": "2027-03-01T13:00:00Z"}
    first = office.orden(cast.cliente, **visit)
    sent = {"cliente_id": cast.cliente.cliente_id, "servicio_id": first["servicio_id"]}
    refused = cast.admin.post(ORDERS, json=sent | visit)
    assert code(refused) == (409, "tecnico_ocupado")
    assert refused.json()["ordenId"] == first["id"]
    free = office.orden(cast.cliente, fecha_programada=visit["fecha_programada"])
    assert code(office.move(cast.admin, free, "asignar", tecnico_id=cast.tecnica.usuario_id)) == (
        409, "tecnico_ocupado",
    )  # fmt: skip
    later = office.orden(cast.cliente, **visit | {"fecha_programada": "2027-03-02T13:00:00Z"})
    moved = office.move(cast.admin, later, "reprogramar", fecha_programada=visit["fecha_programada"])
    assert code(moved) == (409, "tecnico_ocupado")
    assert cast.admin.get(f"{ORDERS}/{free['id']}").json()["estado"] == "PENDIENTE"
