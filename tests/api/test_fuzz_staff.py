"""The whole described API, fuzzed as each role of staff (T-FZ-1), and what the fuzzer must be able to find."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api import fuzz
from tests.api.fuzz_rig import fuzzing_world
from tests.api.world import World
from tests.tools.cluster import Cluster
from tests.tools.planted import program


@pytest.fixture(scope="module")
def ground(cluster: Cluster, worker: str, scratch: Path) -> Iterator[World]:
    """A server of its own, since fuzzing changes whatever can be changed."""
    yield from fuzzing_world(cluster, worker, scratch)


@pytest.mark.timeout(400)
def test_as_an_administrator(ground: World, tmp_path: Path) -> None:
    report = fuzz.run(ground.fixed["admin"], ground, tmp_path, examples=5)
    report.require_clean()
    assert report.cases >= 2300


@pytest.mark.timeout(400)
@pytest.mark.parametrize("principal", ["vendedora", "tecnica", "soporte"])
def test_as_staff(principal: str, ground: World, tmp_path: Path) -> None:
    report = fuzz.run(ground.fixed[principal], ground, tmp_path, examples=2, phases="examples,fuzzing")
    report.require_clean()
    assert report.cases >= 100


def test_a_500_and_an_undescribed_answer_are_found(
    cluster: Cluster, worker: str, scratch: Path, tmp_path: Path
) -> None:
    plant = program("tests.api.plants:broken_answers")
    for world in fuzzing_world(cluster, worker, scratch, program=plant, workers=1):
        only = r"/api/v1/productos$|/carrito$"
        report = fuzz.run(
            world.fixed["dueno"], world, tmp_path, examples=10, phases="coverage,fuzzing", only=only
        )
        found = {title.partition(" (")[0]: operations for title, operations in report.failures.items()}
        assert found["Undocumented status code"] == ["GET /api/v1/productos"]
        assert found["Server error"] == ["PUT /clientes/{cliente_id}/carrito"]
