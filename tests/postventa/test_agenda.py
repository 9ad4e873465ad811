"""A technician's day: what is on it, in which order, and what it says where something lacks."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from clientela.core.actor import Actor
from clientela.core.db import Pool
from clientela.core.errors import Unavailable
from clientela.entregas import planner
from clientela.entregas.model import Plan, Problema
from clientela.flows import plan_technician_day
from clientela.settings import Settings
from tests.cast import Cast, Persona
from tests.postventa.conftest import Office
from tests.tools.database import Database
from tests.tools.wait import wait_for

DEPOT = {"lat": -17.7833, "lng": -63.1821}
# A Wednesday that is long in coming; the organisation is four hours behind.
DAY = "2031-05-07"


def at(hour: int, minute: int = 0) -> str:
    """An hour of that day on the organisation's clock, as an instant."""
    return f"{DAY}T{hour + 4:02}:{minute:02}:00Z"


def near(east: float, north: float = 0.0) -> tuple[float, float]:
    """A place so many kilometres from the depot."""
    return round(DEPOT["lat"] + north / 111.2, 6), round(DEPOT["lng"] + east / 105.9, 6)


Visit = Callable[..., dict[str, Any]]


@pytest.fixture
def depot(cast: Cast) -> Iterator[None]:
    """The organisation has one, for as long as the test lasts."""
    before = cast.admin.get("/api/v1/organizacion").json()["deposito"]
    assert cast.admin.put("/api/v1/organizacion", json={"deposito": DEPOT}).status_code == 200
    yield
    assert cast.admin.put("/api/v1/organizacion", json={"deposito": before}).status_code == 200


@pytest.fixture
def visit(cast: Cast, office: Office, tecnico: Persona) -> Visit:
    """Factory of visits of the technician: when, and so many kilometres east of the depot or nobody knows where."""
    service = office.servicio()["id"]

    def make(when: str, east: float | None = 0.0, north: float = 0.0, **fields: Any) -> dict[str, Any]:
        place = {} if east is None else dict(zip(("latitud", "longitud"), near(east, north), strict=True))
        body = {"nombre": "Tienda Rosa", "telefono": "7555-1234"} | place
        made = cast.admin.post("/api/clientes", json=body)
        assert made.status_code == 201, made.text
        sent = {
            "cliente_id": made.json()["data"]["cliente"]["uuid"],
            "servicio_id": service,
            "tecnico_id": tecnico.usuario_id,
            "fecha_programada": when,
        } | fields
        answer = cast.admin.post("/api/v1/ordenes", json=sent)
        assert answer.status_code == 201, answer.text
        orden: dict[str, Any] = answer.json()
        return orden

    return make


def agenda(who: Persona, ref: str = "yo", fecha: str | None = DAY) -> dict[str, Any]:
    answer = who.get(f"/api/v1/tecnicos/{ref}/agenda", params={"fecha": fecha} if fecha else None)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def planned(who: Persona) -> dict[str, Any]:
    """The day as the planner has it, asked again while other tests are planning on this machine."""

    def seen() -> dict[str, Any] | None:
        found = agenda(who)
        return found if found["estado"] == "planificada" else None

    return wait_for(seen, "the day to be planned", seconds=60) or {}


def order_of(day: dict[str, Any], *made: dict[str, Any]) -> list[int]:
    """Which of the orders that were made each visit is."""
    ids = [orden["id"] for orden in made]
    assert [one["orden"] for one in day["visitas"]] == list(range(1, len(day["visitas"]) + 1))
    return [ids.index(one["id"]) for one in day["visitas"]]


def codes(warned: dict[str, Any]) -> list[str]:
    return [each["code"] for each in warned["advertencias"]]


def test_hours_of_their_own_are_the_order(depot: None, visit: Visit, tecnico: Persona) -> None:
    """However the places lie: nobody is planned past an hour that was agreed on."""
    made = [visit(at(15), 9.0), visit(at(9), 10.0), visit(at(11), -8.0)]
    orden = made[1]
    assert tecnico.post(f"/api/v1/ordenes/{orden['id']}/notas", json={"texto": "Trae escalera"}).is_success
    day = agenda(tecnico)
    assert order_of(day, *made) == [1, 2, 0]
    assert (day["fecha"], day["estado"], codes(day)) == (DAY, "por_hora", [])
    assert day["partida"] == DEPOT
    first = day["visitas"][0]
    # He is there at the hour; ten kilometres from the depot, and eighteen to the next.
    assert (first["llegada"], first["inicio"], first["salida"]) == (at(9), at(9), at(10))
    assert [one["kilometros"] for one in day["visitas"]] == ["10.0", "18.0", "17.0"]
    assert day["kilometros"] == "45.0"
    # At twenty kilometres an hour he is there at 10:54, and waits.
    second = day["visitas"][1]
    assert second["llegada"].startswith(f"{DAY}T14:5")
    assert second["inicio"] == at(11)
    known = {"id", "numero", "estado", "tipo", "servicio", "descripcion", "fecha_programada", "duracion_min"}
    assert {name: first[name] for name in known} == {name: orden[name] for name in known}
    assert (first["version"], [each["texto"] for each in first["notas"]]) == (
        orden["version"] + 1, ["Trae escalera"],
    )  # fmt: skip
    assert first["cliente"]["nombre"] == "Tienda Rosa"
    assert first["cliente"]["telefono"] == "7555-1234"
    assert tuple(first["ubicacion"].values()) == near(10.0)


