"""What goes wrong with the database server or its files, in Spanish, always with what to do about it."""

import errno
from pathlib import Path
from typing import Final

_NO_SPACE: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
_NOT_ALLOWED: Final = frozenset({errno.EACCES, errno.EPERM})


class PostgresError(OSError):
    """The database cannot be had; the message (Spanish) says why and what to do.

    It is an OSError so that whoever waits for a lost database treats a missing one in the same way.
    """


class PortTakenError(PostgresError):
    """The chosen port was taken between our look and the server's start; another one will do."""


def no_space(path: Path) -> PostgresError:
    """Explain that the disk under `path` is full."""
    return PostgresError(
        f"No queda espacio en el disco de {path}. Libere espacio (o amplíe el disco) y vuelva a arrancar: "
        "no se ha perdido nada de lo que ya estaba guardado."
    )


def from_os_error(error: OSError, path: Path) -> PostgresError:
    """Explain why a file or directory of the data directory could not be used."""
    if isinstance(error, PostgresError):
        return error
    if error.errno in _NO_SPACE:
        return no_space(path)
    if error.errno in _NOT_ALLOWED:
        return PostgresError(
            f"Permiso denegado en {error.filename or path}. Arranque con el usuario al que pertenece el "
            "directorio de datos, cambie su dueño (chown -R), o indique otro directorio con --data-dir."
        )
    if error.errno == errno.EROFS:
        return PostgresError(
            f"{path} está en un sistema de archivos de solo lectura. Monte el disco con escritura o indique "
            "otro directorio con --data-dir."
        )
    if error.errno in {errno.ENOTDIR, errno.EEXIST}:
        return PostgresError(
            f"{error.filename or path} no es un directorio. Muévalo de ahí o indique otro directorio con "
            "--data-dir."
        )
    return PostgresError(f"No se puede usar {path}: {error.strerror or error}.")


def from_server_log(log: str, path: Path) -> PostgresError:
    """Explain why the server (or initdb) gave up, from what it wrote before."""
    if "could not create any TCP/IP sockets" in log or "Address already in use" in log:
        return PortTakenError("El puerto elegido para PostgreSQL ya está ocupado.")
    if "shared memory" in log and "could not create" in log:
        return PostgresError(
            "PostgreSQL no obtiene memoria compartida. Aumente /dev/shm (en contenedores: --shm-size=256m) o los "
            f"límites kernel.shmall y kernel.shmmax.\n{_tail(log)}"
        )
    if "No space left on device" in log or "Disk quota exceeded" in log:
        return no_space(path)
    if "Read-only file system" in log:
        return from_os_error(OSError(errno.EROFS, "", str(path)), path)
    if "incompatible with server" in log:
        return PostgresError(
            f"Los datos de {path} son de otra versión de PostgreSQL.\n{_tail(log)}\nUse la versión que los "
            "escribió: haga con ella un `clientela backup` y pase la copia aquí con `clientela restore`."
        )
    if "Permission denied" in log:
        return PostgresError(
            f"PostgreSQL no puede leer o escribir en {path}.\n{_tail(log)}\nCambie el dueño del directorio "
            "(chown -R) o indique otro con --data-dir."
        )
    return PostgresError(
        f"PostgreSQL no arranca con los datos de {path}:\n{_tail(log)}\nCorrija la causa y vuelva a arrancar; si "
        "los datos están dañados, recupere la última copia con `clientela restore`."
    )


def _tail(log: str) -> str:
    lines = [line for line in log.splitlines() if line.strip()]
    return "\n".join(lines[-6:]) or "(sin más detalles)"
