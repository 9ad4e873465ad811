"""What comes in and goes out of `/api/v1/tickets`."""

import msgspec

from clientela.api.body import Pagina
from clientela.tickets.model import EstadoTicket, Ticket, TipoTicket


class TicketsConsulta(Pagina):
    """Which tickets a list holds."""

    tipo: TipoTicket | None = None
    estado: EstadoTicket | None = None


class TicketsPagina(msgspec.Struct):
    """One page of tickets, newest first."""

    items: tuple[Ticket, ...]
    total: int
    page: int
    per_page: int
