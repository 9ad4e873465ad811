"""`kill -9` of PostgreSQL while the server goes on: nothing lost or by halves, back within seconds (T-CR-2)."""

import pytest

from tests.faults.conftest import MakeSite, Site
from tests.faults.load import Damage, DraftWriter, Load, Writer
from tests.faults.mixture import mixed
from tests.tools.cluster import OwnCluster
from tests.tools.database import Database, run
from tests.tools.sweep import sweep

# From the moment when the database accepts connections again.
BACK_SECONDS = 5.0


def rounds_of_killing(
    cluster: OwnCluster, writers: list[Writer], count: int, acks: int
) -> tuple[Load, float]:
    """So many kills; the load, and the longest time from the database's return to the first yes."""
    load, longest = Load(writers), 0.0
    with load.running():
        for _ in range(count):
            load.wait_for_acks(acks)
            cluster.kill()
            cluster.wait_ready()
            longest = max(longest, load.wait_for_acks(1))
    return load, longest


def check(site: Site, load: Load, longest: float) -> None:
    assert load.unexpected == []
    assert load.damage(site.db) == Damage()
    assert sweep(site.db) == []
    assert longest <= BACK_SECONDS


@pytest.mark.timeout(180)
def test_nothing_acknowledged_is_lost(victim: OwnCluster, site: MakeSite) -> None:
    with site(victim) as found:
        load, longest = rounds_of_killing(victim, mixed(found.cast), count=5, acks=200)
        check(found, load, longest)
        assert load.acks >= 1_000


@pytest.mark.long
@pytest.mark.timeout(7200)
def test_nothing_acknowledged_is_lost_in_many_rounds(victim: OwnCluster, site: MakeSite) -> None:
    with site(victim) as found:
        load, longest = rounds_of_killing(victim, mixed(found.cast), count=100, acks=1_000)
        check(found, load, longest)
        assert load.acks >= 100_000
        run(check_pages(found.db))


async def check_pages(db: Database) -> None:
    """Look at every index of ours with amcheck, its heap included."""
    async with db.connect() as connection:
        await connection.execute("CREATE EXTENSION amcheck")
        await connection.execute(
            """SELECT bt_index_check(i.indexrelid, true) FROM pg_index i
                 JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am a ON a.oid = c.relam
                WHERE a.amname = 'btree' AND c.relnamespace = 'public'::regnamespace"""
        )


@pytest.mark.timeout(180)
def test_without_waiting_for_the_disk_the_loss_shows(victim: OwnCluster, site: MakeSite) -> None:
    """The control: the same kill with synchronous_commit off."""
    with site(victim, arguments=("--inseguro",)) as found:
        load = Load([DraftWriter(found.cast.new_cliente()) for _ in range(8)])
        run(loosen(found.db))
        with load.running():
            for _ in range(10):
                load.wait_for_acks(200)
                victim.kill()
                victim.wait_ready()
                damage = load.damage(found.db)
                if damage.lost:
                    break
                load.wait_for_acks(1)
        assert damage.lost
        assert not damage.half


async def loosen(db: Database) -> None:
    """Let this database acknowledge before it has written; the sessions that are open go."""
    async with db.connect() as connection:
        await connection.execute(f'ALTER DATABASE "{db.name}" SET synchronous_commit = off')
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid()",
            db.name,
        )
    async with db.connect() as connection:
        assert await connection.fetchval("SHOW synchronous_commit") == "off"
