"""Files lie under opaque keys, on the disk and in a bucket alike: one contract over both."""

import asyncio
import http.server
import random
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import obstore
import pytest

from clientela.core import files, files_disk, files_s3
from clientela.core.db import Pool
from clientela.core.errors import NotFound, StorageFull, Unavailable
from clientela.core.files import Storage, new_key
from clientela.settings import Settings
from tests.core.stored import JPEG, Rows, key, later, listed
from tests.tools.bucket import BucketServer, running
from tests.tools.ports import free_port

OWNER = "0190a6b2-7c1e-7d3a-9b5f-2f4c6d8e0a12"


@pytest.fixture(scope="module")
def bucket() -> Iterator[BucketServer]:
    """A real S3 server."""
    with running() as server:
        yield server


@pytest.fixture(params=["disk", "bucket"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    """A place to put files, opened as the settings say."""
    more = request.getfixturevalue("bucket").settings if request.param == "bucket" else {}
    opened = files.open_storage(Settings(data_dir=tmp_path, **more))
    assert isinstance(opened, files_s3.Bucket if more else files_disk.Disk)
    return opened


async def test_a_file_is_stored_read_and_deleted(storage: Storage) -> None:
    mine, another = key(), key()
    assert not await storage.exists(mine)
    await storage.put(mine, b"\xff\xd8 uno")
    await storage.put(another, b"")
    assert await storage.exists(mine)
    assert await storage.get(mine) == b"\xff\xd8 uno"
    assert await storage.get(another) == b""
    await storage.delete(mine)
    assert not await storage.exists(mine)
    assert await storage.get(another) == b""


async def test_a_file_that_is_not_there(storage: Storage) -> None:
    absent = key()
    with pytest.raises(NotFound):
        await storage.get(absent)
    await storage.delete(absent)
    assert not await storage.exists(absent)
    assert await listed(storage, "nadie", later()) == []


async def test_a_large_file_is_stored_whole(storage: Storage) -> None:
    data = random.Random(3).randbytes(9 << 20)
    mine = key()
    await storage.put(mine, data)
    assert await storage.get(mine) == data


async def test_many_at_once_do_not_mix(storage: Storage) -> None:
    keys = [key() for _ in range(20)]
    await asyncio.gather(*(storage.put(k, k.encode() * 1000) for k in keys))
    assert await asyncio.gather(*(storage.get(k) for k in keys)) == [k.encode() * 1000 for k in keys]


async def test_the_keys_of_a_folder_are_listed_in_pages(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files_disk, "PAGE", 3)
    monkeypatch.setattr(files_s3, "PAGE", 3)
    folder = "f" + "".join(random.choices("abcdefgh", k=12))
    owner = uuid4()
    mine = sorted(new_key(folder, owner if n % 2 else uuid4(), JPEG) for n in range(8))
    for k in mine:
        await storage.put(k, b"x")
    await storage.put(key(folder + "z"), b"x")
    assert await listed(storage, folder, later()) == mine
    sizes = [len(page) async for page in storage.pages(folder, later())]
    assert sum(sizes) == 8
    assert max(sizes) <= 3


async def test_young_files_are_not_listed(storage: Storage) -> None:
    folder = "f" + "".join(random.choices("abcdefgh", k=12))
    await storage.put(key(folder), b"x")
    assert await listed(storage, folder, datetime.now(UTC) - timedelta(seconds=5)) == []


@pytest.mark.parametrize(
    "name",
    [
        "", "/etc/passwd", "../../etc/passwd", "clientes/../../etc/passwd", "clientes//x.jpg", "clientes",
        f"clientes/{OWNER}/../x.jpg", f"clientes/{OWNER}/%2e%2e.jpg", f"clientes/{OWNER}/CON.jpg",
        f"clientes/{OWNER}/{'0' * 32}.jpg\0", f"clientes/{OWNER}/{'0' * 32}.jpg/", f"clientes/{OWNER}/{'0' * 32}",
        f"clientes/{OWNER}/{'0' * 32}.jpg\r\n", f"/clientes/{OWNER}/{'0' * 32}.jpg", f"clientes\\{OWNER}",
        f"Clientes/{OWNER}/{'0' * 32}.jpg", f"clientes/{OWNER}/{'٠' * 32}.jpg", "x" * 5000,
    ],
)  # fmt: skip
async def test_what_is_no_key_never_becomes_a_path(storage: Storage, name: str) -> None:
    assert not files.is_key(name)
    for call in (storage.put(name, b"x"), storage.get(name), storage.delete(name), storage.exists(name)):
        with pytest.raises(ValueError, match="no key"):
            await call


def test_keys_are_ours_and_cannot_be_guessed() -> None:
    owner = uuid4()
    made = {new_key("clientes", owner, JPEG) for _ in range(1000)}
    assert len(made) == 1000
    for k in made:
        assert re.fullmatch(rf"clientes/{owner}/[0-9a-f]{{32}}\.jpg", k)
    some = made.pop()
    assert files.media_type(some) == JPEG
    assert files.name_of(some) == some.rpartition("/")[2]


async def test_the_sweep_deletes_what_no_row_names(
    core_pool: Pool, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a bucket as on the disk (`test_files_rows` has the rest of it): by the server's own clock there."""
    bucket = request.getfixturevalue("bucket").settings
    monkeypatch.setattr(core_pool, "settings", core_pool.settings.model_copy(update=bucket))
    storage, folder = files.open_storage(core_pool.settings), "f" + "".join(random.choices("abcdefgh", k=12))
    named, orphan, foreign = key(folder), key(folder), key(folder + "z")
    for k in (named, orphan, foreign):
        await storage.put(k, b"x")
    owned = Rows(named, folder=folder).owned
    assert await files.sweep(core_pool.db, owned) == 0
    monkeypatch.setattr(files, "GRACE", timedelta(minutes=-1))
    assert await files.sweep(core_pool.db, owned) == 1
    assert [await storage.exists(k) for k in (named, orphan, foreign)] == [True, False, True]
    assert await files.missing(core_pool.db, Rows(named, orphan, folder=folder).owned) == [orphan]


# --- the bucket --------------------------------------------------------------------------------------------


async def test_an_object_says_what_it_is(bucket: BucketServer, tmp_path: Path) -> None:
    mine = key()
    storage = files_s3.Bucket(Settings(data_dir=tmp_path, **bucket.settings), bucket.settings["s3_bucket"])
    await storage.put(mine, b"x")
    assert obstore.get(storage._store, mine).attributes["Content-Type"] == JPEG


class Refusal(http.server.BaseHTTPRequestHandler):
    """Refuses everything, in S3's words."""

    status: int
    code: str

    def do_PUT(self) -> None:
        body = f"<?xml version='1.0'?><Error><Code>{self.code}</Code><Message>No.</Message></Error>".encode()
        self.rfile.read(int(self.headers.get("Content-Length", "0")))
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def refusing(status: int, code: str) -> Iterator[Settings]:
    """Settings for a server that refuses."""
    handler = type("Refusing", (Refusal,), {"status": status, "code": code})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield elsewhere(server.server_port)
        server.shutdown()


def elsewhere(port: int) -> Settings:
    url = f"http://127.0.0.1:{port}"
    return Settings(s3_bucket="b", s3_url=url, s3_acceso="prueba", s3_secreto="prueba")


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (507, "XMinioStorageFull", StorageFull),
        (400, "QuotaExceeded", StorageFull),
        (403, "AccessDenied", Unavailable),
        (500, "InternalError", Unavailable),
    ],
)
async def test_what_a_bucket_refuses(status: int, code: str, expected: type[Exception]) -> None:
    with refusing(status, code) as settings, pytest.raises(expected):
        await files.open_storage(settings).put(key(), b"x")


async def test_a_bucket_that_does_not_answer_is_unavailable_soon() -> None:
    storage = files.open_storage(elsewhere(free_port()))
    begun = time.monotonic()
    for call in (storage.put(key(), b"x"), storage.get(key()), storage.delete(key()), storage.exists(key())):
        with pytest.raises(Unavailable):
            await call
    assert time.monotonic() - begun < 40
