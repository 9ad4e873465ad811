"""A customer sends a claim or asks for support: the ticket comes and the draft goes, together or not at all."""

from typing import Final
from uuid import UUID

from clientela.core import events
from clientela.core.actor import Actor
from clientela.core.db import Db
from clientela.core.errors import Invalid, NotFound
from clientela.core.ids import parse_uuid
from clientela.core.textos import CAMPOS
from clientela.panel import service as panel
from clientela.panel.model import TipoBorrador
from clientela.pedidos import service as pedidos
from clientela.tickets import service as tickets
from clientela.tickets.model import Apertura, Ticket, TipoTicket

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

    Invalid names `pedido_id` or `orden_id` when it is unknown; Forbidden for another's order. Sent twice within two
    minutes it is one claim, unless the sender says himself which sendings are one (`distinct`: he used an
    `Idempotency-Key`).
    """
    pedido = await _order_of(db, actor, pedido_id, orden_id)
    campos = {"titulo": titulo, "descripcion": descripcion}
    return await _submit(
        db, actor, TipoBorrador.RECLAMO, titulo, descripcion, campos, pedido_id=pedido, distinct=distinct
    )


async def _order_of(db: Db, actor: Actor, pedido_id: str | None, orden_id: str | None) -> UUID | None:
    """Return the order that a claim is about. There are no work orders yet, so none can be named."""
    unknown = [] if orden_id is None else ["orden_id"]
    order = None if pedido_id is None else parse_uuid(pedido_id)
    try:
        if order is not None:
            await pedidos.get(db, actor, order)
    except NotFound:
        order = None
    if pedido_id is not None and order is None:
        unknown.append("pedido_id")
    if unknown:
        raise Invalid({field: [CAMPOS[f"{field}_desconocido"]] for field in unknown})
    return order


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
    pedido_id: UUID | None = None,
    distinct: bool,
) -> Ticket:
    async with db.transaction() as tx:
        opening = Apertura(_TICKETS[tipo], asunto, texto, pedido_id)
        twin = None if distinct else await tickets.find_twin(tx, actor, opening)
        if twin is not None:
            # What is in the draft now was typed after that sending: leave it alone.
            return twin
        # An administrator who sends one has no panel, hence no draft.
        owner = actor.cliente_id
        version = None if owner is None else await panel.bury_draft(tx, owner, tipo, campos)
        ticket = await tickets.open_ticket(tx, actor, opening)
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
