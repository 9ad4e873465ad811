"""SQL of support's side: who has which session, lists, notes, ratings."""

from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from clientela.chat.model import Cola, FiltroChat, Nota, Pagina, Presencia, SesionResumida
from clientela.core.db import Db

_SESION: Final = msgspec.json.Decoder(SesionResumida)
_PAGINA: Final = msgspec.json.Decoder(Pagina)
_PRESENCIA: Final = msgspec.json.Decoder(Presencia)
_NOTA: Final = msgspec.json.Decoder(Nota)
_NOTAS: Final = msgspec.json.Decoder(tuple[Nota, ...])


def _list(where: str, order: str, support: str) -> str:
    return f"""
WITH hallados AS MATERIALIZED (SELECT s.id FROM chat_sesiones s WHERE s.borrado_en IS NULL AND {where}),
pagina AS (SELECT s.* FROM hallados JOIN chat_sesiones s USING (id) ORDER BY {order} LIMIT $1 OFFSET $2)
SELECT json_build_object(
    'total', (SELECT count(*) FROM hallados),
    'items', (SELECT coalesce(json_agg(fn.chat_fila(s, {support}) ORDER BY {order}), '[]')
                FROM (SELECT p.id FROM pagina p) p JOIN chat_sesiones s USING (id)))"""  # noqa: S608


_WANTED: Final = """($3::text IS NULL OR s.estado = $3) AND ($4::uuid IS NULL OR s.agente_id = $4)
   AND ($5::uuid IS NULL OR s.cliente_id = $5) AND ($6::timestamptz IS NULL OR s.creado_en >= $6)
   AND ($7::timestamptz IS NULL OR s.creado_en < $7)"""
LIST_ALL: Final = _list(_WANTED, "s.numero DESC", "true")
LIST_OF_CUSTOMER: Final = _list(f"{_WANTED} AND s.usuario_id = $8::uuid", "s.numero DESC", "false")


async def search(
    db: Db, wanted: FiltroChat, limit: int, offset: int, *, usuario_id: UUID | None = None
) -> Pagina:
    """Return one page of sessions, the latest first: everybody's, or those of one customer."""
    filters = (wanted.estado, wanted.agente_id, wanted.cliente_id, wanted.desde, wanted.hasta)
    if usuario_id is None:
        return _PAGINA.decode(await db.fetchval(LIST_ALL, limit, offset, *filters))
    return _PAGINA.decode(await db.fetchval(LIST_OF_CUSTOMER, limit, offset, *filters, usuario_id))


# Who waits comes first, the oldest before the others; then one's own, the latest talk before the others.
INBOX: Final = _list(
    """s.estado IN ('pending', 'active') AND (
    (s.agente_id IS NULL AND $4::text IS DISTINCT FROM 'mias')
    OR (s.agente_id = $3::uuid AND $4::text IS DISTINCT FROM 'espera'))""",
    """(s.agente_id IS NOT NULL), CASE WHEN s.agente_id IS NULL THEN s.creado_en END,
    s.ultimo_mensaje_en DESC, s.numero""",
    "true",
)


async def inbox(db: Db, usuario_id: UUID, part: Cola | None, limit: int, offset: int) -> Pagina:
    """Return one page of what waits for support and of what somebody has."""
    return _PAGINA.decode(await db.fetchval(INBOX, limit, offset, usuario_id, part))


READ: Final = "SELECT fn.chat_fila(fn.chat_acceder($1::uuid, $2::uuid, $3::boolean, false), $3::boolean)"


async def read(db: Db, session_id: UUID, actor_id: UUID, *, support: bool) -> SesionResumida:
    """Return a session; errors as `fn.chat_acceder`."""
    return _SESION.decode(await db.fetchval(READ, session_id, actor_id, support))


ASSIGN: Final = "SELECT fn.chat_asignar($1::uuid, $2::uuid, $3::bigint, $4::uuid, $5::timestamptz)"


async def assign(
    db: Db, session_id: UUID, agent_id: UUID, version: int | None, *, actor_id: UUID, now: datetime
) -> SesionResumida:
    """Give a session to an agent; errors as `fn.chat_asignar`."""
    return _SESION.decode(await db.fetchval(ASSIGN, session_id, agent_id, version, actor_id, now))


DELETE: Final = "SELECT fn.chat_borrar($1::uuid, $2::uuid, $3::timestamptz)"


async def delete(db: Db, session_id: UUID, actor_id: UUID, now: datetime) -> SesionResumida:
    """Take a session out of sight; errors as `fn.chat_acceder`."""
    return _SESION.decode(await db.fetchval(DELETE, session_id, actor_id, now))


RATE: Final = "SELECT fn.chat_calificar($1::uuid, $2::uuid, $3::integer, $4::text, $5::timestamptz)"


async def rate(
    db: Db, session_id: UUID, actor_id: UUID, stars: int, comment: str | None, now: datetime
) -> SesionResumida:
    """Rate a session; errors as `fn.chat_calificar` and `fn.chat_acceder`."""
    return _SESION.decode(await db.fetchval(RATE, session_id, actor_id, stars, comment, now))


PRESENCE: Final = "SELECT fn.chat_presencia($1::uuid)"


async def presence(db: Db, usuario_id: UUID) -> Presencia:
    """Return whether somebody is present, and who else is."""
    return _PRESENCIA.decode(await db.fetchval(PRESENCE, usuario_id))


PRESENT: Final = "SELECT fn.chat_presentarse($1::uuid, $2::text, $3::integer, $4::timestamptz)"


async def present(db: Db, usuario_id: UUID, estado: str, room: int | None, now: datetime) -> Presencia:
    """Say whether somebody is present, and for how many sessions he has room."""
    return _PRESENCIA.decode(await db.fetchval(PRESENT, usuario_id, estado, room, now))


NOTE: Final = "SELECT fn.chat_anotar($1::uuid, $2::uuid, $3::uuid, $4::text, $5::timestamptz)"


async def note(db: Db, note_id: UUID, session_id: UUID, *, actor_id: UUID, texto: str, now: datetime) -> Nota:
    """Note something about a session; errors as `fn.chat_acceder`."""
    return _NOTA.decode(await db.fetchval(NOTE, note_id, session_id, actor_id, texto, now))


NOTES: Final = "SELECT fn.chat_notas_leer($1::uuid, $2::uuid)"


async def notes(db: Db, session_id: UUID, actor_id: UUID) -> tuple[Nota, ...]:
    """Return the notes on a session, oldest first; errors as `fn.chat_acceder`."""
    return _NOTAS.decode(await db.fetchval(NOTES, session_id, actor_id))
