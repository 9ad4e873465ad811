"""What was acknowledged is there after `kill -9` of a worker or of the whole server, nothing by halves (T-CR-1)."""

import random
from collections.abc import Callable

import pytest

from tests.cast import Cast
from tests.faults.conftest import MakeSite, Site
from tests.faults.load import Damage, DraftWriter, Load, Writer
from tests.faults.mixture import mixed
from tests.tools.cluster import Cluster
from tests.tools.planted import program
from tests.tools.sweep import sweep

SEED = 20_261_120
BACK_SECONDS = 15.0


def kill_something(site: Site, chance: random.Random) -> None:
    """A random worker, or every third time the whole tree, which is then started again."""
    if chance.random() < 1 / 3:
        site.server.kill()
        site.server.start()
    else:
        workers = site.server.worker_pids()
        site.server.kill_worker(chance.randrange(len(workers)))


def rounds_of_killing(site: Site, writers: list[Writer], count: int, acks: int) -> Load:
    """So many rounds: load, a kill at a random moment, load again."""
    chance, load = random.Random(SEED), Load(writers)
    with load.running():
        for _ in range(count):
            load.wait_for_acks(acks)
            load.wait_for_acks(chance.randrange(20))
            kill_something(site, chance)
            load.wait_for_acks(1, BACK_SECONDS)
    return load


def check(site: Site, load: Load) -> None:
    assert load.unexpected == []
    assert load.damage(site.db) == Damage()
    assert sweep(site.db) == []


@pytest.mark.timeout(180)
def test_nothing_acknowledged_is_lost(cluster: Cluster, site: MakeSite) -> None:
    with site(cluster) as found:
        load = rounds_of_killing(found, mixed(found.cast), count=10, acks=150)
        check(found, load)
        assert load.acks >= 1_500


@pytest.mark.long
@pytest.mark.timeout(7200)
def test_nothing_acknowledged_is_lost_in_many_rounds(cluster: Cluster, site: MakeSite) -> None:
    with site(cluster) as found:
        load = rounds_of_killing(found, mixed(found.cast), count=100, acks=1_000)
        check(found, load)
        assert load.acks >= 100_000


@pytest.mark.timeout(180)
def test_a_yes_before_the_commit_is_caught(cluster: Cluster, site: MakeSite) -> None:
    plant = program("tests.faults.plants:yes_before_it_is_written")
    with site(cluster, workers=1, program=plant) as found:
        load = losing(found, lambda cast: [DraftWriter(cast.new_cliente()) for _ in range(8)])
        assert load.damage(found.db).lost


def losing(site: Site, writers: Callable[[Cast], list[Writer]]) -> Load:
    """Kill the whole server, under load, three times."""
    load = Load(writers(site.cast))
    with load.running():
        for _ in range(3):
            load.wait_for_acks(100)
            site.server.kill()
            # What was running is not repeated: whoever had a yes has it.
            if load.damage(site.db).lost:
                break
            site.server.start()
    return load
