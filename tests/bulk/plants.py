"""Defects planted for the controls of imports."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from clientela.clientes.store import imports as store
from clientela.core.db import Db


def piecemeal() -> None:
    """Every statement commits by itself: what an import has written when it dies stays."""

    @asynccontextmanager
    async def none_at_all(self: Db) -> AsyncIterator[Db]:
        yield self

    Db.transaction = none_at_all  # type: ignore[method-assign]


def unlocked() -> None:
    """Any number of imports run side by side."""

    async def granted(_: Db) -> bool:
        return True

    store.lock_imports = granted  # type: ignore[assignment]
