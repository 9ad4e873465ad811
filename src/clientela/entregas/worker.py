"""The process in which a day is planned: `python -m clientela.entregas.worker <pid of who wants it>`.

It limits itself and dies with whoever started it, reads an `Encargo` as JSON from standard input and writes a `Plan` on
a line of standard output: at once that of the nearest neighbour, then a better one. Whoever loses patience has one.
"""

import ctypes
import os
import resource
import signal
import sys
from typing import Final

import msgspec

from clientela.entregas import planning
from clientela.entregas.model import Encargo, Plan

MAX_MEMORY: Final = 1 << 30
MAX_CPU_SECONDS: Final = 30
_PDEATHSIG: Final = 1
# What is asked of a server meanwhile goes first.
_NICE: Final = 5


def limit(parent: int) -> None:
    """Take from this process what planning does not need, and end it with its parent."""
    ctypes.CDLL(None).prctl(_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        # He died before he could be watched.
        sys.exit(1)
    os.nice(_NICE)
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (MAX_CPU_SECONDS, MAX_CPU_SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def work(asked: Encargo) -> None:
    """Plan a day."""
    problem = asked.problema
    travel = planning.travel_times(problem)
    skip = planning.misfits(problem, travel)
    simple = planning.neighbours(problem, travel, skip)
    _tell(planning.best_plan(problem, travel, simple, skip))
    if len(skip) < len(problem.paradas):
        # It takes half of the memory and most of the time to begin, which an empty day need not wait for.
        from clientela.entregas import solver  # noqa: PLC0415

        start = planning.cheapest(problem, travel, simple, skip)
        better = solver.improve(problem, travel, start, skip, asked.segundos, asked.semilla)
        _tell(planning.best_plan(problem, travel, [*simple, better], skip))


def _tell(plan: Plan) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(plan) + b"\n")
    sys.stdout.buffer.flush()


def main() -> int:
    """Plan the day on standard input."""
    limit(int(sys.argv[1]))
    work(msgspec.json.decode(sys.stdin.buffer.read(), type=Encargo))
    return 0


if __name__ == "__main__":
    sys.exit(main())
