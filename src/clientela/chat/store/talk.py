"""SQL of the talks themselves."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from clientela.chat.model import MensajeChat, Sent, Sesion
from clientela.core.db import Db

_SESION: Final = msgspec.json.Decoder(Sesion)
_MENSAJES: Final = msgspec.json.Decoder(tuple[MensajeChat, ...])
_SENT: Final = msgspec.json.Decoder(Sent)

ACTIVE: Final = "SELECT fn.chat_activa($1::uuid, $2::integer)"


async def active(db: Db, usuario_id: UUID, messages: int) -> Sesion | None:
    """Return the open session of a customer with its latest messages."""
    found = await db.fetchval(ACTIVE, usuario_id, messages)
    return None if found is None else _SESION.decode(found)


OPEN: Final = "SELECT fn.chat_abrir($1::uuid, $2::uuid, $3::uuid, $4::text, $5::timestamptz)"


async def insert(db: Db, session_id: UUID, usuario_id: UUID, cliente_id: UUID, now: datetime) -> Sesion:
    """Open a session; errors as `fn.chat_abrir`."""
    return _SESION.decode(
        await db.fetchval(OPEN, session_id, usuario_id, cliente_id, db.settings.zona_horaria, now)
    )


READ: Final = "SELECT fn.chat_mensajes_leer($1::uuid, $2::uuid, $3::boolean, $4::bigint, $5::integer)"


async def read(
    db: Db, session_id: UUID, actor_id: UUID, *, support: bool, after: int | None, limit: int
) -> tuple[MensajeChat, ...]:
    """Return messages, oldest first: those after a seq, or the latest; errors as `fn.chat_acceder`."""
    return _MENSAJES.decode(await db.fetchval(READ, session_id, actor_id, support, after, limit))


SEND: Final = """
SELECT fn.chat_enviar($1::uuid, $2::uuid, $3::uuid, $4::boolean, $5::text, $6::text, $7::integer, $8::text,
                      $9::timestamptz)"""


async def send(
    db: Db,
    message_id: UUID,
    session_id: UUID | None,
    actor_id: UUID,
    *,
    support: bool,
    texto: str,
    client_message_id: str | None,
    most: int,
    now: datetime,
) -> Sent:
    """Write a message, unless it is there; errors as `fn.chat_enviar`."""
    zona = db.settings.zona_horaria
    found = await db.fetchval(
        SEND, message_id, session_id, actor_id, support, texto, client_message_id, most, zona, now
    )
    return _SENT.decode(found)


MARK_READ: Final = "SELECT fn.chat_leer($1::uuid, $2::uuid, $3::boolean, $4::bigint, $5::timestamptz)"


async def mark_read(
    db: Db, session_id: UUID, actor_id: UUID, *, support: bool, until: int | None, now: datetime
) -> None:
    """Mark what the other side wrote as read; errors as `fn.chat_acceder`."""
    await db.execute(MARK_READ, session_id, actor_id, support, until, now)


CLOSE: Final = "SELECT fn.chat_cerrar($1::uuid, $2::uuid, $3::boolean, $4::timestamptz)"


async def close(db: Db, session_id: UUID, actor_id: UUID, *, support: bool, now: datetime) -> None:
    """Close a session; errors as `fn.chat_acceder`."""
    await db.execute(CLOSE, session_id, actor_id, support, now)


OTHER_SIDE: Final = "SELECT fn.chat_escribe($1::uuid, $2::uuid, $3::boolean)"


async def other_side(db: Db, session_id: UUID, actor_id: UUID, *, support: bool) -> list[str]:
    """Return the streams of the other side of an open session; errors as `fn.chat_escribe`."""
    return list(await db.fetchval(OTHER_SIDE, session_id, actor_id, support))


BY_ID: Final = """
SELECT coalesce(json_agg(fn.chat_mensaje_neutro(m, s.leido_usuario, s.leido_soporte)), '[]')
  FROM chat_mensajes m JOIN chat_sesiones s ON s.id = m.sesion_id
 WHERE m.id = ANY ($1::uuid[]) AND s.borrado_en IS NULL"""


async def by_id(db: Db, ids: Sequence[UUID]) -> tuple[MensajeChat, ...]:
    """Return messages by their identifiers, in no order; those that are not there are left out."""
    return _MENSAJES.decode(await db.fetchval(BY_ID, list(ids)))


# --- everything of one person ----------------------------------------------------------------------------------

HAND_OUT: Final = "SELECT fn.chat_exportar($1::uuid[])"
FORGET: Final = "SELECT fn.chat_olvidar($1::uuid[], $2::timestamptz)"
HAND_OVER: Final = "SELECT fn.chat_mover($1::uuid, $2::uuid, $3::timestamptz)"


async def hand_out(db: Db, clients: Sequence[UUID]) -> Any:
    """Return everything that is kept of some clients."""
    return msgspec.json.decode(await db.fetchval(HAND_OUT, list(clients)))


async def forget(db: Db, clients: Sequence[UUID], now: datetime) -> None:
    """Forget what some clients, and who answered them, wrote."""
    await db.execute(FORGET, list(clients), now)


async def hand_over(db: Db, source: UUID, target: UUID, now: datetime) -> None:
    """Give one client's sessions to another."""
    await db.execute(HAND_OVER, source, target, now)
