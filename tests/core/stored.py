"""What the tests of files share: new keys, and what a place lists."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from clientela.core.db import Db
from clientela.core.files import Owned, Storage, new_key

JPEG = "image/jpeg"


class Rows:
    """The rows of a domain that names files."""

    def __init__(self, *keys: str, folder: str = "clientes") -> None:
        self.keys = set(keys)
        self.owned = Owned(folder, self.named, self.every)

    async def named(self, _: Db, keys: Sequence[str]) -> set[str]:
        """Those of the keys that they name."""
        return self.keys & set(keys)

    async def every(self, _: Db) -> AsyncIterator[list[str]]:
        """All that they name."""
        yield sorted(self.keys)


def key(folder: str = "clientes") -> str:
    """The key of a file that nobody has."""
    return new_key(folder, uuid4(), JPEG)


def later() -> datetime:
    """An instant before which every file was written."""
    return datetime.now(UTC) + timedelta(minutes=1)


async def listed(storage: Storage, folder: str, before: datetime) -> list[str]:
    """Every key of a folder, in order."""
    return sorted([found async for page in storage.pages(folder, before) for found in page])
