"""`GET /api/v1/entregas?fecha=`: the day's deliveries and a planned route for each vehicle (CONTRACT §7)."""

import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from tests.cast import Cast, Persona
from tests.entregas.conftest import NewVehicle, Ordered, left_out, near, on, stops
from tests.tools.database import Database

pytestmark = pytest.mark.usefixtures("depot")


def with_windows(cast: Cast, client: Persona, *hours: tuple[str, str], dia_semana: int = 3) -> Persona:
    """A client who takes deliveries in these hours, on Wednesdays."""
    windows = [{"dia_semana": dia_semana, "hora_inicio": a, "hora_fin": b} for a, b in hours]
    answer = cast.admin.put(f"/api/clientes/{client.cliente_id}", json={"ventanas_entrega": windows})
    assert answer.status_code == 200, answer.text
    return client


def moved(cast: Cast, order: dict[str, Any], *states: str) -> None:
    """Take an order from state to state."""
    for state in states:
        answer = cast.admin.patch(f"/orders/{order['id']}/estado", json={"estado": state})
        assert answer.status_code == 200, answer.text


OUT = ("CONFIRMADO", "EN_PREPARACION", "EN_RUTA")


def test_a_day_is_planned(
    cast: Cast, day: str, new_cliente: Callable[..., Persona], new_vehicle: NewVehicle, ordered: Ordered
) -> None:
    vehicle = new_vehicle(nombre="Furgón", chofer_id=cast.tecnica.usuario_id, salida="07:30")
    client = with_windows(cast, new_cliente(nombre="Tienda Rosa"), ("15:00", "17:00"), ("09:00", "10:00"))
    first = ordered(
        client,
        kilos="12.5",
        fecha_entrega_requerida=day,
        ubicacion=near(2),
        observaciones_entrega="Tocar el timbre",
    )
    second = ordered(fecha_entrega_requerida=day, ubicacion=near(3), kilos=None)
    nowhere = ordered(fecha_entrega_requerida=day)
    cancelled = ordered(fecha_entrega_requerida=day, ubicacion=near(1))
    moved(cast, cancelled, "CANCELADO")
    seen = on(cast, day)
    assert (seen["fecha"], seen["estado"]) == (day, "lista")
    assert [one["pedido_id"] for one in seen["entregas"]] == [first["id"], second["id"], nowhere["id"]]
    told = seen["entregas"][0]
    assert (told["cliente"], told["cliente_id"], told["numero"]) == (
        "Tienda Rosa", client.cliente_id, first["numero"],
    )  # fmt: skip
    assert told["ventanas"] == [
        {"hora_inicio": "09:00", "hora_fin": "10:00"},
        {"hora_inicio": "15:00", "hora_fin": "17:00"},
    ]
    assert (told["peso_kg"], told["peso_completo"], told["observaciones_entrega"]) == (
        "12.5",
        True,
        "Tocar el timbre",
    )
    assert (seen["entregas"][1]["peso_kg"], seen["entregas"][1]["peso_completo"]) == ("0", False)
    assert seen["entregas"][2]["ubicacion"] is None
    assert left_out(seen) == {nowhere["id"]: "sin_coordenadas"}
    assert seen["sin_planificar"][0]["detalle"] == "No se conocen las coordenadas de la entrega"

    (route,) = seen["rutas"]
    assert (route["vehiculo_id"], route["placa"], route["nombre"], route["chofer_id"], route["carga_kg"]) == (
        vehicle["id"], vehicle["placa"], "Furgón", cast.tecnica.usuario_id, "12.5",
    )  # fmt: skip
    assert [stop["orden"] for stop in route["paradas"]] == [1, 2]
    assert 5.8 < float(route["kilometros"]) < 6.2
    stop = stops(seen)[first["id"]]
    assert "09:00" <= stop["inicio"] <= "10:00"
    assert (stop["ventana_incumplida"], stop["hora_cumplida"], stop["carga_kg"]) == (None, None, "12.5")
    assert "07:30" <= route["salida"] <= route["paradas"][0]["llegada"] <= route["regreso"]


