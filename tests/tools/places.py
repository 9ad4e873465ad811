"""Where a run keeps its data: in memory where there is room, since killing processes loses nothing there either."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

QUICK = Path("/dev/shm")  # noqa: S108
ROOM = 2 << 30


@contextmanager
def open_directory() -> Iterator[Path]:
    """A new directory that every user may enter (pytest's own are closed to the server's user)."""
    roomy = QUICK.is_dir() and shutil.disk_usage(QUICK).free > ROOM
    path = Path(tempfile.mkdtemp(prefix="cl-pg-", dir=QUICK if roomy else None))
    path.chmod(0o755)
    try:
        yield path
    finally:
        shutil.rmtree(path)
