"""The words of the orders."""

from datetime import date, datetime, time
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

import msgspec


class Estado(StrEnum):
    """What has become of an order: each one step on, or cancelled before it is delivered."""

    PENDIENTE = "PENDIENTE"
    CONFIRMADO = "CONFIRMADO"
    EN_PREPARACION = "EN_PREPARACION"
    EN_RUTA = "EN_RUTA"
    ENTREGADO = "ENTREGADO"
    CANCELADO = "CANCELADO"


class Condicion(StrEnum):
    """How an order is paid."""

    CONTADO = "CONTADO"
    CREDITO = "CREDITO"


class ProximaVentana(msgspec.Struct, frozen=True):
    """The next delivery window after the wished-for time, in the organisation's calendar; hours as `HH:mm`."""

    fecha: date
    hora_inicio: str
    hora_fin: str


class Linea(msgspec.Struct, frozen=True):
    """What was ordered of one product, at which price; `subtotal` is rounded half up to cents."""

    producto_id: UUID
    codigo: str
    nombre: str
    unidad: str
    cantidad: Decimal
    precio_unitario: Decimal
    subtotal: Decimal
    campania_aplicada_id: int | None
    motivo_descuento: str | None


class Pedido(msgspec.Struct, frozen=True):
    """An order. `credito_excedido`: it was accepted although it goes beyond the client's credit."""

    id: UUID
    numero: int
    cliente_id: UUID
    vendedor_id: UUID | None
    creado_por: UUID
    condicion_pago: Condicion
    sucursal_id: UUID | None
    fecha_entrega_solicitada: datetime | None
    fecha_entrega_requerida: date | None
    hora_entrega_requerida: str | None
    fuera_de_ventana: bool
    proxima_ventana: ProximaVentana | None
    observaciones_entrega: str | None
    latitud: Decimal | None
    longitud: Decimal | None
    estado: Estado
    total: Decimal
    credito_excedido: bool
    version: int
    creado_en: datetime
    lineas: tuple[Linea, ...]


class EntregaPedida(msgspec.Struct, frozen=True, omit_defaults=True):
    """What was asked of the delivery; the instant is aware, date and hour are the organisation's.

    `solicitada_sin_hora`: the instant stands for its whole day, because a date was sent.
    """

    condicion_pago: Condicion = Condicion.CONTADO
    sucursal_id: UUID | None = None
    fecha_entrega_solicitada: datetime | None = None
    solicitada_sin_hora: bool = False
    fecha_entrega_requerida: date | None = None
    hora_entrega_requerida: time | None = None
    observaciones_entrega: str | None = None
    latitud: Decimal | None = None
    longitud: Decimal | None = None
    fuera_de_ventana: bool = False
    proxima_ventana: ProximaVentana | None = None


class Cambio(msgspec.Struct, frozen=True):
    """One state that an order went through."""

    estado: Estado
    nota: str | None
    actor_id: UUID
    creado_en: datetime


class Omitido(msgspec.Struct, frozen=True):
    """A product of an order that can no longer be bought as it was."""

    producto_id: UUID
    nombre: str


class Repeticion(msgspec.Struct, frozen=True):
    """What was added to a cart by repeating an order: the cart in its neutral JSON, and what was left out."""

    carrito: msgspec.Raw
    omitidos: tuple[Omitido, ...]


class Filtro(msgspec.Struct, frozen=True):
    """Which orders a list holds: None means any; `desde` (inclusive) and `hasta` (exclusive) are instants."""

    estado: Estado | None = None
    cliente_id: UUID | None = None
    vendedor_id: UUID | None = None
    desde: datetime | None = None
    hasta: datetime | None = None
    limite: int = 20
    salto: int = 0


class Pagina(msgspec.Struct, frozen=True):
    """One page of orders, and how many there are."""

    items: tuple[Pedido, ...]
    total: int


class Entrega(msgspec.Struct, frozen=True):
    """An order that is to be delivered on a certain day, and what a driver must know of it.

    `ventanas`: the client's active windows of that weekday, `HH:mm`; `tiene_ventanas`: whether he has any on any day.
    `peso_completo`: every product that was ordered has a weight. `vendedor_asignado_id`: the client's seller.
    """

    pedido_id: UUID
    numero: int
    cliente_id: UUID
    cliente: str
    vendedor_id: UUID | None
    vendedor_asignado_id: UUID | None
    sucursal_id: UUID | None
    direccion: str | None
    latitud: Decimal | None
    longitud: Decimal | None
    fecha_entrega_solicitada: datetime | None
    hora_entrega_requerida: str | None
    fuera_de_ventana: bool
    observaciones_entrega: str | None
    peso_kg: Decimal
    peso_completo: bool
    tiene_ventanas: bool
    ventanas: tuple[tuple[str, str], ...]
    estado: Estado
    version: int
