"""A day's deliveries, and the routes on which the vehicles bring them (CONTRACT §7).

Orders, windows, depot and vehicles are told to the planner as stops and ways to visit them; what it knows of is not
whose they are. What it answers is told again in orders.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from clientela.clientes import windows
from clientela.core.actor import Actor
from clientela.core.db import Db
from clientela.entregas import plans, rules
from clientela.entregas import service as vehicles
from clientela.entregas.model import (
    Incumplida,
    Motivo,
    Movil,
    Parada,
    Plan,
    PlanGuardado,
    Problema,
    Ruta,
    Vehiculo,
    Visita,
)
from clientela.organizacion import service as organizacion
from clientela.organizacion.model import Deposito, Organizacion
from clientela.pedidos import service as pedidos
from clientela.pedidos.model import Entrega, Estado

_OUT: Final = frozenset({Estado.EN_RUTA, Estado.ENTREGADO})
_GRAMS: Final = 1000


class ParadaPlanificada(msgspec.Struct, frozen=True):
    """A stop of a route: its number in it, times `HH:mm`, and the load with which the vehicle arrives.

    `hora_cumplida`: None when no hour was asked for.
    """

    orden: int
    entrega: Entrega
    llegada: str
    inicio: str
    salida: str
    carga_kg: Decimal
    ventana_incumplida: Incumplida | None
    hora_cumplida: bool | None


class RutaPlanificada(msgspec.Struct, frozen=True):
    """A vehicle's route: when it leaves and is back, how far it drives, what it carries, the stops to be seen."""

    vehiculo: Vehiculo
    salida: str
    regreso: str
    kilometros: Decimal
    carga_kg: Decimal
    paradas: tuple[ParadaPlanificada, ...]


class Jornada(msgspec.Struct, frozen=True):
    """What a member of staff sees of a day; `planificado_en` is None without a plan."""

    fecha: date
    estado: str
    planificado_en: datetime | None
    entregas: tuple[Entrega, ...]
    rutas: tuple[RutaPlanificada, ...]
    sin_planificar: Mapping[str, Motivo]


async def show(db: Db, actor: Actor, fecha: date | None) -> Jornada:
    """Return a day's deliveries (None: today's) and their routes, as far as the caller may see them.

    The routes are planned when there are none for what is to be delivered now, which takes seconds; a day that has
    passed keeps those it had. `estado`: `lista`, or why there is no plan (`Motivo`).
    """
    org = await organizacion.read(db, actor)
    zona = ZoneInfo(org.zona)
    today = windows.local(db.now(), zona).date()
    day = fecha or today
    found = await pedidos.deliveries(db, day, zona)
    plan, why = await _plan(db, org, day, found, passed=day < today)
    # Vehicles that went out of use after they had left are shown too.
    fleet = await vehicles.vehicles_for(db, [route.movil for route in plan.plan.rutas] if plan else [])
    seen = tuple(one for one in found if pedidos.may_see_delivery(actor, one))
    return Jornada(
        day,
        why or "lista",
        plan.planificado_en if plan else None,
        seen,
        _routes(plan.plan, found, fleet, zona, {str(one.pedido_id) for one in seen}) if plan else (),
        _unplanned(plan, seen, why),
    )


async def _plan(
    db: Db, org: Organizacion, day: date, found: Sequence[Entrega], *, passed: bool
) -> tuple[PlanGuardado | None, Motivo | None]:
    """Return the day's plan, or why there is none."""
    if passed:
        before = await plans.stored(db, day)
        return before, None if before else Motivo.SIN_PLAN
    if org.deposito is None:
        return None, Motivo.SIN_DEPOSITO
    fleet = await vehicles.vehicles_for(db, [])
    problem = _problem(db, org.deposito, found, fleet, ZoneInfo(org.zona))
    out = {str(one.pedido_id) for one in found if one.estado in _OUT}
    made = await plans.plan_day(db, day, problem, out)
    return made, None if made else Motivo.PLAN_PENDIENTE


