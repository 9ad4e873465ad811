"""SQL for everything of one person."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from clientela.core.db import Db

HAND_OUT: Final = "SELECT fn.postventa_exportar($1::uuid[])"
FORGET: Final = "SELECT fn.postventa_olvidar($1::uuid[], $2::timestamptz)"
HAND_OVER: Final = "SELECT fn.postventa_mover($1::uuid, $2::uuid)"


async def hand_out(db: Db, clients: Sequence[UUID]) -> Any:
    """Return everything that is kept of some clients."""
    return msgspec.json.decode(await db.fetchval(HAND_OUT, list(clients)))


async def forget(db: Db, clients: Sequence[UUID], now: datetime) -> None:
    """Forget what was written about some clients' orders."""
    await db.execute(FORGET, list(clients), now)


async def hand_over(db: Db, source: UUID, target: UUID) -> None:
    """Give one client's orders to another."""
    await db.execute(HAND_OVER, source, target)
