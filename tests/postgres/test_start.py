"""The embedded server starts from nothing, again, and as anybody; what it makes is private and durable."""

import os
import socket
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest

from clientela.core.postgres import EmbeddedPostgres, check_durability, read_dsn
from clientela.core.postgres.binaries import installed
from clientela.core.postgres.server import choose_port
from tests.postgres.holders import Holder, ask, cluster_path, do, postmaster, server_log
from tests.tools import processes
from tests.tools.database import run

Hold = Callable[..., Holder]


def test_starts_from_nothing_and_again_on_the_same_port(hold: Hold, data_dir: Path):
    first = hold().ready()
    assert first.supervises
    do(first.dsn, "CREATE TABLE t (x int); INSERT INTO t VALUES (7)")
    assert first.stop() == 0
    assert not (cluster_path(data_dir) / "postmaster.pid").exists()
    assert "database system is shut down" in server_log(data_dir)

    second = hold().ready()
    assert second.dsn == first.dsn == read_dsn(data_dir)
    assert ask(second.dsn, "SELECT x FROM t") == 7
    assert "recovery" not in server_log(data_dir)


def test_new_database_is_as_the_application_wants_it(hold: Hold):
    dsn = hold().ready().dsn
    show = {name: ask(dsn, f"SHOW {name}") for name in (
        "server_encoding", "TimeZone", "log_timezone", "listen_addresses",
        "password_encryption", "data_checksums", "max_connections", "logging_collector",
    )}  # fmt: skip
    assert show == {
        "server_encoding": "UTF8", "TimeZone": "UTC",
        "log_timezone": "UTC", "listen_addresses": "127.0.0.1", "password_encryption": "scram-sha-256",
        "data_checksums": "on", "max_connections": "100", "logging_collector": "off",
    }  # fmt: skip
    locale = "SELECT datcollate || ' ' || datctype FROM pg_database WHERE datname = 'clientela'"
    assert ask(dsn, locale) == "C C.UTF-8"
    assert ask(dsn, "SELECT lower('ÁÑÜ')") == "áñü"
    assert ask(dsn, "SELECT to_tsvector('spanish', 'camiones') @@ to_tsquery('spanish', 'camión')")
    assert ask(dsn, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") is False


async def durable(dsn: str) -> list[str]:
    connection = await asyncpg.connect(dsn)
    try:
        return await check_durability(connection)
    finally:
        await connection.close()


def test_keeps_what_it_acknowledges_whatever_its_files_say(hold: Hold, data_dir: Path):
    holder = hold().ready()
    assert run(durable(holder.dsn)) == []
    holder.stop()
    for name in ("postgresql.conf", "postgresql.auto.conf"):
        with (cluster_path(data_dir) / name).open("a") as file:
            file.write("fsync = off\nfull_page_writes = off\nsynchronous_commit = off\n")
    assert run(durable(hold().ready().dsn)) == []


def test_files_are_private(hold: Hold, data_dir: Path):
    hold().ready()
    modes = {p: stat.S_IMODE(p.lstat().st_mode) for p in (data_dir / "pg").iterdir()}
    assert {p.name: oct(mode) for p, mode in modes.items()} == {
        cluster_path(data_dir).name: "0o700",
        "socket": "0o700",
        "conexion": "0o600",
        "postgres.log": "0o600",
        "server.lock": "0o600",
        "supervisor.lock": "0o600",
    }


def test_password_is_needed_and_shows_nowhere(hold: Hold, data_dir: Path):
    holder = hold().ready()
    url = urlsplit(holder.dsn)
    assert url.hostname == "127.0.0.1"
    assert url.password is not None
    assert len(url.password) >= 32
    for wrong in (holder.dsn.replace(url.password, "otra"), holder.dsn.replace("clientela:", "postgres:")):
        with pytest.raises(asyncpg.InvalidPasswordError):
            ask(wrong, "SELECT 1")
    commands = [processes.command(int(p.name)) for p in Path("/proc").iterdir() if p.name.isdigit()]
    assert any(str(data_dir) in command for command in commands)
    assert not any(url.password in command for command in commands)


def test_nobody_else_on_the_network_reaches_it(hold: Hold):
    port = urlsplit(hold().ready().dsn).port
    assert port is not None
    listening = subprocess.run(
        ["cat", "/proc/net/tcp", "/proc/net/tcp6"], capture_output=True, text=True, check=True
    )
    rows = [line.split() for line in listening.stdout.splitlines()]
    addresses = {row[1] for row in rows if row[1].endswith(f":{port:04X}") and row[3] == "0A"}
    assert addresses == {f"0100007F:{port:04X}"}


def test_deep_data_directory_gets_a_short_socket_and_takes_it_away(hold: Hold, home: Path):
    deep = home / ("d" * 100)
    holder = hold(deep).ready()
    link = deep / "pg" / "socket-corto"
    short = link.readlink()
    assert stat.S_IMODE(short.stat().st_mode) == 0o700
    with socket.socket(socket.AF_UNIX) as probe:
        probe.connect(str(short / f".s.PGSQL.{urlsplit(holder.dsn).port}"))
    holder.kill_everything()
    again = hold(deep).ready()
    assert link.readlink() == short, "a killed server's directory is used again, not left behind"
    again.stop()
    assert not short.exists()


def test_lost_connection_file_gets_a_new_password_and_keeps_the_data(hold: Hold, data_dir: Path):
    first = hold().ready()
    do(first.dsn, "CREATE TABLE t AS SELECT 7 AS x")
    first.stop()
    (data_dir / "pg" / "conexion").unlink()
    second = hold().ready()
    assert urlsplit(second.dsn).password != urlsplit(first.dsn).password
    assert ask(second.dsn, "SELECT x FROM t") == 7


def test_start_and_stop_in_one_process(data_dir: Path):
    server = EmbeddedPostgres(data_dir)
    for _ in range(2):
        server.start()
        server.start()
        assert server.supervises
        assert ask(server.dsn(), "SELECT 1") == 1
        server.stop()
        server.stop()
        assert not server.supervises


def test_data_of_debians_older_server_stay_with_it(data_dir: Path, hold: Hold):
    debian = next(b for b in installed() if str(b.directory).startswith("/usr/lib/postgresql"))
    server = EmbeddedPostgres(data_dir, binaries=debian)
    server.start()
    do(server.dsn(), "CREATE TABLE t AS SELECT 7 AS x")
    server.stop()
    dsn = hold().ready().dsn
    assert ask(dsn, "SELECT x FROM t") == 7
    assert ask(dsn, "SELECT current_setting('server_version_num')::int / 10000") == debian.major
    assert [p.name for p in (data_dir / "pg").glob("[0-9]*")] == [str(debian.major)]


def test_killed_while_the_data_are_made_starts_all_the_same(hold: Hold, data_dir: Path):
    for moment in (0.15, 0.3, 0.45, 0.6):
        holder = hold()
        try:
            holder.process.wait(moment)
        except subprocess.TimeoutExpired:
            holder.kill_everything()
        if (data_dir / "pg" / "conexion").exists():
            break
    assert ask(hold().ready().dsn, "SELECT 1") == 1
    assert not list((data_dir / "pg").glob(".nuevo-*"))


def test_unrelated_process_with_the_number_in_a_stale_pid_file(hold: Hold, data_dir: Path):
    hold().ready().kill_everything()
    cluster = cluster_path(data_dir)
    owner = cluster.stat()
    with subprocess.Popen(["sleep", "60"], user=owner.st_uid, group=owner.st_gid) as innocent:
        try:
            file = cluster / "postmaster.pid"
            lines = file.read_text().splitlines()
            file.write_text("\n".join([str(innocent.pid), *lines[1:6], "0 0", *lines[7:]]) + "\n")
            # The control: left to itself, the server would refuse.
            alone = subprocess.run(
                [installed()[0].program("postgres"), "-D", cluster, "-c", "port=20001"],
                user=owner.st_uid, group=owner.st_gid, capture_output=True, text=True, check=False, cwd="/",
            )  # fmt: skip
            assert "already exists" in alone.stderr
            assert ask(hold().ready().dsn, "SELECT 1") == 1
            assert innocent.poll() is None
        finally:
            innocent.kill()


def test_port_taken_meanwhile_is_left_to_its_owner(hold: Hold, data_dir: Path):
    first = hold().ready()
    first.stop()
    port = urlsplit(first.dsn).port
    with socket.socket() as stranger:
        stranger.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        stranger.bind(("127.0.0.1", port))
        stranger.listen()
        second = hold().ready()
        assert urlsplit(second.dsn).port != port
        assert read_dsn(data_dir) == second.dsn
        assert ask(second.dsn, "SELECT 1") == 1


def test_port_taken_between_the_look_and_the_start(data_dir: Path, monkeypatch: pytest.MonkeyPatch):
    server = EmbeddedPostgres(data_dir)
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", 0))
        stranger.listen()
        taken = stranger.getsockname()[1]
        answers = iter([20_000, taken, taken])
        # The first answer is what is written down before the start, the next two lose the race.
        choose = lambda _: next(answers, None) or choose_port(None)  # noqa: E731
        monkeypatch.setattr("clientela.core.postgres.supervisor.choose_port", choose)
        server.start()
        assert urlsplit(server.dsn()).port != taken
        server.stop()


def test_log_does_not_grow_for_ever(hold: Hold, data_dir: Path, monkeypatch: pytest.MonkeyPatch):
    hold().ready().stop()
    log = data_dir / "pg" / "postgres.log"
    with log.open("a") as file:
        file.write("x" * (11 << 20))
    hold().ready()
    assert log.stat().st_size < 1 << 20
    assert log.with_name("postgres.log.1").stat().st_size > 10 << 20


def test_errors_of_statements_leave_no_data_in_the_log(hold: Hold, data_dir: Path):
    dsn = hold().ready().dsn
    do(dsn, "CREATE TABLE t (correo text PRIMARY KEY); INSERT INTO t VALUES ('canario@example.com')")
    with pytest.raises(asyncpg.UniqueViolationError):
        do(dsn, "INSERT INTO t VALUES ('canario@example.com')")
    with pytest.raises(asyncpg.InvalidTextRepresentationError):
        do(dsn, "SELECT 'canario'::int")
    assert "canario" not in server_log(data_dir)


def test_postmaster_is_no_child_of_root_and_dies_with_its_holder(hold: Hold, data_dir: Path):
    holder = hold().ready()
    pid = postmaster(data_dir)
    assert pid in processes.children(holder.pid)
    if os.geteuid() == 0:
        assert Path(f"/proc/{pid}").stat().st_uid != 0
