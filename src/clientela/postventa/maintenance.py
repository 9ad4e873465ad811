"""Use cases of the maintenance (spec 5 §11–12, CONTRACT §12): how often, and which visits are next."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from clientela.core import audit
from clientela.core.actor import Actor
from clientela.core.db import Db
from clientela.core.errors import Forbidden, NotFound
from clientela.identidad.model import Rol
from clientela.organizacion import service as organizacion
from clientela.postventa import rules
from clientela.postventa.model import Orden, Plan, Visita
from clientela.postventa.store import maintenance as store
from clientela.postventa.store import orders

BATCH: Final = 500


async def configure(db: Db, actor: Actor, orden_id: UUID, meses: int) -> Orden:
    """Set how often an order's maintenance is due (its technician, admin); its first visit is there at once.

    Visits that were not made yet give way to the new plan. Before the order is finished the period only waits.
    Raises NotFound `orden_no_encontrada`, Forbidden for another technician's order, Conflict `orden_en_otro_estado`
    for a cancelled one.
    """
    found = await orders.read(db, orden_id)
    if found is None:
        raise NotFound("orden_no_encontrada")
    if actor.rol != Rol.ADMIN and found.tecnico_id != actor.usuario_id:
        raise Forbidden
    async with db.transaction() as tx:
        done = await store.configure(tx, orden_id, meses, actor_id=actor.usuario_id, now=tx.now())
        await audit.record(
            tx,
            "mantenimiento.configurado",
            actor=actor,
            objeto=("orden", str(orden_id)),
            datos={"periodicidad_meses": meses},
        )
        await plan_visits(tx, orden_id)
        return done


async def plan_visits(db: Db, orden_id: UUID) -> None:
    """Write the visits that an order's plan lacks; nothing where it has no plan, or was not executed yet."""
    plan = await store.plan_of(db, orden_id)
    if plan is not None:
        await _write_lacking(db, [plan])


async def plan_after(db: Db, visita_id: UUID) -> None:
    """Write the visits that the plan of a visit lacks now that it was made."""
    plan = await store.plan_of_visit(db, visita_id)
    if plan is not None:
        await _write_lacking(db, [plan])


async def plan_all(db: Db) -> bool:
    """Write the visits that plans lack, for so many plans; True while there may be more."""
    plans = await store.plans_lacking(db, db.now() + rules.AHEAD, BATCH)
    await _write_lacking(db, plans)
    return len(plans) == BATCH


async def _write_lacking(db: Db, plans: Sequence[Plan]) -> None:
    now, zona = db.now(), await organizacion.zona(db)
    lacking = [(plan, cycle, date) for plan in plans for cycle, date in rules.upcoming(plan, now, zona)]
    await store.add_visits(db, lacking, now)


async def of_client(db: Db, actor: Actor, cliente_id: UUID) -> tuple[Visita, ...]:
    """Return the next visit of each of a client's orders that is due within thirty days, or overdue.

    The client himself and administrators; Forbidden otherwise. NotFound `cliente_no_encontrado`.
    """
    if not actor.es_admin and actor.cliente_id != cliente_id:
        raise Forbidden
    found = await store.visits_of_client(db, cliente_id, db.now() + rules.AHEAD)
    if found is None:
        raise NotFound("cliente_no_encontrado")
    return found
