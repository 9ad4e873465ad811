"""A copy holds every file that its rows name, wherever files are, and they come back to either place (T-BK-1)."""

import os
import stat
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

import pytest

from clientela.clientes import jobs
from clientela.clientes.model import IMAGENES
from clientela.core import backup as backups
from clientela.core import backup_bucket, files
from clientela.core.archive import BackupError, Writer
from clientela.core.backup import backup, restore
from clientela.core.db import Pool
from clientela.core.doctor import examine
from clientela.core.errors import Unavailable
from clientela.core.postgres.client import Client, Session
from clientela.migrations.current import head
from clientela.settings import Settings
from clientela.worker import ARCHIVOS
from tests.cast import Cast, Persona
from tests.tools.bucket import BucketServer, running
from tests.tools.cluster import Cluster
from tests.tools.database import Database, run
from tests.tools.image_bricks import encoded, picture
from tests.tools.server import Server, run_cli
from tests.tools.sweep import sweep_files
from tests.tools.wait import wait_for

FOLDERS = [owned.folder for owned in ARCHIVOS]
PHOTO = encoded("JPEG", picture("RGB", (64, 48)))


@pytest.fixture
def empty_database(cluster: Cluster) -> Iterator[Callable[[], Database]]:
    """Factory of databases with nothing in them, dropped afterwards."""
    made: list[Database] = []

    def make() -> Database:
        made.append(
            Database(cluster.create(f"vacia_{os.getpid()}_{uuid.uuid4().hex[:6]}", template="template0"))
        )
        return made[-1]

    yield make
    for database in made:
        database.close()
        cluster.drop(database.name)


@pytest.fixture
def shop(new_database: Callable[[], Database], start_server: Callable[..., Server]) -> Cast:
    """A server of the test's own, its files on the disk."""
    database = new_database()
    server = start_server(database.dsn, workers=1)
    return Cast(server.url, database, server.data_dir)


def settings(data_dir: Path, database: Database, **more: str) -> Settings:
    return Settings(data_dir=data_dir, database_url=database.dsn, **more)  # type: ignore[arg-type]


def make_client(shop: Cast) -> str:
    """The path of a client with all three images."""
    answer = shop.admin.post("/api/clientes", data={"nombre": "Foto"}, files=dict.fromkeys(IMAGENES, PHOTO))
    assert answer.status_code == 201, answer.text
    return f"/api/clientes/{answer.json()['data']['cliente']['uuid']}"


# --- while images are replaced -------------------------------------------------------------------------------


class Busy:
    """Replaces a client's images again and again."""

    def __init__(self, shop: Cast) -> None:
        self.path, self.replaced, self._ended = make_client(shop), 0, threading.Event()
        self._who, self._thread = (
            Persona(shop.base_url, shop.admin.token),
            threading.Thread(target=self._work),
        )

    def _work(self) -> None:
        while not self._ended.is_set():
            assert self._who.put(self.path, files=dict.fromkeys(IMAGENES, PHOTO)).status_code == 200
            self.replaced += 1

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join(30)


def copied_while_replaced(shop: Cast, monkeypatch: pytest.MonkeyPatch, copy: Path) -> None:
    """Make a copy; between its database and its files, each image is replaced at least twice."""
    with Busy(shop) as busy:
        add_files = backups._add_files

        def later(given: Settings, writer: Writer, leave_out: set[Path]) -> None:
            enough = busy.replaced + 2
            wait_for(lambda: busy.replaced >= enough, "some replacements", seconds=60)
            add_files(given, writer, leave_out)

        monkeypatch.setattr(backups, "_add_files", later)
        backup(settings(shop.data_dir, shop.db), copy, folders=FOLDERS)


def lost(copy: Path, home: Path, database: Database) -> list[str]:
    """What the rows of a copy name and the copy has not, once it is back."""
    restore(settings(home, database), copy)
    return [found.what for found in sweep_files(database, home) if found.rule == "fila_sin_archivo"]


