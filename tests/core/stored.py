"""What the tests of files share: new keys, and what a place lists."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from clientela.core.files import Storage, new_key

JPEG = "image/jpeg"


def key(folder: str = "clientes") -> str:
    """The key of a file that nobody has."""
    return new_key(folder, uuid4(), JPEG)


def later() -> datetime:
    """An instant before which every file was written."""
    return datetime.now(UTC) + timedelta(minutes=1)


async def listed(storage: Storage, folder: str, before: datetime) -> list[str]:
    """Every key of a folder, in order."""
    return sorted([found async for page in storage.pages(folder, before) for found in page])
