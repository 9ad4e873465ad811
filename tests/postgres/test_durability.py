"""T-CR-5: a server that would lose what it acknowledged is found out, ours or somebody else's."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from clientela.core.postgres import PostgresError, check_durability
from clientela.migrations.runner import migrate
from tests.postgres.holders import ask, do
from tests.tools.database import with_database
from tests.tools.debian import start_debian
from tests.tools.server import Server, run_cli
from tests.tools.wait import wait_for

SETTINGS = ("fsync", "full_page_writes", "synchronous_commit")


@pytest.fixture(scope="module")
def external() -> Iterator[str]:
    """An external server that we did not configure, and its superuser's address."""
    with start_debian() as dsn:
        yield dsn


def found_off(dsn: str) -> list[str]:
    async def look() -> list[str]:
        connection = await asyncpg.connect(dsn)
        try:
            return await check_durability(connection)
        finally:
            await connection.close()

    return asyncio.run(look())


def flip(dsn: str, name: str, value: str) -> None:
    do(dsn, f"ALTER SYSTEM SET {name} = {value}")
    do(dsn, "SELECT pg_reload_conf()")
    wait_for(lambda: ask(dsn, f"SHOW {name}") == value, f"{name} = {value}")


def test_each_of_the_three_is_noticed(external: str):
    assert found_off(external) == []
    for name in SETTINGS:
        flip(external, name, "off")
        assert found_off(external) == [name]
        flip(external, name, "on")


def test_a_setting_of_the_role_or_the_database_counts(external: str):
    for place in ("ROLE postgres", "DATABASE postgres"):
        do(external, f"ALTER {place} SET synchronous_commit = off")
        assert found_off(external) == ["synchronous_commit"]
        do(external, f"ALTER {place} RESET synchronous_commit")


def test_waiting_for_the_own_disk_only_is_enough(external: str):
    for value in ("local", "remote_write", "remote_apply"):
        flip(external, "synchronous_commit", value)
        assert found_off(external) == []
    flip(external, "synchronous_commit", "on")


def test_serve_refuses_such_a_server_unless_told_otherwise(external: str, tmp_path: Path):
    do(external, "CREATE DATABASE peligrosa")
    url = with_database(external, "peligrosa")
    flip(external, "fsync", "off")
    try:
        done = run_cli("serve", "--port", "20999", data_dir=tmp_path / "datos", database_url=url)
        assert done.returncode == 1
        assert "fsync" in done.stderr
        assert "--inseguro" in done.stderr
        with Server(tmp_path / "datos", url, arguments=("--inseguro",)) as server:
            assert server.ready()
    finally:
        flip(external, "fsync", "on")


def test_addresses_of_external_servers_as_people_write_them(external: str, tmp_path: Path):
    do(external, "CREATE DATABASE ajena")
    good = with_database(external, "ajena")
    for url in (f"{good}?sslmode=disable", good.replace("postgresql://", "postgres://")):
        asyncio.run(migrate(url, "0001"))
    password = good.partition("postgres:")[2].partition("@")[0]
    for url in (
        with_database(external, "nada"),
        good.replace(password, "otra"),
        "postgresql://u:p@127.0.0.1:1/x",
    ):
        with pytest.raises(PostgresError, match="CLIENTELA_DATABASE_URL") as refusal:
            asyncio.run(migrate(url))
        assert password not in str(refusal.value)
    done = run_cli("migrate", data_dir=tmp_path / "datos", database_url=with_database(external, "nada"))
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
