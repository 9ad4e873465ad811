"""A bucket's files in a copy: out of it, and into it again.

So a copy holds the files wherever they are, and by a copy an installation moves from the disk to a bucket, and back.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from clientela.core import files
from clientela.core.archive import BackupError, Writer
from clientela.core.errors import AppError, NotFound
from clientela.core.files import Storage
from clientela.settings import Settings

_AT_ONCE: Final = 16


def copy_from(settings: Settings, folders: Sequence[str], writer: Writer, prefix: str) -> None:
    """Add every file of these folders to an archive; BackupError when the bucket does not answer."""

    async def copy() -> None:
        async for key, content in _everything(files.open_storage(settings), folders):
            writer.add_content(prefix + key, content)

    with _explained(settings):
        asyncio.run(copy())


@contextmanager
def filled_from(settings: Settings, place: Path) -> Iterator[None]:
    """Put the files below a directory into the bucket; if the block fails, they are gone from there again.

    Raises BackupError when the bucket does not answer, or holds files that are not among them.
    """
    storage = files.open_storage(settings)
    found = {str(path.relative_to(place)): path for path in place.rglob("*") if path.is_file()}
    # What an interrupted write left is no file.
    keys = sorted(key for key in found if files.is_key(key) and not key.endswith(".parcial"))
    with _explained(settings):
        asyncio.run(_refuse_full(settings, storage, set(keys)))
    try:
        with _explained(settings):
            asyncio.run(_put_all(storage, {key: found[key] for key in keys}))
        yield
    except BaseException:
        asyncio.run(files.drop(storage, keys))
        raise


async def _everything(storage: Storage, folders: Sequence[str]) -> AsyncIterator[tuple[str, bytes]]:
    for folder in folders:
        async for page in storage.pages(folder, files.EVER):
            for some in _batches(page):
                for key, content in zip(
                    some, await asyncio.gather(*(_get(storage, k) for k in some)), strict=True
                ):
                    if content is not None:
                        yield key, content


async def _get(storage: Storage, key: str) -> bytes | None:
    """Return a file; None for one that a refused transaction took along meanwhile."""
    try:
        return await storage.get(key)
    except NotFound:
        return None


async def _refuse_full(settings: Settings, storage: Storage, keys: set[str]) -> None:
    """Refuse a bucket that holds anything but what an interrupted restore of the same copy put there."""
    for folder in {key.partition("/")[0] for key in keys}:
        async for page in storage.pages(folder, files.EVER):
            if not keys.issuperset(page):
                raise BackupError(
                    f"El cubo {settings.s3_bucket} ya tiene archivos y una restauración no borra nada. Indique uno "
                    "vacío en CLIENTELA_S3_BUCKET."
                )


async def _put_all(storage: Storage, found: dict[str, Path]) -> None:
    for some in _batches(list(found)):
        await asyncio.gather(*(storage.put(key, found[key].read_bytes()) for key in some))


def _batches(keys: Sequence[str]) -> Iterator[Sequence[str]]:
    for begin in range(0, len(keys), _AT_ONCE):
        yield keys[begin : begin + _AT_ONCE]


@contextmanager
def _explained(settings: Settings) -> Iterator[None]:
    try:
        yield
    except AppError as error:
        raise BackupError(
            f"El cubo {settings.s3_bucket} no responde o está lleno ({error.message}). Revise CLIENTELA_S3_URL y sus "
            "claves."
        ) from error
