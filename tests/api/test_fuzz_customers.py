"""The whole described API, fuzzed as a customer and as nobody (T-FZ-1); the staff's half is in test_fuzz_staff."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api import fuzz
from tests.api.fuzz_rig import fuzzing_world
from tests.api.world import World
from tests.tools.cluster import Cluster


@pytest.fixture(scope="module")
def ground(cluster: Cluster, worker: str, scratch: Path) -> Iterator[World]:
    """A server of its own, since fuzzing changes whatever can be changed."""
    yield from fuzzing_world(cluster, worker, scratch)


@pytest.mark.timeout(400)
def test_as_a_customer(ground: World, tmp_path: Path) -> None:
    report = fuzz.run(ground.fixed["dueno"], ground, tmp_path, examples=5)
    report.require_clean()
    assert report.cases >= 2300


@pytest.mark.timeout(400)
def test_as_nobody(ground: World, tmp_path: Path) -> None:
    report = fuzz.run(ground.fixed["anon"], ground, tmp_path, examples=2, phases="examples,fuzzing")
    report.require_clean()
    assert report.cases >= 100
