"""One cluster on disk: making it, its settings, its directories."""

import os
import secrets
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Final

from clientela.core.postgres.account import give, is_private
from clientela.core.postgres.binaries import Binaries
from clientela.core.postgres.connection import DATABASE, ROLE, sync_directory
from clientela.core.postgres.errors import PostgresError, from_server_log
from clientela.core.postgres.processes import Account, run

# sockaddr_un holds 108 bytes, the last one a NUL; the file in the directory is called `.s.PGSQL.65535`.
SOCKET_PATH_BYTES: Final = 107
_ROOM_NEEDED: Final = 96 * 1024 * 1024
_HBA: Final = """\
# Only the application's own role, only from this machine, only with its password.
local all all scram-sha-256
host all all 127.0.0.1/32 scram-sha-256
"""
_SETTINGS: Final = """
# Clientela: a small server beside its application. What must not be changed (fsync, full_page_writes,
# synchronous_commit, addresses, time zone) is set on the command line and wins over this file.
max_connections = 100
shared_buffers = 128MB
effective_cache_size = 1GB
wal_compression = on
random_page_cost = 1.1
jit = off
lc_messages = 'C'
# The application answers for its statements; this log is the server's own. A refused statement may carry somebody's
# data, so neither statements nor the details of errors are written.
log_min_messages = log
log_min_error_statement = panic
log_error_verbosity = terse
log_line_prefix = '%m [%p] '
"""
_ROLE_AND_DATABASE: Final = (
    f"CREATE ROLE {ROLE} LOGIN CREATEDB PASSWORD '{{password}}';\n"
    f"GRANT pg_monitor TO {ROLE};\n"
    f"CREATE DATABASE {DATABASE} OWNER {ROLE};\n"
)


class Cluster:
    """The data of one major version, at `<data-dir>/pg/<major>`."""

    def __init__(self, root: Path, binaries: Binaries) -> None:
        self.root = root
        self.binaries = binaries
        self.path = root / str(binaries.major)

    @property
    def exists(self) -> bool:
        """Whether the cluster was made, completely (it appears by rename)."""
        return (self.path / "PG_VERSION").exists()

    @property
    def mark(self) -> str:
        """What every process of this cluster shows in its title; the same under whatever path it is reached."""
        found = self.path.stat()
        return f"clientela-{found.st_dev:x}-{found.st_ino:x}"

    def create(self, account: Account, password: str) -> None:
        """Make the cluster, its role and its database beside its place, then put it there. Raises PostgresError."""
        for abandoned in self.root.glob(".nuevo-*"):
            shutil.rmtree(abandoned)
        if shutil.disk_usage(self.root).free < _ROOM_NEEDED:
            raise PostgresError(
                f"Para crear la base de datos hacen falta {_ROOM_NEEDED >> 20} MB libres en el disco de {self.root} "
                f"y quedan {shutil.disk_usage(self.root).free >> 20}. Libere espacio o indique otro --data-dir."
            )
        new = self.root / f".nuevo-{secrets.token_hex(4)}"
        new.mkdir(mode=0o700)
        give(new, account)
        try:
            self._initialise(new, account)
            self._alone(new, account, _ROLE_AND_DATABASE.format(password=password))
        except BaseException:
            shutil.rmtree(new, ignore_errors=True)
            raise
        new.rename(self.path)
        sync_directory(self.root)

    def set_password(self, account: Account, password: str) -> None:
        """Give the role a new password while no server runs (the file that held the old one was lost)."""
        sql = f"ALTER ROLE {ROLE} PASSWORD '{password}';\n"
        self._alone(self.path, account, sql)

    def _initialise(self, path: Path, account: Account) -> None:
        # Names sort by a normalised column, so plain byte order will do; the character classes of UTF-8 are wanted
        # for lower() and for the text search. A machine without C.UTF-8 still gets a working database.
        for ctype in ("C.UTF-8", "en_US.UTF-8", "C"):
            locale = ["--encoding=UTF8", "--locale=C", f"--lc-ctype={ctype}"]
            options = ["-D", str(path), "-U", "postgres", "--data-checksums", "--auth=reject", *locale]
            done = run(account, [self.binaries.program("initdb"), *options])
            if done.returncode == 0:
                break
            if "locale" not in done.stdout:
                raise from_server_log(done.stdout, self.root)
        else:
            raise from_server_log(done.stdout, self.root)
        _write_durably(path / "pg_hba.conf", "w", _HBA)
        _write_durably(path / "postgresql.conf", "a", _SETTINGS)

    def _alone(self, path: Path, account: Account, sql: str) -> None:
        """Run statements, one a line, in single-user mode: the superuser has no password and never logs in."""
        command = [self.binaries.program("postgres"), "--single", "-D", str(path), "postgres"]
        done = run(account, command, text=sql)
        if done.returncode != 0 or any(word in done.stdout for word in ("ERROR:", "FATAL:", "PANIC:")):
            raise from_server_log(done.stdout, self.root)

    def socket_directory(self, account: Account) -> Path:
        """Return a private directory for the unix socket, its path short enough for one, without old sockets.

        A killed server leaves the lock of its socket behind; were its number some other process's by now, the next
        server would not start.
        """
        direct = self.root / "socket"
        if len(os.fsencode(direct / ".s.PGSQL.65535")) <= SOCKET_PATH_BYTES:
            with suppress(FileExistsError):
                direct.mkdir(mode=0o700)
            give(direct, account)
        else:
            direct = self._short_directory(account)
        if not is_private(direct, account):
            raise PostgresError(
                f"{direct} no es un directorio privado de PostgreSQL. Bórrelo y vuelva a arrancar."
            )
        for left in direct.glob(".s.PGSQL.*"):
            left.unlink()
        return direct

    def _short_directory(self, account: Account) -> Path:
        """Return the short directory that a link in a deep one names; never use a stranger's."""
        link = self.root / "socket-corto"
        if link.is_symlink():
            target = link.readlink()
            if target.exists() and is_private(target, account):
                return target
            link.unlink()
        target = Path(tempfile.mkdtemp(prefix="clientela-", dir="/tmp"))
        give(target, account)
        link.symlink_to(target)
        return target

    def remove_short_directory(self, account: Account) -> None:
        """Take away the short directory after a clean stop."""
        link = self.root / "socket-corto"
        if link.is_symlink():
            target = link.readlink()
            if target.exists() and is_private(target, account):
                shutil.rmtree(target, ignore_errors=True)
            link.unlink()


def _write_durably(path: Path, mode: str, text: str) -> None:
    with path.open(mode) as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
