"""Files of clients and their rows: one belongs to one, and the daily sweep spares what a row names (T-UP-6)."""

import os
import time
import uuid
from typing import Any

import asyncpg
import pytest

from clientela.catalogo import store as catalogo
from clientela.clientes import jobs
from clientela.clientes.model import IMAGENES
from clientela.clientes.store import images as clientes
from clientela.core import files
from clientela.core.db import Pool
from clientela.core.files import new_key
from clientela.settings import Settings
from clientela.worker import DAILY
from tests.cast import Cast
from tests.tools.database import Database


def test_one_file_belongs_to_one_client(cast: Cast, db: Database) -> None:
    owner, another = cast.new_cliente(), cast.new_cliente()
    for campo in IMAGENES:
        key = cast.plant_image(owner.cliente_id, campo)
        with pytest.raises(asyncpg.UniqueViolationError, match=f"clientes_{campo}_key"):
            db.execute(f"UPDATE clientes SET {campo} = $2 WHERE id = $1::uuid", another.cliente_id, key)


def test_the_sweep_asks_by_index(db: Database) -> None:
    for statement, arguments, indexes in (
        (clientes.NAMED_IMAGES, [["a"]], [f"clientes_{campo}_key" for campo in IMAGENES]),
        (catalogo.NAMED_IMAGES, [[uuid.uuid4()], ["a"]], ["productos_pk"]),
    ):
        plan = "\n".join(explain(db, statement, arguments))
        assert [index for index in indexes if index not in plan] == [], plan


def explain(db: Database, statement: str, arguments: list[Any]) -> list[str]:
    db.execute("BEGIN")
    try:
        # A handful of rows would be read whole.
        db.execute("SET LOCAL enable_seqscan = off")
        return [row[0] for row in db.fetch(f"EXPLAIN {statement}", *arguments)]
    finally:
        db.execute("ROLLBACK")


async def test_the_daily_sweep_spares_what_clients_name(cast: Cast, db: Database) -> None:
    owner = cast.new_cliente()
    named = [cast.plant_image(owner.cliente_id, campo) for campo in IMAGENES]
    orphan = new_key("clientes", uuid.UUID(owner.cliente_id), "image/jpeg")
    root = cast.data_dir / "archivos"
    (root / orphan).write_bytes(b"x")
    for key in (*named, orphan):
        then = time.time() - 3600
        os.utime(root / key, (then, then))
    pool = await Pool(Settings(data_dir=cast.data_dir), lambda: db.dsn).open()
    try:
        assert await files.sweep(pool.db, jobs.ARCHIVOS) >= 1
        assert await files.missing(pool.db, jobs.ARCHIVOS) == []
        assert [(root / key).exists() for key in (*named, orphan)] == [True, True, True, False]
    finally:
        await pool.close()


def test_the_sweeps_are_among_the_daily_jobs() -> None:
    assert {"archivos_clientes", "archivos_productos"} <= {daily.nombre for daily in DAILY}
