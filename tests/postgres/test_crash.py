"""T-CR-2: what was acknowledged survives the death of the server, of its supervisor, and of everything at once."""

import asyncio
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from clientela.core.postgres import read_dsn
from clientela.core.postgres.binaries import installed
from tests.postgres.holders import Holder, cluster_path, do, postmaster, seconds_until
from tests.postgres.writers import TABLES, Damage, Writers, compare
from tests.tools import processes

Hold = Callable[..., Holder]


async def survive(hold: Hold, data_dir: Path, rounds: int, seconds: float) -> Writers:
    """Kill in turn the supervisor, the server, and the server with all its backends, under load."""
    holders = [hold().ready(), hold().ready()]
    do(read_dsn(data_dir), TABLES)
    writers = Writers(lambda: read_dsn(data_dir))
    async with writers.running():
        for number in range(rounds):
            before = len(writers.acknowledged)
            await asyncio.sleep(seconds)
            assert len(writers.acknowledged) > before, "the load did not come back after the last kill"
            if number % 3 == 0:
                holders.sort(key=lambda h: not has_the_server(h, data_dir))
                holders.pop(0).kill()
                await asyncio.to_thread(seconds_until, data_dir, "SELECT 1")
                holders.append(await asyncio.to_thread(lambda: hold().ready()))
            elif number % 3 == 1:
                processes.send([postmaster(data_dir)], signal.SIGKILL)
            else:
                processes.kill_tree(postmaster(data_dir))
            await asyncio.to_thread(seconds_until, data_dir, "SELECT 1")
    return writers


def has_the_server(holder: Holder, data_dir: Path) -> bool:
    return postmaster(data_dir) in processes.children(holder.pid)


async def check(hold: Hold, data_dir: Path, rounds: int, seconds: float) -> None:
    writers = await survive(hold, data_dir, rounds, seconds)
    assert await compare(read_dsn(data_dir), writers.acknowledged) == Damage(lost=0, half=0)
    assert len(writers.acknowledged) > 50 * rounds


async def test_no_acknowledged_row_is_lost(hold: Hold, data_dir: Path):
    await check(hold, data_dir, rounds=6, seconds=0.7)


@pytest.mark.long
@pytest.mark.timeout(1200)
async def test_no_acknowledged_row_is_lost_in_many_rounds(hold: Hold, data_dir: Path):
    await check(hold, data_dir, rounds=100, seconds=2)


async def test_control_without_waiting_for_the_disk_rows_are_lost(hold: Hold, data_dir: Path):
    """The same kill, the same ledger, synchronous_commit off: the loss must show, or the tests above prove nothing."""
    hold().ready()
    do(read_dsn(data_dir), TABLES)
    for _ in range(10):
        do(read_dsn(data_dir), "TRUNCATE cabezas, cuerpos")
        writers = Writers(lambda: read_dsn(data_dir), durable=False)
        async with writers.running():
            await asyncio.sleep(0.5)
            processes.kill_tree(postmaster(data_dir))
            promised = list(writers.acknowledged)
            await asyncio.to_thread(seconds_until, data_dir, "SELECT 1")
        damage = await compare(read_dsn(data_dir), promised)
        assert damage.half == 0
        if damage.lost:
            return
    pytest.fail("ten kills without durable commits lost nothing: the ledger does not see losses")


async def test_everything_killed_at_once_and_every_page_is_sound(hold: Hold, data_dir: Path):
    holder = hold().ready()
    do(holder.dsn, TABLES)
    writers = Writers(lambda: read_dsn(data_dir))
    async with writers.running():
        await asyncio.sleep(1)
        holder.kill_everything()
    again = await asyncio.to_thread(lambda: hold().ready())
    assert await compare(again.dsn, writers.acknowledged) == Damage(lost=0, half=0)
    assert len(writers.acknowledged) > 50
    again.stop()
    assert "Bad checksums:  0" in check_pages(cluster_path(data_dir))


def check_pages(cluster: Path) -> str:
    """Verify the checksum of every page of a stopped cluster; what the program reports."""
    command = [installed()[0].program("pg_checksums"), "--check", "-D", str(cluster)]
    owner = cluster.stat().st_uid
    return subprocess.run(command, user=owner, cwd="/", capture_output=True, text=True, check=False).stdout
