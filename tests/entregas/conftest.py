"""What the tests of the deliveries share: a day of their own, a depot, vehicles that go back into the yard."""

import itertools
import uuid
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from clientela.entregas import planner, plans
from tests.cast import Cast, Persona
from tests.tools.wait import wait_for

ORDER = "/orders/from-cart/me"
DEPOT = {"lat": -17.7833, "lng": -63.1821}
_days = itertools.count()

NewVehicle = Callable[..., dict[str, Any]]
Ordered = Callable[..., dict[str, Any]]


def near(east: float, north: float = 0.0) -> dict[str, float]:
    """A place so many kilometres from the depot."""
    return {"lat": DEPOT["lat"] + north / 111.2, "lng": DEPOT["lng"] + east / 105.9}


def on(cast: Cast, day: str, who: Persona | None = None) -> dict[str, Any]:
    """What somebody (an administrator) sees of a day, asked again while other tests are planning on this machine."""

    def seen() -> dict[str, Any] | None:
        answer = (who or cast.admin).get("/api/v1/entregas", params={"fecha": day})
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return None if body["estado"] == "plan_pendiente" else body

    return wait_for(seen, f"the plan of {day}", seconds=60) or {}


def stops(seen: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The planned stops by order."""
    return {stop["pedido_id"]: stop for route in seen["rutas"] for stop in route["paradas"]}


def left_out(seen: dict[str, Any]) -> dict[str, str]:
    """Why deliveries are in no route, by order."""
    return {one["pedido_id"]: one["motivo"] for one in seen["sin_planificar"]}


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits for the other tests that are planning on this machine."""
    monkeypatch.setattr(planner, "WAIT_SECONDS", 60.0)
    monkeypatch.setattr(plans, "WAIT_SECONDS", 60.0)
    monkeypatch.setattr(plans, "LEASE", timedelta(seconds=90))


@pytest.fixture
def day() -> str:
    """A day on which nobody else delivers anything; a Wednesday."""
    return (date(2031, 1, 1) + timedelta(weeks=next(_days))).isoformat()


@pytest.fixture
def depot(cast: Cast) -> Iterator[None]:
    """The organisation has a depot meanwhile, and no vehicle of an earlier test is in use."""
    cast.db.execute("UPDATE vehiculos SET activo = false WHERE activo")
    path = "/api/v1/organizacion"
    before = cast.admin.get(path).json()["deposito"]
    assert cast.admin.put(path, json={"deposito": DEPOT}).status_code == 200
    yield
    assert cast.admin.put(path, json={"deposito": before}).status_code == 200


@pytest.fixture
def new_vehicle(cast: Cast) -> Iterator[NewVehicle]:
    """Factory of vehicles that are in use until the test ends: `new_vehicle(capacidad_kg="100")`."""
    made: list[int] = []

    def make(**fields: Any) -> dict[str, Any]:
        body = {"placa": uuid.uuid4().hex[:10], "capacidad_kg": "1000"} | fields
        answer = cast.admin.post("/api/v1/vehiculos", json=body)
        assert answer.status_code == 201, answer.text
        vehicle: dict[str, Any] = answer.json()
        made.append(vehicle["id"])
        return vehicle

    yield make
    for number in made:
        assert cast.admin.patch(f"/api/v1/vehiculos/{number}", json={"activo": False}).status_code == 200


@pytest.fixture
def ordered(new_cliente: Callable[..., Persona], new_producto: Callable[..., dict[str, Any]]) -> Ordered:
    """Factory of orders: `ordered(fecha_entrega_requerida=day, ubicacion=near(2), kilos="25")`, of a fresh customer."""

    def make(client: Persona | None = None, kilos: str | None = "10", **wish: Any) -> dict[str, Any]:
        customer = client or new_cliente()
        product = new_producto(peso_kg=kilos)["id"]
        customer.post("/orders/cart/me", json={"producto_id": product, "cantidad": 1})
        answer = customer.post(ORDER, json=wish)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    return make
