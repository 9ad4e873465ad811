"""Many work orders at once, from a sheet: the history of a business that moves in. Each is known by its reference.

Every row is looked at before the first is written. Then a thousand rows are a transaction: the rows that count stars
and open orders are those that every technician and customer of today writes, and are never held for longer. Whatever
dies in between leaves whole orders, and the same sheet again makes the others.
"""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import structs

from clientela.clientes import importing as clientes
from clientela.core import audit, events
from clientela.core.actor import Actor
from clientela.core.db import Db
from clientela.core.ids import parse_uuid, uuid7
from clientela.core.importing import BATCH, ErrorFila, Informe, Modo, Progreso, batches
from clientela.core.textos import CAMPOS
from clientela.identidad.model import Rol
from clientela.organizacion import service as organizacion
from clientela.postventa import rules
from clientela.postventa.matching import FilaOrden, Lector, OrdenLeida, with_roots
from clientela.postventa.model import Conocida, Plan, Tipo
from clientela.postventa.store import imports as store
from clientela.postventa.store import maintenance

_VISITS: Final = 5000


async def import_orders(
    db: Db,
    actor: Actor | None,
    rows: Sequence[FilaOrden],
    errors: Sequence[ErrorFila],
    modo: Modo,
    progress: Progreso,
) -> Informe:
    """Make the orders of a sheet that are not there; `actor` is an administrator, or None for the command line.

    Whoever is there lives his own life here, and is left as he is. `errors` are those that were found in the sheet
    itself; with any error at all nothing is written, unless the valid rows alone are wanted. Conflict
    `conflicto_simultaneo` when what was looked at changed before it was written: the sheet may be sent again.
    """
    single, repeated = _without_repeated(rows)
    new, present, wrong = await _compared(db, single, progress)
    orders, unfounded = with_roots(new, present | await _parents(db, new, present))
    found = sorted([*errors, *repeated, *wrong, *unfounded], key=lambda error: error.fila)
    report = Informe(
        filas=len({*(row.numero for row in rows), *(error.fila for error in found)}),
        creados=len(orders),
        actualizados=0,
        sin_cambios=len(present),
        errores=tuple(found),
    )
    if modo.ensayo or (found and not modo.solo_validas):
        return report
    await _apply(db, actor, orders, progress)
    return structs.replace(report, aplicado=True)


def _without_repeated(rows: Sequence[FilaOrden]) -> tuple[list[FilaOrden], list[ErrorFila]]:
    seen: dict[str, int] = {}
    single: list[FilaOrden] = []
    errors: list[ErrorFila] = []
    for row in rows:
        first = seen.setdefault(row.referencia, row.numero)
        if first == row.numero:
            single.append(row)
        else:
            errors.append(ErrorFila(row.numero, "referencia", CAMPOS["fila_repetida"].format(fila=first)))
    return single, errors


# --- what the rows name ----------------------------------------------------------------------------------------


async def _compared(
    db: Db, rows: Sequence[FilaOrden], progress: Progreso
) -> tuple[list[OrdenLeida], dict[str, Conocida], list[ErrorFila]]:
    """Tell new orders from those that are there, by reference; what names nobody, or cannot be, is an error."""
    reader = Lector(await store.services(db), db.settings.pais, await organizacion.zona(db), db.now())
    new: list[OrdenLeida] = []
    present: dict[str, Conocida] = {}
    errors: list[ErrorFila] = []
    done = 0
    for batch in batches(rows):
        there = await _known(db, [row.referencia for row in batch])
        people = await clientes.identify(db, [row.cliente for row in batch])
        technicians = await store.technicians(db, reader.keys(batch))
        for row, person in zip(batch, people, strict=True):
            known = there.get(row.referencia)
            if known is not None and known.cliente_id == person:
                present[row.referencia] = known
                continue
            read = reader.read(row, person, technicians, known)
            if isinstance(read, OrdenLeida):
                new.append(read)
            else:
                errors += [ErrorFila(row.numero, column, sentence) for column, sentence in read.items()]
        done += len(batch)
        progress("comparar", done, len(rows))
    return new, present, errors


async def _known(db: Db, references: Iterable[str]) -> dict[str, Conocida]:
    return await store.known(db, [(name, parse_uuid(name)) for name in references])


# --- whose guarantee a revision is -----------------------------------------------------------------------------


async def _parents(db: Db, new: Sequence[OrdenLeida], present: Mapping[str, Conocida]) -> dict[str, Conocida]:
    """Return the orders outside the sheet that its revisions name."""
    here = {order.fila.referencia for order in new} | present.keys()
    named = sorted({order.fila.garantia_de for order in new if order.fila.garantia_de} - here)
    found: dict[str, Conocida] = {}
    for batch in batches(named):
        found |= await _known(db, batch)
    return found


