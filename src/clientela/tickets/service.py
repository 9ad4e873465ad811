"""Use cases of the tickets (CONTRACT §8, §9)."""

from uuid import UUID

from clientela.core import audit, events
from clientela.core.actor import Actor
from clientela.core.db import Db
from clientela.core.errors import NotFound
from clientela.core.ids import uuid7
from clientela.tickets import rules, store
from clientela.tickets.model import Apertura, Filtro, Pagina, Ticket, TicketCompleto


async def find_twin(db: Db, actor: Actor, new: Apertura) -> Ticket | None:
    """Return the ticket that this very opening has made already: a double click, minutes ago or right now.

    Nobody else can open one of this kind for the caller until the transaction ends, so open it then or never.
    """
    await store.lock_opening(db, actor.usuario_id, new.tipo)
    since = db.now() - rules.DOUBLE_CLICK
    return await store.find_twin(db, actor.usuario_id, new, since=since)


async def open_ticket(db: Db, actor: Actor, new: Apertura) -> Ticket:
    """Open a ticket with its first message, and audit both; the caller tells the devices (events come last)."""
    async with db.transaction() as tx:
        ticket = await store.insert(tx, uuid7(), new, author=actor, now=tx.now())
        await audit.record(
            tx,
            "ticket.abierto",
            actor=actor,
            objeto=("ticket", str(ticket.id)),
            datos={"tipo": new.tipo.value},
        )
        return ticket


async def announce(db: Db, actor: Actor, ticket: Ticket) -> None:
    """Tell the devices of whoever opened a ticket, support and administrators; the last thing in a transaction."""
    await events.emit(
        db,
        "ticket.updated",
        flujos=[
            events.user_stream(actor.usuario_id),
            events.role_stream("soporte"),
            events.role_stream("admin"),
        ],
        datos={"id": ticket.id, "version": ticket.version},
        cliente_id=ticket.cliente_id,
        actor=actor,
    )


async def search(db: Db, actor: Actor, wanted: Filtro, *, page: int, per_page: int) -> Pagina:
    """Return one page of tickets, newest first: a customer's own, staff's all."""
    offset = (page - 1) * per_page
    if actor.es_personal:
        return await store.find_all(db, wanted, per_page, offset)
    return await store.find_of_client(db, actor.cliente_id, wanted, per_page, offset)


async def access(db: Db, actor: Actor, ticket_id: UUID | int) -> TicketCompleto:
    """Return a ticket with its messages; NotFound `ticket_no_encontrado` also for a foreign one."""
    found = await store.read(db, ticket_id)
    if found is None or not rules.may_read(actor, found):
        raise NotFound("ticket_no_encontrado")
    return found
