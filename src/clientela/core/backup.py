"""`clientela backup` and `restore`: database, files and keys as one archive (CONTRACT §11, §12; RELIABILITY T-BK).

A copy can be made while the server works: one snapshot of the database, then the files, which are written before the
rows that name them, never changed, and not deleted while a copy is being made. It is put back into an empty place only,
after every byte has been checked, and either completely or not at all. This is also how an embedded database moves to a
server of its own, files move from the disk to a bucket, and back.
"""

import json
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final

from clientela.core import archive, backup_bucket
from clientela.core.archive import BackupError, Manifest
from clientela.core.files import FOLDER, KEEP_ALL
from clientela.core.metrics import METRICS_DIRECTORY
from clientela.core.postgres import EmbeddedPostgres, PostgresError
from clientela.core.postgres.binaries import for_client, for_existing_data
from clientela.core.postgres.client import Client, Session, Snapshot
from clientela.core.postgres.connection import sync_directory
from clientela.core.postgres.errors import from_os_error
from clientela.core.postgres.supervisor import HALF_RESTORED
from clientela.settings import Settings

Tell = Callable[[str], None]
# What lies in the data directory but is no part of a copy: the server's own files, counters of running processes, and
# earlier copies kept there.
_NOT_COPIED: Final = frozenset({"pg", METRICS_DIRECTORY, "respaldos", HALF_RESTORED})
_MOVED: Final = "movidos.json"
_REVISION: Final = "SELECT to_regclass('public.alembic_version') IS NOT NULL"


def _silent(_: str) -> None:
    """Tell nobody."""


def backup(settings: Settings, file: Path, tell: Tell = _silent, *, folders: Sequence[str] = ()) -> Manifest:
    """Write a copy of database, files and keys to `file` (mode 0600); works while the server works.

    `folders` are those of the files, which may be in a bucket. Returns what the copy holds. Raises BackupError or
    PostgresError; then there is no new file, and an old one is intact.
    """
    file = file.absolute()
    if not settings.database_url and for_existing_data(settings.data_dir / "pg") is None:
        raise BackupError(
            f"En {settings.data_dir} no hay ninguna base de datos que copiar. ¿Es otro --data-dir?"
        )
    try:
        with running_database(settings) as url:
            return _write(settings, Client(url), file, tell, folders)
    except OSError as error:
        raise _explained(error, file) from error


def _write(settings: Settings, client: Client, file: Path, tell: Tell, folders: Sequence[str]) -> Manifest:
    dump = file.with_name(f".{file.name}.base")
    try:
        with archive.create(file) as writer, Session(client) as keeper:
            keeper.value(KEEP_ALL)
            tell("Copiando la base de datos…")
            tables, revision = _dump(client, dump)
            writer.add(archive.DUMP, dump)
            tell("Copiando los archivos…")
            _add_files(settings, writer, {file, dump, file.with_name(f".{file.name}.parcial")})
            if settings.s3_bucket is not None:
                backup_bucket.copy_from(settings, folders, writer, f"{archive.FILES}{FOLDER}/")
            # It answers, so it was there all the time, and nothing was deleted.
            keeper.value("SELECT 1")
            manifest = Manifest(
                formato=archive.FORMAT,
                clientela=version("clientela"),
                creado_en=datetime.now(UTC).isoformat(timespec="seconds"),
                postgres=client.server_version,
                pg_dump=client.major,
                migracion=revision,
                tablas=tables,
                partes=writer.parts,
            )
            writer.finish(manifest)
    finally:
        dump.unlink(missing_ok=True)
    tell("Comprobando la copia…")
    return archive.verify(file)


def _add_files(settings: Settings, writer: archive.Writer, leave_out: set[Path]) -> None:
    data_dir = settings.data_dir.absolute()
    for path in _files(
        data_dir, leave_out, _NOT_COPIED if settings.s3_bucket is None else _NOT_COPIED | {FOLDER}
    ):
        # What vanishes between the listing and its turn belongs to no row of the snapshot.
        with suppress(FileNotFoundError):
            writer.add(archive.FILES + path.relative_to(data_dir).as_posix(), path)


def _dump(client: Client, dump: Path) -> tuple[dict[str, int], str | None]:
    """Dump the database and count, in the same snapshot, the rows of each table."""
    os.close(os.open(dump, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600))
    with Snapshot(client) as snapshot:
        client.dump(dump, snapshot.id)
        tables = snapshot.count_rows()
        known = snapshot.value(_REVISION) == "t"
        revision = snapshot.value("SELECT version_num FROM public.alembic_version") if known else None
    _check_dump(client, dump, tables)
    return tables, revision


def _check_dump(client: Client, dump: Path, tables: dict[str, int]) -> None:
    """Refuse a dump that lacks a table: pg_dump has been known to write nothing and say nothing."""
    contents = client.contents(dump)
    missing = [name for name in tables if f" TABLE DATA {name.replace('.', ' ', 1)} " not in contents]
    if missing or not tables:
        raise BackupError(
            f"pg_dump no copió estas tablas: {', '.join(missing) or 'ninguna'}. Vuelva a intentarlo."
        )


def _files(data_dir: Path, leave_out: set[Path], not_at_the_top: frozenset[str]) -> Iterator[Path]:
    """Every file of the data directory that belongs into a copy; links to other disks are followed, once."""
    seen: set[str] = set()
    for folder, names, files in os.walk(data_dir, followlinks=True):
        real = os.path.realpath(folder)
        if real in seen:
            names.clear()
            continue
        seen.add(real)
        top = Path(folder) == data_dir
        names[:] = sorted(name for name in names if not (top and name in not_at_the_top))
        found = (Path(folder, name) for name in sorted(files))
        yield from (path for path in found if path not in leave_out and path.is_file())


