"""A customer sends a claim or asks for support: the ticket comes and the draft goes, together or not at all."""

from typing import Final
from uuid import UUID

from clientela.core import events
from clientela.core.actor import Actor
from clientela.core.db import Db
from clientela.core.errors import Invalid
from clientela.core.textos import CAMPOS
from clientela.panel import service as panel
from clientela.panel.model import TipoBorrador
from clientela.tickets import service as tickets
from clientela.tickets.model import Ticket, TipoTicket

_TICKETS: Final = {TipoBorrador.RECLAMO: TipoTicket.RECLAMO, TipoBorrador.SOPORTE: TipoTicket.SOPORTE}


async def submit_claim(
    db: Db,
    actor: Actor,
    titulo: str,
    descripcion: str,
    *,
    pedido_id: str | None,
    orden_id: str | None,
    distinct: bool = False,
) -> Ticket:
    """Open a ticket for a claim and bury its draft (spec 1 §4; CONTRACT §8).

    Invalid names `pedido_id` or `orden_id` when it is unknown. Sent twice within two minutes it is one claim,
    unless the sender says himself which sendings are one (`distinct`: he used an `Idempotency-Key`).
    """
    named = {"pedido_id": pedido_id, "orden_id": orden_id}
    unknown = {field: [CAMPOS[f"{field}_desconocido"]] for field, value in named.items() if value is not None}
    if unknown:
        raise Invalid(unknown)
    campos = {"titulo": titulo, "descripcion": descripcion}
    return await _submit(db, actor, TipoBorrador.RECLAMO, titulo, descripcion, campos, distinct=distinct)


async def submit_support(
    db: Db, actor: Actor, asunto: str, mensaje: str, *, distinct: bool = False
) -> Ticket:
    """Open a ticket for a support message and bury its draft; as `submit_claim`."""
    campos = {"asunto": asunto, "mensaje": mensaje}
    return await _submit(db, actor, TipoBorrador.SOPORTE, asunto, mensaje, campos, distinct=distinct)


async def _submit(
    db: Db,
    actor: Actor,
    tipo: TipoBorrador,
    asunto: str,
    texto: str,
    campos: dict[str, str],
    *,
    distinct: bool,
) -> Ticket:
    async with db.transaction() as tx:
        twin = None if distinct else await tickets.find_twin(tx, actor, _TICKETS[tipo], asunto, texto)
        if twin is not None:
            # What is in the draft now was typed after that sending: leave it alone.
            return twin
        # An administrator who sends one has no panel, hence no draft.
        owner = actor.cliente_id
        version = None if owner is None else await panel.bury_draft(tx, owner, tipo, campos)
        ticket = await tickets.open_ticket(tx, actor, _TICKETS[tipo], asunto, texto)
        await _tell_devices(tx, actor, ticket)
        if owner is not None:
            await _tell_of_draft(tx, actor, owner, tipo, version)
        return ticket


async def _tell_devices(db: Db, actor: Actor, ticket: Ticket) -> None:
    streams = [
        events.user_stream(actor.usuario_id),
        events.role_stream("soporte"),
        events.role_stream("admin"),
    ]
    await events.emit(
        db,
        "ticket.updated",
        flujos=streams,
        datos={"id": ticket.id, "version": ticket.version},
        cliente_id=ticket.cliente_id,
        actor=actor,
    )


async def _tell_of_draft(
    db: Db, actor: Actor, cliente_id: UUID, tipo: TipoBorrador, version: int | None
) -> None:
    # On the user's stream alone, which is locked already: two emits cannot cross here.
    await events.emit(
        db,
        "draft.updated",
        flujos=[events.user_stream(actor.usuario_id)],
        datos={"id": cliente_id, "tipo": tipo.value, "version": version},
        cliente_id=cliente_id,
        actor=actor,
    )
