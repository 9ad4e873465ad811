"""Telling two kinds of requests apart by their time: interleaved pairs, rank statistics (RELIABILITY M12)."""

import random
import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

Pair = tuple[Callable[[], object], Callable[[], object]]


@dataclass(frozen=True)
class Comparison:
    """What an observer of so many pairs learns."""

    pairs: int
    auc: float
    """How often a request of the second kind takes longer than one of the first; 0.5 is ignorance."""
    shift: float
    """The difference of the medians, in milliseconds."""
    noise: float
    """Three standard errors of that difference, in milliseconds."""

    @property
    def bound(self) -> float:
        """Three standard errors of the AUC of two kinds that are alike."""
        return float(3 * ((2 * self.pairs + 1) / (12 * self.pairs**2)) ** 0.5)

    @property
    def tells(self) -> bool:
        """Whether the observer can tell the two kinds apart, by the bars of T-AU-3 (a millisecond).

        On a machine with other work a median wanders by more than that: it must be beyond its noise, too.
        """
        return abs(self.auc - 0.5) > self.bound or abs(self.shift) > max(1.0, self.noise)


def compare(first: Sequence[float], second: Sequence[float]) -> Comparison:
    """Compare two samples of one size, in seconds."""
    ranked = sorted([(value, 0) for value in first] + [(value, 1) for value in second])
    below = wins = 0
    for _, kind in ranked:
        if kind:
            wins += below
        else:
            below += 1
    shift = 1000 * (statistics.median(second) - statistics.median(first))
    noise = 1000 * 3 * 1.2533 * (sum(_spread(times) ** 2 for times in (first, second)) / len(first)) ** 0.5
    return Comparison(len(first), wins / (len(first) * len(second)), shift, noise)


def _spread(times: Sequence[float]) -> float:
    """Estimate the standard deviation from the quartiles, which outliers do not move."""
    low, _, high = statistics.quantiles(times, n=4)
    return (high - low) / 1.349


def measure(pairs: Iterable[Pair], seed: int = 1) -> Comparison:
    """Run pairs of calls, each pair in random order, and compare how long the two kinds took."""
    chance = random.Random(seed)
    times: tuple[list[float], list[float]] = ([], [])
    for pair in pairs:
        for kind in chance.sample((0, 1), 2):
            begun = time.perf_counter()
            pair[kind]()
            times[kind].append(time.perf_counter() - begun)
    return compare(*times)


def told_apart(pairs: Callable[[], Iterable[Pair]]) -> tuple[bool, list[Comparison]]:
    """Whether two observations in a row both tell the kinds apart.

    One in three hundred tells alike kinds apart by mere chance; a real difference is there the second time too.
    """
    seen = [measure(pairs(), seed=1)]
    if seen[0].tells:
        seen.append(measure(pairs(), seed=2))
    return all(found.tells for found in seen), seen
