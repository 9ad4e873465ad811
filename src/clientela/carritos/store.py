"""All SQL of the carts."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from msgspec import UNSET

from clientela.carritos.model import (
    Aceptada,
    CambioLinea,
    Carrito,
    EstadoPropuesta,
    Llave,
    PaginaPropuestas,
    Propuesta,
    Recuperado,
    Reemplazo,
)
from clientela.core.db import Db

_DECODER: Final = msgspec.json.Decoder(Carrito)
_REPLACED: Final = msgspec.json.Decoder(Reemplazo)
_RECOVERED: Final = msgspec.json.Decoder(Recuperado)
_PROPOSAL: Final = msgspec.json.Decoder(Propuesta)
_PROPOSALS: Final = msgspec.json.Decoder(tuple[Propuesta, ...])
_ACCEPTED: Final = msgspec.json.Decoder(Aceptada)


READ_OWN: Final = """
SELECT c.escrito, CASE WHEN c.escrito THEN fn.carrito_neutro(c, $2::timestamptz) END AS carrito
  FROM clientes cl
  LEFT JOIN carritos c ON c.usuario_id = cl.usuario_principal_id AND c.vendedor_id IS NULL AND c.deleted_at IS NULL
 WHERE cl.id = $1::uuid"""


async def read_own(db: Db, cliente_id: UUID, now: datetime) -> tuple[bool, Carrito | None]:
    """Tell whether there is such a client, and his own cart if it was ever written."""
    row = await db.fetchrow(READ_OWN, cliente_id, now)
    if row is None:
        return False, None
    return True, _DECODER.decode(row["carrito"]) if row["escrito"] else None


REPLACE: Final = """
SELECT fn.carrito_reemplazar($1::uuid, $2::uuid[], $3::numeric[], $4::boolean[], $5::bigint, $6::uuid, $7::uuid,
                             $8::uuid, $9::timestamptz)"""


async def replace(
    db: Db,
    cliente_id: UUID,
    lines: tuple[list[Any], list[Any], list[Any]],
    version: int | None,
    *,
    new_id: UUID,
    actor_id: UUID,
    session_id: UUID | None,
    now: datetime,
) -> Reemplazo:
    """Replace the lines (as `rules.arrays` writes them) of a client's own cart.

    The errors are those of `fn.carrito_reemplazar`.
    """
    found = await db.fetchval(REPLACE, cliente_id, *lines, version, new_id, actor_id, session_id, now)
    return _REPLACED.decode(found)


READ: Final = "SELECT fn.carrito_leer($1::uuid, $2::uuid, $3::uuid, $4::boolean, $5::uuid, $6::timestamptz)"


async def read(db: Db, key: Llave, *, new_id: UUID, now: datetime) -> Carrito:
    """Return the cart of a key, made as `new_id` if there is none; errors as `fn.carrito_leer`."""
    return _DECODER.decode(await db.fetchval(READ, *_key(key), new_id, now))


PUT_LINE: Final = """
SELECT fn.carrito_poner_linea($1::uuid, $2::uuid, $3::uuid, $4::boolean, $5::uuid, $6::numeric, $7::boolean,
                              $8::bigint, $9::boolean, $10::text, $11::boolean, $12::bigint, $13::uuid, $14::uuid,
                              $15::timestamptz)"""


async def put_line(
    db: Db,
    key: Llave,
    change: CambioLinea,
    version: int | None,
    *,
    new_id: UUID,
    actor_id: UUID,
    now: datetime,
) -> Carrito:
    """Add to a line or set it, in the cart of a key; errors as `fn.carrito_poner_linea`."""
    found = await db.fetchval(
        PUT_LINE,
        *_key(key),
        change.producto_id,
        change.cantidad,
        change.sumar,
        change.campania_aplicada_id or None,
        change.campania_aplicada_id is not UNSET,
        change.motivo_descuento or None,
        change.motivo_descuento is not UNSET,
        version,
        new_id,
        actor_id,
        now,
    )
    return _DECODER.decode(found)


# --- everything of one person ----------------------------------------------------------------------------------

HAND_OUT: Final = "SELECT fn.carritos_exportar($1::uuid[], $2::boolean)"
FORGET: Final = "SELECT fn.carritos_olvidar($1::uuid[])"


async def hand_out(db: Db, clients: Sequence[UUID], *, own: bool) -> Any:
    """Return everything that is kept of some clients; `own`: without what sellers keep for them."""
    return msgspec.json.decode(await db.fetchval(HAND_OUT, list(clients), own))


async def forget(db: Db, clients: Sequence[UUID]) -> None:
    """Forget what some clients wrote."""
    await db.execute(FORGET, list(clients))


HAND_OVER: Final = "SELECT fn.carritos_mover($1::uuid, $2::uuid, $3::timestamptz)"


async def hand_over(db: Db, source: UUID, target: UUID, now: datetime) -> int:
    """Give what belongs to one client to another; return how many lines."""
    return int(await db.fetchval(HAND_OVER, source, target, now))


REMOVE: Final = """
SELECT fn.carrito_quitar($1::uuid, $2::uuid, $3::uuid, $4::boolean, $5::uuid, $6::bigint, $7::uuid, $8::uuid,
                         $9::timestamptz)"""


async def remove(
    db: Db,
    key: Llave,
    producto_id: UUID | None,
    version: int | None,
    *,
    new_id: UUID,
    actor_id: UUID,
    now: datetime,
) -> Carrito:
    """Take a product, or everything (None), out of the cart of a key; errors as `fn.carrito_quitar`."""
    found = await db.fetchval(REMOVE, *_key(key), producto_id, version, new_id, actor_id, now)
    return _DECODER.decode(found)


def _key(key: Llave) -> tuple[UUID | None, UUID | None, UUID | None, bool]:
    return key.usuario_id, key.cliente_id, key.vendedor_id, key.admin


# --- proposals -------------------------------------------------------------------------------------------------

PROPOSE: Final = "SELECT fn.carrito_proponer($1::uuid, $2::uuid, $3::boolean, $4::uuid, $5::timestamptz)"


async def propose(
    db: Db, carrito_id: UUID, actor_id: UUID, *, admin: bool, new_id: UUID, now: datetime
) -> Propuesta:
    """Propose what a seller's cart holds, as `new_id`; errors as `fn.carrito_proponer`."""
    return _PROPOSAL.decode(await db.fetchval(PROPOSE, carrito_id, actor_id, admin, new_id, now))


