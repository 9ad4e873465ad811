"""A private PostgreSQL of the system's packages (Debian's 15), on a port and directory of its own.

`python -m tests.tools.debian pytest …` runs a command against it, with `TEST_DATABASE_URL` set. The system's own
service, if there is one, is left alone.
"""

import os
import pwd
import secrets
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.tools.places import open_directory
from tests.tools.ports import free_port
from tests.tools.wait import wait_for

ROOT = Path("/usr/lib/postgresql")


def binaries(major: str = "15") -> Path:
    """The directory of initdb and postgres of one major version; FileNotFoundError when not installed."""
    path = ROOT / major / "bin"
    if not (path / "postgres").exists():
        raise FileNotFoundError(f"PostgreSQL {major} is not installed (apt-get install postgresql-{major})")
    return path


@contextmanager
def start_debian(major: str = "15", **settings: str) -> Iterator[str]:
    """Run a fresh server and yield its superuser's address; `settings` are lines of its configuration."""
    programs = binaries(major)
    # PostgreSQL refuses to run as root; its package brings an account that it may run as.
    account = "postgres" if os.geteuid() == 0 else None
    with open_directory() as home:
        home.chmod(0o700)
        if account:
            owner = pwd.getpwnam(account)
            os.chown(home, owner.pw_uid, owner.pw_gid)
        yield from _serve(programs, home, account, settings)


def _serve(programs: Path, home: Path, account: str | None, settings: dict[str, str]) -> Iterator[str]:
    password = secrets.token_urlsafe(12)
    # The directory is closed to everybody else, so the file may be readable for the account that reads it.
    (home / "password").write_text(password)
    subprocess.run(
        [programs / "initdb", "--pgdata", home / "data", "--username=postgres", "--auth=scram-sha-256",
         "--pwfile", home / "password", "--encoding=UTF8", "--locale=C.UTF-8"],
        user=account, cwd=home, stdout=subprocess.DEVNULL, check=True,
    )  # fmt: skip
    port = free_port()
    options = {"port": str(port), "listen_addresses": "127.0.0.1", "unix_socket_directories": str(home)}
    options |= {"max_connections": "400", **settings}
    with (home / "log").open("wb") as log:
        process = subprocess.Popen(
            [str(programs / "postgres"), "-D", str(home / "data"), *(f"--{k}={v}" for k, v in options.items())],
            user=account, cwd=home, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
    try:
        ready = [str(programs / "pg_isready"), "--quiet", "--host=127.0.0.1", f"--port={port}"]
        wait_for(lambda: subprocess.run(ready, check=False).returncode == 0, "PostgreSQL's start", seconds=30)
        yield f"postgresql://postgres:{password}@127.0.0.1:{port}/postgres"
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)


def main() -> int:
    """Run the command of the arguments with `TEST_DATABASE_URL` pointing at a private server."""
    with start_debian() as dsn:
        return subprocess.run(
            sys.argv[1:], env=os.environ | {"TEST_DATABASE_URL": dsn}, check=False
        ).returncode


if __name__ == "__main__":
    sys.exit(main())
