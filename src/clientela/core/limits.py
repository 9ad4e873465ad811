"""Rate limits that hold exactly, also for parallel attempts on several processes (CONTRACT §2, §12; D-12).

A sliding log in PostgreSQL: an attempt takes a place before its work begins, a success gives it back, a failure
leaves it counted. No window can be straddled, and a process that dies leaves its places counted.
"""

import asyncio
import hashlib
import math
import random
import time
from datetime import timedelta
from typing import Final
from uuid import UUID

import msgspec

from clientela.core.db import Db
from clientela.core.errors import TooManyRequests
from clientela.core.ids import uuid7

_POLL: Final = 0.05
# A clock that was set back must not meet an emptied log.
_PURGE_MARGIN: Final = timedelta(hours=2)

_RESERVE: Final = """SELECT fn.limite_reservar(
    $1::uuid, $2::text[], $3::integer[], $4::interval[], $5::timestamptz)"""
_RELEASE: Final = "SELECT fn.limite_liberar($1::uuid)"
_KEEP: Final = "SELECT fn.limite_contar($1::uuid)"
_PURGE: Final = """DELETE FROM limites WHERE id IN (
    SELECT id FROM limites WHERE vence_en <= $1::timestamptz ORDER BY vence_en LIMIT $2)"""


class Limit(msgspec.Struct, frozen=True):
    """At most `maximo` attempts in any `ventana`, per subject `clave` (an address, an account) of rule `nombre`."""

    nombre: str
    clave: str
    maximo: int
    ventana: timedelta

    @property
    def key(self) -> str:
        """The stored key: a digest, since people type their password where their name belongs."""
        return f"{self.nombre}:{hashlib.sha256(self.clave.encode()).hexdigest()[:32]}"


class _Refusal(msgspec.Struct):
    espera: float
    en_curso: bool


class Reservation:
    """Places taken in the limits. Call exactly one of `release` and `keep`; neither means they stay counted."""

    __slots__ = ("_db", "id")

    def __init__(self, db: Db, reservation_id: UUID) -> None:
        self._db = db
        self.id = reservation_id

    async def release(self) -> None:
        """Give the places back: the attempt succeeded."""
        await self._db.execute(_RELEASE, self.id)

    async def keep(self) -> None:
        """Leave the places counted: the attempt failed. Those who wait are told so at once."""
        await self._db.execute(_KEEP, self.id)


async def reserve(
    db: Db, *limits: Limit, wait: float = 2.0, code: str = "demasiados_intentos"
) -> Reservation:
    """Take a place in every limit, or in none.

    While attempts still at work hold the last places, waits up to `wait` seconds for one to be given back. Else
    raises TooManyRequests `code`, whose `Retry-After` is the whole seconds after which there is room. `db` is
    the pool: a place must count before the attempt's own transaction ends, and when that is rolled back too.
    """
    if db.in_transaction:
        raise RuntimeError("a place is taken outside the attempt's transaction")
    keys = [limit.key for limit in limits]
    maxima = [limit.maximo for limit in limits]
    windows = [limit.ventana for limit in limits]
    deadline = time.monotonic() + wait
    while True:
        reservation_id = uuid7()
        found = await db.fetchval(_RESERVE, reservation_id, keys, maxima, windows, db.now())
        if found is None:
            return Reservation(db, reservation_id)
        refusal = msgspec.json.decode(found, type=_Refusal)
        if not refusal.en_curso or time.monotonic() >= deadline:
            raise TooManyRequests(code, retry_after=math.ceil(refusal.espera))
        await asyncio.sleep(_POLL * random.uniform(0.5, 1.5))  # noqa: S311


async def purge(db: Db, batch: int = 1000) -> bool:
    """Delete one batch of attempts long out of their windows; tell whether there may be more."""
    return await db.execute(_PURGE, db.now() - _PURGE_MARGIN, batch) == f"DELETE {batch}"
