"""What goes out of a cart that is given back what it lost."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

import msgspec

from clientela.carritos.model import Carrito, Linea
from clientela.core.money import total


class LineaCarrito(msgspec.Struct):
    """A line: `precio_unitario` as last shown, `precio_actual` as it would be now, both after its campaign."""

    producto_id: UUID
    nombre: str
    cantidad: Decimal
    precio_unitario: Decimal
    subtotal: Decimal
    campania_aplicada_id: int | None
    motivo_descuento: str | None
    disponible: bool
    precio_actual: Decimal
    precio_cambio: bool


class CarritoV1(msgspec.Struct):
    """A cart; `vendedor_id` null is somebody's own, else the seller's for this client."""

    id: UUID
    usuario_id: UUID
    cliente_id: UUID | None
    vendedor_id: UUID | None
    items: list[LineaCarrito]
    total: Decimal
    version: int
    actualizado_en: datetime


class ProductoOmitido(msgspec.Struct):
    """A product that can no longer be bought as it was."""

    producto_id: UUID
    nombre: str


class CarritoRecuperado(CarritoV1):
    """A cart with what it lost, and what did not come back because it is no longer sold."""

    omitidos: list[ProductoOmitido]


def shown(cart: Carrito) -> CarritoV1:
    """Show a cart; each line is rounded half up to cents, the total is their sum."""
    lines = [_line(line) for line in cart.lineas]
    return CarritoV1(
        cart.id,
        cart.usuario_id,
        cart.cliente_id,
        cart.vendedor_id,
        lines,
        total(line.subtotal for line in lines),
        cart.version,
        cart.actualizado_en,
    )


def _line(line: Linea) -> LineaCarrito:
    return LineaCarrito(
        UUID(line.producto_id),
        line.item.nombre,
        line.cantidad,
        line.precio_unitario,
        line.subtotal,
        line.campania_aplicada_id,
        line.motivo_descuento,
        line.disponible,
        line.precio_vigente,
        line.precio_cambio,
    )
