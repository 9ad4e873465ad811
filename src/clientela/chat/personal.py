"""Everything of one person in the chat: handed out, forgotten, handed over to another record."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from clientela.chat.store import talk as store
from clientela.core.db import Db

TABLES: Final = frozenset({"chat_sesiones", "chat_mensajes", "chat_notas", "chat_agentes"})
"""The tables in which something of a client stands, that this module answers for."""


async def hand_out(db: Db, clients: Sequence[UUID]) -> Any:
    """Return everything that is kept of some clients."""
    return await store.hand_out(db, clients)


async def forget(db: Db, clients: Sequence[UUID]) -> None:
    """Forget what was said in some clients' sessions; that they talked, when and how often stays."""
    await store.forget(db, clients, db.now())


async def hand_over(db: Db, source: UUID, target: UUID) -> None:
    """Give one client's sessions to another; both are held."""
    await store.hand_over(db, source, target, db.now())
