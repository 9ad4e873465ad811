"""A photo of a work order: its row and its file or neither, whatever fails in between (T-UP-6, T-CR-4)."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from clientela.core import files
from clientela.core.errors import StorageFull, Unavailable
from clientela.core.files_disk import Disk
from clientela.core.images import Imagen
from clientela.postventa import jobs, photos
from clientela.settings import Settings
from tests.faults.test_client_files import FullPool, administrator, stored
from tests.postventa.conftest import plant_order
from tests.races.planting import plant_client
from tests.tickets.test_atomicity import FragilePool
from tests.tools.database import Database
from tests.tools.image_bricks import encoded
from tests.tools.night import clear
from tests.tools.sweep import sweep_files

PHOTO = Imagen(encoded("JPEG"), 64, 48)
# What an order shows of its photos: how many rows, movements of both kinds, and its version.
SEEN = """
SELECT (SELECT count(*) FROM orden_fotos WHERE orden_id = o.id) || ' '
    || (SELECT count(*) FROM orden_movimientos WHERE orden_id = o.id) || ' ' || version
  FROM ordenes_trabajo o WHERE id = $1"""


@pytest.fixture(params=[FragilePool, FullPool])
async def failing(
    request: pytest.FixtureRequest, new_database: Callable[[], Database], tmp_path: Path
) -> AsyncIterator[tuple[FragilePool, Database]]:
    """The product's own pool on a database of its own; it fails when its statements are used up."""
    settings, database = Settings(data_dir=tmp_path), new_database()
    made = await request.param(settings, lambda: database.dsn).open()
    yield made, database
    await made.close()


async def test_refused_at_any_statement(failing: tuple[FragilePool, Database]) -> None:
    """Adding, then removing: what is refused has not happened, and its file is gone or goes with the sweep."""
    pool, db = failing
    home, admin = pool.settings.data_dir, administrator(db)
    usuario, cliente = plant_client(db)
    orden = plant_order(db, cliente, usuario)
    cut = type(pool) is FragilePool
    expected = Unavailable if cut else StorageFull
    failures = 0
    while True:
        pool.left = failures
        try:
            made = await photos.add(pool.db, admin, orden, PHOTO, "Antes")
        except expected:
            assert db.fetchval(SEEN, orden) == "0 0 1", f"before statement {failures + 1}"
            # Nobody knows what became of a commit that broke off; a refusal is known, and leaves nothing.
            assert cut or stored(home) == 0
            failures += 1
        else:
            break
    assert failures >= 4, "reading, counting, BEGIN, the work, and for those who break off COMMIT"
    assert {lost.rule for lost in sweep_files(db, home, grace=-60)} <= {"archivo_sin_fila"}
    clear(db, home, jobs.ARCHIVOS)
    assert (stored(home), db.fetchval(SEEN, orden)) == (1, "1 1 2")
    failures = 0
    while True:
        pool.left = failures
        try:
            await photos.remove(pool.db, admin, orden, made.id)
        except expected:
            assert (home / files.FOLDER / made.clave).exists()
            assert db.fetchval(SEEN, orden) == "1 1 2"
            failures += 1
        else:
            break
    assert failures >= 4
    assert db.fetchval(SEEN, orden) == "0 2 3"
    # With the wires cut right behind its commit the file goes with the next sweep.
    clear(db, home, jobs.ARCHIVOS)
    assert stored(home) == 0


async def test_a_full_place_of_files_leaves_nothing(
    failing: tuple[FragilePool, Database], monkeypatch: pytest.MonkeyPatch
) -> None:
    pool, db = failing
    usuario, cliente = plant_client(db)
    orden = plant_order(db, cliente, usuario)

    async def full(self: Disk, key: str, data: bytes) -> None:
        raise StorageFull("sin_espacio")

    monkeypatch.setattr(Disk, "put", full)
    with pytest.raises(StorageFull):
        await photos.add(pool.db, administrator(db), orden, PHOTO)
    assert (stored(pool.settings.data_dir), db.fetchval(SEEN, orden)) == (0, "0 0 1")


async def test_control_a_file_that_comes_after_its_row_is_found_out(
    failing: tuple[FragilePool, Database], monkeypatch: pytest.MonkeyPatch
) -> None:
    pool, db = failing
    usuario, cliente = plant_client(db)
    orden = plant_order(db, cliente, usuario)

    async def forgotten(self: Disk, key: str, data: bytes) -> None:
        return

    monkeypatch.setattr(Disk, "put", forgotten)
    made = await photos.add(pool.db, administrator(db), orden, PHOTO)
    found = sweep_files(db, pool.settings.data_dir, grace=-60)
    assert [(lost.rule, lost.what) for lost in found] == [("fila_sin_archivo", made.clave)]
