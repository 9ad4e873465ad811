"""Defects that the tests of the core must catch; each is planted in a server of its own (tests.tools.planted)."""

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
            return await genuine(another, actor_key, method, path, key, fingerprint)

    idempotency.begin = begin
