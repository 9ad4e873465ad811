"""What comes in and goes out of `/api/v1/facturas`."""

from typing import Annotated
from uuid import UUID

import msgspec

from clientela.api.body import Fecha, Pagina, blank_is_default
from clientela.cobranza.model import Factura, FacturaCompleta, FiltroFacturas


class FacturasDeClienteConsulta(Pagina):
    """Which of a client's invoices a list holds; both days are inclusive."""

    desde: Annotated[Fecha | None, blank_is_default(None)] = None
    hasta: Annotated[Fecha | None, blank_is_default(None)] = None
    pendientes: bool | None = None

    def as_filter(self, cliente_id: UUID | None = None) -> FiltroFacturas:
        """Say it in the ledger's words."""
        return FiltroFacturas(cliente_id, self.desde, self.hasta, self.pendientes)


class FacturasConsulta(FacturasDeClienteConsulta):
    """Which invoices a list holds."""

    cliente_id: UUID | None = None


class FacturaSalida(Factura, frozen=True, kw_only=True):
    """An invoice; `pdf` is the address of its paper, which asks for the caller's token as everything does."""

    pdf: str


class FacturaCompletaSalida(FacturaCompleta, frozen=True, kw_only=True):
    """An invoice with everything that stands on it, and the address of its paper."""

    pdf: str


class FacturasPagina(msgspec.Struct):
    """One page of invoices, newest first."""

    items: list[FacturaSalida]
    total: int
    page: int
    per_page: int
