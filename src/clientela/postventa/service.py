"""Use cases of the work orders (CONTRACT §10): made, assigned, moved, noted, started, finished, cancelled."""

from datetime import datetime
from typing import Final
from uuid import UUID

from clientela.core import audit
from clientela.core.actor import Actor
from clientela.core.db import Db
from clientela.core.errors import Forbidden, Invalid
from clientela.core.ids import uuid7
from clientela.core.textos import CAMPOS
from clientela.identidad.model import Rol
from clientela.postventa import access, maintenance, rules
from clientela.postventa.model import (
    Accion,
    Agendada,
    NuevaOrden,
    Orden,
    Resumen,
)
from clientela.postventa.store import orders as store

_OFFICE: Final = frozenset({Rol.SOPORTE, Rol.ADMIN})


async def create(db: Db, actor: Actor, new: NuevaOrden) -> Agendada:
    """Make a work order (admin, soporte); one that brings in history only by an administrator.

    Raises Invalid for a history that contradicts itself, NotFound `cliente_no_encontrado` and
    `tecnico_no_encontrado`, Invalid on `servicio_id`, Conflict `servicio_retirado`, and Conflict `tecnico_ocupado`
    where double booking is refused; elsewhere the answer names the other visit.
    """
    if actor.rol not in _OFFICE or (new.historia is not None and not actor.es_admin):
        raise Forbidden
    _check_history(new, db.now())
    async with db.transaction() as tx:
        made = await store.create(
            tx, uuid7(), new, block=_refuses(tx), actor_id=actor.usuario_id, now=tx.now()
        )
        await audit.record(tx, "orden.creada", actor=actor, objeto=("orden", str(made.orden.id)))
        return made


def _check_history(new: NuevaOrden, now: datetime) -> None:
    history = new.historia
    if history is None:
        return
    told = {"fecha_ejecucion": history.fecha_ejecucion, "ultimo_movimiento_en": history.ultimo_movimiento_en}
    wrong = {field: "en_el_futuro" for field, instant in told.items() if instant and instant > now}
    problem = rules.history_problem(history, new.tecnico_id)
    if problem is not None:
        wrong[problem[0]] = problem[1]
    if wrong:
        raise Invalid({field: [CAMPOS[code]] for field, code in wrong.items()})


def _refuses(db: Db) -> bool:
    return db.settings.doble_reserva == "bloquear"


async def assign(
    db: Db,
    actor: Actor,
    ref: UUID | int,
    tecnico_id: UUID,
    version: int | None = None,
    *,
    guarantee: bool = False,
) -> Agendada:
    """Give an order to an active technician, or to another one (admin, soporte).

    `guarantee`: only a guarantee may be meant, NotFound `garantia_no_encontrada` otherwise. Raises NotFound
    `tecnico_no_encontrado`, Conflict `orden_en_otro_estado` for one that is closed, `tecnico_ocupado` where double
    booking is refused, PreconditionFailed for a stale `version`.
    """
    async with db.transaction() as tx:
        done = await store.assign(
            tx,
            await _identify(tx, actor, ref) if isinstance(ref, int) else ref,
            tecnico_id,
            version,
            since=rules.MOVES[Accion.ASIGNADA].since,
            guarantee=guarantee,
            block=_refuses(tx),
            actor_id=actor.usuario_id,
            now=tx.now(),
        )
        await audit.record(
            tx,
            "orden.asignada",
            actor=actor,
            objeto=("orden", str(done.orden.id)),
            datos={"tecnico_id": tecnico_id},
        )
        return done


async def reschedule(
    db: Db, actor: Actor, ref: UUID | int, fecha: datetime, motivo: str | None, version: int | None = None
) -> Agendada:
    """Move a visit that has not begun to another time (admin, soporte); errors as `assign`."""
    async with db.transaction() as tx:
        return await store.reschedule(
            tx,
            await _identify(tx, actor, ref),
            fecha,
            motivo,
            version,
            since=rules.MOVES[Accion.REPROGRAMADA].since,
            block=_refuses(tx),
            actor_id=actor.usuario_id,
            now=tx.now(),
        )


async def note(db: Db, actor: Actor, ref: UUID | int, texto: str) -> Orden:
    """Write a note on an order (its technician, admin, soporte)."""
    async with db.transaction() as tx:
        return await _move(tx, actor, ref, Accion.NOTA, texto)


async def start(db: Db, actor: Actor, ref: UUID | int, version: int | None = None) -> Orden:
    """Begin an order that is assigned (its technician, admin); Conflict `orden_en_otro_estado` otherwise."""
    async with db.transaction() as tx:
        return await _move(tx, actor, ref, Accion.INICIADA, None, version)


async def finish(
    db: Db, actor: Actor, ref: UUID | int, nota: str | None = None, version: int | None = None
) -> Orden:
    """Finish an order that is under way (its technician, admin); a periodicity that waits for it starts now.

    The maintenance visit that it makes is done with it.
    """
    async with db.transaction() as tx:
        done = await _move(tx, actor, ref, Accion.FINALIZADA, nota, version)
        await maintenance.plan_visits(tx, done.id)
        if done.visita_id is not None:
            await maintenance.plan_after(tx, done.visita_id)
        return done


async def cancel(
    db: Db, actor: Actor, ref: UUID | int, motivo: str | None = None, version: int | None = None
) -> Orden:
    """Cancel an order that is open (its technician, admin, soporte)."""
    async with db.transaction() as tx:
        done = await _move(tx, actor, ref, Accion.CANCELADA, motivo, version)
        await audit.record(tx, "orden.cancelada", actor=actor, objeto=("orden", str(done.id)))
        return done


async def _move(
    db: Db, actor: Actor, ref: UUID | int, accion: Accion, texto: str | None, version: int | None = None
) -> Orden:
    since, to = rules.MOVES[accion]
    return await store.move(
        db,
        await _identify(db, actor, ref),
        accion,
        texto,
        version,
        since=since,
        to=to,
        tecnico_id=rules.works_on(actor),
        actor_id=actor.usuario_id,
        now=db.now(),
    )


async def _identify(db: Db, actor: Actor, ref: UUID | int) -> UUID:
    return (await access.order(db, actor, ref)).id


async def overview(db: Db) -> Resumen:
    """Count what waits: open orders without technician, under way, without movement for five days (spec 5 §13)."""
    return await store.summary(db, db.now() - rules.STILL)
