"""All SQL of the carts."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from clientela.carritos.model import Carrito
from clientela.core.db import Db

_DECODER: Final = msgspec.json.Decoder(Carrito)


READ_OWN: Final = """
SELECT c.escrito, CASE WHEN c.escrito THEN fn.carrito_neutro(c) END AS carrito
  FROM clientes cl
  LEFT JOIN carritos c ON c.usuario_id = cl.usuario_principal_id AND c.vendedor_id IS NULL AND c.deleted_at IS NULL
 WHERE cl.id = $1::uuid"""


async def read_own(db: Db, cliente_id: UUID) -> tuple[bool, Carrito | None]:
    """Tell whether there is such a client, and his own cart if it was ever written."""
    row = await db.fetchrow(READ_OWN, cliente_id)
    if row is None:
        return False, None
    return True, _DECODER.decode(row["carrito"]) if row["escrito"] else None


REPLACE: Final = """
SELECT fn.carrito_reemplazar($1::uuid, $2::uuid[], $3::numeric[], $4::boolean[], $5::bigint, $6::uuid, $7::uuid,
                             $8::timestamptz)"""


async def replace(
    db: Db,
    cliente_id: UUID,
    lines: tuple[list[Any], list[Any], list[Any]],
    version: int | None,
    *,
    new_id: UUID,
    actor_id: UUID,
    now: datetime,
) -> Carrito:
    """Replace the lines (as `rules.arrays` writes them) of a client's own cart.

    The errors are those of `fn.carrito_reemplazar`.
    """
    found = await db.fetchval(REPLACE, cliente_id, *lines, version, new_id, actor_id, now)
    return _DECODER.decode(found)


# --- everything of one person ----------------------------------------------------------------------------------

HAND_OUT: Final = "SELECT fn.carritos_exportar($1::uuid[])"
FORGET: Final = "SELECT fn.carritos_olvidar($1::uuid[])"


async def hand_out(db: Db, clients: Sequence[UUID]) -> Any:
    """Return everything that is kept of some clients."""
    return msgspec.json.decode(await db.fetchval(HAND_OUT, list(clients)))


async def forget(db: Db, clients: Sequence[UUID]) -> None:
    """Forget what some clients wrote."""
    await db.execute(FORGET, list(clients))


HAND_OVER: Final = "SELECT fn.carritos_mover($1::uuid, $2::uuid, $3::timestamptz)"


async def hand_over(db: Db, source: UUID, target: UUID, now: datetime) -> int:
    """Give what belongs to one client to another; return how many lines."""
    return int(await db.fetchval(HAND_OVER, source, target, now))
