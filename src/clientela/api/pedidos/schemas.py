"""What comes in and goes out of carts and orders (spec 4)."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from msgspec import UNSET
from pydantic import BeforeValidator, Field, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

from clientela.api.body import Cantidad, Entrada
from clientela.carritos.model import CambioLinea, Carrito, Linea
from clientela.core.ids import parse_uuid
from clientela.core.money import line_subtotal, total

_LAST_ID: Final = 2**63 - 1


def _absent() -> Any:
    return UNSET


def _uuid(value: Any) -> Any:
    found = parse_uuid(value) if isinstance(value, str) else None
    if found is None:
        raise PydanticCustomError("uuid_parsing", "")
    return found


Uuid = Annotated[UUID, BeforeValidator(_uuid), WithJsonSchema({"type": "string", "format": "uuid"})]


class LineaEntrada(Entrada):
    """A product to be added. A campaign lowers its price, the reason is a note."""

    producto_id: Uuid
    cantidad: Cantidad
    campania_aplicada_id: Annotated[int, Field(ge=1, le=_LAST_ID)] | None = Field(default_factory=_absent)
    motivo_descuento: Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)] | None = Field(
        default_factory=_absent
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


def _line(line: Linea) -> LineaSalida:
    return LineaSalida(
        line.producto_id,
        line.item.nombre,
        line.cantidad,
        line.precio_unitario,
        line_subtotal(line.precio_unitario, line.cantidad),
        line.campania_aplicada_id,
        line.motivo_descuento,
        line.disponible,
        line.precio_vigente,
        line.precio_vigente != line.precio_unitario,
    )