# --- writing ---------------------------------------------------------------------------------------------------


async def _apply(db: Db, actor: Actor | None, orders: Sequence[OrdenLeida], progress: Progreso) -> None:
    """Write orders a thousand at a time: closed ones as they name each other, open ones by when they moved."""
    import_id, zona, now = uuid7(), await organizacion.zona(db), db.now()
    closed = [order for order in orders if not order.abierta]
    waiting = sorted((order for order in orders if order.abierta), key=lambda order: _moved(order, now))
    done = 0
    for batch in batches([*closed, *waiting]):
        async with db.transaction() as tx:
            await store.insert_many(
                tx, [_row(place, order, now) for place, order in enumerate(batch)], _id_of(actor)
            )
            await _plan(tx, batch, now, zona)
            ids = [order.id for order in batch]
            await audit.record(
                tx,
                "importacion.ordenes",
                actor=actor,
                objeto=("importacion", str(import_id)),
                datos={"importacion_id": import_id, "creados": ids},
            )
            await _announce(tx, actor, import_id, batch)
        done += len(batch)
        progress("escribir", done, len(orders))


def _id_of(actor: Actor | None) -> UUID | None:
    return actor.usuario_id if actor else None


def _moved(order: OrdenLeida, now: datetime) -> datetime:
    return order.fila.ultimo_movimiento_en or order.fila.fecha_ejecucion or now


def _row(place: int, order: OrdenLeida, now: datetime) -> dict[str, Any]:
    row = order.fila
    return {
        "lugar": place,
        "id": order.id,
        "referencia": row.referencia,
        "cliente_id": order.cliente_id,
        "servicio_id": order.servicio_id,
        "tecnico_id": order.tecnico_id,
        "tipo": Tipo.REVISION if order.garantia_de else Tipo.NORMAL,
        "estado": order.estado,
        "descripcion": row.descripcion,
        "garantia_de": order.garantia_de,
        "raiz_id": order.raiz_id,
        "periodicidad_meses": row.periodicidad_meses,
        "fecha_programada": row.fecha_programada,
        "fecha_ejecucion": row.fecha_ejecucion,
        "ultimo_movimiento_en": _moved(order, now),
        "calificacion_id": uuid7(),
        "estrellas": row.estrellas,
        "comentario": row.comentario,
        "calificada_en": row.calificada_en or row.fecha_ejecucion,
    }


async def _plan(db: Db, batch: Sequence[OrdenLeida], now: datetime, zona: ZoneInfo) -> None:
    """Write the visits of the plans that came in: the last one that was made, and those that are next."""
    plans = [plan for order in batch if (plan := _plan_of(order, zona)) is not None]
    await store.insert_done(db, [(uuid7(), plan) for plan in plans if plan.ciclo is not None])
    lacking = [(plan, cycle, date) for plan in plans for cycle, date in rules.upcoming(plan, now, zona)]
    for start in range(0, len(lacking), _VISITS):
        await maintenance.add_visits(db, lacking[start : start + _VISITS], now)


def _plan_of(order: OrdenLeida, zona: ZoneInfo) -> Plan | None:
    row = order.fila
    if row.periodicidad_meses is None or row.fecha_ejecucion is None:
        return None
    plan = Plan(order.id, order.cliente_id, row.fecha_ejecucion, row.periodicidad_meses, None, None, None)
    last = rules.cycle_until(plan, row.mantenida_hasta, zona) if row.mantenida_hasta else 0
    if last == 0:
        return plan
    made = rules.add_months(plan.fecha_ejecucion, last * plan.periodicidad_meses, zona)
    return structs.replace(plan, ciclo=last, hasta=made, hecha_hasta=made)


async def _announce(db: Db, actor: Actor | None, import_id: UUID, batch: Sequence[OrdenLeida]) -> None:
    """Write each order's event for its client's timeline, on the import's own stream, and one for the office."""
    stream = events.import_stream(import_id)
    drafts = [
        events.Draft("work_order.updated", {"id": order.id, "version": 1}, order.cliente_id)
        for order in batch
    ]
    await events.emit_many(db, stream, drafts, actor=actor)
    flujos = [events.role_stream(rol) for rol in (Rol.ADMIN, Rol.SOPORTE)]
    datos = {"id": str(import_id), "creados": len(batch)}
    await events.emit(db, "work_orders.imported", flujos=flujos, datos=datos, actor=actor)


async def export_pages(db: Db) -> AsyncIterator[list[dict[str, Any]]]:
    """Give every order by number, a thousand at a time; none of erased clients."""
    after = 0
    while page := await store.export_page(db, after, BATCH):
        yield page
        after = page[-1]["numero"]