def test_both_ways_to_name_a_day_and_the_zones_midnight(
    cast: Cast, day: str, new_vehicle: NewVehicle, ordered: Ordered
) -> None:
    new_vehicle()
    next_day = (date.fromisoformat(day) + timedelta(days=1)).isoformat()
    required = ordered(fecha_entrega_requerida=day, ubicacion=near(1))
    # In La Paz, four hours behind, this day lasts until four in the morning of the next.
    first = ordered(fecha_entrega_solicitada=f"{day}T04:00:00Z", ubicacion=near(2))
    last = ordered(fecha_entrega_solicitada=f"{next_day}T03:59:59Z", ubicacion=near(3))
    both = ordered(
        fecha_entrega_solicitada=f"{day}T15:00:00Z", fecha_entrega_requerida=day, ubicacion=near(4)
    )
    following = ordered(fecha_entrega_solicitada=f"{next_day}T04:00:00Z", ubicacion=near(5))
    never = ordered(ubicacion=near(6))
    found = {one["pedido_id"] for one in on(cast, day)["entregas"]}
    assert found == {required["id"], first["id"], last["id"], both["id"]}
    assert {one["pedido_id"] for one in on(cast, next_day)["entregas"]} == {following["id"]}
    assert never["id"] not in found


def test_today_is_what_nobody_has_to_say(cast: Cast) -> None:
    today = cast.db.fetchval("SELECT (now() AT TIME ZONE 'America/La_Paz')::date")
    assert cast.admin.get("/api/v1/entregas").json()["fecha"] == today.isoformat()


@pytest.mark.parametrize("wrong", ["", "ayer", "2031-02-30", "01/02/2031", "0001-01-01", "2031-1-1"])
def test_days_that_are_none(cast: Cast, wrong: str) -> None:
    answer = cast.admin.get("/api/v1/entregas", params={"fecha": wrong})
    assert (answer.status_code, list(answer.json()["errors"])) == (422, ["fecha"])


def test_an_unkept_window_is_named(
    cast: Cast, day: str, new_cliente: Callable[..., Persona], new_vehicle: NewVehicle, ordered: Ordered
) -> None:
    new_vehicle(salida="10:00", regreso="13:00")
    early = with_windows(cast, new_cliente(), ("06:00", "09:50"))
    late = with_windows(cast, new_cliente(), ("16:00", "18:00"))
    elsewhen = with_windows(cast, new_cliente(), ("08:00", "12:00"), dia_semana=4)
    kept = with_windows(cast, new_cliente(), ("08:00", "12:00"))
    orders = [
        ordered(client, fecha_entrega_requerida=day, ubicacion=near(1))["id"]
        for client in (early, late, elsewhen, kept)
    ]
    seen = on(cast, day)
    found = stops(seen)
    assert left_out(seen) == {}
    unkept = [found[one]["ventana_incumplida"] for one in orders]
    assert [one and one["motivo"] for one in unkept] == ["despues", "antes", "sin_ventana_ese_dia", None]
    assert (unkept[0]["hora_inicio"], unkept[0]["hora_fin"]) == ("06:00", "09:50")
    arrives = found[orders[0]]["inicio"]
    minutes = int(arrives[:2]) * 60 + int(arrives[3:]) - (9 * 60 + 50)
    assert unkept[0]["minutos"] in {minutes, minutes + 1}
    assert unkept[0]["detalle"].startswith(f"Llega {unkept[0]['minutos']} min después de la ventana")


def test_the_hour_that_was_asked_for_is_kept_or_named(
    cast: Cast, day: str, new_vehicle: NewVehicle, ordered: Ordered
) -> None:
    new_vehicle(salida="08:00", regreso="12:00")
    wish = {"fecha_entrega_requerida": day, "ubicacion": near(2)}
    kept = ordered(**wish, hora_entrega_requerida="09:00")
    instant = ordered(fecha_entrega_solicitada=f"{day}T13:15:00Z", ubicacion=near(3))
    missed = ordered(**wish, hora_entrega_requerida="17:00")
    found = stops(on(cast, day))
    assert "08:30" <= found[kept["id"]]["inicio"] <= "09:30"
    assert "08:45" <= found[instant["id"]]["inicio"] <= "09:45"
    assert [found[one["id"]]["hora_cumplida"] for one in (kept, instant, missed)] == [True, True, False]
    assert found[missed["id"]]["ventana_incumplida"] is None


def test_loads_are_spread_and_what_does_not_fit_says_so(
    cast: Cast, day: str, new_vehicle: NewVehicle, ordered: Ordered
) -> None:
    for _ in range(2):
        new_vehicle(capacidad_kg="100")
    fitting = [ordered(fecha_entrega_requerida=day, ubicacion=near(n), kilos="45") for n in (1, 2, 3, 4)]
    huge = ordered(fecha_entrega_requerida=day, ubicacion=near(1), kilos="100.001")
    far = ordered(fecha_entrega_requerida=day, ubicacion={"lat": 10, "lng": 10}, kilos="1")
    seen = on(cast, day)
    assert left_out(seen) == {huge["id"]: "excede_capacidad", far["id"]: "fuera_de_alcance"}
    assert stops(seen).keys() == {one["id"] for one in fitting}
    assert [route["carga_kg"] for route in seen["rutas"]] == ["90", "90"]
    assert [[stop["carga_kg"] for stop in route["paradas"]] for route in seen["rutas"]] == [["90", "45"]] * 2


