"""A customer rates an order; one or two stars open a ticket, so that somebody asks him why (CONTRACT §12)."""

from typing import Final
from uuid import UUID

from clientela.core.actor import Actor
from clientela.core.db import Db
from clientela.core.textos import SEGUIMIENTO
from clientela.postventa import ratings
from clientela.postventa.model import Calificacion
from clientela.tickets import service as tickets
from clientela.tickets.model import Apertura, TipoTicket

UNHAPPY: Final = 2
"""Up to so many stars somebody follows it up."""


async def rate(db: Db, actor: Actor, orden_id: UUID, estrellas: int, comentario: str | None) -> Calificacion:
    """Rate a finished order, once; errors as `ratings.rate`. The rating and its ticket come together."""
    async with db.transaction() as tx:
        found = await ratings.rate(tx, actor, orden_id, estrellas, comentario)
        if estrellas <= UNHAPPY:
            await _follow_up(tx, actor, found)
        return found


async def _follow_up(db: Db, actor: Actor, rating: Calificacion) -> None:
    subject = SEGUIMIENTO["asunto"].format(estrellas=rating.estrellas)
    text = (rating.comentario or "").strip() or SEGUIMIENTO["sin_comentario"]
    opening = Apertura(TipoTicket.CALIFICACION, subject, text, orden_id=rating.orden_id)
    ticket = await tickets.open_ticket(db, actor, opening)
    await tickets.announce(db, actor, ticket)