def test_what_a_copys_rows_name_is_in_the_copy(
    shop: Cast, empty_database: Callable[[], Database], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied_while_replaced(shop, monkeypatch, tmp_path / "copia.tar")
    assert lost(tmp_path / "copia.tar", tmp_path / "otro", empty_database()) == []
    # What could not be deleted meanwhile goes with the next sweep, and nothing else does.
    assert len(sweep_files(shop.db, shop.data_dir, grace=-60)) >= 6
    clear(shop)
    assert sweep_files(shop.db, shop.data_dir, grace=-60) == []


def test_without_the_lock_it_is_not(
    shop: Cast, empty_database: Callable[[], Database], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control."""
    monkeypatch.setattr(backups, "KEEP_ALL", "SELECT 1")
    copied_while_replaced(shop, monkeypatch, tmp_path / "copia.tar")
    assert len(lost(tmp_path / "copia.tar", tmp_path / "otro", empty_database())) == len(IMAGENES)


def clear(shop: Cast) -> None:
    """Let every file be old, and sweep as the night does."""
    then = time.time() - 3600
    for path in (shop.data_dir / files.FOLDER).rglob("*"):
        os.utime(path, (then, then))

    async def sweep() -> None:
        pool = await Pool(Settings(data_dir=shop.data_dir), lambda: shop.db.dsn).open()
        try:
            await files.sweep(pool.db, jobs.ARCHIVOS)
        finally:
            await pool.close()

    run(sweep())


async def test_nothing_is_swept_while_a_copy_is_made(cast: Cast, db: Database) -> None:
    pool = await Pool(Settings(data_dir=cast.data_dir), lambda: db.dsn).open()
    try:
        with Session(Client(db.dsn)) as keeper:
            keeper.value(files.KEEP_ALL)
            with pytest.raises(Unavailable):
                await files.sweep(pool.db, jobs.ARCHIVOS)
        # The lock ends with the session, a moment after it was told to go.
        swept = None
        while swept is None:
            with suppress(Unavailable):
                swept = await files.sweep(pool.db, jobs.ARCHIVOS)
    finally:
        await pool.close()


# --- to a bucket, and back -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def bucket_server() -> Iterator[BucketServer]:
    """A real S3 server."""
    with running() as server:
        yield server


@pytest.fixture
def bucket(bucket_server: BucketServer) -> dict[str, Any]:
    """Settings for an empty bucket."""
    return bucket_server.settings | {"s3_bucket": bucket_server.new_bucket()}


def photos(shop: Cast, path: str) -> list[bytes]:
    return [shop.admin.get(f"{path}/imagenes/{campo}").content for campo in IMAGENES]


def test_files_move_to_a_bucket_and_back(
    shop: Cast,
    empty_database: Callable[[], Database],
    start_server: Callable[..., Server],
    bucket: dict[str, Any],
    tmp_path: Path,
) -> None:
    path, there, back, copy = (
        make_client(shop),
        tmp_path / "cubo",
        tmp_path / "disco",
        str(tmp_path / "1.tar"),
    )
    before = photos(shop, path)
    written = run_cli("backup", copy, data_dir=shop.data_dir, database_url=shop.db.dsn)
    assert written.returncode == 0, written.stderr
    second = empty_database()
    put = run_cli("restore", copy, data_dir=there, database_url=second.dsn, **bucket)
    assert put.returncode == 0, put.stderr
    assert not (there / files.FOLDER).exists()

    server = start_server(second.dsn, workers=1, data_dir=there, **bucket)
    moved = Cast(server.url, second, there)
    assert photos(moved, path) == before
    # It goes on there: what is new, what was replaced, and nothing on the disk.
    assert moved.admin.put(path, files={"ci_reverso": encoded("PNG")}).status_code == 200
    after = photos(moved, path)
    assert after[:2] == before[:2]
    assert after[2] != before[2]
    assert not (there / files.FOLDER).exists()

    copy = str(tmp_path / "2.tar")
    assert run_cli("backup", copy, data_dir=there, database_url=second.dsn, **bucket).returncode == 0
    third = empty_database()
    assert run_cli("restore", copy, data_dir=back, database_url=third.dsn).returncode == 0
    assert sweep_files(third, back, grace=-60) == []
    keys = third.fetch(f"SELECT {', '.join(IMAGENES)} FROM clientes WHERE foto_perfil IS NOT NULL")[0]
    assert [(back / files.FOLDER / key).read_bytes() for key in keys] == after
    modes = {stat.S_IMODE(place.stat().st_mode) for place in (back / files.FOLDER).rglob("*")}
    assert modes == {0o700, 0o600}
    checks = examine(settings(back, third), head(), ARCHIVOS)
    assert {c.estado for c in checks if c.nombre in {"Directorio de datos", "Archivos"}} == {"bien"}


def test_a_bucket_that_is_not_empty_is_left_alone(
    shop: Cast,
    empty_database: Callable[[], Database],
    bucket: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make_client(shop)
    backup(settings(shop.data_dir, shop.db), tmp_path / "copia.tar", folders=FOLDERS)
    there = settings(tmp_path / "cubo", empty_database(), **bucket)
    storage = files.open_storage(there)

    async def listed() -> list[str]:
        return [key async for page in storage.pages("clientes", files.EVER) for key in page]

    # A restore that fails later takes its files along.
    with monkeypatch.context() as broken:
        broken.setattr(backups, "_load", fail)
        with pytest.raises(BackupError, match="planted"):
            restore(there, tmp_path / "copia.tar")
    assert run(listed()) == []
    assert list((tmp_path / "cubo").iterdir()) == []

    foreign = files.new_key("clientes", uuid.uuid4(), "image/jpeg")
    run(storage.put(foreign, b"x"))
    with pytest.raises(BackupError, match="ya tiene archivos"):
        restore(there, tmp_path / "copia.tar")
    assert run(listed()) == [foreign]
    # One that was killed left some of its own, and can be repeated.
    run(storage.delete(foreign))
    own = next((shop.data_dir / files.FOLDER / "clientes").rglob("*.jpg"))
    run(storage.put(str(own.relative_to(shop.data_dir / files.FOLDER)), own.read_bytes()))
    restore(there, tmp_path / "copia.tar")
    assert len(run(listed())) == len(IMAGENES)


def fail(*_: object) -> None:
    raise BackupError("planted")


def test_a_bucket_that_does_not_answer(
    shop: Cast, bucket: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def gone(*_: object) -> None:
        raise Unavailable

    monkeypatch.setattr(backup_bucket, "_get", gone)
    there = settings(shop.data_dir, shop.db, **bucket)
    key = files.new_key("clientes", uuid.uuid4(), "image/jpeg")
    run(files.open_storage(there).put(key, b"x"))
    with pytest.raises(BackupError, match="no responde"):
        backup(there, tmp_path / "copia.tar", folders=FOLDERS)
    assert list(tmp_path.iterdir()) == []
