"""When and where an order is wished for: both date models, windows, branches (spec 2, spec 4, CONTRACT §7, §12)."""

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.cast import Cast, Persona
from tests.pedidos.conftest import ORDER, OWN, kept, order_for, placed
from tests.pedidos.test_carts import add, refused

NewProducto = Callable[..., dict[str, Any]]


@pytest.fixture
def monday_morning(alice: Persona, cast: Cast) -> Persona:
    """The customer, who takes deliveries on Mondays from 8 to 12."""
    windows = [{"dia_semana": 1, "hora_inicio": "08:00", "hora_fin": "12:00"}]
    answer = cast.admin.put(f"/api/clientes/{alice.cliente_id}", json={"ventanas_entrega": windows})
    assert answer.status_code == 200, answer.text
    return alice


# Windows repeat by the week; a Monday of next week is always still to come.
_TODAY = datetime.now(ZoneInfo("America/La_Paz")).date()
MONDAY = _TODAY + timedelta(days=14 - _TODAY.weekday())


def on(days: int, clock: str = "") -> str:
    """A day counted from that Monday, and what the clock of the wish says."""
    return f"{MONDAY + timedelta(days=days)}{clock}"


NEXT = {"fecha": on(0), "hora_inicio": "08:00", "hora_fin": "12:00"}
LATER = NEXT | {"fecha": on(7)}


@pytest.mark.parametrize(
    ("wish", "following"),
    [
        ({}, None),
        ({"fecha_entrega_requerida": on(0), "hora_entrega_requerida": "08:00"}, None),
        ({"fecha_entrega_requerida": on(0), "hora_entrega_requerida": "12:00"}, None),
        ({"fecha_entrega_requerida": on(0), "hora_entrega_requerida": "12:01"}, LATER),
        ({"fecha_entrega_requerida": on(0)}, None),
        # 15:30 in La Paz is too late; the same as an instant, and without an offset.
        ({"fecha_entrega_solicitada": on(0, "T12:00:00Z")}, None),
        ({"fecha_entrega_requerida": on(-1), "hora_entrega_requerida": "10:30"}, NEXT),
        ({"fecha_entrega_requerida": on(-2)}, NEXT),
        ({"fecha_entrega_solicitada": on(0, "T19:30:00Z")}, LATER),
        ({"fecha_entrega_solicitada": on(0, "T15:30:00")}, LATER),
        # A date alone is the whole day, in either field.
        ({"fecha_entrega_solicitada": on(0)}, None),
        ({"fecha_entrega_solicitada": on(-2)}, NEXT),
    ],
)
def test_a_wish_is_held_against_the_windows(
    monday_morning: Persona, new_producto: NewProducto, wish: dict[str, Any], following: Any
) -> None:
    add(monday_morning, OWN, new_producto()["id"])
    made = placed(monday_morning.post(ORDER, json=wish))
    assert (made["fuera_de_ventana"], made.get("proxima_ventana")) == (following is not None, following)
    assert made["fecha_entrega_requerida"] == wish.get("fecha_entrega_requerida")
    assert made["hora_entrega_requerida"] == wish.get("hora_entrega_requerida")


YESTERDAY = str(_TODAY - timedelta(days=1))


@pytest.mark.parametrize(
    ("wish", "fields"),
    [
        ({"fecha_entrega_requerida": on(0), "fecha_entrega_solicitada": on(1, "T12:00:00Z")},
         ["fecha_entrega_requerida"]),
        ({"fecha_entrega_requerida": on(0), "fecha_entrega_solicitada": on(1)}, ["fecha_entrega_requerida"]),
        ({"fecha_entrega_requerida": on(0), "hora_entrega_requerida": "09:00",
          "fecha_entrega_solicitada": on(0, "T12:00:00Z")}, ["hora_entrega_requerida"]),
        ({"hora_entrega_requerida": "09:00"}, ["fecha_entrega_requerida"]),
        ({"hora_entrega_requerida": "9:00", "fecha_entrega_requerida": on(0)}, ["hora_entrega_requerida"]),
        ({"fecha_entrega_requerida": "30/11/2026"}, ["fecha_entrega_requerida"]),
        ({"fecha_entrega_requerida": YESTERDAY}, ["fecha_entrega_requerida"]),
        ({"fecha_entrega_solicitada": YESTERDAY}, ["fecha_entrega_solicitada"]),
        ({"fecha_entrega_solicitada": f"{YESTERDAY}T12:00:00Z"}, ["fecha_entrega_solicitada"]),
        ({"fecha_entrega_solicitada": f"{YESTERDAY}T12:00:00Z", "fecha_entrega_requerida": YESTERDAY},
         ["fecha_entrega_requerida", "fecha_entrega_solicitada"]),
        ({"fecha_entrega_solicitada": "mañana"}, ["fecha_entrega_solicitada"]),
        ({"fecha_entrega_solicitada": "2026-02-30"}, ["fecha_entrega_solicitada"]),
        ({"fecha_entrega_solicitada": 20261130}, ["fecha_entrega_solicitada"]),
        ({"condicion_pago": "FIADO"}, ["condicion_pago"]),
        ({"ubicacion": {"lat": 91, "lng": 0}}, ["ubicacion.lat"]),
        ({"ubicacion": {"lat": 1}}, ["ubicacion.lng"]),
        ({"observaciones_entrega": "x" * 2001}, ["observaciones_entrega"]),
        ({"sucursal_id": "12"}, ["sucursal_id"]),
    ],
)  # fmt: skip
def test_wishes_that_cannot_be(
    alice: Persona, new_producto: NewProducto, wish: dict[str, Any], fields: list[str]
) -> None:
    add(alice, OWN, new_producto()["id"])
    assert list(refused(alice.post(ORDER, json=wish), 400, "datos_invalidos")["errors"]) == fields
    assert len(alice.get(OWN).json()["items"]) == 1


