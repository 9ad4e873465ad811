"""Files: apart from the database, under opaque names, on the disk or in a bucket that speaks S3.

A file is written whole before the row that names it and deleted after the commit that forgets it, so a row never
names a file that is not there. All that a crash can leave is a file without a row, and `sweep` finds it.
"""

import re
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final, Protocol
from uuid import UUID

import msgspec

from clientela.core.db import Db
from clientela.core.errors import AppError, Unavailable
from clientela.core.logs import get_logger
from clientela.settings import Settings

FOLDER: Final = "archivos"
# A time after everything that was ever written.
EVER: Final = datetime.max.replace(tzinfo=UTC)
# A younger file may still get its row; no transaction lives nearly as long.
GRACE: Final = timedelta(minutes=10)
_ENDINGS: Final = {"image/jpeg": "jpg"}
_TYPES: Final = {ending: kind for kind, ending in _ENDINGS.items()}
# folder/owner/name, and perhaps what an interrupted write left under that name.
_KEY: Final = re.compile(
    r"(?P<folder>[a-z]+)/(?P<owner>[0-9a-f-]{36})/(?P<name>[0-9a-f]{32}\.(?P<ending>[a-z]+))(?:\.parcial)?"
)

# A copy that is being made holds this lock for itself, and whoever deletes what rows named shares it: what the copy's
# rows name is there until it has been copied.
_LOCK: Final = "hashtextextended('archivos', 13)"
KEEP_ALL: Final = f"SELECT pg_advisory_lock({_LOCK})"
_MAY_DELETE: Final = f"SELECT pg_try_advisory_xact_lock_shared({_LOCK})"

_log = get_logger(__name__)


class Storage(Protocol):
    """Where files are. Keys are made by `new_key`; what lies under one never changes.

    Every method raises StorageFull where there is no room left, Unavailable where the place does not answer, and
    ValueError for what is no key.
    """

    async def put(self, key: str, data: bytes) -> None:
        """Store a file. Once it returns, the file survives a power cut; until then nothing has this key."""
        ...

    async def get(self, key: str) -> bytes:
        """Return a file; NotFound where there is none."""
        ...

    async def delete(self, key: str) -> None:
        """Delete a file; nothing happens where there is none."""
        ...

    async def exists(self, key: str) -> bool:
        """Tell whether there is such a file."""
        ...

    def pages(self, folder: str, before: datetime) -> AsyncIterator[list[str]]:
        """Give the keys below a folder that were written before an instant, some hundred at a time.

        What an interrupted `put` left is among them, under a name that no row has.
        """
        ...


def new_key(folder: str, owner: UUID, kind: str) -> str:
    """Make the key of a new file: `<folder>/<owner>/` and 128 random bits, with the ending of its media type."""
    return f"{folder}/{owner}/{secrets.token_hex(16)}.{_ENDINGS[kind]}"


def is_key(text: str) -> bool:
    """Tell whether this could be a key."""
    return _KEY.fullmatch(text) is not None


def media_type(key: str) -> str:
    """Return the media type of a file by its key."""
    return _TYPES[_match(key)["ending"]]


def name_of(key: str) -> str:
    """Return the random part of a key with its ending: safe as the name of a downloaded file."""
    return str(_match(key)["name"])


def checked(key: str) -> str:
    """Return a key as it is; ValueError for what is none, so that nothing else ever becomes a path."""
    return _match(key).string


def _match(key: str) -> re.Match[str]:
    found = _KEY.fullmatch(key)
    if found is None:
        raise ValueError("this is no key of a file")
    return found


@lru_cache(maxsize=4)
def open_storage(settings: Settings) -> Storage:
    """Return the place that the settings name, the same at every call."""
    if settings.s3_bucket is not None:
        # Its library is large, and an installation without a bucket never loads it.
        from clientela.core.files_s3 import Bucket  # noqa: PLC0415

        return Bucket(settings, settings.s3_bucket)
    from clientela.core.files_disk import Disk  # noqa: PLC0415

    return Disk(settings.data_dir / FOLDER)


@asynccontextmanager
async def written(storage: Storage, files: Mapping[str, bytes]) -> AsyncIterator[None]:
    """Store new files around the transaction that writes their rows; they go again if it is refused.

    After Unavailable nobody knows whether the transaction was committed, so the files stay for `sweep` to decide.
    """
    try:
        for key, data in files.items():
            await storage.put(key, data)
    except AppError:
        await drop(storage, files)
        raise
    try:
        yield
    except Unavailable:
        raise
    except AppError:
        await drop(storage, files)
        raise


def forget(db: Db, keys: Iterable[str]) -> None:
    """Delete files as soon as the open transaction, in which their rows forget them, is committed."""
    gone = tuple(keys)
    if gone:
        db.after_commit(lambda pool: _drop_forgotten(pool, gone))


async def _drop_forgotten(db: Db, keys: Sequence[str]) -> None:
    try:
        async with db.transaction() as tx:
            if await tx.fetchval(_MAY_DELETE):
                await drop(open_storage(db.settings), keys)
            else:
                _log.info("files_left_to_the_sweep", files=len(keys))
    except AppError as error:
        _log.warning("files_not_deleted", files=len(keys), code=error.code)


async def drop(storage: Storage, keys: Iterable[str]) -> None:
    """Delete files that no row names; those that cannot be deleted now are left to `sweep`."""
    for key in keys:
        try:
            await storage.delete(key)
        except AppError as error:
            _log.warning("file_not_deleted", key=key, code=error.code)


class Owned(msgspec.Struct, frozen=True):
    """The files of one folder and the domain whose rows name them.

    `named(db, keys)` returns those of the keys that a row names, `every(db)` gives all that rows name, in pages.
    """

    folder: str
    named: Callable[[Db, Sequence[str]], Awaitable[set[str]]]
    every: Callable[[Db], AsyncIterator[list[str]]]


async def sweep(db: Db, owned: Owned) -> int:
    """Delete the files of a folder that no row names and that are older than ten minutes; return how many.

    Raises Unavailable `servicio_ocupado` while a copy is being made.
    """
    storage = open_storage(db.settings)
    deleted = 0
    async with db.transaction() as tx:
        if not await tx.fetchval(_MAY_DELETE):
            raise Unavailable("servicio_ocupado")
        async for page in storage.pages(owned.folder, datetime.now(UTC) - GRACE):
            named = await owned.named(tx, page)
            orphans = [key for key in page if key not in named]
            for key in orphans:
                await storage.delete(key)
            deleted += len(orphans)
    if deleted:
        _log.info("files_swept", folder=owned.folder, deleted=deleted)
    return deleted


async def missing(db: Db, owned: Owned) -> list[str]:
    """Return the keys that rows name although there is no such file."""
    storage = open_storage(db.settings)
    named = {key async for page in owned.every(db) for key in page}
    present = {key async for page in storage.pages(owned.folder, EVER) for key in page}
    # One that was replaced meanwhile is not missing: its row has forgotten it.
    suspects = sorted(named - present)
    still = await owned.named(db, suspects)
    return [key for key in suspects if key in still and not await storage.exists(key)]
