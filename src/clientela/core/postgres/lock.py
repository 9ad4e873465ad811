"""The lock that decides which process of a data directory supervises its server."""

import contextlib
import fcntl
import os
import weakref
from pathlib import Path

from clientela.core.postgres.errors import from_os_error


class SupervisorLock:
    """An flock on a file: the kernel frees it when its holder dies, however it dies.

    A forked child would share the lock and keep it beyond its parent's death, so children close it.
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
            fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
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


_locks: "weakref.WeakSet[SupervisorLock]" = weakref.WeakSet()


def _forget_in_child() -> None:
    for lock in list(_locks):
        lock.release()


os.register_at_fork(after_in_child=_forget_in_child)
