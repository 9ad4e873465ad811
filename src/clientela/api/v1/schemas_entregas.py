"""What goes in and out of `/api/v1/entregas`."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

import msgspec

from clientela.api.body import Consulta, Fecha
from clientela.core.textos import ENTREGAS
from clientela.entregas.model import Incumplida
from clientela.flows.plan_deliveries import Jornada, ParadaPlanificada, RutaPlanificada
from clientela.pedidos.model import Entrega


class EntregasConsulta(Consulta):
    """Which day; none is today in the organisation's zone."""

    fecha: Fecha | None = None


class Ubicacion(msgspec.Struct):
    """A place, in degrees."""

    lat: float
    lng: float


class VentanaSalida(msgspec.Struct):
    """Hours in which the client takes deliveries, on that weekday."""

    hora_inicio: str
    hora_fin: str


class EntregaSalida(msgspec.Struct):
    """A delivery: an order of that day; `peso_completo` is false when a product of it has no weight."""

    pedido_id: UUID
    numero: int
    estado: str
    cliente_id: UUID
    cliente: str
    vendedor_id: UUID | None
    sucursal_id: UUID | None
    direccion: str | None
    ubicacion: Ubicacion | None
    ventanas: Sequence[VentanaSalida]
    hora_entrega_requerida: str | None
    fecha_entrega_solicitada: datetime | None
    fuera_de_ventana: bool
    observaciones_entrega: str | None
    peso_kg: Decimal
    peso_completo: bool
    version: int


class IncumplidaSalida(msgspec.Struct):
    """A window that is not kept, and why; the hours are those of the nearest window of that day."""

    motivo: str
    detalle: str
    minutos: int | None
    hora_inicio: str | None
    hora_fin: str | None


class ParadaSalida(msgspec.Struct):
    """A stop: arrival, beginning after any waiting, leaving, `HH:mm`; the load on arrival."""

    orden: int
    pedido_id: UUID
    numero: int
    cliente: str
    ubicacion: Ubicacion | None
    llegada: str
    inicio: str
    salida: str
    carga_kg: Decimal
    ventana_incumplida: IncumplidaSalida | None
    hora_cumplida: bool | None


class RutaSalida(msgspec.Struct):
    """The route of a vehicle."""

    vehiculo_id: int
    placa: str
    nombre: str | None
    chofer_id: UUID | None
    salida: str
    regreso: str
    kilometros: Decimal
    carga_kg: Decimal
    paradas: Sequence[ParadaSalida]


class SinPlanificar(msgspec.Struct):
    """A delivery that is in no route, and why."""

    pedido_id: UUID
    motivo: str
    detalle: str


class EntregasSalida(msgspec.Struct):
    """A day: `estado` of its plan is `lista`, `plan_pendiente` (ask again), `sin_deposito` or `sin_plan`."""

    fecha: date
    estado: str
    planificado_en: datetime | None
    entregas: Sequence[EntregaSalida]
    rutas: Sequence[RutaSalida]
    sin_planificar: Sequence[SinPlanificar]


def render(found: Jornada) -> EntregasSalida:
    """Show a day as v1 does."""
    return EntregasSalida(
        found.fecha,
        found.estado,
        found.planificado_en,
        [_delivery(one) for one in found.entregas],
        [_route(route) for route in found.rutas],
        [SinPlanificar(UUID(key), why, ENTREGAS[why]) for key, why in found.sin_planificar.items()],
    )


def _delivery(one: Entrega) -> EntregaSalida:
    return EntregaSalida(
        pedido_id=one.pedido_id,
        numero=one.numero,
        estado=one.estado,
        cliente_id=one.cliente_id,
        cliente=one.cliente,
        vendedor_id=one.vendedor_id,
        sucursal_id=one.sucursal_id,
        direccion=one.direccion,
        ubicacion=_place(one),
        ventanas=[VentanaSalida(*hours) for hours in one.ventanas],
        hora_entrega_requerida=one.hora_entrega_requerida,
        fecha_entrega_solicitada=one.fecha_entrega_solicitada,
        fuera_de_ventana=one.fuera_de_ventana,
        observaciones_entrega=one.observaciones_entrega,
        peso_kg=one.peso_kg,
        peso_completo=one.peso_completo,
        version=one.version,
    )


def _place(one: Entrega) -> Ubicacion | None:
    known = one.latitud is not None and one.longitud is not None
    return Ubicacion(float(one.latitud), float(one.longitud)) if known else None  # type: ignore[arg-type]


def _route(route: RutaPlanificada) -> RutaSalida:
    vehicle = route.vehiculo
    return RutaSalida(
        vehicle.id,
        vehicle.placa,
        vehicle.nombre,
        vehicle.chofer_id,
        route.salida,
        route.regreso,
        route.kilometros,
        route.carga_kg,
        [_stop(stop) for stop in route.paradas],
    )


def _stop(stop: ParadaPlanificada) -> ParadaSalida:
    one, unkept = stop.entrega, stop.ventana_incumplida
    return ParadaSalida(
        stop.orden,
        one.pedido_id,
        one.numero,
        one.cliente,
        _place(one),
        stop.llegada,
        stop.inicio,
        stop.salida,
        stop.carga_kg,
        _unkept(unkept) if unkept else None,
        stop.hora_cumplida,
    )


def _unkept(found: Incumplida) -> IncumplidaSalida:
    said = {"minutos": found.minutos, "hora_inicio": found.hora_inicio, "hora_fin": found.hora_fin}
    return IncumplidaSalida(found.motivo, ENTREGAS[found.motivo].format(**said), **said)  # type: ignore[arg-type]
