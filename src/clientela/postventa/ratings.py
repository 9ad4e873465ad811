"""Use cases of the ratings (spec 5 §8–10): once for each finished order, by its customer."""

from uuid import UUID

from clientela.core.actor import Actor
from clientela.core.db import Db
from clientela.core.errors import BadRequest, Forbidden, NotFound
from clientela.core.ids import uuid7
from clientela.postventa.model import Calificacion, Estado, Estrellas
from clientela.postventa.store import guarantees, ratings


async def rate(db: Db, actor: Actor, orden_id: UUID, estrellas: int, comentario: str | None) -> Calificacion:
    """Rate a finished order (its customer).

    Raises NotFound `orden_no_encontrada`, Forbidden for another's order, BadRequest `calificacion_no_finalizada`,
    Conflict `orden_calificada` the second time.
    """
    async with db.transaction() as tx:
        cover = await guarantees.cover(tx, orden_id)
        if cover is None:
            raise NotFound("orden_no_encontrada")
        if cover.cliente_id != actor.cliente_id:
            raise Forbidden
        if cover.estado != Estado.FINALIZADO:
            raise BadRequest("calificacion_no_finalizada")
        return await ratings.rate(tx, uuid7(), orden_id, estrellas, comentario, tx.now())


async def access(db: Db, actor: Actor, orden_id: UUID) -> Calificacion:
    """Return the rating of an order, to its customer, its technician or an administrator.

    Raises NotFound `orden_no_encontrada` and `calificacion_no_encontrada`, Forbidden for everybody else.
    """
    found = await ratings.read_rating(db, orden_id)
    if found is None:
        raise NotFound("orden_no_encontrada")
    cliente_id, tecnico_id, rating = found
    is_his = actor.cliente_id == cliente_id or actor.usuario_id == tecnico_id
    if not actor.es_admin and not is_his:
        raise Forbidden
    if rating is None:
        raise NotFound("calificacion_no_encontrada")
    return rating


async def of_technician(db: Db, tecnico_id: UUID) -> Estrellas:
    """Count a technician's ratings; NotFound `tecnico_no_encontrado`."""
    found = await ratings.stars(db, tecnico_id)
    if found is None:
        raise NotFound("tecnico_no_encontrado")
    return found
