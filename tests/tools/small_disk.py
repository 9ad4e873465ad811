"""A command on a disk that is nearly full: a little tmpfs over one directory, which only that command sees."""

import os
from pathlib import Path


def words(directory: Path, size: str) -> tuple[str, ...]:
    """The words to put before a command; `directory` must exist, `size` is tmpfs's (`2m`)."""
    become_root = () if os.geteuid() == 0 else ("--map-root-user",)
    mount = f'mount -t tmpfs -o size={size},mode=700 clientela "$0" && exec "$@"'
    return ("unshare", "--mount", *become_root, "sh", "-c", mount, str(directory))


def seen_by(pid: int, directory: Path) -> Path:
    """The directory as that process sees it."""
    return Path(f"/proc/{pid}/root{directory}")