def restore(settings: Settings, file: Path, tell: Tell = _silent) -> Manifest:
    """Put a copy back: into an empty data directory and, with an external server, an empty database.

    Asks nothing and needs no running server. Raises BackupError or PostgresError; then everything is empty as before.
    """
    data_dir = settings.data_dir.absolute()
    try:
        tell("Comprobando la copia…")
        manifest = archive.verify(file)
        if settings.database_url:
            _refuse_full_database(Client(settings.database_url))
        staging = _empty_staging(data_dir)
        moved: list[str] = []
        try:
            _put_back(settings, file, manifest, staging, moved, tell)
        except BaseException:
            _clean_up(data_dir, moved)
            raise
        shutil.rmtree(staging)
    except OSError as error:
        raise _explained(error, data_dir) from error
    return manifest


def _empty_staging(data_dir: Path) -> Path:
    """Make the directory in which everything is prepared; refuse a data directory that holds anything.

    What an interrupted restore left there was put there by it: it is removed.
    """
    staging = data_dir / HALF_RESTORED
    data_dir.mkdir(parents=True, exist_ok=True)
    if staging.exists():
        record = staging / _MOVED
        _clean_up(data_dir, json.loads(record.read_text()) if record.exists() else [])
    if any(data_dir.iterdir()):
        raise BackupError(
            f"{data_dir} no está vacío y una restauración no borra nada. Indique un directorio nuevo con --data-dir, "
            "o mueva lo que hay en este."
        )
    staging.mkdir()
    return staging


def _refuse_full_database(client: Client) -> None:
    if client.count_rows():
        raise BackupError(
            f"La base de datos {client.database} ya tiene tablas y una restauración no borra nada. Cree una vacía y "
            "póngala en CLIENTELA_DATABASE_URL."
        )


def _put_back(
    settings: Settings, file: Path, manifest: Manifest, staging: Path, moved: list[str], tell: Tell
) -> None:
    """Prepare everything aside, then move it into place; the database is the last to appear."""
    tell("Recuperando los archivos…")
    archive.extract(file, manifest, staging)
    dump = staging / archive.DUMP
    if not settings.database_url:
        tell("Recuperando la base de datos…")
        with _running(staging) as url:
            _load(Client(url), manifest, dump)
    with _bucket_filled(settings, staging / archive.FILES / FOLDER):
        _move_into_place(settings, manifest, staging, moved, tell)


@contextmanager
def _bucket_filled(settings: Settings, place: Path) -> Iterator[None]:
    """Put the files where the settings say that they are, as long as the block succeeds."""
    if settings.s3_bucket is None or not place.exists():
        yield
        return
    with backup_bucket.filled_from(settings, place):
        shutil.rmtree(place)
        yield


def _move_into_place(
    settings: Settings, manifest: Manifest, staging: Path, moved: list[str], tell: Tell
) -> None:
    files = staging / archive.FILES
    moved += sorted(path.name for path in files.iterdir()) if files.exists() else []
    moved.append("pg")
    (staging / _MOVED).write_text(json.dumps(moved))
    for name in moved[:-1]:
        (files / name).rename(staging.parent / name)
    if settings.database_url:
        tell("Recuperando la base de datos…")
        _load(Client(settings.database_url), manifest, staging / archive.DUMP)
    else:
        (staging / "pg").rename(staging.parent / "pg")
    sync_directory(staging.parent)


def _load(client: Client, manifest: Manifest, dump: Path) -> None:
    """Load the dump, and count what arrived."""
    client.use(for_client(max(client.server_major, manifest.pg_dump)))
    try:
        client.restore(dump)
    except PostgresError as error:
        made_by = manifest.postgres // 10_000
        if client.server_major >= made_by:
            raise
        raise BackupError(
            f"La copia es de PostgreSQL {made_by} y el servidor es {client.server_major}, más antiguo: hace falta uno "
            f"de la misma versión o posterior.\n{error}"
        ) from error
    found = client.count_rows()
    wrong = [name for name, rows in manifest.tablas.items() if found.get(name) != rows]
    if wrong:
        raise BackupError(f"Tras restaurar, estas tablas no tienen sus filas: {', '.join(wrong)}.")


def _clean_up(data_dir: Path, moved: list[str]) -> None:
    """Remove what a restore has put into a data directory that was empty before it."""
    for name in [*moved, HALF_RESTORED]:
        path = data_dir / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


@contextmanager
def running_database(settings: Settings) -> Iterator[str]:
    """Give the URL of the database: the external one, or the embedded one, running or started for this."""
    if settings.database_url:
        yield settings.database_url
    else:
        with _running(settings.data_dir) as url:
            yield url


@contextmanager
def _running(data_dir: Path) -> Iterator[str]:
    server = EmbeddedPostgres(data_dir)
    server.start()
    try:
        yield server.dsn()
    finally:
        server.stop()


def _explained(error: OSError, path: Path) -> OSError:
    """Pass our own errors on; explain the system's."""
    if isinstance(error, BackupError):
        return error
    if isinstance(error, FileNotFoundError) and error.filename:
        return BackupError(f"No existe {error.filename}.")
    return from_os_error(error, path)
