"""What the rounds amount to: medians, bars, the JSON file and the table in the documentation."""

import json
import platform
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parent.parent
RESULTS: Final = ROOT / "bench" / "results"
PAGE: Final = ROOT / "docs" / "performance.md"

BARE_BAR: Final = 2.4
MEMORY_BAR: Final = 80.0
ONE_TRIP: Final = 1.05
LIST_BAR: Final = 3.0
OVERVIEW_BAR: Final = 2.0
DEVICE_BAR: Final = 40.0
IDLE_BAR: Final = 0.05
BACK_BAR: Final = 20.0
HEARD_BAR: Final = 15.0
LATE_BAR: Final = 60.0
ORDERS_BAR: Final = 500.0
ONE_CART_BAR: Final = 300.0


@dataclass
class Row:
    """What was measured of one route, one entry a round."""

    name: str
    title: str
    bar: float | None = None
    rate: list[float] = field(default_factory=list)
    p50: list[float] = field(default_factory=list)
    p99: list[float] = field(default_factory=list)
    server_us: list[float] = field(default_factory=list)
    postgres_us: list[float] = field(default_factory=list)
    load_us: list[float] = field(default_factory=list)
    foreign: list[float] = field(default_factory=list)
    round_trips: list[float] = field(default_factory=list)
    errors: dict[str, int] = field(default_factory=dict)
    limit_rate: list[float] = field(default_factory=list)
    limit_postgres_us: list[float] = field(default_factory=list)

    @property
    def ratios(self) -> list[float]:
        """Share of the limit's rate, round by round."""
        return [ours / limit for ours, limit in zip(self.rate, self.limit_rate, strict=True)]


@dataclass(frozen=True)
class Bar:
    """One promise and what became of it."""

    what: str
    found: float
    bound: float
    at_least: bool

    @property
    def holds(self) -> bool:
        """Whether the promise is kept."""
        return self.found >= self.bound if self.at_least else self.found <= self.bound


def bars(rows: Sequence[Row], bare: Row, hot: Iterable[str], memory: dict[str, float]) -> list[Bar]:
    """Judge what was found."""
    by_name = {row.name: row for row in rows}
    found = [
        Bar(f"{row.title}: share of pgbench's rate", median(row.ratios), row.bar, at_least=True)
        for row in rows
        if row.bar is not None
    ]
    found += [
        Bar(f"{by_name[n].title}: round trips", median(by_name[n].round_trips), ONE_TRIP, at_least=False)
        for n in hot
    ]
    reading = by_name["carrito_leer"]
    shares = [ours / theirs for ours, theirs in zip(reading.server_us, bare.server_us, strict=True)]
    found.append(Bar("GET carrito: server CPU over a bare reply's", median(shares), BARE_BAR, at_least=False))
    found.append(Bar("memory of a worker, MB", max(memory.values()), MEMORY_BAR, at_least=False))
    errors = sum(sum(row.errors.values()) for row in (*rows, bare))
    found.append(Bar("wrong answers", errors, 0, at_least=False))
    return found


def client_bars(rows: Sequence[Row]) -> list[Bar]:
    """Judge what was found of the client register: a list against one record, in the same round."""
    by_name = {row.name: row for row in rows}
    one, many = by_name["cliente_leer"], by_name["clientes_listar"]
    shares = [theirs / ours for ours, theirs in zip(one.p50, many.p50, strict=True)]
    return [
        Bar(f"{many.title}: p50 over that of one client", median(shares), LIST_BAR, at_least=False),
        Bar("wrong answers", sum(sum(row.errors.values()) for row in rows), 0, at_least=False),
    ]


def order_bars(rows: Sequence[Row]) -> list[Bar]:
    """Judge what was found of carts line by line and of orders."""
    by_name = {row.name: row for row in rows}
    found = [
        Bar(f"{row.title}: share of pgbench's rate", median(row.ratios), row.bar, at_least=True)
        for row in rows
        if row.bar is not None
    ]
    found += [
        Bar(f"{row.title}: round trips", median(row.round_trips), ONE_TRIP, at_least=False) for row in rows
    ]
    placed, one = by_name["pedido_crear"], by_name["linea_agregar_una"]
    found += [
        Bar("orders over distinct carts, a second", median(placed.rate), ORDERS_BAR, at_least=True),
        Bar("additions to one cart, a second", median(one.rate), ONE_CART_BAR, at_least=True),
        Bar("wrong answers", sum(sum(row.errors.values()) for row in rows), 0, at_least=False),
    ]
    return found


