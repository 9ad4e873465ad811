"""A client with three photos is made, and changed, by processes that die: one at each step there is (T-CR-4).

`python -m tests.faults.dying <dsn> <data_dir> <admin's uuid> create|update [late]` forks one child per step. A step
is a statement that is about to be sent, or a file that is about to be written or deleted, or has just been. The child
ends there as `kill -9` would end it: nothing is flushed, closed or told. Prints how many died before one got through.
`late` plants a defect: files are written after the rows that name them.
"""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from clientela.clientes.model import IMAGENES, CambiosCliente, NuevaDireccion, NuevaVentana, NuevoCliente
from clientela.core import files, images
from clientela.core.actor import Actor
from clientela.core.db import Pool
from clientela.core.files import Storage
from clientela.core.files_disk import Disk
from clientela.core.images import Imagen
from clientela.flows import client_record
from clientela.settings import Settings
from tests.tools.image_bricks import encoded

DIED = 42
PHOTOS: dict[str, bytes] = dict.fromkeys(IMAGENES, encoded("JPEG"))


class Fuse:
    """Burns down by one at each step; at its end the process is gone."""

    left = -1

    def step(self) -> None:
        if self.left == 0:
            os._exit(DIED)
        self.left -= 1


FUSE = Fuse()


class DyingWire:
    """A connection whose process may die before any statement."""

    def __init__(self, real: Any) -> None:
        self.real = real

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.real, name)
        if name not in {"execute", "fetch", "fetchrow", "fetchval"}:
            return found

        async def run(*args: Any, **options: Any) -> Any:
            FUSE.step()
            return await found(*args, **options)

        return run


class DyingPool(Pool):
    """The product's own pool over such wires."""

    async def acquire(self) -> Any:
        return DyingWire(await super().acquire())

    def release(self, connection: Any) -> None:
        super().release(connection.real)


class DyingDisk(Disk):
    """The product's own disk, on which the process may die before and after each file."""

    async def put(self, key: str, data: bytes) -> None:
        FUSE.step()
        await super().put(key, data)
        FUSE.step()

    async def delete(self, key: str) -> None:
        FUSE.step()
        await super().delete(key)
        FUSE.step()


async def clean_already(found: Mapping[str, bytes]) -> dict[str, Imagen]:
    """Stand in for the decoder, which stores nothing: there is no step in it."""
    return {campo: Imagen(data, 1, 1) for campo, data in found.items()}


@asynccontextmanager
async def written_late(storage: Storage, found: Mapping[str, bytes]) -> AsyncIterator[None]:
    """The planted defect."""
    yield
    for key, data in found.items():
        await storage.put(key, data)


def new_client(name: str, phone: str) -> NuevoCliente:
    """A client with everything that may belong to one."""
    window = msgspec.convert(
        {"dia_semana": 1, "hora_inicio": "08:00:00", "hora_fin": "12:00:00"}, NuevaVentana
    )
    address = NuevaDireccion("Av. Principal 123", es_principal=True)
    return NuevoCliente(name, telefono=phone, direcciones=(address,), ventanas=(window,))


async def work(dsn: str, data_dir: Path, admin: Actor, what: str, steps: int) -> None:
    """Do the whole of it, or as much as the fuse allows."""
    settings = Settings(data_dir=data_dir, bcrypt_costo=4)
    pool = await DyingPool(settings, lambda: dsn).open()
    made = new_client(f"{what} {steps}", f"7{steps:07}")
    if what == "create":
        FUSE.left = steps
        await client_record.create_record(pool.db, admin, made, PHOTOS, crear_usuario=True)
    else:
        before = await client_record.create_record(pool.db, admin, made, PHOTOS, crear_usuario=False)
        changes = CambiosCliente(nit="cambiado", ventanas=())
        FUSE.left = steps
        await client_record.update_record(
            pool.db, admin, before.expediente.cliente.id, changes, PHOTOS, crear_usuario=True
        )
    FUSE.left = -1
    await pool.close()


def main() -> None:
    """Let one after another die, until one gets through."""
    dsn, data_dir, admin_id, what = sys.argv[1], Path(sys.argv[2]), UUID(sys.argv[3]), sys.argv[4]
    admin = Actor(admin_id, 1, "usuario", "admin", None, "Ana", None)
    disk, place, decoder = DyingDisk(data_dir / files.FOLDER), vars(files), vars(images)
    place["open_storage"] = lambda _: disk
    decoder["normalise_all"] = clean_already
    if "late" in sys.argv[5:]:
        place["written"] = written_late
    steps = 0
    while True:
        child = os.fork()
        if child == 0:
            asyncio.run(work(dsn, data_dir, admin, what, steps))
            os._exit(0)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if status != DIED:
            break
        steps += 1
    print(steps)  # noqa: T201
    sys.exit(status)


if __name__ == "__main__":
    main()
