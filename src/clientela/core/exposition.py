"""The processes' numbers in the text that Prometheus reads, written by its own client library."""

from collections.abc import Iterable, Iterator

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import generate_latest
from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from clientela.core.metrics import BUCKETS, Metrics, Requests, Snapshot


def render(metrics: Metrics, extra: Iterable[tuple[str, str, float]] = ()) -> bytes:
    """Write the sum over all processes; `extra` adds gauges (name, help, value) asked for just now."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Sum(metrics, tuple(extra)))
    return generate_latest(registry)


class _Sum(Collector):
    """Adds the processes' numbers up, in the client library's terms."""

    def __init__(self, metrics: Metrics, extra: tuple[tuple[str, str, float], ...]) -> None:
        self._metrics = metrics
        self._extra = extra

    def collect(self) -> Iterator[Metric]:
        """Yield every metric family."""
        snapshots = list(self._metrics.snapshots())
        yield from _request_families(snapshots)
        yield from _counter_families(snapshots)
        totals: dict[str, float] = {}
        for snapshot in snapshots:
            for name, value in snapshot.gauges.items():
                totals[name] = totals.get(name, 0.0) + value
        for name, value in sorted(totals.items()):
            yield GaugeMetricFamily(f"clientela_{name}", self._metrics.help_of(name), value=value)
        for name, text, value in self._extra:
            yield GaugeMetricFamily(f"clientela_{name}", text, value=value)


def _request_families(snapshots: list[Snapshot]) -> Iterator[Metric]:
    answers = CounterMetricFamily(
        "clientela_peticiones", "Answers by route and status.", labels=["metodo", "ruta", "estado"]
    )
    times = HistogramMetricFamily(
        "clientela_peticion_segundos", "Time to answer, by route.", labels=["metodo", "ruta"]
    )
    merged: dict[str, Requests] = {}
    for snapshot in snapshots:
        for route, seen in snapshot.requests.items():
            total = merged.setdefault(route, Requests())
            total.seconds += seen.seconds
            total.buckets = [a + b for a, b in zip(total.buckets, seen.buckets, strict=True)]
            for status, number in seen.by_status.items():
                total.by_status[status] = total.by_status.get(status, 0) + number
    for route, total in sorted(merged.items()):
        method, _, path = route.partition(" ")
        for status, number in sorted(total.by_status.items()):
            answers.add_metric([method, path, str(status)], number)
        times.add_metric([method, path], _cumulated(total.buckets), sum_value=total.seconds)
    yield answers
    yield times


def _cumulated(buckets: list[int]) -> list[tuple[str, float]]:
    limits = [*(str(limit) for limit in BUCKETS), "+Inf"]
    running = 0
    result: list[tuple[str, float]] = []
    for limit, number in zip(limits, buckets, strict=True):
        running += number
        result.append((limit, float(running)))
    return result


def _counter_families(snapshots: list[Snapshot]) -> Iterator[Metric]:
    merged: dict[str, dict[str, float]] = {}
    for snapshot in snapshots:
        for name, values in snapshot.counters.items():
            for label, value in values.items():
                totals = merged.setdefault(name, {})
                totals[label] = totals.get(label, 0.0) + value
    for name, totals in sorted(merged.items()):
        family = CounterMetricFamily(f"clientela_{name}", f"Number of {name}.", labels=["tipo"])
        for label, value in sorted(totals.items()):
            family.add_metric([label], value)
        yield family
