"""The words of the tickets."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec


class TipoTicket(StrEnum):
    """Where a ticket comes from."""

    RECLAMO = "reclamo"
    SOPORTE = "soporte"
    CHAT = "chat"
    GARANTIA = "garantia"
    CALIFICACION = "calificacion"


class EstadoTicket(StrEnum):
    """How far a ticket is."""

    ABIERTO = "ABIERTO"
    EN_CURSO = "EN_CURSO"
    RESUELTO = "RESUELTO"
    CERRADO = "CERRADO"


class Autor(StrEnum):
    """Whose message it is."""

    CLIENTE = "cliente"
    PERSONAL = "personal"


class Ticket(msgspec.Struct, frozen=True):
    """A ticket without its messages.

    `cliente_id` is None when staff opened it for themselves, `pedido_id` and `orden_id` unless it is about an order or
    a work order.
    """

    id: UUID
    numero: int
    tipo: TipoTicket
    folio: str
    estado: EstadoTicket
    asunto: str
    cliente_id: UUID | None
    pedido_id: UUID | None
    orden_id: UUID | None
    version: int
    creado_en: datetime
    actualizado_en: datetime


class Apertura(msgspec.Struct, frozen=True):
    """What a ticket is opened with: its kind, its first message, and the order that it is about, if any."""

    tipo: TipoTicket
    asunto: str
    texto: str
    pedido_id: UUID | None = None
    orden_id: UUID | None = None


class Mensaje(msgspec.Struct, frozen=True):
    """One message of a ticket; `seq` counts 1, 2, 3, … within it."""

    seq: int
    autor: Autor
    texto: str
    creado_en: datetime


class TicketCompleto(Ticket, frozen=True):
    """A ticket with all its messages, oldest first."""

    mensajes: tuple[Mensaje, ...]


class Filtro(msgspec.Struct, frozen=True):
    """Which tickets a list holds: None means any."""

    tipo: TipoTicket | None = None
    estado: EstadoTicket | None = None


class Pagina(msgspec.Struct, frozen=True):
    """One page of tickets, newest first, and how many there are in all."""

    items: tuple[Ticket, ...]
    total: int