def test_whoever_has_no_hour_is_put_on_the_way(depot: None, visit: Visit, tecnico: Persona) -> None:
    """One at eleven far away; on the way there, beyond it, and one at the same place: midnight stands for no hour."""
    made = [visit(at(11), 6.0), visit(f"{DAY}T04:00:00Z", 12.0), visit(f"{DAY}T04:00:00Z", 3.0)]
    day = planned(tecnico)
    assert order_of(day, *made) in ([2, 0, 1], [2, 1, 0])
    assert codes(day) == []
    # Nobody begins before the organisation opens, and the hour that was agreed on is kept.
    assert all(one["inicio"] >= at(8) for one in day["visitas"])
    assert next(one for one in day["visitas"] if one["id"] == made[0]["id"])["inicio"] == at(11)
    assert Decimal(day["kilometros"]) <= Decimal("18.1")


def test_several_at_one_hour_are_arranged(depot: None, visit: Visit, tecnico: Persona) -> None:
    made = [visit(at(9), 9.0), visit(at(9), 3.0), visit(at(9), 6.0)]
    day = planned(tecnico)
    assert order_of(day, *made) in ([1, 2, 0], [0, 2, 1])
    assert [codes(one) for one in day["visitas"]] == [[], [], []]


def test_whose_place_nobody_knows_stands_at_his_hour(depot: None, visit: Visit, tecnico: Persona) -> None:
    made = [visit(at(11), 2.0), visit(at(10), None), visit(at(9), 1.0), visit(f"{DAY}T04:00:00Z", None)]
    day = agenda(tecnico)
    assert order_of(day, *made) == [2, 1, 0, 3]
    lost = day["visitas"][1]
    assert (lost["ubicacion"], lost["kilometros"], codes(lost)) == (None, None, ["sin_coordenadas"])
    assert (lost["inicio"], lost["salida"]) == (at(10), at(11))
    # The next leg is counted from the last place that is known.
    assert day["visitas"][2]["kilometros"] == "1.0"


def test_an_hour_that_cannot_be_kept_is_said(depot: None, visit: Visit, tecnico: Persona) -> None:
    made = [visit(at(9), 0.0), visit(at(9, 30), 0.0), visit(at(15), 0.0)]
    day = agenda(tecnico)
    assert order_of(day, *made) == [0, 1, 2]
    assert [codes(one) for one in day["visitas"]] == [[], ["llega_tarde"], []]
    assert "30 min" in day["visitas"][1]["advertencias"][0]["message"]


def test_without_a_depot_it_goes_by_the_hour(cast: Cast, visit: Visit, tecnico: Persona) -> None:
    before = cast.admin.get("/api/v1/organizacion").json()["deposito"]
    assert cast.admin.put("/api/v1/organizacion", json={"deposito": None}).is_success
    try:
        made = [visit(f"{DAY}T04:00:00Z", 1.0), visit(at(9), 2.0), visit(at(9), 3.0)]
        day = agenda(tecnico)
    finally:
        assert cast.admin.put("/api/v1/organizacion", json={"deposito": before}).is_success
    assert order_of(day, *made) == [1, 2, 0]
    assert (day["estado"], day["partida"], codes(day)) == ("por_hora", None, ["sin_deposito"])
    assert day["visitas"][0]["kilometros"] is None


def test_what_was_done_comes_first_and_what_is_left_follows(
    depot: None, cast: Cast, visit: Visit, tecnico: Persona
) -> None:
    """Today: the way goes on from where he is, as soon as he is free."""
    now = datetime.now(UTC)
    today = (now - timedelta(hours=4)).date()
    noon = datetime(today.year, today.month, today.day, 16, tzinfo=UTC)
    done, begun = visit(noon.isoformat(), 4.0), visit(noon.isoformat(), 5.0)
    left, off, foreign = visit(noon.isoformat(), 6.0), visit(noon.isoformat()), visit(at(9))
    for orden, steps in ((done, ("iniciar", "finalizar")), (begun, ("iniciar",)), (off, ("cancelar",))):
        for step in steps:
            assert tecnico.post(f"/api/v1/ordenes/{orden['id']}/{step}").is_success
    day = agenda(tecnico, fecha=None)
    assert day["fecha"] == today.isoformat()
    assert order_of(day, done, begun, left, foreign) == [0, 1, 2]
    first, second, third = day["visitas"]
    assert (first["llegada"], first["salida"]) == (first["iniciada_en"], first["fecha_ejecucion"])
    assert [one["kilometros"] for one in day["visitas"]] == ["4.0", "1.0", "1.0"]
    free = datetime.fromisoformat(second["iniciada_en"]) + timedelta(minutes=60)
    assert datetime.fromisoformat(second["salida"]) == free
    assert datetime.fromisoformat(third["llegada"]) > free
    # What was brought forward was done on another day than it was meant for, and is no work of that day.
    ahead = visit(at(9))
    for step in ("iniciar", "finalizar"):
        assert tecnico.post(f"/api/v1/ordenes/{ahead['id']}/{step}").is_success
    assert ahead["id"] in [one["id"] for one in agenda(tecnico, fecha=None)["visitas"]]
    assert ahead["id"] not in [one["id"] for one in agenda(tecnico)["visitas"]]


