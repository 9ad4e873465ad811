"""What comes in and goes out of carts and orders (spec 4)."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

import msgspec
from pydantic import Field, StringConstraints

from clientela.api.body import Cantidad, Entrada, Id, Uuid, absent
from clientela.api.call import etag
from clientela.carritos.model import CambioLinea, Carrito, Linea
from clientela.core.errors import PreconditionFailed
from clientela.core.money import total


class LineaEntrada(Entrada):
    """A product to be added. A campaign lowers its price, the reason is a note."""

    producto_id: Uuid
    cantidad: Cantidad
    campania_aplicada_id: Id | None = Field(default_factory=absent)
    motivo_descuento: Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)] | None = Field(
        default_factory=absent
    )

    def as_change(self) -> CambioLinea:
        """Say it in the carts' words."""
        return CambioLinea(
            self.producto_id,
            self.cantidad,
            sumar=True,
            campania_aplicada_id=self.campania_aplicada_id,
            motivo_descuento=self.motivo_descuento,
        )


class CantidadEntrada(Entrada):
    """The new quantity of a line."""

    cantidad: Cantidad

    def as_change(self, producto_id: UUID) -> CambioLinea:
        """Say it in the carts' words."""
        return CambioLinea(producto_id, self.cantidad, sumar=False)


class LineaSalida(msgspec.Struct, gc=False):
    """A line: `precio_unitario` as last shown, `precio_actual` as it would be now, both after its campaign."""

    producto_id: str
    nombre: str
    cantidad: Decimal
    precio_unitario: Decimal
    subtotal: Decimal
    campania_aplicada_id: int | None
    motivo_descuento: str | None
    disponible: bool
    precio_actual: Decimal
    precio_cambio: bool


class CarritoSalida(msgspec.Struct, gc=False):
    """A cart; `vendedor_id` null is somebody's own, else the seller's for this client."""

    id: UUID
    usuario_id: UUID
    cliente_id: UUID | None
    vendedor_id: UUID | None
    items: list[LineaSalida]
    total: Decimal
    version: int
    updated_at: datetime


def shown(cart: Carrito) -> CarritoSalida:
    """Show a cart; each line is rounded half up to cents, the total is their sum."""
    lines = [_line(line) for line in cart.lineas]
    return CarritoSalida(
        cart.id,
        cart.usuario_id,
        cart.cliente_id,
        cart.vendedor_id,
        lines,
        total(line.subtotal for line in lines),
        cart.version,
        cart.actualizado_en,
    )


def stale(error: PreconditionFailed) -> PreconditionFailed:
    """Say a refused stale write in the contract's words: with the current cart and its version."""
    current = error.data["carrito"]
    return PreconditionFailed(error.code, data={"carrito": shown(current)}, headers=etag(current.version))


def _line(line: Linea) -> LineaSalida:
    return LineaSalida(
        line.producto_id,
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
