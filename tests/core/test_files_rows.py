"""Files come before their rows and go after them; what is left over is found (T-UP-6, T-CR-3)."""

import os
import time
from pathlib import Path

import pytest

from clientela.core import files, files_disk
from clientela.core.db import Pool
from clientela.core.errors import Conflict, Unavailable
from clientela.core.files import Storage
from tests.core.stored import Rows, key, later, listed


@pytest.fixture
def disk(core_pool: Pool) -> Storage:
    """The place of `core_pool`."""
    return files.open_storage(core_pool.settings)


def age(pool: Pool, k: str, minutes: float) -> None:
    then = time.time() - 60 * minutes
    os.utime(pool.settings.data_dir / files.FOLDER / k, (then, then))


async def test_new_files_stay_when_their_rows_are_written(disk: Storage) -> None:
    mine, another = key(), key()
    async with files.written(disk, {mine: b"x", another: b"y"}):
        assert await disk.get(mine) == b"x"
    assert await disk.get(another) == b"y"


async def test_new_files_go_when_their_rows_are_refused(disk: Storage) -> None:
    mine, another = key(), key()
    with pytest.raises(Conflict):
        async with files.written(disk, {mine: b"x", another: b"y"}):
            raise Conflict("ya_existe")
    assert not await disk.exists(mine)
    assert not await disk.exists(another)


async def test_new_files_stay_when_nobody_knows_what_became_of_their_rows(disk: Storage) -> None:
    mine = key()
    with pytest.raises(Unavailable):
        async with files.written(disk, {mine: b"x"}):
            raise Unavailable
    assert await disk.exists(mine)


async def test_of_several_new_files_none_stays_when_one_cannot_be_written(tmp_path: Path) -> None:
    disk = files_disk.Disk(tmp_path / "archivos")
    first, second = key(), key("facturas")
    await disk.put(key(), b"x")
    (tmp_path / "archivos/facturas").write_text("in the way")
    with pytest.raises(Unavailable):
        async with files.written(disk, {first: b"x", second: b"y"}):
            pytest.fail("the block began")
    assert not await disk.exists(first)


async def test_forgotten_files_go_with_the_commit(core_pool: Pool, disk: Storage) -> None:
    mine = key()
    await disk.put(mine, b"x")
    async with core_pool.db.transaction() as outer:
        async with outer.transaction() as tx:
            files.forget(tx, [mine])
        assert await disk.exists(mine)
    assert not await disk.exists(mine)


async def test_forgotten_files_stay_without_the_commit(core_pool: Pool, disk: Storage) -> None:
    mine = key()
    await disk.put(mine, b"x")

    async def fail() -> None:
        async with core_pool.db.transaction() as tx:
            files.forget(tx, [mine])
            raise Conflict("ya_existe")

    with pytest.raises(Conflict):
        await fail()
    assert await disk.exists(mine)
    with pytest.raises(RuntimeError):
        files.forget(core_pool.db, [mine])


async def test_the_sweep_deletes_what_no_row_names_after_ten_minutes(core_pool: Pool, disk: Storage) -> None:
    named, young, old, half, foreign = key(), key(), key(), key() + ".parcial", key("productos")
    for k in (named, young, old, half, foreign):
        await disk.put(k.removesuffix(".parcial"), b"x")
    folder = core_pool.settings.data_dir / files.FOLDER
    (folder / half.removesuffix(".parcial")).rename(folder / half)
    for k in (named, old, half, foreign):
        age(core_pool, k, 10.5)
    age(core_pool, young, 9)
    rows = Rows(named)
    assert await files.sweep(core_pool.db, rows.owned) == 2
    assert await listed(disk, "clientes", later()) == sorted([named, young])
    assert await disk.exists(foreign)
    assert await files.sweep(core_pool.db, rows.owned) == 0


async def test_rows_without_their_file_are_told(core_pool: Pool, disk: Storage) -> None:
    there, gone = key(), key()
    await disk.put(there, b"x")
    assert await files.missing(core_pool.db, Rows(there, gone).owned) == [gone]
    assert await files.missing(core_pool.db, Rows(there).owned) == []
