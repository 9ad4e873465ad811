"""The locks of a data directory: one tells who supervises its server, one whether any of the server still lives."""

import contextlib
import fcntl
import os
import weakref
from pathlib import Path

from clientela.core.postgres.errors import from_os_error


class FileLock:
    """An flock on a file: the kernel frees it when its holder dies, however it dies.

    A forked child would share the lock and keep it beyond its parent's death, so children close it. A program that
    is meant to hold it is given `fileno()`.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._fd: int | None = None
        _locks.add(self)

    @property
    def held(self) -> bool:
        """Whether this process holds the lock."""
        return self._fd is not None

    def try_acquire(self) -> bool:
        """Take the lock if nobody holds it; never waits. Raises PostgresError when the file cannot be had."""
        if self._fd is not None:
            return True
        try:
            fd = open_private(self.path, os.O_RDWR)
        except OSError as error:
            raise from_os_error(error, self.path) from error
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(fd)
            if isinstance(error, BlockingIOError):
                return False
            raise from_os_error(error, self.path) from error
        self._fd = fd
        # The number is only for people who look for the supervisor; a full disk must not stop the start here.
        with contextlib.suppress(OSError):
            os.ftruncate(fd, 0)
            os.pwrite(fd, f"{os.getpid()}\n".encode(), 0)
        return True

    def fileno(self) -> int:
        """Return the descriptor; the lock must be held."""
        if self._fd is None:
            raise ValueError(f"{self.path} is not locked")
        return self._fd

    def release(self) -> None:
        """Let the next process have it."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def holder(self) -> str:
        """Return the process number that the present holder wrote down, for messages."""
        try:
            return self.path.read_text().strip() or "?"
        except OSError:
            return "?"


def open_private(path: Path, flags: int) -> int:
    """Open a file of the data directory (mode 0600), made for the directory's owner when it is missing.

    Links are refused: root may work in a directory of somebody who would like root to write elsewhere.
    """
    fd = os.open(path, flags | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    if os.geteuid() == 0:
        owner = path.parent.stat()
        os.fchown(fd, owner.st_uid, owner.st_gid)
    return fd


_locks: "weakref.WeakSet[FileLock]" = weakref.WeakSet()


def _forget_in_child() -> None:
    for lock in list(_locks):
        lock.release()


os.register_at_fork(after_in_child=_forget_in_child)
