"""The same sheets from the command line: a bar while it works, a summary and the errors when it is done."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from clientela.api.bulk.sheets import TipoHoja, export_sheet, import_report, record_export
from clientela.core.db import Db
from clientela.core.errors import Invalid
from clientela.core.importing import Informe, Modo, Progreso
from clientela.core.textos import CAMPOS

_STAGES: Final = {"leer": "Leyendo", "comparar": "Comparando", "escribir": "Escribiendo"}
_MOST_ERRORS: Final = 200


@contextmanager
def showing() -> Iterator[Progreso]:
    """Show a bar for each stage of what runs inside, on the terminal; elsewhere nothing."""
    columns = (TextColumn("{task.description:<12}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    tasks = {}
    with Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty()) as bar:

        def hear(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bar.add_task(_STAGES[stage], total=total)
            bar.update(tasks[stage], completed=done)

        yield hear


async def run_import(db: Db, tipo: str, raw: bytes, modo: Modo, progress: Progreso) -> Informe:
    """Import a sheet; errors in its rows are in the report, not raised."""
    return await import_report(db, None, _known(tipo), raw, modo, progress)


def _known(tipo: str) -> TipoHoja:
    if tipo not in set(TipoHoja):
        raise Invalid.of("tipo", CAMPOS["tipo_de_hoja"])
    return TipoHoja(tipo)


def summary(report: Informe, modo: Modo) -> str:
    """Say in one line what an import did."""
    counts = (
        f"{report.filas} filas: {report.creados} nuevas, {report.actualizados} con cambios, "
        f"{report.sin_cambios} sin cambios, {report.filas_con_error} con errores."
    )
    if modo.ensayo:
        return f"Ensayo, no se guardó nada. {counts}"
    return f"Guardado. {counts}" if report.aplicado else f"No se guardó nada. {counts}"


def errors(report: Informe) -> Iterator[str]:
    """Give a line for each error; of very many the first ones."""
    for error in report.errores[:_MOST_ERRORS]:
        yield f"fila {error.fila}, {error.columna}: {error.mensaje}"
    if len(report.errores) > _MOST_ERRORS:
        yield f"… y {len(report.errores) - _MOST_ERRORS} errores más"


async def run_export(db: Db, tipo: str, write: Callable[[bytes], object]) -> None:
    """Write a sheet piece by piece; written down like one that was asked for over the network."""
    known = _known(tipo)
    await record_export(db, None, known)
    async for piece in export_sheet(db, known):
        write(piece)


@contextmanager
def target(path: Path) -> Iterator[IO[bytes]]:
    """Open what a sheet is written to; a file takes its name only when it is complete, and is its owner's alone."""
    if str(path) == "-":
        yield sys.stdout.buffer
        return
    partial = path.with_name(f"{path.name}.parcial")
    partial.unlink(missing_ok=True)
    try:
        with open(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:  # noqa: PTH123
            yield out
            out.flush()
            os.fsync(out.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