def test_a_plan_stays_while_nothing_changes_and_is_made_anew_when_something_does(
    cast: Cast, day: str, new_cliente: Callable[..., Persona], new_vehicle: NewVehicle, ordered: Ordered
) -> None:
    vehicle = new_vehicle()
    client = new_cliente()
    order = ordered(client, fecha_entrega_requerida=day, ubicacion=near(2))
    first = on(cast, day)
    assert on(cast, day) == first
    # States do not move anybody.
    moved(cast, order, "CONFIRMADO")
    again = on(cast, day)
    assert (again["planificado_en"], again["entregas"][0]["estado"]) == (
        first["planificado_en"],
        "CONFIRMADO",
    )
    versions = {first["planificado_en"]}
    changes: list[Callable[[], Any]] = [
        lambda: ordered(fecha_entrega_requerida=day, ubicacion=near(3)),
        lambda: with_windows(cast, client, ("14:00", "16:00")),
        lambda: cast.admin.patch(f"/api/v1/vehiculos/{vehicle['id']}", json={"salida": "09:00"}),
        new_vehicle,
        lambda: cast.admin.put("/api/v1/organizacion", json={"deposito": {"lat": -17.78, "lng": -63.18}}),
        lambda: moved(cast, order, "CANCELADO"),
    ]
    for number, change in enumerate(changes, 2):
        change()
        versions.add(on(cast, day)["planificado_en"])
        assert len(versions) == number
    # Another name on the door is none of the planner's business.
    cast.admin.patch(f"/api/v1/vehiculos/{vehicle['id']}", json={"nombre": "Otro nombre"})
    assert on(cast, day)["planificado_en"] in versions


def test_nobody_who_has_left_is_sent_elsewhere(
    cast: Cast, day: str, new_vehicle: NewVehicle, ordered: Ordered
) -> None:
    gone, home = (new_vehicle(capacidad_kg="20") for _ in range(2))
    one, two = (ordered(fecha_entrega_requerida=day, ubicacion=near(n)) for n in (1, 2))
    three, four = (ordered(fecha_entrega_requerida=day, ubicacion=near(-n)) for n in (1, 2))
    before = on(cast, day)
    routes = {stop["pedido_id"]: route for route in before["rutas"] for stop in route["paradas"]}
    assert len(before["rutas"]) == 2
    assert {gone["id"], home["id"]} == {route["vehiculo_id"] for route in before["rutas"]}
    moved(cast, one, *OUT)
    # Nothing has to be planned anew because a vehicle leaves.
    assert on(cast, day)["planificado_en"] == before["planificado_en"]
    added = ordered(fecha_entrega_requerida=day, ubicacion=near(1.5))
    after = on(cast, day)
    assert after["planificado_en"] != before["planificado_en"]
    his = routes[one["id"]]
    assert [route for route in after["rutas"] if route["vehiculo_id"] == his["vehiculo_id"]] == [his]
    others = {stop["pedido_id"] for route in after["rutas"] if route != his for stop in route["paradas"]}
    mine = {stop["pedido_id"] for stop in his["paradas"]}
    assert len(others) == 2
    assert others | left_out(after).keys() | mine == {order["id"] for order in (one, two, three, four, added)}
    assert set(left_out(after).values()) == {"sin_lugar"}
    # A vehicle that goes out of use on its way is still the one that brings it.
    cast.admin.patch(f"/api/v1/vehiculos/{his['vehiculo_id']}", json={"activo": False})
    assert his in on(cast, day)["rutas"]
    # What is cancelled on the way is no stop any more; where it was, its vehicle passes.
    moved(cast, one, "CANCELADO")
    assert one["id"] not in stops(on(cast, day))


def test_with_everybody_out_new_orders_wait(
    cast: Cast, day: str, new_vehicle: NewVehicle, ordered: Ordered
) -> None:
    new_vehicle()
    order = ordered(fecha_entrega_requerida=day, ubicacion=near(1))
    on(cast, day)
    moved(cast, order, *OUT)
    late = ordered(fecha_entrega_requerida=day, ubicacion=near(2))
    unseen = ordered(fecha_entrega_requerida=day, ubicacion=near(2))
    moved(cast, unseen, *OUT)
    seen = on(cast, day)
    assert stops(seen).keys() == {order["id"]}
    assert left_out(seen) == {late["id"]: "vehiculos_en_ruta", unseen["id"]: "ruta_en_curso"}