def test_today_is_not_past(alice: Persona, new_producto: NewProducto) -> None:
    today = str(datetime.now(ZoneInfo("America/La_Paz")).date())
    for wish in ({"fecha_entrega_requerida": today}, {"fecha_entrega_solicitada": today}):
        add(alice, OWN, new_producto()["id"])
        placed(alice.post(ORDER, json=wish))


def test_both_ways_to_wish_agree(alice: Persona, new_producto: NewProducto) -> None:
    wish = {
        "fecha_entrega_requerida": on(0),
        "hora_entrega_requerida": "08:00",
        "fecha_entrega_solicitada": on(0, "T12:00:00Z"),
    }
    add(alice, OWN, new_producto()["id"])
    made = placed(alice.post(ORDER, json=wish))
    assert {name: made[name] for name in wish} == wish
    # A date without an hour is the day, so it agrees with any hour of it.
    add(alice, OWN, new_producto()["id"])
    placed(alice.post(ORDER, json=wish | {"fecha_entrega_solicitada": on(0)}))


def test_where_it_goes_falls_back_step_by_step(
    alice: Persona, cast: Cast, new_cliente: Callable[..., Persona], new_producto: NewProducto
) -> None:
    product = new_producto()["id"]

    def where(**wish: Any) -> Any:
        add(alice, OWN, product)
        return placed(alice.post(ORDER, json=wish))["ubicacion"]

    path = f"/api/v1/clientes/{alice.cliente_id}/direcciones"
    assert where() is None
    cast.admin.put(f"/api/clientes/{alice.cliente_id}", json={"latitud": -17.1, "longitud": -63.1})
    assert where() == {"lat": -17.1, "lng": -63.1}
    principal = {"direccion": "Casa", "es_principal": True, "latitud": -17.2, "longitud": -63.2}
    assert cast.admin.post(path, json=principal).status_code == 201
    assert where() == {"lat": -17.2, "lng": -63.2}
    branch = cast.admin.post(path, json={"direccion": "Sucursal", "latitud": -17.3, "longitud": -63.3}).json()
    assert where(sucursal_id=branch["uuid"]) == {"lat": -17.3, "lng": -63.3}
    sent = {"lat": -17.4, "lng": -63.4}
    assert where(sucursal_id=branch["uuid"], ubicacion=sent) == sent
    add(alice, OWN, product)
    refused(alice.post(ORDER, json={"sucursal_id": str(uuid.uuid4())}), 404, "sucursal_no_encontrada")
    foreign = cast.admin.post(
        f"/api/v1/clientes/{new_cliente().cliente_id}/direcciones", json={"direccion": "Ajena"}
    ).json()["uuid"]
    refused(alice.post(ORDER, json={"sucursal_id": foreign}), 403, "prohibido")
    # Neither does a staff member order there for her, nor anybody to a branch that is closed.
    add(cast.vendedora, kept(alice), product)
    refused(cast.vendedora.post(order_for(alice), json={"sucursal_id": foreign}), 403, "prohibido")
    assert cast.admin.patch(f"{path}/{branch['id']}", json={"activa": False}).status_code == 200
    refused(alice.post(ORDER, json={"sucursal_id": branch["uuid"]}), 404, "sucursal_no_encontrada")
    assert len(alice.get(OWN).json()["items"]) == 1


def test_an_order_names_its_branch_for_ever(alice: Persona, cast: Cast, new_producto: NewProducto) -> None:
    """An address may be deleted; what was ordered for it says so all the same, and where that was."""
    path = f"/api/v1/clientes/{alice.cliente_id}/direcciones"
    branch = cast.admin.post(path, json={"direccion": "Sucursal", "latitud": -17.3, "longitud": -63.3}).json()
    add(alice, OWN, new_producto()["id"])
    made = placed(alice.post(ORDER, json={"sucursal_id": branch["uuid"]}))
    assert cast.admin.delete(f"{path}/{branch['id']}").is_success
    after = alice.get(f"/orders/{made['id']}").json()
    assert (after["sucursal_id"], after["ubicacion"]) == (branch["uuid"], {"lat": -17.3, "lng": -63.3})
