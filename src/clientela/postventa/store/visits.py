"""SQL of the maintenance's visits after they are there."""

from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from clientela.core.db import Db
from clientela.postventa.visit_model import (
    Aviso,
    EstadoVisita,
    FiltroVisitas,
    MovimientoVisita,
    VisitaDeEnlace,
    VisitaPlanificada,
)

_VISITA: Final = msgspec.json.Decoder(VisitaPlanificada)
_VISITAS: Final = msgspec.json.Decoder(tuple[VisitaPlanificada, ...])
_DE_ENLACE: Final = msgspec.json.Decoder(VisitaDeEnlace)
_AVISOS: Final = msgspec.json.Decoder(tuple[Aviso, ...])
_MOVIMIENTOS: Final = msgspec.json.Decoder(tuple[MovimientoVisita, ...])


def _list(*, client: bool, technician: bool) -> str:
    """Write the list for a filter: each has a plan of its own, from an index; the earliest date first."""
    mine = "v.cliente_id = $1::uuid" if client else "$1::uuid IS NULL"
    his = (
        "v.orden_id IN (SELECT id FROM ordenes_trabajo WHERE tecnico_id = $2::uuid)"
        if technician
        else "$2::uuid IS NULL"
    )
    wanted = f"""FROM visitas_mantenimiento v
         WHERE {mine} AND {his} AND v.estado = ANY ($3::text[])
           AND v.fecha_programada >= $4::timestamptz AND v.fecha_programada < $5::timestamptz"""
    return f"""
SELECT (SELECT count(*) {wanted}) AS total,
       coalesce((SELECT json_agg(fn.visita_neutra(v) ORDER BY v.fecha_programada, v.id) FROM (
            SELECT v.* {wanted}
             ORDER BY v.fecha_programada, v.id LIMIT $6 OFFSET $7) v), '[]') AS visitas"""  # noqa: S608


LIST_ALL: Final = _list(client=False, technician=False)
LIST_OF_CLIENT: Final = _list(client=True, technician=False)
LIST_OF_TECHNICIAN: Final = _list(client=False, technician=True)
LIST_OF_BOTH: Final = _list(client=True, technician=True)
_LISTS: Final = {
    (False, False): LIST_ALL,
    (True, False): LIST_OF_CLIENT,
    (False, True): LIST_OF_TECHNICIAN,
    (True, True): LIST_OF_BOTH,
}


async def find(
    db: Db, wanted: FiltroVisitas, since: datetime, until: datetime, limit: int, offset: int
) -> tuple[tuple[VisitaPlanificada, ...], int]:
    """Return one page of the visits from `since` until before `until`, and how many there are."""
    row = await db.fetchrow(
        _LISTS[wanted.cliente_id is not None, wanted.tecnico_id is not None],
        wanted.cliente_id,
        wanted.tecnico_id,
        [wanted.estado] if wanted.estado else list(EstadoVisita),
        since,
        until,
        limit,
        offset,
    )
    assert row is not None  # noqa: S101
    return _VISITAS.decode(row["visitas"]), row["total"]


READ: Final = """
SELECT fn.visita_neutra(v) AS visita,
       coalesce((SELECT json_agg(json_build_object(
                            'accion', m.accion, 'de', m.de, 'a', m.a, 'motivo', m.motivo, 'actor_id', m.actor_id,
                            'creado_en', m.creado_en) ORDER BY m.posicion)
                   FROM visita_movimientos m WHERE m.visita_id = v.id), '[]') AS movimientos
  FROM visitas_mantenimiento v WHERE v.id = $1::uuid"""


async def read(db: Db, visita_id: UUID) -> tuple[VisitaPlanificada, tuple[MovimientoVisita, ...]] | None:
    """Return a visit and what happened to it, oldest first."""
    row = await db.fetchrow(READ, visita_id)
    return None if row is None else (_VISITA.decode(row["visita"]), _MOVIMIENTOS.decode(row["movimientos"]))


MOVE: Final = """
SELECT fn.visita_mover($1::uuid, $2::text, $3::timestamptz, $4::text, $5::bigint, $6::timestamptz, $7::uuid,
                       $8::timestamptz)"""


async def postpone(
    db: Db,
    visita_id: UUID,
    fecha: datetime,
    motivo: str,
    version: int | None,
    *,
    actor_id: UUID,
    now: datetime,
) -> VisitaPlanificada:
    """Move a visit to another date, by the office; errors as `fn.visita_mover`."""
    found = await db.fetchval(MOVE, visita_id, "pospuesta", fecha, motivo, version, None, actor_id, now)
    return _VISITA.decode(found)


DO: Final = "SELECT fn.visita_hacer($1::uuid, $2::text, $3::uuid, $4::bigint, $5::uuid, $6::timestamptz)"


async def do(
    db: Db,
    visita_id: UUID,
    nota: str | None,
    version: int | None,
    *,
    tecnico_id: UUID | None,
    actor_id: UUID,
    now: datetime,
) -> VisitaPlanificada:
    """Write that a visit was made without a work order; errors as `fn.visita_hacer`."""
    return _VISITA.decode(await db.fetchval(DO, visita_id, nota, tecnico_id, version, actor_id, now))


BY_LINK: Final = "SELECT fn.visita_para_enlace($1::uuid)"


async def by_link(db: Db, visita_id: UUID) -> VisitaDeEnlace | None:
    """Return what a link shows of a visit; None where it is gone, or its client is inactive."""
    found = await db.fetchval(BY_LINK, visita_id)
    return None if found is None else _DE_ENLACE.decode(found)


async def move_by_client(
    db: Db, visita_id: UUID, fecha: datetime, motivo: str | None, *, known: datetime, now: datetime
) -> None:
    """Move a visit to another date, by its client, who knows its date; errors as `fn.visita_mover`."""
    await db.fetchval(MOVE, visita_id, "movida", fecha, motivo, None, known, None, now)


CONFIRM: Final = "SELECT fn.visita_confirmar($1::uuid, $2::timestamptz, $3::timestamptz)"


async def confirm(db: Db, visita_id: UUID, *, known: datetime, now: datetime) -> bool:
    """Write that a client, who knows a visit's date, confirmed it; False if he had. Errors as `fn.visita_retener`."""
    done: bool = await db.fetchval(CONFIRM, visita_id, known, now)
    return done


REMIND: Final = "SELECT fn.visitas_avisar($1::timestamptz, $2::integer, $3::timestamptz)"


async def remind(db: Db, until: datetime, limit: int, now: datetime) -> tuple[Aviso, ...]:
    """Take visits that are due before an instant and whose clients were not reminded of their date."""
    return _AVISOS.decode(await db.fetchval(REMIND, until, limit, now))