def service_bars(rows: Sequence[Row], alone: dict[str, float]) -> list[Bar]:
    """Judge what was found of the field service: the time of the overview and its lists beside that of one order."""
    by_name = {row.name: row for row in rows}
    return [
        *(
            Bar(
                f"{by_name[name].title}: time over that of one order",
                round(alone[name] / alone["orden_leer"], 2),
                OVERVIEW_BAR,
                at_least=False,
            )
            for name in ("resumen", "sin_asignar", "en_ejecucion", "sin_movimiento")
        ),
        Bar("wrong answers", sum(sum(row.errors.values()) for row in rows), 0, at_least=False),
    ]


def talk_bars(rows: Sequence[Row], devices: dict[str, Any]) -> list[Bar]:
    """Judge what was found of talks, and of the devices that listen."""
    found = [
        Bar(f"{row.title}: share of pgbench's rate", median(row.ratios), row.bar, at_least=True)
        for row in rows
        if row.bar is not None
    ]
    found += [
        Bar(f"{row.title}: round trips", median(row.round_trips), ONE_TRIP, at_least=False) for row in rows
    ]
    return [
        *found,
        Bar("an idle device, KiB", devices["kib_each"], DEVICE_BAR, at_least=False),
        Bar("idle devices lost", devices["lost"], 0, at_least=False),
        Bar("idle devices: share of a core", devices["idle_cpu"], IDLE_BAR, at_least=False),
        Bar("all devices back, seconds", devices["back_seconds"], BACK_BAR, at_least=False),
        Bar("heard by the other side, p50 ms", devices["p50"], HEARD_BAR, at_least=False),
        Bar("heard by the other side, p99 ms", devices["p99"], LATE_BAR, at_least=False),
        Bar("wrong answers", sum(sum(row.errors.values()) for row in rows), 0, at_least=False),
    ]


def table(rows: Sequence[Row]) -> list[str]:
    """Write the rows as a table of Markdown."""
    names = [
        "route",
        "requests/s",
        "p50 ms",
        "p99 ms",
        "server µs",
        "PostgreSQL µs",
        "round trips",
        "limit/s",
    ]
    names += ["limit's PostgreSQL µs", "share"]
    lines = ["| " + " | ".join(names) + " |", "|---|" + "---:|" * (len(names) - 1)]
    for row in rows:
        cells = [
            row.title,
            f"{median(row.rate):,.0f}" if median(row.rate) >= 100 else f"{median(row.rate):.1f}",
            f"{median(row.p50):.1f}",
            f"{median(row.p99):.1f}",
            f"{median(row.server_us):,.0f}",
            f"{median(row.postgres_us):,.0f}" if row.postgres_us else "",
            f"{median(row.round_trips):.2f}" if row.round_trips else "",
            _limit(row.limit_rate),
            f"{median(row.limit_postgres_us):,.0f}" if row.limit_postgres_us else "",
            f"{median(row.ratios):.2f}" if row.limit_rate else "",
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def _limit(rates: Sequence[float]) -> str:
    if not rates:
        return ""
    return f"{median(rates):,.0f}" if median(rates) >= 100 else f"{median(rates):.1f}"


def bar_table(found: Sequence[Bar]) -> list[str]:
    """Write the bars as a table of Markdown."""
    lines = ["| bar | found | bound | holds |", "|---|---:|---:|---|"]
    for bar in found:
        sign = "≥" if bar.at_least else "≤"
        lines.append(
            f"| {bar.what} | {bar.found:.2f} | {sign} {bar.bound:g} | {'yes' if bar.holds else 'NO'} |"
        )
    return lines


def machine() -> dict[str, Any]:
    """Name the machine in what matters for the figures."""
    models = [
        line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")
    ]
    return {
        "cpu": models[0].partition(":")[2].strip() if models else platform.machine(),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
    }


def write_json(result: dict[str, Any], name: str) -> Path:
    """Keep everything that was measured."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    path = RESULTS / f"{name}.json"
    path.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


_INTRODUCTION: Final = """# Performance

Written by `make bench`; do not edit. The server runs as it is delivered, every feature on (tokens, permissions,
limits, events, jobs), as one process pinned to one core. PostgreSQL, with its settings as delivered (`fsync`,
`full_page_writes`, `synchronous_commit` on), and the load generator share the other core. {connections} connections
are kept alive and always busy; tokens, carts and preferences are spread over {clients:,} clients. Rounds: {rounds},
interleaved, {seconds} s a window; figures are medians over the rounds.

The limit is `pgbench` in the load generator's place, running the very statements of the stores (prepared, as many
connections, the same spread) against the same database in the same round: what PostgreSQL can do on that core when
there is no server at all. For an accepted login the limit is bcrypt at cost {cost}, one after the other on the
server's core; {logins} connections log in then. Microseconds are CPU time of whole process trees, from
`/proc/<pid>/stat`. A bare reply is a plain handler of the same framework under the same web server.
"""


_MEASURED: Final = (
    "Measured on {made}: {cpu}, {system}, Python {python}, PostgreSQL {postgres}; other programs took {percent} % of "
    "a core meanwhile. Compare ratios, not absolute figures, between machines."
)


_CLIENTS: Final = """
## The client register

