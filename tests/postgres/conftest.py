"""Real servers in directories of their own, held by real processes that can be killed."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.postgres.holders import Holder

# Killing processes loses nothing that they wrote to a memory disk either, and every test makes its own data.
QUICK = Path("/dev/shm")  # noqa: S108


def roomy(path: Path) -> bool:
    """Whether several clusters fit there."""
    return path.is_dir() and shutil.disk_usage(path).free > 2 << 30


@pytest.fixture
def home() -> Iterator[Path]:
    """A directory that every user may enter (pytest's own are closed to the server's user)."""
    path = Path(tempfile.mkdtemp(prefix="cl-pg-", dir=QUICK if roomy(QUICK) else None))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


@pytest.fixture
def data_dir(home: Path) -> Path:
    """A data directory that does not exist yet."""
    return home / "datos"


@pytest.fixture
def hold(data_dir: Path) -> Iterator[Callable[..., Holder]]:
    """Factory of holders of the data directory (or of another); all are ended at the end of the test."""
    made: list[Holder] = []

    def make(path: Path | None = None, **options: str) -> Holder:
        made.append(Holder(path or data_dir, **options))
        return made[-1]

    yield make
    for holder in reversed(made):
        holder.discard()


@pytest.fixture
def root() -> None:
    """What only root can arrange. Where the tests run as somebody else, these fail rather than be passed over."""
    assert os.geteuid() == 0, "this test changes users and mounts: run the suite as root, as CI does"
