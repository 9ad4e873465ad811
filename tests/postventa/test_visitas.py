"""What happens to a maintenance visit after it is there: the office's list, putting it off, its work order, done."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.cast import Cast, Persona
from tests.postventa.conftest import ORDERS, VISITS, Office, ago
from tests.postventa.test_ordenes import code


def act(who: Persona, visita: dict[str, Any], accion: str, **body: Any) -> Any:
    return who.post(f"{VISITS}/{visita['id']}/{accion}", json=body or None)


def history(who: Persona, visita: dict[str, Any]) -> list[tuple[str, str | None, str | None]]:
    read = who.get(f"{VISITS}/{visita['id']}").json()
    return [(each["accion"], each["motivo"], each["actor_id"]) for each in read["movimientos"]]


def listed(who: Persona, **query: Any) -> list[str]:
    answer = who.get(VISITS, params=query)
    assert answer.status_code == 200, answer.text
    return [each["id"] for each in answer.json()["items"]]


def test_everybody_lists_what_concerns_him(
    cast: Cast, office: Office, cliente: Persona, tecnico: Persona
) -> None:
    visita = office.visita(cliente, tecnico)
    assert visita == visita | {
        "cliente": {"id": cliente.cliente_id, "nombre": visita["cliente"]["nombre"]},
        "tecnico": {"id": tecnico.usuario_id, "nombre": visita["tecnico"]["nombre"]},
        "estado": "PENDIENTE",
        "ciclo": 1,
        "fecha_original": visita["fecha_programada"],
        "confirmada": False,
        "confirmada_en": None,
        "vencida": False,
        "hecha_en": None,
        "orden_generada_id": None,
    }
    assert listed(cliente) == listed(tecnico) == [visita["id"]]
    assert listed(cast.soporte, cliente_id=cliente.cliente_id) == [visita["id"]]
    assert listed(cast.admin, tecnico_id=tecnico.usuario_id, estado="PENDIENTE") == [visita["id"]]
    assert listed(cast.admin, tecnico_id=tecnico.usuario_id, cliente_id=cliente.cliente_id) == [visita["id"]]
    day = visita["fecha_programada"]
    assert listed(cliente, desde=day, estado="") == [visita["id"]]
    assert listed(cliente, hasta=day) == listed(cliente, estado="HECHA") == []
    assert visita["id"] in listed(cast.soporte, desde=day, hasta=ago(days=-200), per_page=100)
    # Somebody else's is an empty list, and not there.
    assert listed(cliente, cliente_id=cast.otra_cliente.cliente_id) == []
    assert listed(tecnico, tecnico_id=cast.otro_tecnico.usuario_id) == []
    other = cast.new_usuario("tecnico")
    assert listed(other) == []
    for stranger in (cast.otra_cliente, other):
        assert code(stranger.get(f"{VISITS}/{visita['id']}")) == (404, "visita_no_encontrada")
    assert cast.vendedora.get(VISITS).status_code == 403
    assert code(cast.admin.get(f"{VISITS}/{uuid.uuid4()}")) == (404, "visita_no_encontrada")


def test_an_overdue_visit_says_so(office: Office, cliente: Persona, tecnico: Persona) -> None:
    visita = office.visita(cliente, tecnico, ejecutada=ago(days=33), meses=1)
    assert visita["vencida"] is True


def test_a_visit_is_put_off_and_the_next_ones_stay(
    cast: Cast, office: Office, cliente: Persona, tecnico: Persona
) -> None:
    first = office.visita(cliente, tecnico, ejecutada=ago(days=10), meses=1)
    later = ago(days=-40)
    moved = act(cast.soporte, first, "posponer", fecha_programada=later, motivo="El cliente viaja")
    assert moved.status_code == 200, moved.text
    told = moved.json()
    assert datetime.fromisoformat(told["fecha_programada"]) == datetime.fromisoformat(later)
    assert (told["fecha_original"], told["ciclo"], told["version"]) == (first["fecha_programada"], 1, 2)
    ((accion, motivo, actor),) = history(cliente, first)
    assert (accion, motivo, actor) == ("pospuesta", "El cliente viaja", cast.soporte.usuario_id)
    (step,) = cliente.get(f"{VISITS}/{first['id']}").json()["movimientos"]
    assert (step["de"], step["a"]) == (first["fecha_programada"], told["fecha_programada"])
    done = act(tecnico, first, "hecha", nota="Todo en orden")
    assert (done.status_code, done.json()["estado"]) == (200, "HECHA")
    # The second is where the anchor wants it, two months after the execution, and not after what was put off.
    plans = cast.db.fetch(
        """SELECT ciclo, fecha_programada = fecha_original AS unmoved, fecha_original
             FROM visitas_mantenimiento WHERE orden_id = $1::uuid AND estado = 'PENDIENTE' ORDER BY ciclo""",
        first["orden_id"],
    )
    assert plans[0]["ciclo"] == 2
    assert all(row["unmoved"] for row in plans)
    assert plans[0]["fecha_original"] < datetime.now(UTC) + timedelta(days=55)
    events = cast.db.fetchval(
        """SELECT count(*) FROM eventos WHERE tipo = 'maintenance.updated' AND datos ->> 'id' = $1
              AND flujo = ANY ($2::text[])""",
        first["id"],
        [f"usuario:{cliente.usuario_id}", f"usuario:{tecnico.usuario_id}"],
    )
    assert events == 4
    actions = cast.db.fetch("SELECT accion FROM auditoria WHERE objeto_id = $1 ORDER BY id", first["id"])
    assert [row["accion"] for row in actions] == ["visita.pospuesta", "visita.hecha"]
    (told, *_) = cast.admin.get(f"/api/v1/clientes/{cliente.cliente_id}/linea-de-tiempo").json()["items"]
    assert told["resumen"].startswith("Visita de mantenimiento de Servicio")
    assert told["resumen"].endswith(": hecha")


def test_what_may_not_be_put_off(cast: Cast, office: Office, cliente: Persona, tecnico: Persona) -> None:
    visita = office.visita(cliente, tecnico)
    past = act(cast.admin, visita, "posponer", fecha_programada=ago(minutes=1), motivo="Error")
    assert past.status_code == 422
    assert past.json()["errors"] == {"fecha_programada": ["Debe ser una fecha futura"]}
    assert act(cast.admin, visita, "posponer", fecha_programada=ago(days=-9)).status_code == 422
    stale = cast.admin.post(
        f"{VISITS}/{visita['id']}/posponer",
        json={"fecha_programada": ago(days=-9), "motivo": "Otra"},
        headers={"If-Match": '"7"'},
    )
    assert code(stale) == (412, "desactualizado")
    assert act(cliente, visita, "posponer", fecha_programada=ago(days=-9), motivo="No").status_code == 403
    assert act(tecnico, visita, "posponer", fecha_programada=ago(days=-9), motivo="No").status_code == 403
    assert code(act(cast.otro_tecnico, visita, "hecha")) == (404, "visita_no_encontrada")
    assert act(tecnico, visita, "hecha").status_code == 200
    for accion, body in (
        ("posponer", {"fecha_programada": ago(days=-9), "motivo": "Tarde"}),
        ("hecha", {}),
        ("orden", {}),
    ):
        refused = act(cast.admin, visita, accion, **body)
        assert (code(refused), refused.json()["estado"]) == ((409, "visita_cerrada"), "HECHA")
    gone = {"id": str(uuid.uuid4())}
    for accion, body in (
        ("posponer", {"fecha_programada": ago(days=-9), "motivo": "Nadie"}),
        ("hecha", {}),
        ("orden", {}),
    ):
        assert code(act(cast.admin, gone, accion, **body)) == (404, "visita_no_encontrada")


def test_a_work_order_takes_its_visit_along(
    cast: Cast, office: Office, cliente: Persona, tecnico: Persona
) -> None:
    visita = office.visita(cliente, tecnico)
    made = act(cast.soporte, visita, "orden", tecnico_id=tecnico.usuario_id, descripcion="Llevar filtros")
    assert made.status_code == 201, made.text
    orden = made.json()
    assert (orden["visita_id"], orden["estado"], orden["tipo"]) == (visita["id"], "ASIGNADA", "NORMAL")
    assert orden["fecha_programada"] == visita["fecha_programada"]
    assert orden["garantia_meses"] == 12
    again = act(cast.admin, visita, "orden")
    assert (code(again), again.json()["ordenId"]) == ((409, "visita_con_orden"), orden["id"])
    # What is a work order's is done to the work order.
    for accion, body in (
        ("posponer", {"fecha_programada": ago(days=-9), "motivo": "Mejor"}),
        ("hecha", {}),
    ):
        refused = act(cast.admin, visita, accion, **body)
        assert (code(refused), refused.json()["ordenId"]) == ((409, "visita_con_orden"), orden["id"])
    office.move(cast.soporte, orden, "reprogramar", fecha_programada="2027-01-05T10:00", motivo="Viaja")
    assert cliente.get(f"{VISITS}/{visita['id']}").json()["fecha_programada"] == "2027-01-05T14:00:00Z"
    office.move(tecnico, orden, "iniciar")
    assert cliente.get(f"{VISITS}/{visita['id']}").json()["estado"] == "PENDIENTE"
    office.move(tecnico, orden, "finalizar")
    done = cliente.get(f"{VISITS}/{visita['id']}").json()
    assert (done["estado"], done["orden_generada_id"]) == ("HECHA", orden["id"])
    assert done["hecha_en"] == cliente.get(f"{ORDERS}/{orden['id']}").json()["fecha_ejecucion"]
    assert [step[0] for step in history(cliente, visita)] == ["agendada", "agendada", "hecha"]
    following = listed(cliente, estado="PENDIENTE")
    assert len(following) == 1, "done long before its date, and the next one is there at once"
    next_one = cliente.get(f"{VISITS}/{following[0]}").json()
    assert next_one["ciclo"] == 2


def test_the_next_one_is_listed_once_one_is_done(
    cast: Cast, office: Office, cliente: Persona, tecnico: Persona
) -> None:
    visita = office.visita(cliente, tecnico, ejecutada=ago(days=35), meses=1)
    mine = f"/api/mantenimientos-cliente/{cliente.cliente_id}"
    (due,) = cliente.get(mine).json()["mantenimientos"]
    assert due["visita_id"] == visita["id"]
    orden = act(cast.admin, visita, "orden", tecnico_id=tecnico.usuario_id).json()
    office.move(tecnico, orden, "iniciar")
    office.move(tecnico, orden, "finalizar")
    (following,) = cliente.get(mine).json()["mantenimientos"]
    assert (following["_id"], following["vencido"]) == (visita["orden_id"], False)
    assert following["visita_id"] != visita["id"]


def test_a_cancelled_order_leaves_its_visit_free(
    cast: Cast, office: Office, cliente: Persona, tecnico: Persona
) -> None:
    visita = office.visita(cliente, tecnico)
    first = act(cast.admin, visita, "orden", fecha_programada="2027-02-01T09:00").json()
    assert first["fecha_programada"] == "2027-02-01T13:00:00Z"
    office.move(cast.admin, first, "cancelar", motivo="Se equivocaron")
    office.move(cast.admin, first, "notas", texto="Nada más")
    free = cliente.get(f"{VISITS}/{visita['id']}").json()
    assert (free["estado"], free["orden_generada_id"]) == ("PENDIENTE", None)
    assert free["fecha_programada"] == first["fecha_programada"]
    assert [step[0] for step in history(cliente, visita)] == ["agendada", "liberada"]
    second = act(cast.admin, visita, "orden").json()
    assert second["visita_id"] == visita["id"]
    assert second["id"] != first["id"]
    # A plan that is set anew replaces the visit; its order goes on as any other, and nothing is done twice.
    cast.admin.put(f"/api/orden/{visita['orden_id']}/mantenimiento-config", json={"periodicidadMeses": 12})
    office.move(cast.admin, second, "asignar", tecnico_id=tecnico.usuario_id)
    office.move(tecnico, second, "iniciar")
    assert office.move(tecnico, second, "finalizar").status_code == 200
    replaced = cliente.get(f"{VISITS}/{visita['id']}").json()
    assert (replaced["estado"], replaced["vencida"]) == ("REEMPLAZADA", False)


def test_the_order_of_a_visit_is_refused_as_any_other(
    cast: Cast, office: Office, cliente: Persona, tecnico: Persona
) -> None:
    visita = office.visita(cliente, tecnico)
    unknown = act(cast.admin, visita, "orden", tecnico_id=str(uuid.uuid4()))
    assert code(unknown) == (404, "tecnico_no_encontrado")
    busy = office.orden(cliente, tecnico_id=tecnico.usuario_id, fecha_programada=visita["fecha_programada"])
    cast.admin.patch(f"/api/v1/servicios/{visita['servicio_id']}", json={"activo": False})
    assert code(act(cast.admin, visita, "orden")) == (409, "servicio_retirado")
    cast.admin.patch(f"/api/v1/servicios/{visita['servicio_id']}", json={"activo": True})
    made = act(cast.admin, visita, "orden", tecnico_id=tecnico.usuario_id).json()
    (warned,) = made["advertencias"]
    assert (warned["code"], warned["orden_id"]) == ("tecnico_ocupado", busy["id"])


def test_who_is_forgotten_has_no_visits_to_come(
    cast: Cast, office: Office, cliente: Persona, tecnico: Persona
) -> None:
    visita = office.visita(cliente, tecnico)
    act(cast.admin, visita, "posponer", fecha_programada=ago(days=-12), motivo="Operan a su madre")
    handed = cast.admin.get(f"/api/v1/clientes/{cliente.cliente_id}/exportacion")
    assert handed.status_code == 200
    erased = cast.admin.post(f"/api/v1/clientes/{cliente.cliente_id}/anonimizar")
    assert erased.status_code == 200, erased.text
    after = cast.admin.get(f"{VISITS}/{visita['id']}").json()
    assert (after["estado"], after["movimientos"][0]["motivo"]) == ("REEMPLAZADA", None)


def test_a_merged_record_hands_its_visits_over(cast: Cast, office: Office, tecnico: Persona) -> None:
    record, survivor = (
        cast.admin.post("/api/clientes", json={"nombre": f"Visitado {uuid.uuid4().hex[:8]}"}).json()["data"]
        for _ in range(2)
    )
    ids = [each["cliente"]["uuid"] for each in (record, survivor)]
    orden = office.hecha(cast.cliente, cliente_id=ids[0], tecnico_id=tecnico.usuario_id)
    cast.admin.put(f"/api/orden/{orden['id']}/mantenimiento-config", json={"periodicidadMeses": 6})
    (visita,) = listed(tecnico)
    merged = cast.admin.post(f"/api/v1/clientes/{ids[1]}/fusionar", json={"duplicado": ids[0]})
    assert merged.status_code == 200, merged.text
    assert listed(cast.admin, cliente_id=ids[1]) == [visita]
    assert act(cast.admin, {"id": visita}, "orden").json()["cliente_id"] == ids[1]
