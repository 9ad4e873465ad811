"""Files on the disk, for the server's own user alone."""

import asyncio
import errno
import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Final, TypeVar

from clientela.core.errors import AppError, NotFound, StorageFull, Unavailable
from clientela.core.files import checked, is_key
from clientela.core.logs import get_logger

PAGE: Final = 500
PARTIAL: Final = ".parcial"
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
_ATTEMPTS: Final = 3

T = TypeVar("T")
_log = get_logger(__name__)


class Disk:
    """A Storage below one directory (directories 0700, files 0600)."""

    def __init__(self, root: Path) -> None:
        self._root = root.absolute()

    async def put(self, key: str, data: bytes) -> None:
        """Write beside the place, sync, rename, sync the directory."""
        path = self._path(key)
        await _do(lambda: _write(self._root, path, data))

    async def get(self, key: str) -> bytes:
        """Read the file whole."""
        return await _do(self._path(key).read_bytes)

    async def delete(self, key: str) -> None:
        """Unlink the file; its directory stays."""
        path = self._path(key)
        await _do(lambda: path.unlink(missing_ok=True))

    async def exists(self, key: str) -> bool:
        """Look for the file."""
        return await _do(self._path(key).is_file)

    async def pages(self, folder: str, before: datetime) -> AsyncIterator[list[str]]:
        """Walk through the folder, owner after owner."""
        walk = _walk(self._root / folder, before)
        while page := await _do(lambda: list(islice(walk, PAGE))):
            yield page

    def _path(self, key: str) -> Path:
        return self._root / checked(key)


async def _do(work: Callable[[], T]) -> T:
    """Do something with the disk in a thread; its errors become ours."""
    try:
        return await asyncio.to_thread(work)
    except FileNotFoundError as error:
        raise NotFound from error
    except OSError as error:
        raise _explained(error) from error


def _explained(error: OSError) -> AppError:
    if error.errno in _FULL:
        return StorageFull("sin_espacio")
    _log.error("disk_failed", exc_info=error)
    return Unavailable()


def _write(root: Path, path: Path, data: bytes) -> None:
    _make_directory(root, path.parent)
    partial = path.with_name(path.name + PARTIAL)
    fd = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(fd, "wb", buffering=0) as file:
            left = memoryview(data)
            while left:
                left = left[file.write(left) :]
            os.fsync(fd)
        partial.rename(path)
        _sync(path.parent)
    except BaseException:
        for half in (partial, path):
            with suppress(OSError):
                half.unlink()
        raise


def _make_directory(root: Path, path: Path) -> None:
    """Make a directory and those above it, each lasting before anything is in it."""
    if path.is_dir():
        return
    if path != root:
        _make_directory(root, path.parent)
    else:
        path.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileExistsError):
        path.mkdir(mode=0o700)
    _sync(path.parent)


def _sync(directory: Path) -> None:
    fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _walk(folder: Path, before: datetime) -> Iterator[str]:
    """Give the keys below a folder whose files are older than an instant."""
    if not folder.is_dir():
        return
    limit = before.timestamp()
    with os.scandir(folder) as owners:
        for owner in owners:
            if not owner.is_dir(follow_symlinks=False):
                continue
            with os.scandir(owner.path) as files:
                for file in files:
                    key = f"{folder.name}/{owner.name}/{file.name}"
                    # One that is deleted just now is not there any more.
                    with suppress(FileNotFoundError):
                        if is_key(key) and file.stat(follow_symlinks=False).st_mtime < limit:
                            yield key
