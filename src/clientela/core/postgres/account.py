"""Under which user the server runs: never as root, and without loosening the mode of any file.

A plain user runs it himself. Root hands it to `postgres`, else to `nobody`. Where these cannot reach the programs or
the data (both often lie under root's own 0700 home), the server runs in a user namespace: it can then read root's
files, but holds none of root's powers.
"""

import os
import pwd
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from clientela.core.postgres.binaries import Binaries
from clientela.core.postgres.errors import PostgresError
from clientela.core.postgres.processes import Account, run

PREFERRED: Final = ("postgres", "nobody")


def choose_account(binaries: Binaries, root: Path, cluster: Path) -> Account:
    """Return the account for the data under `root` (`<data-dir>/pg`); `cluster` may not exist yet.

    Raises PostgresError when no account can run the server here.
    """
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid())
    accounts = list(_accounts(cluster.stat().st_uid if cluster.exists() else None))
    for account in accounts:
        if _reaches(account, binaries, root):
            return account
    raise PostgresError(
        f"PostgreSQL no puede ejecutarse como root, ningún otro usuario ({', '.join(PREFERRED)}) puede leer "
        f"{binaries.directory} y {root}, y esta máquina no permite espacios de nombres de usuario "
        "(unshare --user). Instale el proyecto y ponga --data-dir fuera de directorios privados de root (por "
        "ejemplo en /opt y /var/lib), arranque como un usuario normal, o use un servidor externo con "
        "CLIENTELA_DATABASE_URL."
    )


def _accounts(owner: int | None) -> Iterator[Account]:
    """Yield the candidates; the data's present owner comes first, so that who started them before still can."""
    known = [user for user in map(_user, PREFERRED) if user is not None]
    inside = [Account(u.pw_uid, u.pw_gid, namespace=True) for u in known[:1]]
    dropped = [Account(u.pw_uid, u.pw_gid, switch=True) for u in known]
    if owner == 0:
        yield from inside
    elif owner is not None:
        yield Account(owner, _group_of(owner), switch=True)
    yield from dropped
    yield from inside


def _user(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def _group_of(uid: int) -> int:
    try:
        return pwd.getpwuid(uid).pw_gid
    except KeyError:
        return uid


def _reaches(account: Account, binaries: Binaries, root: Path) -> bool:
    """Whether the account can run the programs and enter the directory: tried, not guessed from modes."""
    programs = [binaries.program("postgres"), binaries.program("initdb")]
    script = '"$1" --version && "$2" --version && cd "$3"'
    try:
        return run(account, ["/bin/sh", "-c", script, "sh", *programs, str(root)]).returncode == 0
    except OSError:
        return False


def give(path: Path, account: Account) -> None:
    """Make the account the owner of a directory tree, modes untouched; nothing to do when it already is."""
    if os.geteuid() != 0 or path.lstat().st_uid == account.owner[0]:
        return
    for folder, names, files in os.walk(path):
        for name in (*names, *files):
            os.chown(Path(folder, name), *account.owner, follow_symlinks=False)
    # The top goes last: as long as its owner is the old one, an interrupted pass is done again.
    os.chown(path, *account.owner, follow_symlinks=False)


def is_private(path: Path, account: Account) -> bool:
    """Whether it is a directory (no link) that belongs to the account and that nobody else may enter."""
    found = path.lstat()
    return stat.S_ISDIR(found.st_mode) and found.st_uid == account.owner[0] and not found.st_mode & 0o077
