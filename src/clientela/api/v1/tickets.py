"""`/api/v1/tickets`: claims, support messages and what else became a ticket (CONTRACT §9)."""

from typing import Final

from clientela.api.call import Call, Reply, route
from clientela.api.v1.schemas_tickets import TicketsConsulta, TicketsPagina
from clientela.tickets import service
from clientela.tickets.model import Filtro, TicketCompleto

_WHEN: Final = "2026-11-20T14:03:27.512000Z"
_SHOWN: Final = {
    "id": "0190a6b2-7c1e-7d3a-9b5f-2f4c6d8e0a12",
    "numero": 42,
    "tipo": "reclamo",
    "folio": "REC-000042",
    "estado": "ABIERTO",
    "asunto": "Llegó roto",
    "cliente_id": "0190a6b2-1111-7d3a-9b5f-2f4c6d8e0a12",
    "pedido_id": None,
    "orden_id": None,
    "version": 1,
    "creado_en": _WHEN,
    "actualizado_en": _WHEN,
}
_MESSAGE: Final = {"seq": 1, "autor": "cliente", "texto": "La caja estaba abierta", "creado_en": _WHEN}


@route(
    "GET",
    "/api/v1/tickets",
    query=TicketsConsulta,
    response=TicketsPagina,
    summary="Listar tickets: el cliente los suyos, el personal todos",
    example={"items": [_SHOWN], "total": 1, "page": 1, "per_page": 20},
)
async def list_tickets(call: Call, query: TicketsConsulta) -> Reply:
    """List tickets, newest first."""
    wanted = Filtro(query.tipo, query.estado)
    found = await service.search(call.db, call.actor, wanted, page=query.page, per_page=query.per_page)
    return Reply(TicketsPagina(found.items, found.total, query.page, query.per_page))


@route(
    "GET",
    "/api/v1/tickets/{ticket_id}",
    response=TicketCompleto,
    errors=("ticket_no_encontrado",),
    summary="Leer un ticket con sus mensajes, por su UUID o su numero",
    example={**_SHOWN, "mensajes": [_MESSAGE]},
)
async def read_ticket(call: Call) -> Reply:
    """Show a ticket; a foreign one is not there."""
    return Reply(await service.access(call.db, call.actor, call.path_id("ticket_id")))
