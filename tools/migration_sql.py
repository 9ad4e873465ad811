"""Write the SQL of every migration (forward) into files, for squawk: `python -m tools.migration_sql DIRECTORY`."""

import importlib
import pkgutil
import sys
from pathlib import Path

from clientela.migrations import versions


def write(directory: Path) -> list[Path]:
    """Write one `.sql` file per migration; returns the files."""
    directory.mkdir(parents=True, exist_ok=True)
    files = []
    for found in pkgutil.iter_modules(versions.__path__):
        module = importlib.import_module(f"{versions.__name__}.{found.name}")
        file = directory / f"{found.name}.sql"
        file.write_text(module.UP, encoding="utf-8")
        files.append(file)
    return files


if __name__ == "__main__":
    write(Path(sys.argv[1]))
