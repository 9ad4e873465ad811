"""On the disk a file is whole or not there, whatever ends its writer (T-UP-6, T-DF-2)."""

import asyncio
import hashlib
import json
import os
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from clientela.core import files, files_disk
from clientela.core.errors import Unavailable
from tests.core.stored import key, later, listed
from tests.tools import small_disk


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "datos" / "archivos"


async def test_only_the_server_reads_its_files(root: Path) -> None:
    before = os.umask(0)
    try:
        mine = key()
        await files_disk.Disk(root).put(mine, b"x")
    finally:
        os.umask(before)
    place = root / mine
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    for folder in (root, root / "clientes", place.parent):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


async def test_a_file_is_synced_before_it_has_its_name(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    fsync, rename = os.fsync, Path.rename

    def noted_fsync(fd: int) -> None:
        done.append("directory" if stat.S_ISDIR(os.fstat(fd).st_mode) else "file")
        fsync(fd)

    def noted_rename(self: Path, target: Path) -> Path:
        done.append("rename")
        return rename(self, target)

    disk = files_disk.Disk(root)
    await disk.put(key(), b"x")
    monkeypatch.setattr(os, "fsync", noted_fsync)
    monkeypatch.setattr(Path, "rename", noted_rename)
    await disk.put(key(), b"x")
    assert done == ["directory", "file", "rename", "directory"]


WRITER = """
import asyncio, hashlib, random, sys
from pathlib import Path
from uuid import uuid4
from clientela.core.files import new_key
from clientela.core.files_disk import Disk

async def main():
    disk, owner = Disk(Path(sys.argv[1])), uuid4()
    print("ready", flush=True)
    while True:
        data = random.randbytes(300_000)
        key = new_key("clientes", owner, "image/jpeg")
        await disk.put(key, hashlib.sha256(data).digest() + data)
        print(key, flush=True)

asyncio.run(main())
"""


def test_a_writer_killed_at_any_byte_leaves_whole_files_or_none(root: Path) -> None:
    acknowledged = []
    for turn in range(5):
        with subprocess.Popen([sys.executable, "-c", WRITER, str(root)], stdout=subprocess.PIPE) as writer:
            assert writer.stdout is not None
            writer.stdout.readline()
            time.sleep(0.02 + 0.027 * turn)
            writer.kill()
            acknowledged += writer.stdout.read().decode().split()
    whole = {str(path.relative_to(root)) for path in root.rglob("*.jpg")}
    assert acknowledged
    assert set(acknowledged) <= whole
    for name in whole:
        content = (root / name).read_bytes()
        assert content[:32] == hashlib.sha256(content[32:]).digest()
    # What was cut short has another name, under which the sweep finds it.
    everything = {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}
    assert set(asyncio.run(listed(files_disk.Disk(root), "clientes", later()))) == everything
    assert all(files.is_key(name) for name in everything)


FILLER = """
import asyncio, json, sys
from pathlib import Path
from uuid import uuid4
from clientela.core.errors import StorageFull
from clientela.core.files import new_key
from clientela.core.files_disk import Disk

async def main():
    root = Path(sys.argv[1])
    disk, kept, refused = Disk(root), [], 0
    while refused < 5:
        key = new_key("clientes", uuid4(), "image/jpeg")
        try:
            await disk.put(key, b"x" * 300_000)
            kept.append(key)
        except StorageFull as error:
            refused += 1
            assert (error.status, error.code) == (507, "sin_espacio")
    sizes = {str(p.relative_to(root)): p.stat().st_size for p in root.rglob("*") if p.is_file()}
    whole = all([await disk.get(key) == b"x" * 300_000 for key in kept])
    await disk.delete(kept[0])
    await disk.put(new_key("clientes", uuid4(), "image/jpeg"), b"x" * 300_000)
    print(json.dumps({"kept": kept, "sizes": sizes, "whole": whole}))

asyncio.run(main())
"""


def test_a_full_disk_refuses_and_keeps_no_half_file(tmp_path: Path) -> None:
    command = [*small_disk.words(tmp_path, "2m"), sys.executable, "-c", FILLER, str(tmp_path / "archivos")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert len(told["kept"]) >= 4
    assert told["sizes"] == dict.fromkeys(told["kept"], 300_000)
    assert told["whole"]


async def test_a_disk_that_fails_is_unavailable(tmp_path: Path) -> None:
    in_the_way = tmp_path / "archivos"
    in_the_way.touch()
    with pytest.raises(Unavailable):
        await files_disk.Disk(in_the_way).put(key(), b"x")