As above, over {records:,} records without login, read by an administrator: any record, the first five pages of every
order, and searches of three letters as names begin with, or phones hold, of which many find thousands. Rounds:
{rounds}, interleaved, {seconds} s a window.
"""


_ORDERS: Final = """
## Carts line by line, and orders

As above, over the carts of {clients:,} clients. One row has all {connections} connections add to one cart, one after
the other by its lock. Orders are made of carts of three lines, each cart once; between the windows all are filled
again. Rounds: {rounds}, interleaved, {seconds} s a window.
"""


_SERVICE: Final = """
## Field service

As above, over {orders:,} work orders, read by an administrator: any order, one of a hundred of which is open, and the
ratings of a technician who has {rated:,}. Rounds: {rounds}, interleaved, {seconds} s a window. The table is of 64
connections that never pause; the bars are of one request at a time, 400 of each in turn.
"""


_VISITS: Final = (
    "The daily job made the {made:,} visits that {plans:,} new plans of six months lacked in {seconds:.1f} s, in "
    "{batches:,} transactions of {longest:.2f} s at most; with nothing to do it took {idle:.2f} s."
)


_TALKS: Final = """
## Talks, and devices that listen

As above, over {talks:,} open talks of twenty messages. Sending counts the customer's last minute, writes the audit row
and two events. Rounds: {rounds}, interleaved, {seconds} s a window.
"""


_DEVICES: Final = (
    "{devices:,} devices on one process: {kib_each} KiB each (its resident memory before and after), all open after "
    "{seconds} s, {idle_cpu:.1%} of a core while idle, {lost} lost; dropped at once, all were back after "
    "{back_seconds} s. A hundred pairs, a message a second each, over two processes: heard by the other side after "
    "{p50} ms (p50), {p99} ms (p99), of {heard:,} messages."
)


def write_clients(result: dict[str, Any], rows: Sequence[Row], found: Sequence[Bar]) -> None:
    """Write the part of the page that tells of the client register."""
    _write_part(_CLIENTS, result, rows, found)


def write_orders(result: dict[str, Any], rows: Sequence[Row], found: Sequence[Bar]) -> None:
    """Write the part of the page that tells of carts line by line and of orders."""
    _write_part(_ORDERS, result, rows, found)


def write_service(result: dict[str, Any], rows: Sequence[Row], found: Sequence[Bar]) -> None:
    """Write the part of the page that tells of the field service."""
    first, again = result["visits"]
    job = _VISITS.format(**first, idle=again["seconds"], plans=result["rig"]["plans"])
    _write_part(_SERVICE, result, rows, found, job)


def write_talks(result: dict[str, Any], rows: Sequence[Row], found: Sequence[Bar]) -> None:
    """Write the part of the page that tells of talks and devices."""
    _write_part(_TALKS, result, rows, found, _DEVICES.format(**result["devices"]))


def _write_part(
    introduction: str,
    result: dict[str, Any],
    rows: Sequence[Row],
    found: Sequence[Bar],
    more: str | None = None,
) -> None:
    """Write a part of the page that begins with this introduction."""
    lines = [
        introduction.strip().format(**result["rig"]),
        "",
        *table(rows),
        "",
        *bar_table(found),
        "",
        *([more, ""] if more else []),
        _MEASURED.format(**result, **result["machine"], percent=round(100 * result["foreign"])),
    ]
    replace_part(introduction.strip().partition("\n")[0], lines)


def replace_part(heading: str, lines: Sequence[str]) -> None:
    """Write a part of the page in place of the one with its heading, or at the end."""
    before, _, after = PAGE.read_text(encoding="utf-8").partition(heading)
    rest = after.find("\n## ")
    parts = [before.rstrip(), "", *lines, after[rest:].rstrip() if rest >= 0 else ""]
    PAGE.write_text("\n".join(parts).rstrip() + "\n", encoding="utf-8")


def write_page(result: dict[str, Any], rows: Sequence[Row], found: Sequence[Bar]) -> None:
    """Write the page's beginning; the parts that follow it stay until they are measured again."""
    memory = result["memory"]
    _, part, rest = PAGE.read_text(encoding="utf-8").partition("\n## ")
    lines = [
        _INTRODUCTION.format(**result["rig"]),
        *table(rows),
        "",
        *bar_table(found),
        "",
        "Memory in MB after the load, 10,000 verified tokens remembered: "
        + "; ".join(f"{name} RSS {m['rss']:.0f}, PSS {m['pss']:.0f}" for name, m in memory.items())
        + ".",
        "",
        _MEASURED.format(**result, **result["machine"], percent=round(100 * result["foreign"])),
        "",
    ]
    PAGE.write_text("\n".join(lines) + part + rest, encoding="utf-8")
