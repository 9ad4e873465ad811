"""Real servers in directories of their own, held by real processes that can be killed."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.postgres.holders import Holder
from tests.tools.places import open_directory


@pytest.fixture
def home() -> Iterator[Path]:
    """A directory that every user may enter."""
    with open_directory() as path:
        yield path


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
