"""Everything of one person: held, handed out, forgotten, handed over; the work is done by functions of the database."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from clientela.clientes.model import Cliente
from clientela.clientes.store.records import CLIENTE
from clientela.core.db import Db

PERSON: Final = "SELECT unnest(fn.cliente_persona($1::uuid))"


async def person(db: Db, cliente_id: UUID) -> list[UUID]:
    """Return the records of one person: his own and those that were merged into it."""
    return [row[0] for row in await db.fetch(PERSON, cliente_id)]


# FOR UPDATE: also who only refers to a record waits, so that nothing comes to it that would be left behind.
HOLD: Final = f"""
SELECT {CLIENTE} FROM clientes c WHERE c.id = ANY ($1::uuid[]) ORDER BY c.id FOR UPDATE"""  # noqa: S608


async def hold(db: Db, ids: Sequence[UUID]) -> list[Cliente]:
    """Hold records, all in one order, against every write that has to do with them."""
    return [Cliente(**dict(row)) for row in await db.fetch(HOLD, list(ids))]


HAND_OUT: Final = """
SELECT fn.clientes_exportar($1::uuid[]) || jsonb_build_object('identidad', fn.identidad_exportar(
    ARRAY(SELECT usuario_principal_id FROM clientes WHERE id = ANY ($1::uuid[]))))"""


async def hand_out(db: Db, ids: Sequence[UUID]) -> dict[str, Any]:
    """Return everything that the register and identity keep of some clients."""
    found: dict[str, Any] = msgspec.json.decode(await db.fetchval(HAND_OUT, list(ids)))
    return found


FORGET: Final = "SELECT fn.clientes_olvidar($1::uuid[], $2::timestamptz)"
FORGET_LOGINS: Final = "SELECT fn.identidad_olvidar($1::uuid[], $2::timestamptz)"
CLOSE_LOGIN: Final = "SELECT fn.login_cerrar($1::uuid, $2, $3::timestamptz)"


async def forget(db: Db, ids: Sequence[UUID], now: datetime) -> list[str]:
    """Forget who clients were; return the keys of their files, which nothing names any more."""
    keys: list[str] = await db.fetchval(FORGET, list(ids), now)
    return keys


async def forget_logins(db: Db, users: Sequence[UUID], now: datetime) -> None:
    """Forget who users were and end whatever lets them in."""
    await db.execute(FORGET_LOGINS, list(users), now)


async def close_login(db: Db, usuario_id: UUID, motivo: str, now: datetime) -> None:
    """Take a login away for good."""
    await db.execute(CLOSE_LOGIN, usuario_id, motivo, now)


HAND_OVER: Final = "SELECT fn.clientes_mover($1::uuid, $2::uuid, $3, $4::timestamptz)"


async def hand_over(db: Db, source: UUID, target: UUID, windows: str, now: datetime) -> list[str]:
    """Give what belongs to one record to another; return the fields that the other lacked and took."""
    taken: list[str] = await db.fetchval(HAND_OVER, source, target, windows, now)
    return taken
