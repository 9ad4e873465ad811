"""Defects planted for the controls of imports."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from clientela.clientes.store import imports as store
from clientela.core.db import Db
from clientela.core.errors import Unavailable


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


def failing_export() -> None:
    """The second page of an export is not to be had."""
    whole = store.export_page

    async def one_page(db: Db, after: int, rows: int) -> Any:
        if after:
            raise Unavailable
        return await whole(db, after, 1)

    store.export_page = one_page
