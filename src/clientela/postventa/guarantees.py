"""Use cases of the guarantees (spec 5 §5–7, CONTRACT §10): explained, asked for once, waiting for a technician."""

from typing import Final
from uuid import UUID

from clientela.core import audit
from clientela.core.actor import Actor
from clientela.core.db import Db
from clientela.core.errors import BadRequest, Conflict, Forbidden, NotFound
from clientela.core.ids import uuid7
from clientela.organizacion import service as organizacion
from clientela.postventa import rules
from clientela.postventa.model import Cobertura, Garantia, PaginaOrdenes
from clientela.postventa.store import guarantees as store
from clientela.postventa.store import lists

PAGE: Final = 20


async def explain(db: Db, orden_id: UUID) -> Garantia:
    """Say whether a guarantee could be asked for an order now, and why; the caller has checked who asks."""
    cover = await store.cover(db, orden_id)
    if cover is None:
        raise NotFound("orden_no_encontrada")
    return await _judge(db, cover)


async def request(db: Db, actor: Actor, orden_id: UUID) -> UUID:
    """Make the revision that a guarantee gives (its customer); returns the new order.

    Raises NotFound `orden_no_encontrada`, Forbidden for another's order, BadRequest `garantia_no_finalizada` and
    `garantia_vencida`, Conflict `garantia_abierta` with `ordenId` of the one that is open.
    """
    async with db.transaction() as tx:
        await store.hold_root(tx, orden_id)
        cover = await store.cover(tx, orden_id)
        if cover is None:
            raise NotFound("orden_no_encontrada")
        if cover.cliente_id != actor.cliente_id:
            raise Forbidden
        decision = await _judge(tx, cover)
        if decision.abierta_id is not None:
            raise Conflict(decision.codigo, data={"ordenId": decision.abierta_id})
        if not decision.elegible:
            raise BadRequest(decision.codigo)
        revision_id = uuid7()
        await audit.record(
            tx,
            "garantia.pedida",
            actor=actor,
            objeto=("orden", str(revision_id)),
            datos={"garantia_de": orden_id},
        )
        await store.open_guarantee(tx, revision_id, orden_id, actor.usuario_id, tx.now())
        return revision_id


async def _judge(db: Db, cover: Cobertura) -> Garantia:
    return rules.judge(cover, db.now(), await organizacion.zona(db))


async def pending(db: Db, page: int) -> PaginaOrdenes:
    """Return one page (20) of the guarantees that wait for a technician, oldest first; none past the end."""
    return await lists.pending_guarantees(db, PAGE, (page - 1) * PAGE)
