"""The words of imports: how one is to be done, what it found, how far it has got."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final, TypeAlias, TypeVar

import msgspec

T = TypeVar("T")

# So many rows a statement: each stays far below the time that a statement may take.
BATCH: Final = 1000
Progreso: TypeAlias = Callable[[str, int, int], None]
"""Hears the stage, how many rows are done and how many there are."""


class Modo(msgspec.Struct, frozen=True):
    """`ensayo`: say what would happen and write nothing. `solo_validas`: write the valid rows and name the others."""

    ensayo: bool = False
    solo_validas: bool = False


class ErrorFila(msgspec.Struct, frozen=True):
    """What is wrong with one cell: the row as a spreadsheet numbers it, the column, and a sentence."""

    fila: int
    columna: str
    mensaje: str


class Informe(msgspec.Struct, frozen=True):
    """What an import did, or would do: how many rows there are, and what each was."""

    filas: int
    creados: int
    actualizados: int
    sin_cambios: int
    errores: tuple[ErrorFila, ...] = ()
    aplicado: bool = False

    @property
    def filas_con_error(self) -> int:
        """How many rows have at least one error."""
        return len({error.fila for error in self.errores})


def batches(rows: Sequence[T]) -> Iterator[Sequence[T]]:
    """Give rows in pieces that one statement takes."""
    for start in range(0, len(rows), BATCH):
        yield rows[start : start + BATCH]


def silent(_stage: str, _done: int, _total: int) -> None:
    """Hear of progress and say nothing."""
