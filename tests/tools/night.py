"""The night's sweep of files, without waiting for the night."""

import os
import time
from pathlib import Path

from clientela.core import files
from clientela.core.db import Pool
from clientela.settings import Settings
from tests.tools.database import Database, run


def clear(database: Database, data_dir: Path, owned: files.Owned) -> None:
    """Let every file be old, and sweep those of one domain as the night does."""
    then = time.time() - 3600
    for path in (data_dir / files.FOLDER).rglob("*"):
        os.utime(path, (then, then))

    async def work() -> None:
        pool = await Pool(Settings(data_dir=data_dir), lambda: database.dsn).open()
        try:
            await files.sweep(pool.db, owned)
        finally:
            await pool.close()

    run(work())
