"""PostgreSQL's own client programs, fitted to a server: psql, pg_dump, pg_restore.

They serve `backup` and `restore`, which work on whole databases; the application itself speaks through `core.db`.
"""

import json
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import unquote, urlsplit, urlunsplit

from clientela.core.postgres.binaries import Binaries, for_client, installed
from clientela.core.postgres.errors import PostgresError, no_space
from clientela.core.postgres.processes import die_with_parent

_TABLES: Final = (
    "SELECT coalesce(jsonb_agg(format('SELECT %L AS tabla, count(*) AS filas FROM %I.%I', "
    "nspname || '.' || relname, nspname, relname)), '[]') "
    "FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = relnamespace "
    "WHERE relkind = 'r' AND relpersistence <> 't' AND nspname NOT IN ('pg_catalog', 'information_schema') "
    "AND NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.objid = c.oid AND d.deptype = 'e')"
)
_WITHOUT_LIMITS: Final = "SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0;"


class Client:
    """The programs for one server. `url` may carry the password; it reaches them by the environment only."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.database = unquote(parts.path.lstrip("/"))
        self._url, password = _without_password(url)
        self._env = os.environ | {"PGCONNECT_TIMEOUT": "10", "PGAPPNAME": "clientela", "LC_ALL": "C"}
        if password is not None:
            self._env["PGPASSWORD"] = password
        if not installed():
            raise PostgresError(
                "No hay programas de PostgreSQL en esta máquina. Instale `postgresql-client`."
            )
        self._binaries = installed()[0]
        self.server_version = int(self.query("SHOW server_version_num"))
        self._binaries = for_client(self.server_major)

    @property
    def server_major(self) -> int:
        """The server's major version."""
        return self.server_version // 10_000

    @property
    def major(self) -> int:
        """The programs' major version."""
        return self._binaries.major

    def use(self, binaries: Binaries) -> None:
        """Use other programs (an archive may need newer ones than the server)."""
        self._binaries = binaries

    def query(self, sql: str) -> str:
        """Run a statement in a session of its own; return what psql prints of it."""
        return self._run("psql", ["-X", "-q", "-At", "-v", "ON_ERROR_STOP=1", "-d", self._url, "-c", sql])

    def count_rows(self) -> dict[str, int]:
        """Count the rows of every table (`public.clientes`)."""
        with Snapshot(self) as snapshot:
            return snapshot.count_rows()

    def dump(self, file: Path, snapshot: str) -> None:
        """Write the database, as the snapshot sees it, to a file in pg_dump's own compressed format."""
        try:
            self._run("pg_dump", ["-Fc", f"--snapshot={snapshot}", "-f", str(file), "-d", self._url])
        except PostgresError as error:
            raise (no_space(file.parent) if "No space left on device" in str(error) else error) from error

    def contents(self, file: Path) -> str:
        """Return the table of contents of a dump. Raises PostgresError when it is none."""
        return self._run("pg_restore", ["--list", str(file)])

    def restore(self, file: Path) -> None:
        """Load a dump: all of it or, at the first error, nothing. Whoever loads it owns what it makes."""
        options = ["--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges"]
        self._run("pg_restore", [*options, "-d", self._url, str(file)])
        self.query("ANALYZE")

    def start(self, program: str, arguments: Sequence[str], **streams: Any) -> subprocess.Popen[str]:
        """Start a program; it dies with the calling thread."""
        return subprocess.Popen(
            [self._binaries.program(program), *arguments],
            env=self._env,
            encoding="utf-8",
            errors="replace",
            # Takes no lock and imports nothing: the threads of the parent cannot harm it.
            preexec_fn=die_with_parent(signal.SIGKILL),  # noqa: PLW1509
            **streams,
        )

    def session(self) -> subprocess.Popen[str]:
        """Start a psql that reads statements from its input and stops at the first error."""
        arguments = ["-X", "-q", "-At", "-v", "ON_ERROR_STOP=1", "-d", self._url]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        return self.start("psql", arguments, **pipes)

    def _run(self, program: str, arguments: Sequence[str]) -> str:
        process = self.start(program, arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        output, complaint = process.communicate()
        if process.returncode != 0:
            raise explain(program, complaint)
        return output.strip()


class Session:
    """A psql that answers one statement after another."""

    def __init__(self, client: Client) -> None:
        self._session = client.session()
        self._tell(_WITHOUT_LIMITS)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._session.kill()
        self._session.communicate()

    def value(self, sql: str) -> str:
        """Return the one value of a query. Raises PostgresError when it fails or the session has ended."""
        try:
            self._tell(sql + ";")
            answer = self._session.stdout.readline() if self._session.stdout is not None else ""
        except BrokenPipeError:
            answer = ""
        if not answer:
            raise explain("psql", self._session.communicate()[1])
        return answer.strip()

    def _tell(self, sql: str) -> None:
        if self._session.stdin is not None:
            self._session.stdin.write(sql + "\n")
            self._session.stdin.flush()


class Snapshot(Session):
    """One consistent view of the database, kept open while it is dumped and counted."""

    def __init__(self, client: Client) -> None:
        super().__init__(client)
        self._tell("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;")
        self.id = self.value("SELECT pg_export_snapshot()")

    def count_rows(self) -> dict[str, int]:
        """Count the rows of every table that the snapshot sees."""
        counts: list[str] = json.loads(self.value(_TABLES))
        if not counts:
            return {}
        # The names in these statements were quoted by the server.
        sql = f"SELECT jsonb_object_agg(tabla, filas) FROM ({' UNION ALL '.join(counts)}) AS t"  # noqa: S608
        found: Mapping[str, int] = json.loads(self.value(sql))
        return dict(sorted(found.items()))


def explain(program: str, complaint: str) -> PostgresError:
    """Turn what a program complained about into an error that says what to do."""
    text = "\n".join(complaint.strip().splitlines()[-6:])
    if "SSL support is not compiled in" in complaint:
        return PostgresError(
            "El servidor externo pide TLS y los programas incluidos no lo tienen. Instale `postgresql-client` de "
            "su sistema, de la versión del servidor o posterior."
        )
    return PostgresError(f"{program} falló: {text or 'sin más detalles'}")


def _without_password(url: str) -> tuple[str, str | None]:
    """Split a URL into one without its password, which any user could read in the list of processes, and it."""
    parts = urlsplit(url)
    if parts.password is None:
        return url, None
    place = parts.netloc.rpartition("@")[2]
    user = parts.username or ""
    return urlunsplit(parts._replace(netloc=f"{user}@{place}")), unquote(parts.password)
