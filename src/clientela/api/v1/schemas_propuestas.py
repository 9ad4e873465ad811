"""What goes out of `/api/v1/propuestas` and of a cart that is proposed."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

import msgspec

from clientela.api.body import Pagina, blank_is_default
from clientela.carritos.model import EstadoPropuesta, LineaPropuesta, Propuesta
from clientela.core.money import line_subtotal, total


class PropuestasConsulta(Pagina):
    """Which proposals a list holds."""

    estado: Annotated[EstadoPropuesta | None, blank_is_default(None)] = None


class LineaSalida(msgspec.Struct):
    """A line as the seller showed it; `subtotal` is rounded half up to cents."""

    producto_id: UUID
    nombre: str
    cantidad: Decimal
    precio_unitario: Decimal
    subtotal: Decimal
    campania_aplicada_id: int | None
    motivo_descuento: str | None


class PropuestaSalida(msgspec.Struct):
    """A proposal; `total` is that of the prices that were shown."""

    id: UUID
    carrito_id: UUID
    cliente_id: UUID
    vendedor_id: UUID
    estado: EstadoPropuesta
    items: list[LineaSalida]
    total: Decimal
    version: int
    creado_en: datetime
    respondida_en: datetime | None


class OmitidoSalida(msgspec.Struct):
    """A product that can no longer be bought as it was wanted."""

    producto_id: UUID
    nombre: str


class CarritoCambiado(msgspec.Struct):
    """Which cart the lines went to, and its version."""

    id: UUID
    version: int


class PropuestaAceptada(PropuestaSalida):
    """A proposal that was accepted: what was left out, and the customer's own cart that holds the rest."""

    omitidos: list[OmitidoSalida]
    carrito: CarritoCambiado


class PropuestasPagina(msgspec.Struct):
    """One page of proposals, the latest first."""

    items: list[PropuestaSalida]
    total: int
    page: int
    per_page: int


def shown(proposal: Propuesta) -> PropuestaSalida:
    """Show a proposal; each line is rounded, the total is their sum."""
    lines = [_line(line) for line in proposal.lineas]
    return PropuestaSalida(
        proposal.id,
        proposal.carrito_id,
        proposal.cliente_id,
        proposal.vendedor_id,
        proposal.estado,
        lines,
        total(line.subtotal for line in lines),
        proposal.version,
        proposal.creado_en,
        proposal.respondida_en,
    )


def _line(line: LineaPropuesta) -> LineaSalida:
    return LineaSalida(
        line.producto_id,
        line.nombre,
        line.cantidad,
        line.precio_unitario,
        line_subtotal(line.precio_unitario, line.cantidad),
        line.campania_aplicada_id,
        line.motivo_descuento,
    )
