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
        # A connection of its own: twins that fill the pool and each wait for a second one would all be turned away.
        another = await db.connect()
        async with another.transaction():
            found = await genuine(Db(db._pool, another), actor_key, method, path, key, fingerprint)
        await another.close()
        # Time for the others to look too: on a quiet machine nobody would notice otherwise.
        await asyncio.sleep(0.05)
        return found

    idempotency.begin = begin
