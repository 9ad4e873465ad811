"""What comes in and goes out of orders (spec 4, spec 2 "hora de entrega requerida", CONTRACT §7)."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from msgspec import UNSET, UnsetType
from pydantic import StringConstraints

from clientela.api.body import (
    Entrada,
    Fecha,
    Hora,
    InstanteODia,
    Latitud,
    Longitud,
    Pagina,
    Uuid,
    blank_is_default,
    day_begins,
    in_zone,
)
from clientela.api.pedidos.schemas import CarritoSalida
from clientela.core.textos import ADVERTENCIAS
from clientela.pedidos.model import (
    Cambio,
    Condicion,
    EntregaPedida,
    Estado,
    Filtro,
    Linea,
    Pedido,
    ProximaVentana,
)


class UbicacionEntrada(Entrada):
    """A place, in degrees."""

    lat: Latitud
    lng: Longitud


class PedidoEntrada(Entrada):
    """How an order is paid and delivered; everything may be left out."""

    condicion_pago: Literal["CONTADO", "CREDITO"] | None = None
    sucursal_id: Uuid | None = None
    fecha_entrega_solicitada: InstanteODia | None = None
    fecha_entrega_requerida: Fecha | None = None
    hora_entrega_requerida: Hora | None = None
    observaciones_entrega: Annotated[str, StringConstraints(max_length=2000)] | None = None
    ubicacion: UbicacionEntrada | None = None
    aceptar_cambios: bool | None = None

    def as_wish(self, zone: ZoneInfo) -> EntregaPedida:
        """Say it in the orders' words; a day, and a date-time without offset, is the organisation's."""
        place = self.ubicacion
        return EntregaPedida(
            condicion_pago=Condicion(self.condicion_pago or "CONTADO"),
            sucursal_id=self.sucursal_id,
            fecha_entrega_solicitada=_instant(self.fecha_entrega_solicitada, zone),
            solicitada_sin_hora=_is_day(self.fecha_entrega_solicitada),
            fecha_entrega_requerida=self.fecha_entrega_requerida,
            hora_entrega_requerida=self.hora_entrega_requerida,
            observaciones_entrega=self.observaciones_entrega,
            latitud=place.lat if place else None,
            longitud=place.lng if place else None,
        )

    @property
    def has_local_instant(self) -> bool:
        """Whether the organisation's zone is needed to know what was sent."""
        wished = self.fecha_entrega_solicitada
        return _is_day(wished) or (isinstance(wished, datetime) and wished.tzinfo is None)


def _is_day(value: date | None) -> bool:
    # A datetime is a date too.
    return value is not None and not isinstance(value, datetime)


def _instant(value: date | None, zone: ZoneInfo, *, ends: bool = False) -> datetime | None:
    """Say an instant or a day as an instant: when the day begins, or (`ends`) the next one does."""
    if value is None or isinstance(value, datetime):
        return value and in_zone(value, zone)
    return day_begins(value + timedelta(days=1) if ends else value, zone)


class EstadoEntrada(Entrada):
    """The state that an order shall have, and why."""

    estado: Literal["PENDIENTE", "CONFIRMADO", "EN_PREPARACION", "EN_RUTA", "ENTREGADO", "CANCELADO"]
    nota: Annotated[str, StringConstraints(max_length=500)] | None = None


class CancelacionEntrada(Entrada):
    """Why a customer cancels his order."""

    nota: Annotated[str, StringConstraints(max_length=500)] | None = None


class PedidosPropiosConsulta(Pagina):
    """Which of the caller's orders a list holds: from `desde` on and before `hasta`, or to the end of that day.

    Days, and date-times without offset, are the organisation's.
    """

    estado: Annotated[Estado | None, blank_is_default(None)] = None
    desde: Annotated[InstanteODia | None, blank_is_default(None)] = None
    hasta: Annotated[InstanteODia | None, blank_is_default(None)] = None

    def as_filter(self, zone: ZoneInfo) -> Filtro:
        """Say it in the orders' words."""
        return Filtro(
            estado=self.estado,
            desde=_instant(self.desde, zone),
            hasta=_instant(self.hasta, zone, ends=True),
            limite=self.per_page,
            salto=self.offset,
        )


class PedidosConsulta(PedidosPropiosConsulta):
    """Which orders a list of staff holds."""

    cliente_id: Annotated[Uuid | None, blank_is_default(None)] = None
    vendedor_id: Annotated[Uuid | None, blank_is_default(None)] = None

    def as_filter(self, zone: ZoneInfo) -> Filtro:
        """Say it in the orders' words."""
        asked = super().as_filter(zone)
        return msgspec.structs.replace(asked, cliente_id=self.cliente_id, vendedor_id=self.vendedor_id)


class Ubicacion(msgspec.Struct):
    """A place, in degrees."""

    lat: Decimal
    lng: Decimal


class LineaSalida(msgspec.Struct):
    """What was ordered of one product: the line of the cart as it was."""

    producto_id: UUID
    nombre: str
    cantidad: Decimal
    precio_unitario: Decimal
    subtotal: Decimal
    campania_aplicada_id: int | None
    motivo_descuento: str | None


class Advertencia(msgspec.Struct):
    """Something that was accepted all the same."""

    code: str
    message: str


class PedidoSalida(msgspec.Struct, kw_only=True):
    """An order; `proxima_ventana` is there when it lies outside the client's windows, `advertencias` when there are."""

    id: UUID
    numero: int
    cliente_id: UUID
    vendedor_id: UUID | None
    creado_por: UUID
    condicion_pago: str
    sucursal_id: UUID | None
    fecha_entrega_solicitada: datetime | None
    fecha_entrega_requerida: date | None
    hora_entrega_requerida: str | None
    fuera_de_ventana: bool
    proxima_ventana: ProximaVentana | UnsetType = UNSET
    observaciones_entrega: str | None
    ubicacion: Ubicacion | None
    estado: str
    items: list[LineaSalida]
    total: Decimal
    version: int
    created_at: datetime
    advertencias: list[Advertencia] | UnsetType = UNSET


class PedidoConHistorial(PedidoSalida, kw_only=True):
    """An order with the states that it went through."""

    historial: tuple[Cambio, ...]


class OmitidoSalida(msgspec.Struct):
    """A product that is no longer sold as it was."""

    producto_id: UUID
    nombre: str


class CarritoRepetido(CarritoSalida):
    """A cart after an order was repeated into it."""

    omitidos: list[OmitidoSalida]


class PedidosPagina(msgspec.Struct):
    """One page of orders, the latest first."""

    items: list[PedidoSalida]
    total: int
    page: int
    per_page: int


def fields(order: Pedido) -> dict[str, Any]:
    """Say an order in the contract's words."""
    place = None
    if order.latitud is not None and order.longitud is not None:
        place = Ubicacion(order.latitud, order.longitud)
    warned = (
        [Advertencia("credito_excedido", ADVERTENCIAS["credito_excedido"])] if order.credito_excedido else []
    )
    same = {
        name: getattr(order, name)
        for name in PedidoSalida.__struct_fields__
        if name in Pedido.__struct_fields__
    }
    return {
        **same,
        "proxima_ventana": order.proxima_ventana or UNSET,
        "ubicacion": place,
        "items": [_line(line) for line in order.lineas],
        "created_at": order.creado_en,
        "advertencias": warned or UNSET,
    }


def _line(line: Linea) -> LineaSalida:
    return LineaSalida(*(getattr(line, name) for name in LineaSalida.__struct_fields__))
