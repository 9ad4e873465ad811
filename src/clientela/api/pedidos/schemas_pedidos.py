"""What comes in and goes out of orders (spec 4, spec 2 "hora de entrega requerida", CONTRACT §7)."""

from datetime import date, datetime
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
    Instante,
    Latitud,
    Longitud,
    Pagina,
    Uuid,
    blank_is_default,
    in_zone,
)
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
    fecha_entrega_solicitada: Instante | None = None
    fecha_entrega_requerida: Fecha | None = None
    hora_entrega_requerida: Hora | None = None
    observaciones_entrega: Annotated[str, StringConstraints(max_length=2000)] | None = None
    ubicacion: UbicacionEntrada | None = None
    aceptar_cambios: bool | None = None

    def as_wish(self, zone: ZoneInfo) -> EntregaPedida:
        """Say it in the orders' words; a date-time without offset is the organisation's."""
        place = self.ubicacion
        return EntregaPedida(
            condicion_pago=Condicion(self.condicion_pago or "CONTADO"),
            sucursal_id=self.sucursal_id,
            fecha_entrega_solicitada=_in_zone(self.fecha_entrega_solicitada, zone),
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
        return wished is not None and wished.tzinfo is None


def _in_zone(moment: datetime | None, zone: ZoneInfo) -> datetime | None:
    return moment and in_zone(moment, zone)


class EstadoEntrada(Entrada):
    """The state that an order shall have, and why."""

    estado: Literal["PENDIENTE", "CONFIRMADO", "EN_PREPARACION", "EN_RUTA", "ENTREGADO", "CANCELADO"]
    motivo: Annotated[str, StringConstraints(max_length=500)] | None = None


class PedidosPropiosConsulta(Pagina):
    """Which of the caller's orders a list holds; date-times without offset are the organisation's."""

    estado: Annotated[Estado | None, blank_is_default(None)] = None
    desde: Annotated[Instante | None, blank_is_default(None)] = None
    hasta: Annotated[Instante | None, blank_is_default(None)] = None

    def as_filter(self, zone: ZoneInfo) -> Filtro:
        """Say it in the orders' words."""
        return Filtro(
            estado=self.estado,
            desde=_in_zone(self.desde, zone),
            hasta=_in_zone(self.hasta, zone),
            limite=self.per_page,
            salto=self.offset,
        )


class PedidosConsulta(PedidosPropiosConsulta):
    """Which orders a list of staff holds."""

    cliente_id: Annotated[Uuid | None, blank_is_default(None)] = None

    def as_filter(self, zone: ZoneInfo) -> Filtro:
        """Say it in the orders' words."""
        return msgspec.structs.replace(super().as_filter(zone), cliente_id=self.cliente_id)


class Ubicacion(msgspec.Struct):
    """A place, in degrees."""

    lat: Decimal
    lng: Decimal


class LineaSalida(msgspec.Struct):
    """What was ordered of one product."""

    producto_id: UUID
    codigo: str
    nombre: str
    unidad: str
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
