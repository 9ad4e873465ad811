"""Background work of one process: mail and the daily schedule. `serve` runs it too, unless told not to."""

import asyncio
import signal
from collections.abc import Sequence

from clientela.carritos import jobs as carritos
from clientela.catalogo import jobs as catalogo
from clientela.clientes import jobs as clientes
from clientela.core import housekeeping
from clientela.core.db import Pool
from clientela.core.files import Owned
from clientela.core.jobs import Daily, Runner
from clientela.identidad import jobs as identidad
from clientela.organizacion import service as organizacion
from clientela.panel import jobs as panel
from clientela.postventa import jobs as postventa
from clientela.settings import Settings

DAILY: Sequence[Daily] = (
    *housekeeping.DIARIAS,
    *identidad.DIARIAS,
    *panel.DIARIAS,
    *carritos.DIARIAS,
    *clientes.DIARIAS,
    *catalogo.DIARIAS,
    *postventa.DIARIAS,
)
# Who names files; `doctor` asks them.
ARCHIVOS: Sequence[Owned] = (clientes.ARCHIVOS, catalogo.ARCHIVOS, postventa.ARCHIVOS)


class Worker:
    """The loops and daily jobs, started and stopped together."""

    def __init__(self, pool: Pool) -> None:
        db = pool.db
        loops = (*housekeeping.loops(db.settings), *identidad.LOOPS, *clientes.LOOPS)
        self._runner = Runner(db, loops=loops, diarias=DAILY, zona=lambda: organizacion.zona(db))

    async def start(self) -> None:
        """Begin."""
        await self._runner.start()

    async def stop(self) -> None:
        """Finish what is under way and end."""
        await self._runner.stop()


async def run(settings: Settings) -> None:
    """Work until SIGTERM or SIGINT."""
    pool = Pool(settings)
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    await pool.open()
    worker = Worker(pool)
    await worker.start()
    await ended.wait()
    await worker.stop()
    await pool.close()
