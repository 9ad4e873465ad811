"""A quarter of a million generated requests, seed after seed, as everybody in turn (T-FZ-1, nightly)."""

from collections.abc import Iterator
from itertools import count, cycle
from pathlib import Path

import pytest

from tests.api import fuzz
from tests.api.fuzz_rig import fuzzing_world
from tests.api.world import World
from tests.tools.cluster import Cluster

CASES = 250_000
PRINCIPALS = ("dueno", "admin", "soporte", "anon", "vendedora", "tecnica")


@pytest.fixture(scope="module")
def ground(cluster: Cluster, worker: str, scratch: Path) -> Iterator[World]:
    """A server of its own, since fuzzing changes whatever can be changed."""
    yield from fuzzing_world(cluster, worker, scratch)


@pytest.mark.long
@pytest.mark.timeout(6 * 3600)
def test_a_quarter_of_a_million_requests(ground: World, tmp_path: Path) -> None:
    made = 0
    for seed, principal in zip(count(100), cycle(PRINCIPALS), strict=False):
        person = ground.person(principal, fresh=False)
        report = fuzz.run(person, ground, tmp_path, examples=100, seed=seed, seconds=3600)
        report.require_clean()
        made += report.cases
        if made >= CASES:
            break
    assert made >= CASES
