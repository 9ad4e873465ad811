"""The rig itself: what the fixtures promise about databases."""

import pytest

from tests.tools.cluster import OwnCluster
from tests.tools.database import Database, run


def test_database_is_built_by_the_migrations(db: Database) -> None:
    assert db.fetchval("SELECT version_num FROM alembic_version") >= "0008"
    assert db.fetchval("SELECT to_regproc('fn.fallo') IS NOT NULL")


def test_new_databases_are_apart(db: Database, new_database) -> None:
    other = new_database()
    other.execute("CREATE TABLE aparte (n int)")
    assert other.fetchval("SELECT to_regclass('aparte') IS NOT NULL")
    assert db.fetchval("SELECT to_regclass('aparte') IS NULL")


async def test_asynchronous_connections_reach_the_same_database(db: Database) -> None:
    async with db.connect() as connection:
        assert await connection.fetchval("SELECT current_database()") == db.name


def test_durability_is_on(db: Database) -> None:
    """Tests that count losses mean nothing on a server that may lose."""
    for setting in ("fsync", "full_page_writes", "synchronous_commit"):
        assert db.fetchval(f"SHOW {setting}") == "on"


def test_own_cluster_freezes_thaws_and_comes_back_from_the_dead(own_cluster: OwnCluster) -> None:
    database = Database(own_cluster.create("propia"))
    database.execute("CREATE TABLE guardado AS SELECT 1 AS n")
    own_cluster.freeze()
    with pytest.raises(TimeoutError):
        run(database._call("fetchval", "SELECT 1"), seconds=1)
    own_cluster.thaw()
    own_cluster.wait_ready()
    pid = own_cluster.postmaster
    own_cluster.kill()
    own_cluster.wait_ready()
    assert own_cluster.postmaster != pid
    again = Database(own_cluster.database("propia"))
    assert again.fetchval("SELECT n FROM guardado") == 1
    again.close()
