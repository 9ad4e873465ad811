"""Where the embedded server is: one private file that holds its URL, replaced by rename whenever it moves."""

import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from clientela.core.postgres.errors import PostgresError, from_os_error
from clientela.core.postgres.lock import open_private

ROLE: Final = "clientela"
DATABASE: Final = "clientela"


def connection_file(data_dir: Path) -> Path:
    """Return the path of the file that holds the URL (mode 0600: it contains the password)."""
    return data_dir / "pg" / "conexion"


def read_dsn(data_dir: Path) -> str:
    """Return the embedded server's present `postgresql://` URL (127.0.0.1, port, user, password, database).

    Raises PostgresError when the server of this data directory was never started or its file is unreadable.
    """
    path = connection_file(data_dir)
    try:
        return path.read_text(encoding="utf-8").strip()
    except FileNotFoundError as error:
        raise PostgresError(
            f"La base de datos de {data_dir} todavía no se ha creado. Arránquela con `clientela serve` o indique "
            "otro directorio con --data-dir."
        ) from error
    except OSError as error:
        raise from_os_error(error, path) from error


def make_dsn(password: str, port: int) -> str:
    """Return the URL for this password and port."""
    return f"postgresql://{ROLE}:{password}@127.0.0.1:{port}/{DATABASE}"


def password_and_port(data_dir: Path) -> tuple[str | None, int | None]:
    """Return what the file held last, None for what it does not tell (a lost file is no misfortune)."""
    try:
        parts = urlsplit(read_dsn(data_dir))
        return parts.password, parts.port
    except (OSError, ValueError):
        return None, None


def write_private(path: Path, text: str) -> None:
    """Replace a file by one of mode 0600 that belongs to its directory's owner; all or nothing, also at a crash.

    The owner matters when root starts what a plain user started before: the user must still be able to.
    """
    temporary = path.with_name(f".{path.name}-{secrets.token_hex(4)}")
    fd = open_private(temporary, os.O_WRONLY | os.O_EXCL)
    try:
        os.write(fd, text.encode())
        os.fsync(fd)
        temporary.rename(path)
    except OSError:
        with suppress(FileNotFoundError):
            temporary.unlink()
        raise
    finally:
        os.close(fd)
    sync_directory(path.parent)


def sync_directory(path: Path) -> None:
    """Make a rename in this directory last through a power cut."""
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
