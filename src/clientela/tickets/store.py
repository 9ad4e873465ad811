"""All SQL of the tickets."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from clientela.core.actor import Actor
from clientela.core.db import Db, Record
from clientela.tickets.model import (
    Apertura,
    Autor,
    EstadoTicket,
    Filtro,
    Mensaje,
    Pagina,
    Ticket,
    TicketCompleto,
    TipoTicket,
)

_COLUMNS: Final = (
    "id, numero, tipo, folio, estado, asunto, cliente_id, pedido_id, orden_id, version, creado_en, "
    "actualizado_en"
)
_MESSAGES: Final = msgspec.json.Decoder(tuple[Mensaje, ...])

# The seed keeps these locks apart from those of other things whose names might hash alike.
LOCK_OPENING: Final = "SELECT pg_advisory_xact_lock(hashtextextended($1::text, 17))"


async def lock_opening(db: Db, usuario_id: UUID, tipo: TipoTicket) -> None:
    """Let nobody else open a ticket of this kind for this user until the transaction ends."""
    await db.execute(LOCK_OPENING, f"ticket:{usuario_id}:{tipo}")


FIND_TWIN: Final = f"""
SELECT {_COLUMNS}
  FROM tickets t
 WHERE t.usuario_id = $1::uuid AND t.tipo = $2 AND t.creado_en >= $5::timestamptz AND t.asunto = $3
   AND t.pedido_id IS NOT DISTINCT FROM $6::uuid AND t.orden_id IS NOT DISTINCT FROM $7::uuid
   AND EXISTS (SELECT 1 FROM ticket_mensajes m WHERE m.ticket_id = t.id AND m.seq = 1 AND m.texto = $4)
 ORDER BY t.numero DESC
 LIMIT 1"""  # noqa: S608


async def find_twin(db: Db, usuario_id: UUID, new: Apertura, *, since: datetime) -> Ticket | None:
    """Return the ticket that somebody opened with the same texts about the same order since an instant."""
    about = (new.pedido_id, new.orden_id)
    row = await db.fetchrow(FIND_TWIN, usuario_id, new.tipo, new.asunto, new.texto, since, *about)
    return _ticket(row) if row else None


INSERT: Final = f"""
WITH nuevo AS (
    INSERT INTO tickets (id, tipo, asunto, usuario_id, cliente_id, pedido_id, orden_id, version, mensajes,
                         creado_en, actualizado_en)
    VALUES ($1::uuid, $2, $3, $4::uuid, $5::uuid, $9::uuid, $10::uuid, 1, 1, $8::timestamptz, $8::timestamptz)
    RETURNING {_COLUMNS}
), primero AS (
    INSERT INTO ticket_mensajes (ticket_id, seq, autor_id, de_personal, texto, creado_en)
    SELECT id, 1, $4::uuid, $6::boolean, $7, $8::timestamptz FROM nuevo
)
SELECT {_COLUMNS} FROM nuevo"""  # noqa: S608


async def insert(db: Db, ticket_id: UUID, new: Apertura, *, author: Actor, now: datetime) -> Ticket:
    """Add a ticket with its first message."""
    owner = (author.usuario_id, author.cliente_id, author.es_personal)
    about = (new.pedido_id, new.orden_id)
    rows = await db.fetch(INSERT, ticket_id, new.tipo, new.asunto, *owner, new.texto, now, *about)
    return _ticket(rows[0])


def _list(where: str) -> str:
    # The total stands beside every row, and alone when the page is past the end.
    return f"""
WITH total AS (SELECT count(*) AS total FROM tickets WHERE {where}),
pagina AS (SELECT {_COLUMNS} FROM tickets WHERE {where} ORDER BY numero DESC LIMIT $3 OFFSET $4)
SELECT total.total, pagina.* FROM total LEFT JOIN pagina ON true ORDER BY pagina.numero DESC"""  # noqa: S608


_KIND: Final = "($1::text IS NULL OR tipo = $1) AND ($2::text IS NULL OR estado = $2)"
LIST_ALL: Final = _list(_KIND)
LIST_OF_CLIENT: Final = _list(f"{_KIND} AND cliente_id = $5::uuid")


async def find_all(db: Db, wanted: Filtro, limit: int, offset: int) -> Pagina:
    """Return one page of everybody's tickets."""
    return _page(await db.fetch(LIST_ALL, wanted.tipo, wanted.estado, limit, offset))


async def find_of_client(db: Db, cliente_id: UUID | None, wanted: Filtro, limit: int, offset: int) -> Pagina:
    """Return one page of a client's tickets; without a client there are none."""
    return _page(await db.fetch(LIST_OF_CLIENT, wanted.tipo, wanted.estado, limit, offset, cliente_id))


def _page(rows: list[Record]) -> Pagina:
    return Pagina(tuple(_ticket(row) for row in rows if row["id"] is not None), rows[0]["total"])


def _read(where: str) -> str:
    return f"""
SELECT {_COLUMNS}, (
           SELECT json_agg(json_build_object(
                      'seq', m.seq,
                      'autor', CASE WHEN m.de_personal THEN '{Autor.PERSONAL}' ELSE '{Autor.CLIENTE}' END,
                      'texto', m.texto,
                      'creado_en', m.creado_en) ORDER BY m.seq)
             FROM ticket_mensajes m WHERE m.ticket_id = t.id) AS conversacion
  FROM tickets t
 WHERE {where}"""  # noqa: S608


READ_BY_ID: Final = _read("t.id = $1::uuid")
READ_BY_NUMBER: Final = _read("t.numero = $1::bigint")


async def read(db: Db, ticket_id: UUID | int) -> TicketCompleto | None:
    """Return a ticket with its messages, by its UUID or its `numero`."""
    row = await db.fetchrow(READ_BY_ID if isinstance(ticket_id, UUID) else READ_BY_NUMBER, ticket_id)
    return (
        TicketCompleto(**_fields(row), mensajes=_MESSAGES.decode(row["conversacion"] or "[]"))
        if row
        else None
    )


def _ticket(row: Record) -> Ticket:
    return Ticket(**_fields(row))


def _fields(row: Record) -> dict[str, Any]:
    return {
        "id": row["id"],
        "numero": row["numero"],
        "tipo": TipoTicket(row["tipo"]),
        "folio": row["folio"],
        "estado": EstadoTicket(row["estado"]),
        "asunto": row["asunto"],
        "cliente_id": row["cliente_id"],
        "pedido_id": row["pedido_id"],
        "orden_id": row["orden_id"],
        "version": row["version"],
        "creado_en": row["creado_en"],
        "actualizado_en": row["actualizado_en"],
    }


# --- everything of one person ----------------------------------------------------------------------------------

HAND_OUT: Final = "SELECT fn.tickets_exportar($1::uuid[])"
FORGET: Final = "SELECT fn.tickets_olvidar($1::uuid[], $2::timestamptz)"


async def hand_out(db: Db, clients: Sequence[UUID]) -> Any:
    """Return everything that is kept of some clients."""
    return msgspec.json.decode(await db.fetchval(HAND_OUT, list(clients)))


async def forget(db: Db, clients: Sequence[UUID], now: datetime) -> None:
    """Forget what some clients wrote."""
    await db.execute(FORGET, list(clients), now)


HAND_OVER: Final = "SELECT fn.tickets_mover($1::uuid, $2::uuid, $3::timestamptz)"


async def hand_over(db: Db, source: UUID, target: UUID, now: datetime) -> None:
    """Give what belongs to one client to another."""
    await db.execute(HAND_OVER, source, target, now)
