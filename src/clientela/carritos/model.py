"""The words of the carts."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

from clientela.core.money import line_subtotal


class Item(msgspec.Struct, frozen=True, gc=False):
    """What the catalogue said of a product when its line was added (the `item` of the panel's contract)."""

    id: str = msgspec.field(name="_id")
    codigo: str
    nombre: str
    descripcion: str
    precio: Decimal
    imagenes: tuple[str, ...]


class Linea(msgspec.Struct, frozen=True, gc=False):
    """One product in a cart.

    `precio_unitario` is the price last shown: the snapshot's, after its campaign; `precio_vigente` what the line would
    cost now, its campaign included. `disponible`: on sale, and in stock for the whole `cantidad` or not tracked.
    """

    producto_id: str
    item: Item
    cantidad: Decimal
    precio_unitario: Decimal
    disponible: bool
    precio_vigente: Decimal
    campania_aplicada_id: int | None = None
    motivo_descuento: str | None = None

    @property
    def subtotal(self) -> Decimal:
        """What the line costs at the price last shown, rounded half up to cents."""
        return line_subtotal(self.precio_unitario, self.cantidad)

    @property
    def precio_cambio(self) -> bool:
        """Whether the line would cost something else now."""
        return self.precio_vigente != self.precio_unitario


class Carrito(msgspec.Struct, frozen=True, gc=False):
    """A cart in the neutral form that every contract renders; `vendedor_id` None means the own cart."""

    id: UUID
    usuario_id: UUID
    cliente_id: UUID | None
    vendedor_id: UUID | None
    version: int
    actualizado_en: datetime
    lineas: tuple[Linea, ...]


class LineaPerdida(msgspec.Struct, frozen=True, gc=False):
    """A line that a late device sent without a version, and that was left out because it had just been ordered."""

    producto_id: str
    cantidad: Decimal


class Reemplazo(msgspec.Struct, frozen=True, gc=False):
    """A cart as it was replaced, and what was left out of what was sent."""

    carrito: Carrito
    perdidas: tuple[LineaPerdida, ...] = ()


class LineaPedida(msgspec.Struct, frozen=True, gc=False):
    """A line as somebody asks for it.

    `producto_id` is the UUID's usual text in lower case; None: what he sent cannot be one.
    """

    producto_id: str | None
    cantidad: Decimal


class LineaSumada(msgspec.Struct, frozen=True, gc=False):
    """All lines asked for of one product: their sum, whether any is no whole number, and their places."""

    producto_id: str | None
    cantidad: Decimal
    fraccion: bool
    lugares: tuple[int, ...]


class Llave(msgspec.Struct, frozen=True, gc=False):
    """Whose cart: somebody's own one (`vendedor_id` None), or the one that a member of staff keeps for a client.

    `usuario_id` is the owner of an own cart, `cliente_id` his client (None for staff); of a cart kept for a client
    the database looks the principal user up. `admin`: he may keep one for every client.
    """

    usuario_id: UUID | None
    cliente_id: UUID | None
    vendedor_id: UUID | None = None
    admin: bool = False


class CambioLinea(msgspec.Struct, frozen=True, gc=False):
    """What a line shall be: `sumar` adds `cantidad` to what is there. What is UNSET stays."""

    producto_id: UUID
    cantidad: Decimal
    sumar: bool
    campania_aplicada_id: int | UnsetType | None = UNSET
    motivo_descuento: str | UnsetType | None = UNSET


class EstadoPropuesta(StrEnum):
    """What has become of a proposal; REEMPLAZADA by a later one of the same cart, before there was an answer."""

    PENDIENTE = "PENDIENTE"
    ACEPTADA = "ACEPTADA"
    RECHAZADA = "RECHAZADA"
    REEMPLAZADA = "REEMPLAZADA"


class LineaPropuesta(msgspec.Struct, frozen=True):
    """A line as the seller showed it, at the price of then."""

    producto_id: UUID
    nombre: str
    cantidad: Decimal
    precio_unitario: Decimal
    campania_aplicada_id: int | None
    motivo_descuento: str | None


class Propuesta(msgspec.Struct, frozen=True):
    """What a seller's cart held when he proposed it to its client."""

    id: UUID
    carrito_id: UUID
    cliente_id: UUID
    vendedor_id: UUID
    estado: EstadoPropuesta
    version: int
    creado_en: datetime
    respondida_en: datetime | None
    lineas: tuple[LineaPropuesta, ...]


class Omitido(msgspec.Struct, frozen=True):
    """A product that can no longer be bought as it was wanted."""

    producto_id: UUID
    nombre: str


class Aceptada(msgspec.Struct, frozen=True):
    """A proposal that its customer accepted: what was left out, and his cart that the rest went to."""

    propuesta: Propuesta
    omitidos: tuple[Omitido, ...]
    carrito_id: UUID
    carrito_version: int


class Recuperado(msgspec.Struct, frozen=True):
    """A cart that was given back what it had lost, and what did not come back."""

    carrito: Carrito
    omitidos: tuple[Omitido, ...]


class PaginaPropuestas(msgspec.Struct, frozen=True):
    """One page of proposals, the latest first, and how many there are."""

    items: tuple[Propuesta, ...]
    total: int
