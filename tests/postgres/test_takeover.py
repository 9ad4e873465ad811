"""Several processes on one data directory: one supervises, the others join it, and take over when it dies."""

import contextlib
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from clientela.core.postgres import EmbeddedPostgres, PostgresError, read_dsn
from clientela.core.postgres.binaries import installed
from tests.postgres.holders import (
    Holder,
    ask,
    cluster_path,
    do,
    postmaster,
    seconds_until,
    server_log,
    supervisor,
)
from tests.tools import processes
from tests.tools.database import Database
from tests.tools.wait import wait_for

Hold = Callable[..., Holder]

# Measured at 0.25 to 0.9 s on a quiet machine with two cores; the gate's machine may be busy.
LIMIT = 5.0


def test_second_process_joins_the_first_ones_server(hold: Hold, data_dir: Path):
    first, second = hold().ready(), hold().ready()
    assert (first.supervises, second.supervises) == (True, False)
    assert first.dsn == second.dsn
    pid = postmaster(data_dir)
    second.stop()
    assert processes.alive(pid)
    assert ask(first.dsn, "SELECT 1") == 1


def test_processes_that_start_at_once_agree_on_one_supervisor(hold: Hold, data_dir: Path):
    holders = [hold() for _ in range(4)]
    for holder in holders:
        holder.ready()
    assert [h.supervises for h in holders].count(True) == 1
    assert len({h.dsn for h in holders}) == 1
    assert supervisor(data_dir) in {h.pid for h in holders if h.supervises}


def test_another_process_takes_over_from_a_killed_one(hold: Hold, data_dir: Path):
    first, second, third = hold().ready(), hold().ready(), hold().ready()
    do(first.dsn, "CREATE TABLE t (x int)")
    first.kill()
    assert seconds_until(data_dir, "INSERT INTO t VALUES (1)") < LIMIT
    heir = supervisor(data_dir)
    assert heir in {second.pid, third.pid}
    # And again, down to the last.
    (second if heir == second.pid else third).kill()
    assert seconds_until(data_dir, "INSERT INTO t VALUES (2)") < LIMIT
    assert supervisor(data_dir) in {second.pid, third.pid} - {heir}
    assert ask(read_dsn(data_dir), "SELECT count(*) FROM t") == 2


def test_another_process_takes_over_from_one_that_ends(hold: Hold, data_dir: Path):
    first, second = hold().ready(), hold().ready()
    do(first.dsn, "CREATE TABLE t (x int)")
    assert first.stop() == 0
    assert seconds_until(data_dir, "INSERT INTO t VALUES (1)") < LIMIT
    assert supervisor(data_dir) == second.pid


def test_takeover_under_long_transactions_and_idle_sessions(hold: Hold, data_dir: Path):
    """A fast shutdown ends every session; a smart one would wait for them for ever."""
    first = hold().ready()
    hold().ready()
    do(first.dsn, "CREATE TABLE t (x int)")
    with contextlib.closing(Database(first.dsn)) as idle:
        idle.execute("BEGIN; LOCK TABLE t IN SHARE MODE")
        first.kill()
        assert seconds_until(data_dir, "INSERT INTO t VALUES (1)") < LIMIT


def test_killed_server_is_started_again_by_its_supervisor(hold: Hold, data_dir: Path):
    first, second = hold().ready(), hold().ready()
    do(first.dsn, "CREATE TABLE t (x int)")
    for number in range(3):
        pid = postmaster(data_dir)
        os.kill(pid, signal.SIGKILL)
        assert seconds_until(data_dir, f"INSERT INTO t VALUES ({number})") < LIMIT
        assert postmaster(data_dir) != pid
    # The first as a rule; when its restart is slow, the second may take the server over, which is as good.
    assert supervisor(data_dir) in {first.pid, second.pid}
    assert ask(second.dsn, "SELECT count(*) FROM t") == 3


def test_backend_of_a_killed_server_does_not_hold_up_the_next_one(hold: Hold, data_dir: Path):
    """A stopped backend keeps the dead server's memory, which a new server must not share."""
    holder = hold().ready()
    do(holder.dsn, "CREATE TABLE t (x int)")
    pid = postmaster(data_dir)
    backend = processes.children(pid)[0]
    os.kill(backend, signal.SIGSTOP)
    os.kill(pid, signal.SIGKILL)
    assert seconds_until(data_dir, "INSERT INTO t VALUES (1)") < LIMIT
    wait_for(lambda: not processes.alive(backend), "the old backend's end")


