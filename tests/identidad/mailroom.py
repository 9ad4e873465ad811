"""A server that runs no jobs: requests for resets wait until the test works them off itself."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from clientela.identidad import recovery
from tests.cast import Cast
from tests.identidad.services import call
from tests.tools.cluster import Cluster
from tests.tools.database import Database
from tests.tools.server import Server

LINK = re.compile(r"http://\S+\?token=([\w-]+)(?=\s)")


@pytest.fixture(scope="module")
def quiet(cluster: Cluster, worker: str, scratch: Path) -> Iterator[tuple[Cast, Database]]:
    """A cast on a server without jobs: requests wait until the test works them off."""
    database = Database(cluster.create(f"clientela_{os.getpid()}_{worker}_quiet"))
    with Server(scratch / "quiet", database.dsn, workers=1, arguments=("--sin-trabajos",)) as running:
        yield Cast(running.url, database, running.data_dir), database
    database.close()
    cluster.drop(database.name)


def work_off(database: Database) -> list[str]:
    """Do what the job does, and return the tokens in the messages that it made."""

    async def all_of_them(pool: Any) -> None:
        while await recovery.send_next_reset(pool):
            pass

    before = {row["id"] for row in database.fetch("SELECT id FROM correos")}
    call(database, all_of_them)
    made = database.fetch("SELECT id, cuerpo FROM correos ORDER BY creado_en, id")
    return [LINK.findall(row["cuerpo"])[0] for row in made if row["id"] not in before]
