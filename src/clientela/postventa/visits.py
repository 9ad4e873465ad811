"""Use cases of the maintenance's visits after they are there: listed, postponed, given a work order, done."""

from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from msgspec import structs

from clientela.core import audit
from clientela.core.actor import Actor
from clientela.core.db import Db
from clientela.core.errors import Invalid, NotFound
from clientela.core.textos import CAMPOS
from clientela.identidad.model import Rol
from clientela.postventa import maintenance, rules, service
from clientela.postventa.model import Agendada, NuevaOrden
from clientela.postventa.store import visits as store
from clientela.postventa.visit_model import FiltroVisitas, MovimientoVisita, VisitaPlanificada

# What no date lies outside of; statements with both ends use an index always.
_FIRST: Final = datetime(1, 1, 2, tzinfo=UTC)
_LAST: Final = datetime(9999, 12, 30, tzinfo=UTC)


async def search(
    db: Db, actor: Actor, wanted: FiltroVisitas, *, page: int, per_page: int
) -> tuple[tuple[VisitaPlanificada, ...], int]:
    """Return one page of the visits that the caller may see, the earliest first, and how many there are.

    A customer sees his own, a technician those of orders of his; the office all.
    """
    if actor.rol == Rol.CLIENTE:
        if wanted.cliente_id not in {None, actor.cliente_id}:
            return (), 0
        wanted = structs.replace(wanted, cliente_id=actor.cliente_id)
    elif actor.rol == Rol.TECNICO:
        if wanted.tecnico_id not in {None, actor.usuario_id}:
            return (), 0
        wanted = structs.replace(wanted, tecnico_id=actor.usuario_id)
    since, until = wanted.desde or _FIRST, wanted.hasta or _LAST
    return await store.find(db, wanted, since, until, per_page, (page - 1) * per_page)


async def read(
    db: Db, actor: Actor, visita_id: UUID
) -> tuple[VisitaPlanificada, tuple[MovimientoVisita, ...]]:
    """Return a visit and its history; NotFound `visita_no_encontrada` also for a foreign one."""
    found = await store.read(db, visita_id)
    if found is None or not rules.may_see_visit(actor, found[0]):
        raise NotFound("visita_no_encontrada")
    return found


async def postpone(
    db: Db, actor: Actor, visita_id: UUID, fecha: datetime, motivo: str, version: int | None = None
) -> VisitaPlanificada:
    """Put a visit off to another date in the future (admin, soporte); the visits after it stay where they are.

    Raises Invalid for a date that is past, NotFound `visita_no_encontrada`, Conflict `visita_cerrada` for one that is
    not to be made any more and `visita_con_orden` where a work order is there to be rescheduled, PreconditionFailed for
    a stale `version`.
    """
    if fecha <= db.now():
        raise Invalid.of("fecha_programada", CAMPOS["instante_pasado"])
    async with db.transaction() as tx:
        moved = await store.postpone(
            tx, visita_id, fecha, motivo, version, actor_id=actor.usuario_id, now=tx.now()
        )
        await audit.record(tx, "visita.pospuesta", actor=actor, objeto=("visita", str(visita_id)))
        return moved


async def make_order(
    db: Db,
    actor: Actor,
    visita_id: UUID,
    *,
    fecha: datetime | None = None,
    tecnico_id: UUID | None = None,
    descripcion: str | None = None,
) -> Agendada:
    """Make the work order of a visit (admin, soporte), as `service.create` makes any; without a date, the visit's.

    The visit goes along with it: to its date, done when it is finished, free again when it is cancelled. Raises
    NotFound `visita_no_encontrada`, Conflict `visita_cerrada`, `visita_con_orden` for a second one, and what
    `service.create` raises.
    """
    async with db.transaction() as tx:
        visit, _ = await read(tx, actor, visita_id)
        new = NuevaOrden(
            cliente_id=visit.cliente.id,
            servicio_id=visit.servicio_id,
            fecha_programada=fecha or visit.fecha_programada,
            tecnico_id=tecnico_id,
            descripcion=descripcion,
            visita_id=visita_id,
        )
        return await service.create(tx, actor, new)


async def do(
    db: Db, actor: Actor, visita_id: UUID, nota: str | None = None, version: int | None = None
) -> VisitaPlanificada:
    """Write that a visit was made without a work order (its technician, admin, soporte); errors as `postpone`."""
    async with db.transaction() as tx:
        done = await store.do(
            tx,
            visita_id,
            nota,
            version,
            tecnico_id=rules.works_on(actor),
            actor_id=actor.usuario_id,
            now=tx.now(),
        )
        await maintenance.plan_after(tx, visita_id)
        await audit.record(tx, "visita.hecha", actor=actor, objeto=("visita", str(visita_id)))
        return done
