"""A customer sends a claim or asks for support: the ticket comes and the draft goes, together or not at all."""

from typing import Final, NamedTuple
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
from clientela.postventa import access as work_orders
from clientela.tickets import service as tickets
from clientela.tickets.model import Apertura, Ticket, TipoTicket

_TICKETS: Final = {TipoBorrador.RECLAMO: TipoTicket.RECLAMO, TipoBorrador.SOPORTE: TipoTicket.SOPORTE}


class _Subject(NamedTuple):
    """The order and the work order that something is about."""

    pedido_id: UUID | None = None
    orden_id: UUID | None = None


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
    about = await _subject(db, actor, pedido_id, orden_id)
    campos = {"titulo": titulo, "descripcion": descripcion}
    return await _submit(
        db, actor, TipoBorrador.RECLAMO, titulo, descripcion, campos, about, distinct=distinct
    )


async def _subject(db: Db, actor: Actor, pedido_id: str | None, orden_id: str | None) -> _Subject:
    """Find what a claim is about; unknown fields are all named at once, another's order is forbidden."""
    sent = {"pedido_id": (pedido_id, _order), "orden_id": (orden_id, _work_order)}
    found: dict[str, UUID] = {}
    unknown = []
    for field, (text, find) in sent.items():
        if text is None:
            continue
        ref = parse_uuid(text)
        if ref is not None and await find(db, actor, ref):
            found[field] = ref
        else:
            unknown.append(field)
    if unknown:
        raise Invalid({field: [CAMPOS[f"{field}_desconocido"]] for field in unknown})
    return _Subject(**found)


async def _order(db: Db, actor: Actor, pedido_id: UUID) -> bool:
    try:
        await pedidos.get(db, actor, pedido_id)
    except NotFound:
        return False
    return True


async def _work_order(db: Db, actor: Actor, orden_id: UUID) -> bool:
    return await work_orders.is_there(db, actor, orden_id)


async def submit_support(
    db: Db, actor: Actor, asunto: str, mensaje: str, *, distinct: bool = False
) -> Ticket:
    """Open a ticket for a support message and bury its draft; as `submit_claim`."""
    campos = {"asunto": asunto, "mensaje": mensaje}
    return await _submit(
        db, actor, TipoBorrador.SOPORTE, asunto, mensaje, campos, _Subject(), distinct=distinct
    )


async def _submit(
    db: Db,
    actor: Actor,
    tipo: TipoBorrador,
    asunto: str,
    texto: str,
    campos: dict[str, str],
    about: _Subject,
    *,
    distinct: bool,
) -> Ticket:
    async with db.transaction() as tx:
        opening = Apertura(_TICKETS[tipo], asunto, texto, *about)
        twin = None if distinct else await tickets.find_twin(tx, actor, opening)
        if twin is not None:
            # What is in the draft now was typed after that sending: leave it alone.
            return twin
        # An administrator who sends one has no panel, hence no draft.
        owner = actor.cliente_id
        version = None if owner is None else await panel.bury_draft(tx, owner, tipo, campos)
        ticket = await tickets.open_ticket(tx, actor, opening)
        await tickets.announce(tx, actor, ticket)
        if owner is not None:
            await _tell_of_draft(tx, actor, owner, tipo, version)
        return ticket


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
