"""What goes wrong on real machines: it works all the same, or says in Spanish what to do, and loses nothing."""

import contextlib
import itertools
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import asyncpg
import pytest

from clientela.core.postgres import EmbeddedPostgres, PostgresError, read_dsn
from clientela.core.postgres.errors import from_server_log
from tests.postgres.holders import Holder, ask, cluster_path, do, seconds_until, server_log
from tests.tools.database import Database

Hold = Callable[..., Holder]


def test_data_of_a_version_that_is_not_here(hold: Hold, data_dir: Path):
    hold().ready().stop()
    cluster = cluster_path(data_dir)
    unknown = cluster.rename(cluster.with_name("14"))
    (unknown / "PG_VERSION").write_text("14\n")
    message = hold().error()
    for part in ("PostgreSQL 14", "16", "postgresql-14", "clientela backup", "clientela restore"):
        assert part in message
    assert [p.name for p in (data_dir / "pg").glob("[0-9]*")] == ["14"], "no empty database beside the data"


def test_directory_whose_name_and_content_disagree(hold: Hold, data_dir: Path):
    hold().ready().stop()
    (cluster_path(data_dir) / "PG_VERSION").write_text("18\n")
    assert "PostgreSQL 18" in hold().error()
    (cluster_path(data_dir) / "PG_VERSION").write_text("16\n")
    hold().ready()


def test_data_directory_that_is_a_file(hold: Hold, data_dir: Path):
    data_dir.write_text("")
    message = hold().error()
    assert "no es un directorio" in message
    assert "--data-dir" in message


def test_half_restored_directory_is_not_served(hold: Hold, data_dir: Path):
    (data_dir / ".restaurando").mkdir(parents=True)
    assert "clientela restore" in hold().error()
    assert not (data_dir / "pg").exists()


def test_connection_before_the_first_start(data_dir: Path):
    with pytest.raises(PostgresError, match="clientela serve"):
        read_dsn(data_dir)


def test_broken_configuration_shows_the_servers_own_words(hold: Hold, data_dir: Path):
    hold().ready().stop()
    with (cluster_path(data_dir) / "postgresql.conf").open("a") as file:
        file.write("shared_buffers = muchos\n")
    message = hold().error()
    assert "shared_buffers" in message
    assert "clientela restore" in message


def test_holder_that_does_not_answer_is_named(data_dir: Path, monkeypatch: pytest.MonkeyPatch, hold: Hold):
    monkeypatch.setattr("clientela.core.postgres.supervisor.JOIN_SECONDS", 0.5)
    holder = hold().ready()
    (data_dir / "pg" / "conexion").write_text("postgresql://clientela:otra@127.0.0.1:1/clientela\n")
    with pytest.raises(PostgresError, match=f"proceso {holder.pid} .*no responde"):
        EmbeddedPostgres(data_dir).start()


@pytest.mark.parametrize(
    ("log", "words"),
    [
        ("FATAL:  could not create shared memory segment: No space left on device", "--shm-size"),
        ("PANIC:  could not write to file: No space left on device", "No queda espacio"),
        ("FATAL:  could not open file: Read-only file system", "solo lectura"),
        ("FATAL:  could not open file: Permission denied", "chown"),
        ("FATAL:  database files are incompatible with server", "otra versión"),
        ("PANIC:  could not locate a valid checkpoint record", "clientela restore"),
    ],
)
def test_each_reason_has_its_remedy(log: str, words: str):
    assert words in str(from_server_log(f"LOG:  starting\n{log}\n", Path("/datos/pg/16")))


# --- disks of their own: mounted in a namespace that goes away with its holder ---------------------------------------


@pytest.fixture
def disk(home: Path) -> Iterator[Callable[[str], Path]]:
    """Factory of small memory disks: `disk("size=160m")` is a mounted directory."""
    mounted: list[Path] = []

    def make(options: str) -> Path:
        path = home / f"disco{len(mounted)}"
        path.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", path], check=True)
        mounted.append(path)
        return path

    yield make
    for path in mounted:
        subprocess.run(["umount", "--lazy", path], check=True)


def fill(path: Path, leave: int = 0) -> Path:
    """Take all the room there is, but for some bytes."""
    filler = path / "relleno"
    with filler.open("wb") as file:
        room = os.statvfs(path)
        os.posix_fallocate(file.fileno(), 0, room.f_bavail * room.f_frsize - leave)
    return filler


@pytest.mark.usefixtures("root")
def test_disk_too_small_for_a_database(hold: Hold, disk: Callable[[str], Path]):
    message = hold(disk("size=40m") / "datos").error()
    assert "hacen falta" in message
    assert "Libere espacio" in message


def write_until_refused(dsn: str) -> int:
    """Write rows until the disk is full; how many were acknowledged."""
    with contextlib.closing(Database(dsn)) as database:
        for number in itertools.count(1):
            try:
                database.execute(f"INSERT INTO t VALUES ({number}, repeat('x', 7000))")
            except (asyncpg.PostgresError, OSError):
                return number - 1
    raise AssertionError("unreachable: the count never ends")


@pytest.mark.usefixtures("root")
def test_disk_full_while_working_and_at_the_next_start(hold: Hold, disk: Callable[[str], Path]):
    path = disk("size=220m")
    data_dir = path / "datos"
    holder = hold(data_dir).ready()
    do(holder.dsn, "CREATE TABLE t (n int PRIMARY KEY, x text STORAGE PLAIN)")
    filler = fill(path, leave=6 << 20)
    acknowledged = write_until_refused(holder.dsn)
    assert acknowledged > 0
    filler.unlink()
    assert seconds_until(data_dir, "SELECT 1") < 15
    # The refused one was never acknowledged, but may have arrived.
    assert ask(read_dsn(data_dir), "SELECT count(*) FROM t") in {acknowledged, acknowledged + 1}
    acknowledged = ask(read_dsn(data_dir), "SELECT count(*) FROM t")
    holder.kill_everything()

    filler = fill(path)
    message = hold(data_dir).error()
    assert "No queda espacio" in message
    assert "Libere espacio" in message
    filler.unlink()
    assert ask(hold(data_dir).ready().dsn, "SELECT count(*) FROM t") == acknowledged


@pytest.mark.usefixtures("root")
def test_disk_full_when_the_server_must_be_started_again(hold: Hold, disk: Callable[[str], Path]):
    """The supervisor keeps trying, and comes back as soon as there is room."""
    path = disk("size=220m")
    data_dir = path / "datos"
    do(hold(data_dir).ready().dsn, "CREATE TABLE t AS SELECT 7 AS x")
    pid = int((cluster_path(data_dir) / "postmaster.pid").read_text().split()[0])
    filler = fill(path)
    os.kill(pid, 9)
    time.sleep(1)
    filler.unlink()
    seconds_until(data_dir, "INSERT INTO t VALUES (8)", limit=15)


@pytest.mark.usefixtures("root")
def test_disk_without_writing(hold: Hold, disk: Callable[[str], Path]):
    path = disk("size=220m")
    hold(path / "datos").ready().stop()
    subprocess.run(["mount", "-o", "remount,ro", path], check=True)
    for data_dir in (path / "datos", path / "nuevo"):
        message = hold(data_dir).error()
        assert "solo lectura" in message
        assert "--data-dir" in message
    subprocess.run(["mount", "-o", "remount,rw", path], check=True)
    hold(path / "datos").ready()
    assert "database system is ready" in server_log(path / "datos")
