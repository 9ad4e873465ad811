"""SQL of the canned replies."""

from datetime import datetime
from typing import Final
from uuid import UUID

from clientela.chat.model import Respuesta
from clientela.core.db import Db, Record

_COLUMNS: Final = "id, atajo, texto, version, creado_en, actualizado_en"

LIST: Final = f"""
WITH total AS (SELECT count(*) AS total FROM chat_respuestas),
pagina AS (SELECT {_COLUMNS} FROM chat_respuestas ORDER BY normalizar(atajo), id LIMIT $1 OFFSET $2)
SELECT total.total, pagina.* FROM total LEFT JOIN pagina ON true ORDER BY normalizar(atajo), id"""  # noqa: S608


async def find(db: Db, limit: int, offset: int) -> tuple[tuple[Respuesta, ...], int]:
    """Return one page of the replies by their short words, and how many there are."""
    rows = await db.fetch(LIST, limit, offset)
    return tuple(_reply(row) for row in rows if row["id"] is not None), rows[0]["total"]


INSERT: Final = f"""
INSERT INTO chat_respuestas (id, atajo, texto, creado_en, actualizado_en)
VALUES ($1::uuid, $2, $3, $4::timestamptz, $4::timestamptz)
RETURNING {_COLUMNS}"""  # noqa: S608


async def insert(db: Db, reply_id: UUID, atajo: str, texto: str, now: datetime) -> Respuesta:
    """Add a reply; UniqueViolation for a short word that is there."""
    return _reply(await db.fetchrow(INSERT, reply_id, atajo, texto, now))


LOCK: Final = f"SELECT {_COLUMNS} FROM chat_respuestas WHERE id = $1::uuid FOR NO KEY UPDATE"  # noqa: S608


async def lock(db: Db, reply_id: UUID) -> Respuesta | None:
    """Return a reply and hold it until the transaction ends."""
    row = await db.fetchrow(LOCK, reply_id)
    return None if row is None else _reply(row)


WRITE: Final = f"""
UPDATE chat_respuestas SET atajo = $2, texto = $3, version = version + 1, actualizado_en = $4::timestamptz
 WHERE id = $1::uuid
RETURNING {_COLUMNS}"""  # noqa: S608


async def write(db: Db, reply: Respuesta, now: datetime) -> Respuesta:
    """Store a reply; UniqueViolation for a short word that is there."""
    return _reply(await db.fetchrow(WRITE, reply.id, reply.atajo, reply.texto, now))


DELETE: Final = "DELETE FROM chat_respuestas WHERE id = $1::uuid"


async def delete(db: Db, reply_id: UUID) -> None:
    """Remove a reply."""
    await db.execute(DELETE, reply_id)


def _reply(row: Record) -> Respuesta:
    return Respuesta(
        row["id"], row["atajo"], row["texto"], row["version"], row["creado_en"], row["actualizado_en"]
    )
