"""`/api/v1/facturas`: what delivered orders on credit are asked to be paid for (CONTRACT §7)."""

from typing import Any, Final
from uuid import UUID

from msgspec import structs

from clientela.api.call import Call, Reply, route
from clientela.api.v1.schemas_facturas import (
    FacturaCompletaSalida,
    FacturaSalida,
    FacturasConsulta,
    FacturasDeClienteConsulta,
    FacturasPagina,
)
from clientela.clientes import access as clientes
from clientela.cobranza import invoices
from clientela.cobranza.model import Factura

_SHOWN: Final[dict[str, Any]] = {
    "id": "0190a6b2-7c1e-7d3a-9b5f-2f4c6d8e0a15",
    "numero": 318,
    "cliente_id": "0190a6b2-1111-7d3a-9b5f-2f4c6d8e0a12",
    "cliente_nombre": "Rosa Saucedo Melgar",
    "cliente_nit": "2856341017",
    "pedido_id": "0190a6b2-5555-7d3a-9b5f-2f4c6d8e0a12",
    "pedido_numero": 1042,
    "cuenta_id": "0190a6b2-7c1e-7d3a-9b5f-2f4c6d8e0a12",
    "fecha": "2026-11-20",
    "fecha_vencimiento": "2026-12-20",
    "moneda": "BOB",
    "total": "19.00",
    "saldo": "9.00",
    "vencida": False,
    "anulada_en": None,
    "creado_en": "2026-11-20T14:03:27.512000Z",
    "pdf": "http://localhost:3977/api/v1/facturas/0190a6b2-7c1e-7d3a-9b5f-2f4c6d8e0a15/pdf",
}
_LINE: Final = {
    "codigo": "AGU-002",
    "nombre": "Agua 2 L",
    "unidad": "botella",
    "cantidad": "2",
    "precio_unitario": "9.50",
    "subtotal": "19.00",
}
_PAGE: Final = {"items": [_SHOWN], "total": 1, "page": 1, "per_page": 20}


async def _page(call: Call, query: FacturasDeClienteConsulta, cliente_id: UUID | None) -> Reply:
    page, per_page = query.page, query.per_page
    wanted = query.as_filter(cliente_id)
    found = await invoices.search_invoices(call.db, call.actor, wanted, page=page, per_page=per_page)
    items = [FacturaSalida(**structs.asdict(each), pdf=_link(call, each)) for each in found.items]
    return Reply(FacturasPagina(items, found.total, page, per_page))


def _link(call: Call, invoice: Factura) -> str:
    return f"{call.runtime.settings.url}/api/v1/facturas/{invoice.id}/pdf"


@route(
    "GET",
    "/api/v1/facturas",
    query=FacturasConsulta,
    response=FacturasPagina,
    summary="Listar facturas: el cliente las suyas, el personal las de sus clientes",
    example=_PAGE,
)
async def list_invoices(call: Call, query: FacturasConsulta) -> Reply:
    """List invoices, newest first; `pendientes` are those of which something is owed."""
    return await _page(call, query, query.cliente_id)


@route(
    "GET",
    "/api/v1/clientes/{cliente_id}/facturas",
    query=FacturasDeClienteConsulta,
    response=FacturasPagina,
    errors=("cliente_no_encontrado",),
    summary="Listar las facturas de un cliente",
    example=_PAGE,
)
async def list_invoices_of_client(call: Call, query: FacturasDeClienteConsulta) -> Reply:
    """List the invoices of one client; a foreign one is not there."""
    client = await clientes.visible_client(call.db, call.actor, call.path_id("cliente_id"))
    return await _page(call, query, client.id)


@route(
    "GET",
    "/api/v1/facturas/{factura_id}",
    response=FacturaCompletaSalida,
    errors=("factura_no_encontrada",),
    summary="Leer una factura con sus líneas, por su UUID o su numero",
    example={
        **_SHOWN,
        "emisor": "Distribuidora y Servicios El Ceibo",
        "cliente_direccion": "Av. Virgen de Cotoca n.º 2140, Santa Cruz de la Sierra",
        "lineas": [_LINE],
    },
)
async def read_invoice(call: Call) -> Reply:
    """Show an invoice; a foreign one is not there."""
    found = await invoices.access_invoice(call.db, call.actor, call.path_id("factura_id"))
    return Reply(FacturaCompletaSalida(**structs.asdict(found), pdf=_link(call, found)))


@route(
    "GET",
    "/api/v1/facturas/{factura_id}/pdf",
    response=bytes,
    media_type="application/pdf",
    errors=("factura_no_encontrada", "servicio_ocupado"),
    summary="Imprimir una factura: su PDF",
)
async def print_invoice(call: Call) -> Reply:
    """Give the PDF of an invoice, the same every day; it is for whom it concerns, so nobody keeps it."""
    found, content = await invoices.print_invoice(call.db, call.actor, call.path_id("factura_id"))
    named = {"Content-Disposition": f'inline; filename="factura-{found.numero}.pdf"'}
    return Reply(content, headers=named, content_type="application/pdf")
