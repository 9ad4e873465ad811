"""Shows how far the loading has got: a bar on a terminal, plain lines elsewhere."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

T = TypeVar("T")


class Progreso:
    """Counts the work of each stage."""

    def __init__(self, bar: Progress | None) -> None:
        self._bar = bar

    def each(self, stage: str, work: Sequence[T]) -> Iterator[T]:
        """Go through the work of a stage, counting."""
        if self._bar is None:
            sys.stdout.write(f"{stage}: {len(work)}\n")
            sys.stdout.flush()
            yield from work
            return
        task = self._bar.add_task(stage, total=len(work))
        for piece in work:
            yield piece
            self._bar.advance(task)


@contextmanager
def showing() -> Iterator[Progreso]:
    """Show the progress of what runs inside."""
    if not sys.stdout.isatty():
        yield Progreso(None)
        return
    columns = (TextColumn("{task.description:<12}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns) as bar:
        yield Progreso(bar)
