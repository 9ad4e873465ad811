"""SQL of the work orders."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from clientela.core import values
from clientela.core.db import Db
from clientela.postventa.model import (
    Accion,
    Agendada,
    Estado,
    Historia,
    Movimiento,
    NuevaOrden,
    Orden,
    OrdenCompleta,
    Resumen,
)

_ORDEN: Final = msgspec.json.Decoder(Orden)
_MOVIMIENTOS: Final = msgspec.json.Decoder(tuple[Movimiento, ...])
_AGENDADA: Final = msgspec.json.Decoder(Agendada)
_RESUMEN: Final = msgspec.json.Decoder(Resumen)

CREATE: Final = """
SELECT fn.orden_crear($1::uuid, $2::uuid, $3::uuid, $4::uuid, $5::timestamptz, $6::text, $7::jsonb, $8::boolean,
                      $9::uuid, $10::timestamptz, $11::uuid)"""


async def create(
    db: Db, orden_id: UUID, new: NuevaOrden, *, block: bool, actor_id: UUID, now: datetime
) -> Agendada:
    """Make a work order; errors as `fn.orden_crear`."""
    history = None if new.historia is None else values.dumps(_history(new.historia))
    found = await db.fetchval(
        CREATE,
        orden_id,
        new.cliente_id,
        new.servicio_id,
        new.tecnico_id,
        new.fecha_programada,
        new.descripcion,
        history,
        block,
        actor_id,
        now,
        new.visita_id,
    )
    return _AGENDADA.decode(found)


def _history(history: Historia) -> dict[str, Any]:
    return {name: value for name, value in msgspec.to_builtins(history).items() if value is not None}


def _read(where: str) -> str:
    return f"""
SELECT fn.orden_neutra(o) AS orden,
       coalesce((SELECT json_agg(json_build_object(
                            'accion', m.accion, 'texto', m.texto, 'tecnico_id', m.tecnico_id,
                            'fecha_programada', m.fecha_programada, 'actor_id', m.actor_id,
                            'creado_en', m.creado_en) ORDER BY m.posicion)
                   FROM orden_movimientos m WHERE m.orden_id = o.id), '[]') AS movimientos
  FROM ordenes_trabajo o WHERE {where}"""  # noqa: S608


READ: Final = _read("o.id = $1::uuid")
READ_BY_NUMBER: Final = _read("o.numero = $1::bigint")


async def read(db: Db, ref: UUID | int) -> OrdenCompleta | None:
    """Return a work order with its movements, by its identifier or its number."""
    row = await db.fetchrow(READ if isinstance(ref, UUID) else READ_BY_NUMBER, ref)
    if row is None:
        return None
    orden = _ORDEN.decode(row["orden"])
    return OrdenCompleta(**msgspec.structs.asdict(orden), movimientos=_MOVIMIENTOS.decode(row["movimientos"]))


ASSIGN: Final = """
SELECT fn.orden_asignar($1::uuid, $2::uuid, $3::boolean, $4::text[], $5::bigint, $6::boolean, $7::uuid,
                        $8::timestamptz)"""


async def assign(
    db: Db,
    orden_id: UUID,
    tecnico_id: UUID,
    version: int | None,
    *,
    since: Sequence[Estado],
    guarantee: bool,
    block: bool,
    actor_id: UUID,
    now: datetime,
) -> Agendada:
    """Give an order to a technician; errors as `fn.orden_asignar`."""
    found = await db.fetchval(ASSIGN, orden_id, tecnico_id, guarantee, since, version, block, actor_id, now)
    return _AGENDADA.decode(found)


RESCHEDULE: Final = """
SELECT fn.orden_reprogramar($1::uuid, $2::timestamptz, $3::text, $4::text[], $5::bigint, $6::boolean, $7::uuid,
                            $8::timestamptz)"""


async def reschedule(
    db: Db,
    orden_id: UUID,
    fecha: datetime,
    motivo: str | None,
    version: int | None,
    *,
    since: Sequence[Estado],
    block: bool,
    actor_id: UUID,
    now: datetime,
) -> Agendada:
    """Move an order to another time; errors as `fn.orden_reprogramar`."""
    found = await db.fetchval(RESCHEDULE, orden_id, fecha, motivo, since, version, block, actor_id, now)
    return _AGENDADA.decode(found)


MOVE: Final = """
SELECT fn.orden_mover($1::uuid, $2::text, $3::text, $4::text[], $5::text, $6::uuid, $7::bigint, $8::uuid,
                      $9::timestamptz)"""


async def move(
    db: Db,
    orden_id: UUID,
    accion: Accion,
    texto: str | None,
    version: int | None,
    *,
    since: Sequence[Estado],
    to: Estado | None,
    tecnico_id: UUID | None,
    actor_id: UUID,
    now: datetime,
) -> Orden:
    """Take an order to its next state, or note something; errors as `fn.orden_mover`."""
    found = await db.fetchval(MOVE, orden_id, accion, to, since, texto, tecnico_id, version, actor_id, now)
    return _ORDEN.decode(found)


SUMMARY: Final = "SELECT fn.ordenes_resumen($1::timestamptz)"


async def summary(db: Db, still_since: datetime) -> Resumen:
    """Return the three figures of the overview."""
    return _RESUMEN.decode(await db.fetchval(SUMMARY, still_since))