ACCEPT: Final = "SELECT fn.propuesta_aceptar($1::uuid, $2::uuid, $3::uuid, $4::uuid, $5::timestamptz)"


async def accept(
    db: Db, propuesta_id: UUID, cliente_id: UUID, *, new_cart_id: UUID, actor_id: UUID, now: datetime
) -> Aceptada:
    """Add a proposal to its client's own cart; errors as `fn.propuesta_aceptar`."""
    return _ACCEPTED.decode(await db.fetchval(ACCEPT, propuesta_id, cliente_id, new_cart_id, actor_id, now))


DECLINE: Final = "SELECT fn.propuesta_rechazar($1::uuid, $2::uuid, $3::uuid, $4::timestamptz)"


async def decline(
    db: Db, propuesta_id: UUID, cliente_id: UUID, *, actor_id: UUID, now: datetime
) -> Propuesta:
    """Decline a proposal; errors as `fn.propuesta_rechazar`."""
    return _PROPOSAL.decode(await db.fetchval(DECLINE, propuesta_id, cliente_id, actor_id, now))


def _proposals(where: str) -> str:
    # One statement for each way into the table, so that each has the index that fits it.
    where = f"{where} AND ($2::text IS NULL OR p.estado = $2)"
    return f"""
WITH pagina AS (SELECT p.id FROM propuestas p WHERE {where} ORDER BY p.id DESC LIMIT $3 OFFSET $4)
SELECT (SELECT count(*) FROM propuestas p WHERE {where}) AS total,
       coalesce((SELECT json_agg(fn.propuesta_neutra(p) ORDER BY p.id DESC)
                   FROM pagina JOIN propuestas p USING (id)), '[]') AS propuestas"""  # noqa: S608


PROPOSALS_OF_CLIENT: Final = _proposals("p.cliente_id = $1")
PROPOSALS_OF_SELLER: Final = _proposals("p.vendedor_id = $1")
ALL_PROPOSALS: Final = _proposals("$1::uuid IS NULL")


async def find_proposals(
    db: Db, statement: str, owner: UUID | None, estado: EstadoPropuesta | None, limit: int, offset: int
) -> PaginaPropuestas:
    """Return one page of one of the lists above, the latest first."""
    row = await db.fetchrow(statement, owner, estado, limit, offset)
    assert row is not None  # noqa: S101
    return PaginaPropuestas(_PROPOSALS.decode(row["propuestas"]), row["total"])


HAND_OUT_PROPOSALS: Final = "SELECT fn.propuestas_exportar($1::uuid[])"


async def hand_out_proposals(db: Db, clients: Sequence[UUID]) -> Any:
    """Return every proposal that was made to some clients."""
    return msgspec.json.decode(await db.fetchval(HAND_OUT_PROPOSALS, list(clients)))


# --- carts that nobody touches ---------------------------------------------------------------------------------

EMPTY_UNTOUCHED: Final = "SELECT fn.carritos_vaciar($1::timestamptz, $2::integer, $3::timestamptz)"


async def empty_untouched(db: Db, until: datetime, limit: int, *, now: datetime) -> int:
    """Empty up to `limit` carts that nobody wrote to since `until`; return how many."""
    return int(await db.fetchval(EMPTY_UNTOUCHED, until, limit, now))


PURGE_EMPTIED: Final = "SELECT fn.carritos_purgar($1::timestamptz, $2::integer)"


async def purge_emptied(db: Db, until: datetime, limit: int) -> int:
    """Forget up to `limit` lines that were taken out before `until`; return how many."""
    return int(await db.fetchval(PURGE_EMPTIED, until, limit))


RECOVER: Final = """
SELECT fn.carrito_recuperar($1::uuid, $2::uuid, $3::boolean, $4::bigint, $5::timestamptz, $6::timestamptz)"""


async def recover(
    db: Db,
    carrito_id: UUID,
    actor_id: UUID,
    version: int | None,
    *,
    admin: bool,
    since: datetime,
    now: datetime,
) -> Recuperado:
    """Add what a cart lost since an instant to what is in it; errors as `fn.carrito_recuperar`."""
    found = await db.fetchval(RECOVER, carrito_id, actor_id, admin, version, since, now)
    return _RECOVERED.decode(found)
