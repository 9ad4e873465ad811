"""Whether overlapping operations could have been done one by one, and where that would have ended.

An operation that had been answered before another began comes before it; otherwise any order will do, as long as a
model that works alone gives the same answers. The search is that of Wing and Gong, with the memory of Lowe.
"""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

S = TypeVar("S", bound=Hashable)


@dataclass(frozen=True)
class Operation:
    """What was asked and answered, and when (monotonic seconds)."""

    begun: float
    ended: float
    asked: Any
    answered: Any


def ends(start: S, history: Sequence[Operation], apply: Callable[[S, Any], tuple[S, Any]]) -> set[S]:
    """The states in which a model may be after the whole history; none: it is not linearizable.

    `apply` works one request off alone and returns the next state and the answer. For histories of about ten
    operations: what was tried is remembered, but the search is exponential.
    """
    found: set[S] = set()
    tried: set[tuple[frozenset[int], S]] = set()
    every = frozenset(range(len(history)))
    open_ends: list[tuple[frozenset[int], S]] = [(every, start)]
    while open_ends:
        left, state = open_ends.pop()
        if (left, state) in tried:
            continue
        tried.add((left, state))
        if not left:
            found.add(state)
            continue
        first_end = min(history[number].ended for number in left)
        for number in left:
            operation = history[number]
            if operation.begun <= first_end:
                after, answer = apply(state, operation.asked)
                if answer == operation.answered:
                    open_ends.append((left - {number}, after))
    return found
