"""Decisions about tickets: no database, no clock."""

from datetime import timedelta
from typing import Final

from clientela.core.actor import Actor
from clientela.tickets.model import Ticket

# Two equal openings within this time are one double click.
DOUBLE_CLICK: Final = timedelta(minutes=2)


def may_read(actor: Actor, ticket: Ticket) -> bool:
    """Tell whether somebody may read a ticket: staff all, a customer his own."""
    return actor.es_personal or (actor.cliente_id is not None and actor.cliente_id == ticket.cliente_id)