def _problem(
    db: Db, depot: Deposito, found: Sequence[Entrega], fleet: Sequence[Vehiculo], zona: ZoneInfo
) -> Problema:
    service = db.settings.entrega_minutos * 60
    return Problema(
        depot.lat,
        depot.lng,
        db.settings.entrega_velocidad,
        tuple(_stop(one, service, zona) for one in found if one.latitud is not None),
        tuple(
            Movil(one.id, _grams(one.capacidad_kg), rules.seconds(one.salida), rules.seconds(one.regreso))
            for one in fleet
        ),
    )


def _stop(delivery: Entrega, service: int, zona: ZoneInfo) -> Parada:
    assert delivery.latitud is not None and delivery.longitud is not None  # noqa: S101, PT018 - both or none
    return Parada(
        str(delivery.pedido_id),
        float(delivery.latitud),
        float(delivery.longitud),
        service,
        _grams(delivery.peso_kg),
        rules.ways(
            rules.spans(delivery.ventanas), has_windows=delivery.tiene_ventanas, hour=_hour(delivery, zona)
        ),
    )


def _grams(kilograms: Decimal) -> int:
    return -int(-kilograms * _GRAMS // 1)


def _hour(delivery: Entrega, zona: ZoneInfo) -> int | None:
    """Return the hour that was asked for; a day alone is stored as the midnight at which it begins."""
    if delivery.hora_entrega_requerida is not None:
        return rules.seconds(delivery.hora_entrega_requerida)
    if delivery.fecha_entrega_solicitada is None:
        return None
    wall = windows.local(delivery.fecha_entrega_solicitada, zona)
    return wall.hour * 3600 + wall.minute * 60 or None


def _routes(
    plan: Plan, found: Sequence[Entrega], fleet: Sequence[Vehiculo], zona: ZoneInfo, seen: Collection[str]
) -> tuple[RutaPlanificada, ...]:
    by_order = {str(one.pedido_id): one for one in found}
    by_vehicle = {one.id: one for one in fleet}
    made = [_route(route, by_vehicle[route.movil], by_order, zona, seen) for route in plan.rutas]
    return tuple(sorted((route for route in made if route.paradas), key=lambda route: route.vehiculo.placa))


def _route(
    route: Ruta, vehicle: Vehiculo, by_order: Mapping[str, Entrega], zona: ZoneInfo, seen: Collection[str]
) -> RutaPlanificada:
    # An order that was cancelled after its vehicle had left is in the plan, and no longer among the deliveries.
    visits = [visit for visit in route.visitas if visit.clave in by_order]
    total = sum((by_order[visit.clave].peso_kg for visit in visits), Decimal(0))
    load, stops = total, []
    for number, visit in enumerate(visits, 1):
        delivery = by_order[visit.clave]
        if visit.clave in seen:
            stops.append(_shown(number, visit, delivery, load, zona))
        load -= delivery.peso_kg
    return RutaPlanificada(
        vehicle,
        rules.clock(route.salida),
        rules.clock(route.regreso),
        Decimal(route.metros).scaleb(-3).quantize(Decimal("0.1")),
        total,
        tuple(stops),
    )


def _shown(number: int, visit: Visita, delivery: Entrega, load: Decimal, zona: ZoneInfo) -> ParadaPlanificada:
    hour = _hour(delivery, zona)
    return ParadaPlanificada(
        number,
        delivery,
        rules.clock(visit.llegada),
        rules.clock(visit.inicio),
        rules.clock(visit.fin),
        load,
        rules.unkept(rules.spans(delivery.ventanas), has_windows=delivery.tiene_ventanas, begin=visit.inicio),
        None if hour is None else rules.is_on_time(hour, visit.inicio),
    )


def _unplanned(plan: PlanGuardado | None, seen: Sequence[Entrega], why: Motivo | None) -> dict[str, Motivo]:
    """Return, by order, why deliveries that the caller may see are in no route."""
    visited = {visit.clave for route in plan.plan.rutas for visit in route.visitas} if plan else set()
    reasons = plan.plan.sin_ruta if plan else {}
    found: dict[str, Motivo] = {}
    for one in seen:
        key = str(one.pedido_id)
        if key not in visited:
            nowhere = Motivo.SIN_COORDENADAS if one.latitud is None else why or Motivo.SIN_PLAN
            found[key] = reasons.get(key, nowhere)
    return found