def test_a_guarantee_without_a_date_is_not_lost(
    cast: Cast, office: Office, cliente: Persona, tecnico: Persona
) -> None:
    done = office.hecha(cliente, tecnico_id=tecnico.usuario_id)
    opened = cliente.post(f"/api/orden/{done['id']}/solicitar-garantia").json()["ordenId"]
    given = cast.admin.put(f"/api/garantia/{opened}/asignar-tecnico", json={"tecnicoId": tecnico.usuario_id})
    assert given.status_code == 200, given.text
    day = agenda(tecnico)
    assert day["visitas"] == []
    assert [(one["id"], one["fecha_programada"]) for one in day["sin_fecha"]] == [(opened, None)]
    assert day["sin_fecha"][0]["garantia_de"]["id"] == done["id"]


def test_whose_day_it_is(cast: Cast, visit: Visit, tecnico: Persona) -> None:
    mine = visit(at(9))
    for who, ref in (
        (tecnico, tecnico.usuario_id),
        (cast.soporte, str(tecnico.numero)),
        (cast.admin, tecnico.usuario_id),
    ):
        day = agenda(who, ref)
        assert [one["id"] for one in day["visitas"]] == [mine["id"]]
        assert day["tecnico"] == {"id": tecnico.usuario_id, "nombre": tecnico.nombre}
    for who, ref in (
        (cast.otro_tecnico, tecnico.usuario_id),
        (tecnico, str(uuid.uuid4())),
        (cast.admin, cast.vendedora.usuario_id),
        (cast.soporte, "yo"),
        (cast.admin, str(cast.soporte.numero)),
    ):
        answer = who.get(f"/api/v1/tecnicos/{ref}/agenda")
        assert (answer.status_code, answer.json()["code"]) == (404, "tecnico_no_encontrado")
    wrong = tecnico.get("/api/v1/tecnicos/yo/agenda", params={"fecha": "mañana"})
    assert (wrong.status_code, set(wrong.json()["errors"])) == (422, {"fecha"})
    for edge in ("1900-01-01", "9000-12-31"):
        assert agenda(tecnico, fecha=edge)["visitas"] == []


def test_who_has_it_is_not_sent_it_again(visit: Visit, tecnico: Persona) -> None:
    orden = visit(at(9))
    path = f"/api/v1/tecnicos/yo/agenda?fecha={DAY}"
    first = tecnico.get(path)
    again = tecnico.get(path, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    tecnico.post(f"/api/v1/ordenes/{orden['id']}/notas", json={"texto": "Falta un cable"})
    changed = tecnico.get(path, headers={"If-None-Match": first.headers["etag"]})
    assert (changed.status_code, changed.headers["etag"] == first.headers["etag"]) == (200, False)


# --- where the planner cannot ------------------------------------------------------------------------------------


@pytest.fixture
async def pool(db: Database) -> AsyncIterator[Pool]:
    made = await Pool(Settings(database_url=db.dsn), lambda: db.dsn).open()
    yield made
    await made.close()


def actor(who: Persona) -> Actor:
    return Actor(uuid.UUID(who.usuario_id), who.numero, "usuario", who.rol, None, who.nombre, who.correo)


async def broken(_: Problema) -> Plan:
    raise Unavailable("servicio_ocupado")


async def unstartable(_: Problema) -> Plan:
    raise OSError("no more processes")


async def endless(_: Problema) -> Plan:
    await asyncio.sleep(3600)
    raise AssertionError


@pytest.mark.parametrize("failing", [broken, unstartable, endless])
async def test_a_planner_that_fails_leaves_the_hours(
    depot: None,
    visit: Visit,
    tecnico: Persona,
    pool: Pool,
    monkeypatch: pytest.MonkeyPatch,
    failing: Any,
) -> None:
    made = [visit(f"{DAY}T04:00:00Z", 1.0), visit(at(9), 2.0)]
    monkeypatch.setattr(planner, "plan", failing)
    monkeypatch.setattr(planner, "PATIENCE", 0.05)
    day = await plan_technician_day.show(pool.db, actor(tecnico), None, date.fromisoformat(DAY))
    assert [str(one.orden.id) for one in day.visitas] == [made[1]["id"], made[0]["id"]]
    assert (day.planificada, day.advertencias) == (False, ("agenda_por_hora",))
