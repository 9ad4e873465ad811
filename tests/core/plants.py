"""Defects that the tests of the core must catch; each is planted in a server of its own (tests.tools.planted)."""

import asyncio

from clientela.core import idempotency
from clientela.core.db import Db
from clientela.core.idempotency import StoredReply


def look_without_holding() -> None:
    """Look whether the key was used, and hold nothing while the work is done."""
    genuine = idempotency.begin

    async def begin(
        db: Db, actor_key: str, method: str, path: str, key: str, fingerprint: bytes
    ) -> StoredReply | None:
        async with Db(db._pool).transaction() as another:
            found = await genuine(another, actor_key, method, path, key, fingerprint)
        # Time for the others to look too: on a quiet machine nobody would notice otherwise.
        await asyncio.sleep(0.05)
        return found

    idempotency.begin = begin
