"""Defects to plant into a server, one for each lock or constraint that the races of this package lean on."""

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from clientela.api.call import Call
from clientela.clientes.store import records
from clientela.core.db import Db
from clientela.identidad import store
from clientela.postventa.store import guarantees


def unlocked_clients() -> None:
    """A client is read before he is changed, and not held."""
    setattr(records, "LOCK_CLIENTE", records.GET_CLIENTE)  # noqa: B010


def names_by_looking() -> None:
    """A login's names are looked up and then written; without its key the table takes them twice."""

    async def look_then_write(db: Db, keys: Sequence[str], usuario_id: UUID) -> set[str]:
        free = set(keys) - await store.taken_keys(db, keys)
        await asyncio.sleep(0.01)
        for key in free:
            await db.execute(
                "INSERT INTO identificadores (clave, usuario_id) VALUES ($1, $2)", key, usuario_id
            )
        return free

    planted: Any = store
    planted.reserve_keys = look_then_write


def blind_to_versions() -> None:
    """Nobody is asked which version he has seen: the last writer wins."""
    setattr(Call, "if_match", None)  # noqa: B010


def guarantees_by_looking() -> None:
    """The root of an order's family is not held while its guarantee is decided."""
    setattr(guarantees, "HOLD_ROOT", guarantees.HOLD_ROOT.replace("FOR NO KEY UPDATE", ""))  # noqa: B010