def test_port_may_change_at_a_takeover_and_readers_follow(hold: Hold, data_dir: Path):
    first, _ = hold().ready(), hold().ready()
    do(first.dsn, "CREATE TABLE t (x int)")
    port = urlsplit(first.dsn).port
    first.process.send_signal(signal.SIGSTOP)
    os.kill(postmaster(data_dir), signal.SIGKILL)
    with socket.socket() as stranger:
        stranger.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        wait_for(lambda: binds(stranger, port), "the port's freedom")
        stranger.listen()
        threading.Thread(target=turn_away, args=(stranger,), daemon=True).start()
        first.kill()
        assert seconds_until(data_dir, "INSERT INTO t VALUES (1)") < LIMIT
        assert urlsplit(read_dsn(data_dir)).port != port


def turn_away(stranger: socket.socket) -> None:
    """Hang up on everybody until the socket is closed."""
    with contextlib.suppress(OSError):
        while True:
            stranger.accept()[0].close()


def binds(probe: socket.socket, port: int | None) -> bool:
    try:
        probe.bind(("127.0.0.1", port))
    except OSError:
        return False
    return True


def test_forked_child_does_not_keep_the_lock(hold: Hold, data_dir: Path):
    """A child that outlives the supervisor (an orphaned worker) must not keep others from taking over."""
    first = hold(fork="yes").ready()
    orphan = next(pid for pid in processes.children(first.pid) if "holder" in processes.command(pid))
    second = hold().ready()
    do(first.dsn, "CREATE TABLE t (x int)")
    first.kill()
    try:
        assert processes.alive(orphan)
        assert seconds_until(data_dir, "INSERT INTO t VALUES (1)") < LIMIT
        assert supervisor(data_dir) == second.pid
    finally:
        os.kill(orphan, signal.SIGKILL)


def test_clean_stop_needs_no_recovery_and_is_quick(hold: Hold, data_dir: Path):
    holder = hold().ready()
    do(holder.dsn, "CREATE TABLE t AS SELECT g FROM generate_series(1, 100000) g")
    started = time.monotonic()
    assert holder.stop() == 0
    assert time.monotonic() - started < LIMIT
    hold().ready()
    assert "automatic recovery" not in server_log(data_dir)


def test_same_data_under_another_path(hold: Hold, home: Path, data_dir: Path):
    """Containers mount one volume at different places: the old server is known by its lock, not by its path."""
    first = hold().ready()
    do(first.dsn, "CREATE TABLE t (x int)")
    (home / "enlace").symlink_to(data_dir)
    second = hold(home / "enlace").ready()
    assert not second.supervises
    pid = postmaster(data_dir)
    first.kill()
    assert seconds_until(data_dir, "INSERT INTO t VALUES (1)") < LIMIT
    assert supervisor(data_dir) == second.pid
    assert not processes.alive(pid)


def test_server_that_nobody_can_see_is_never_joined_by_a_second_one(
    hold: Hold, data_dir: Path, monkeypatch: pytest.MonkeyPatch
):
    """Another container's server holds the lock: starting beside it would ruin the data."""
    for name in ("_FAST_SECONDS", "_KILLED_SECONDS"):
        monkeypatch.setattr(f"clientela.core.postgres.server.{name}", 0.3)
    hold().ready().stop()
    command = ["flock", str(data_dir / "pg" / "server.lock"), "sleep", "60"]
    with subprocess.Popen(command, start_new_session=True) as invisible:
        try:
            with pytest.raises(PostgresError, match="otro contenedor"):
                EmbeddedPostgres(data_dir).start()
        finally:
            os.killpg(invisible.pid, signal.SIGKILL)
    hold().ready()


def test_server_started_by_hand_is_left_alone(hold: Hold, data_dir: Path):
    hold().ready().stop()
    cluster = cluster_path(data_dir)
    command = [installed()[0].program("postgres"), "-D", str(cluster), "-h", "", "-k", str(cluster)]
    owner = cluster.stat().st_uid
    with subprocess.Popen(command, user=owner, cwd="/", stderr=subprocess.DEVNULL) as by_hand:
        try:
            wait_for((cluster / "postmaster.pid").exists, "the start by hand")
            assert "already exists" in hold().error()
            assert by_hand.poll() is None
        finally:
            by_hand.send_signal(signal.SIGINT)
    hold().ready()