def test_without_vehicles_or_depot_the_deliveries_are_shown_all_the_same(
    cast: Cast, day: str, ordered: Ordered
) -> None:
    order = ordered(fecha_entrega_requerida=day, ubicacion=near(1))
    nowhere = ordered(fecha_entrega_requerida=day)
    seen = on(cast, day)
    assert (seen["estado"], left_out(seen)) == (
        "lista",
        {order["id"]: "sin_vehiculos", nowhere["id"]: "sin_coordenadas"},
    )
    cast.admin.put("/api/v1/organizacion", json={"deposito": None})
    seen = on(cast, day)
    assert (seen["estado"], seen["planificado_en"], seen["rutas"]) == ("sin_deposito", None, [])
    assert left_out(seen) == {order["id"]: "sin_deposito", nowhere["id"]: "sin_coordenadas"}
    assert len(seen["entregas"]) == 2


def test_a_day_that_has_passed_keeps_its_plan(
    cast: Cast, day: str, db: Database, new_vehicle: NewVehicle, ordered: Ordered
) -> None:
    vehicle = new_vehicle()
    order, other = (ordered(fecha_entrega_requerida=day, ubicacion=near(n)) for n in (1, 2))
    before = on(cast, day)
    past = date(1990, 1, 3) + (date.fromisoformat(day) - date(2031, 1, 1))
    db.execute("UPDATE planes_entrega SET fecha = $2 WHERE fecha = $1", date.fromisoformat(day), past)
    for one in (order, other):
        db.execute("UPDATE pedidos SET fecha_entrega_requerida = $2 WHERE id = $1::uuid", one["id"], past)
    cast.admin.patch(f"/api/v1/vehiculos/{vehicle['id']}", json={"activo": False})
    assert on(cast, past.isoformat()) == before | {"fecha": past.isoformat()}
    # One that was never planned is not planned afterwards.
    db.execute("DELETE FROM planes_entrega WHERE fecha = $1", past)
    seen = on(cast, past.isoformat())
    assert (seen["estado"], seen["rutas"]) == ("sin_plan", [])
    assert left_out(seen) == {order["id"]: "sin_plan", other["id"]: "sin_plan"}


def test_sellers_see_what_concerns_their_clients_and_nobodys(
    cast: Cast, day: str, new_cliente: Callable[..., Persona], new_vehicle: NewVehicle, ordered: Ordered
) -> None:
    new_vehicle()
    hers, his, nobodys = new_cliente(), new_cliente(), new_cliente()
    cast.assign(hers, cast.vendedora)
    cast.assign(his, cast.otro_vendedor)
    orders = {
        name: ordered(client, fecha_entrega_requerida=day, ubicacion=near(n))["id"]
        for n, (name, client) in enumerate({"hers": hers, "his": his, "nobodys": nobodys}.items(), 1)
    }
    lost = ordered(his, fecha_entrega_requerida=day)["id"]
    everything = on(cast, day)
    assert len(stops(everything)) == 3
    for seller, own in ((cast.vendedora, "hers"), (cast.otro_vendedor, "his")):
        seen = on(cast, day, seller)
        mine = {orders[own], orders["nobodys"]}
        # The numbers of the stops are those of the whole route.
        assert stops(seen) == {key: stop for key, stop in stops(everything).items() if key in mine}
        assert {one["pedido_id"] for one in seen["entregas"]} - {lost} == mine
        assert left_out(seen) == ({lost: "sin_coordenadas"} if own == "his" else {})


def test_somebody_elses_plan_is_waited_for_and_then_asked_for_again(
    cast: Cast, day: str, db: Database, new_vehicle: NewVehicle, ordered: Ordered
) -> None:
    new_vehicle()
    order = ordered(fecha_entrega_requerida=day, ubicacion=near(1))
    db.execute(
        "INSERT INTO planes_entrega (fecha, reserva, reservado_hasta) VALUES ($1, $2, $3)",
        date.fromisoformat(day),
        uuid.uuid4(),
        datetime.now(UTC) + timedelta(hours=1),
    )
    answer = cast.admin.get("/api/v1/entregas", params={"fecha": day})
    seen = answer.json()
    assert (answer.status_code, answer.headers["retry-after"]) == (200, "5")
    assert (seen["estado"], seen["rutas"], len(seen["entregas"])) == ("plan_pendiente", [], 1)
    assert left_out(seen) == {order["id"]: "plan_pendiente"}
    # Whoever reserved it and died is not waited for for ever.
    db.execute(
        "UPDATE planes_entrega SET reservado_hasta = $2 WHERE fecha = $1",
        date.fromisoformat(day),
        datetime.now(UTC) - timedelta(seconds=1),
    )
    assert stops(on(cast, day)).keys() == {order["id"]}
