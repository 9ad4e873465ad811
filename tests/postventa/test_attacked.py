"""What surprised a stranger who tried everything: each stays as it should be."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.cast import Cast, Persona
from tests.postventa.conftest import ORDERS, Office, ago


def test_a_field_that_was_not_sent_is_called_as_it_is_sent(
    cast: Cast, office: Office, cliente: Persona
) -> None:
    orden = office.hecha(cliente)
    for path, name in (
        (f"/api/garantia/{orden['id']}/asignar-tecnico", "tecnicoId"),
        (f"/api/orden/{orden['id']}/mantenimiento-config", "periodicidadMeses"),
    ):
        for body in ({}, {name: None}):
            answer = cast.admin.put(path, json=body)
            assert (answer.status_code, list(answer.json()["errors"])) == (400, [name]), answer.text


def test_the_guarantee_of_a_revision_without_a_date_has_a_month(
    cast: Cast, office: Office, cliente: Persona, tecnico: Persona
) -> None:
    first = cliente.post(f"/api/orden/{office.hecha(cliente)['id']}/solicitar-garantia").json()["ordenId"]
    cast.admin.put(f"/api/garantia/{first}/asignar-tecnico", json={"tecnicoId": tecnico.usuario_id})
    for accion in ("iniciar", "finalizar"):
        assert tecnico.post(f"{ORDERS}/{first}/{accion}").status_code == 200
    second = cliente.post(f"/api/orden/{first}/solicitar-garantia").json()["ordenId"]
    pages = range(1, 2 + cast.admin.get("/api/garantias/pendientes").json()["total"] // 20)
    waiting = [
        item for page in pages for item in cast.admin.get(f"/api/garantias/pendientes/{page}").json()["items"]
    ]
    (mine,) = [item for item in waiting if item["_id"] == second]
    assert len(mine["garantiaDe"]["aniomesprogramacion"]) == 6


def test_the_same_period_again_keeps_the_visits(cast: Cast, office: Office, cliente: Persona) -> None:
    orden = office.hecha(cliente)
    path = f"/api/orden/{orden['id']}/mantenimiento-config"

    def visits(months: int) -> list[Any]:
        assert cast.admin.put(path, json={"periodicidadMeses": months}).status_code == 200
        return cast.db.fetch(
            "SELECT id, estado FROM visitas_mantenimiento WHERE orden_id = $1::uuid ORDER BY id", orden["id"]
        )

    before = visits(6)
    assert visits(6) == before
    assert len(visits(7)) > len(before)


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"fecha_ejecucion": ago(days=300), "ultimo_movimiento_en": ago(days=299)}, "fecha_ejecucion"),
        ({"fecha_ejecucion": ago(days=3), "ultimo_movimiento_en": ago(days=4)}, "ultimo_movimiento_en"),
    ],
    ids=["before what it guarantees", "still before it was made"],
)
def test_a_history_out_of_order_is_refused(
    cast: Cast, office: Office, cliente: Persona, fields: dict[str, str], wrong: str
) -> None:
    root = office.hecha(cliente, ejecutada=ago(days=200))
    sent = {
        "cliente_id": cliente.cliente_id,
        "servicio_id": root["servicio_id"],
        "fecha_programada": ago(days=200),
        "estado": "FINALIZADO",
        "tipo": "REVISION",
        "garantia_de": root["id"],
    } | fields
    answer = cast.admin.post(ORDERS, json=sent)
    assert (answer.status_code, list(answer.json()["errors"])) == (422, [wrong]), answer.text


def test_a_second_open_revision_is_named_however_it_comes(
    cast: Cast, office: Office, cliente: Persona
) -> None:
    root = office.hecha(cliente)
    first = office.orden(cliente, tipo="REVISION", estado="PENDIENTE", garantia_de=root["id"])
    again = cast.admin.post(
        ORDERS,
        json={
            "cliente_id": cliente.cliente_id,
            "servicio_id": root["servicio_id"],
            "fecha_programada": ago(days=-1),
            "tipo": "REVISION",
            "estado": "PENDIENTE",
            "garantia_de": root["id"],
        },
    )
    assert (again.status_code, again.json()["code"], again.json()["ordenId"]) == (
        409, "garantia_abierta", first["id"],
    )  # fmt: skip


def test_nobody_is_sent_to_a_client_who_was_erased(
    cast: Cast, office: Office, new_cliente: Callable[..., Persona], tecnico: Persona
) -> None:
    cliente = new_cliente()
    waiting, given = office.orden(cliente), office.orden(cliente, tecnico_id=tecnico.usuario_id)
    begun = office.orden(cliente, tecnico_id=tecnico.usuario_id, fecha_programada=ago(days=1))
    assert tecnico.post(f"{ORDERS}/{begun['id']}/iniciar").status_code == 200
    done = office.hecha(cliente)
    assert cast.admin.post(f"/api/v1/clientes/{cliente.cliente_id}/anonimizar").status_code == 200
    states = {name: cast.admin.get(f"{ORDERS}/{orden['id']}").json() for name, orden in (
        ("waiting", waiting), ("given", given), ("begun", begun), ("done", done),
    )}  # fmt: skip
    assert {name: orden["estado"] for name, orden in states.items()} == {
        "waiting": "CANCELADA", "given": "CANCELADA", "begun": "EN_EJECUCION", "done": "FINALIZADO",
    }  # fmt: skip


def test_a_merged_record_has_no_maintenance_of_its_own(
    cast: Cast, office: Office, new_cliente: Callable[..., Persona]
) -> None:
    kept, gone = new_cliente(), new_cliente()
    answer = cast.admin.post(
        f"/api/v1/clientes/{kept.cliente_id}/fusionar",
        json={"duplicado": gone.cliente_id, "cerrar_login": True},
    )
    assert answer.status_code == 200, answer.text
    assert cast.admin.get(f"/api/mantenimientos-cliente/{gone.cliente_id}").status_code == 404
    assert cast.admin.get(f"/api/mantenimientos-cliente/{kept.cliente_id}").status_code == 200


def test_five_point_zero_is_five(cast: Cast, office: Office, cliente: Persona) -> None:
    orden = office.hecha(cliente)
    rated = cliente.post(f"/api/orden/{orden['id']}/calificar", json={"estrellas": 5.0})
    assert rated.status_code == 201, rated.text
    assert '"estrellas":5,' in rated.text
    path = f"/api/orden/{orden['id']}/mantenimiento-config"
    answer = cast.admin.put(
        path, content=b'{"periodicidadMeses": 6.0}', headers={"Content-Type": "application/json"}
    )
    assert (answer.status_code, answer.json()["orden"]["periodicidadMeses"]) == (200, 6)
