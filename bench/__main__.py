"""`python -m bench [--quick] [--clientes] [--pedidos] [--entregas] [--servicio] [--chat]`: measure, judge, write.

`--clientes` measures the client register alone, `--pedidos` the orders, `--entregas` the planning of routes,
`--servicio` the field service, `--chat` talks and devices; each writes its part of the page.
"""

import argparse
import asyncio
import http.client
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any, Final, NamedTuple

from pwdlib.hashers.bcrypt import BcryptHasher

from bench import dataset, deliveries, pgbench, register, report, sockets, talks, workorders
from bench.machine import memory
from bench.measures import (
    CLIENT_MEASURES,
    CONNECTIONS,
    HOT,
    LOGIN_SOURCES,
    MEASURES,
    ORDER_MEASURES,
    SERVICE_MEASURES,
    THROTTLED_SOURCE,
    Measure,
    bare_job,
    login_request,
)
from bench.register import RECORDS
from bench.report import Bar, Row
from bench.rig import Load, Process, Rig
from bench.statements import CLIENTS
from bench.talks import TALK_MEASURES

_TRIPS: Final = re.compile(rb"^clientela_base_viajes (\S+)$", re.MULTILINE)
_ANSWERS: Final = re.compile(rb"^clientela_peticiones_total\{.*\} (\S+)$", re.MULTILINE)
MICRO: Final = 1_000_000


class Plan(NamedTuple):
    """How much is measured."""

    rounds: int
    seconds: int
    warm_up: float


FULL: Final = Plan(3, 4, 1.0)
QUICK: Final = Plan(1, 1, 0.5)


class Bench:
    """One measurement from beginning to end."""

    def __init__(self, rig: Rig, dsn: str, plan: Plan, measures: Sequence[Measure] = MEASURES) -> None:
        self.rig = rig
        self.dsn = dsn
        self.plan = plan
        self.measures = measures
        self.rows = [Row(m.name, m.title, m.bar) for m in measures]
        self.bare_row = Row("respuesta_minima", "bare reply of the framework")

    def measure(self, server: Process, tokens: Sequence[str], bare: Process | None = None) -> None:
        """Run all rounds; with a bare server, measure its reply in each too."""
        loads = [Load(measure.build(server.port, tokens)) for measure in self.measures]
        bare_load = Load(bare_job(bare.port, tokens)) if bare else None
        try:
            say("  warming up")
            loads[0].run(1.0, 2.0, server, self.rig)
            for number in range(1, self.plan.rounds + 1):
                say(f"  round {number} of {self.plan.rounds}")
                for measure, row, load in zip(self.measures, self.rows, loads, strict=True):
                    self._route(measure, row, load, server)
                if bare and bare_load:
                    self._window(self.bare_row, bare_load, bare, self.plan.seconds)
        finally:
            for load in (*loads, *([bare_load] if bare_load else [])):
                load.close()

    def _route(self, measure: Measure, row: Row, load: Load, server: Process) -> None:
        if measure.statement is not None:
            self._prepare(measure)
            limit = pgbench.run(
                self.rig,
                self.dsn,
                measure.name,
                measure.statement,
                measure.whose,
                CONNECTIONS,
                self.plan.seconds,
            )
            done = limit.rate * limit.usage.seconds
            row.limit_rate.append(limit.rate)
            row.limit_postgres_us.append(MICRO * limit.usage.by_name["postgres"] / done)
        if measure.name == "login":
            row.limit_rate.append(self._bcrypt_rate())
        if measure.name == "login_frenado":
            close_the_door(server.port)
        self._prepare(measure)
        before = counters(server)
        self._window(row, load, server, self.plan.seconds * (2 if measure.name == "login" else 1))
        after = counters(server)
        row.round_trips.append((after[0] - before[0]) / (after[1] - before[1]))
        say(f"    {measure.title}: {row.rate[-1]:,.0f}/s, {row.server_us[-1]:.0f} µs")

    def _prepare(self, measure: Measure) -> None:
        if measure.prepare is not None:
            measure.prepare(self.dsn)

    def _window(self, row: Row, load: Load, server: Process, seconds: float) -> None:
        window, usage = load.run(seconds, self.plan.warm_up, server, self.rig)
        if not window.answers:
            raise SystemExit(f"bench: no answer on {row.title}: {window.errors}")
        row.rate.append(window.answers / window.seconds)
        row.p50.append(window.p50)
        row.p99.append(window.p99)
        row.server_us.append(MICRO * usage.by_name["server"] / window.answers)
        row.postgres_us.append(MICRO * usage.by_name["postgres"] / window.answers)
        row.load_us.append(MICRO * usage.by_name["load"] / window.answers)
        row.foreign.append(usage.foreign)
        for status, number in window.errors.items():
            row.errors[status] = row.errors.get(status, 0) + number

    def _bcrypt_rate(self) -> float:
        """Return how many passwords one core can check in a second."""
        hasher = BcryptHasher(dataset.BCRYPT_COST)
        with self.rig.cores.of_server():
            hashed = hasher.hash(dataset.PASSWORD)
            begun = time.perf_counter()
            for _ in range(3):
                hasher.verify(dataset.PASSWORD, hashed)
            return 3 / (time.perf_counter() - begun)


def counters(server: Process) -> tuple[float, float]:
    """Return how many statements the server has sent, and how many requests it has answered."""
    text = server.get("/metrics")
    trips = _TRIPS.search(text)
    return float(trips[1]) if trips else 0.0, sum(float(found) for found in _ANSWERS.findall(text))


def close_the_door(port: int) -> None:
    """Fail to log in until the address is shut out."""
    for n in range(20):
        head, _, body = login_request(n, "no es la clave").partition(b"\r\n\r\n")
        path = head.split()[1].decode()
        connection = http.client.HTTPConnection(
            "127.0.0.1", port, timeout=10, source_address=(THROTTLED_SOURCE, 0)
        )
        connection.request("POST", path, body, {"Content-Type": "application/json"})
        status = connection.getresponse().status
        connection.close()
        if status == http.HTTPStatus.TOO_MANY_REQUESTS:
            return
    raise SystemExit("bench: twenty failed logins did not shut the address out")


def worker_memory(rig: Rig, tokens: Sequence[str]) -> dict[str, dict[str, float]]:
    """Return what each of two workers occupies after all clients were there."""
    with rig.server(workers=2) as server:
        load = Load(MEASURES[0].build(server.port, tokens))
        try:
            load.run(2.0, 2.0, server, rig)
        finally:
            load.close()
        return {f"worker {i} of 2": asdict(memory(pid)) for i, pid in enumerate(server.workers(), 1)}


def main() -> int:
    """Measure; 0 when every bar holds."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one short round, no page: does it run at all?")
    parser.add_argument("--clientes", action="store_true", help="the client register only")
    parser.add_argument("--pedidos", action="store_true", help="carts line by line and orders only")
    parser.add_argument("--entregas", action="store_true", help="the planning of routes only")
    parser.add_argument("--servicio", action="store_true", help="the field service only")
    parser.add_argument("--chat", action="store_true", help="talks and the devices that listen only")
    asked = parser.parse_args()
    plan = QUICK if asked.quick else FULL
    some = [_measure_clients] * asked.clientes + [_measure_orders] * asked.pedidos
    some += [_measure_deliveries] * asked.entregas + [_measure_service] * asked.servicio
    some += [_measure_talks] * asked.chat
    every = [
        _measure,
        _measure_clients,
        _measure_orders,
        _measure_deliveries,
        _measure_service,
        _measure_talks,
    ]
    phases = some or every
    return max([_at_home(phase, plan, quick=asked.quick) for phase in phases])


def _at_home(phase: Callable[..., int], plan: Plan, *, quick: bool) -> int:
    home = Path(tempfile.mkdtemp(prefix="cl-bench-"))
    # PostgreSQL runs under an account of its own and must be able to come in.
    home.chmod(0o755)
    try:
        return phase(home, plan, quick=quick)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _measure_clients(home: Path, plan: Plan, *, quick: bool) -> int:
    rig = Rig(home)
    with rig.database() as dsn:
        bench = Bench(rig, dsn, plan, CLIENT_MEASURES)
        with rig.server() as server:
            say(f"Planting {RECORDS:,} client records")
            register.plant_now(dsn)
            say("Measuring")
            bench.measure(server, [register.token(rig.secret)])
        version = dataset.server_version(dsn)
    found = report.client_bars(bench.rows)
    result = _result(bench, version, bench.rows, found, {"connections": CONNECTIONS, "records": RECORDS})
    return _tell(result, bench.rows, found, "clientes", report.write_clients, quick=quick)


def _measure_orders(home: Path, plan: Plan, *, quick: bool) -> int:
    rig = Rig(home)
    with rig.database() as dsn:
        bench = Bench(rig, dsn, plan, ORDER_MEASURES)
        with rig.server() as server:
            say(f"Planting {CLIENTS:,} clients")
            dataset.plant_now(dsn)
            say("Measuring")
            bench.measure(server, dataset.tokens(rig.secret))
        version = dataset.server_version(dsn)
    found = report.order_bars(bench.rows)
    result = _result(bench, version, bench.rows, found, {"connections": CONNECTIONS, "clients": CLIENTS})
    return _tell(result, bench.rows, found, "pedidos", report.write_orders, quick=quick)


def _measure_deliveries(home: Path, plan: Plan, *, quick: bool) -> int:  # noqa: ARG001 - needs no database
    say(f"Planning days of {deliveries.STOPS} stops")
    return deliveries.run(plan.rounds, quick=quick)


def _measure_service(home: Path, plan: Plan, *, quick: bool) -> int:
    rig = Rig(home)
    with rig.database() as dsn:
        bench = Bench(rig, dsn, plan, SERVICE_MEASURES)
        with rig.server() as server:
            say(f"Planting {workorders.ORDERS:,} work orders")
            workorders.plant_now(dsn)
            say("Measuring")
            token = workorders.token(rig.secret)
            alone = workorders.alone(server.port, token)
            bench.measure(server, [token])
        visits = workorders.plan_now(dsn)
        version = dataset.server_version(dsn)
    found = report.service_bars(bench.rows, alone)
    shown = {"connections": CONNECTIONS, "orders": workorders.ORDERS, "rated": workorders.RATED}
    shown |= {"plans": workorders.PLANS}
    result = _result(bench, version, bench.rows, found, shown) | {"alone": alone}
    result |= {"visits": [row._asdict() for row in visits]}
    return _tell(result, bench.rows, found, "servicio", report.write_service, quick=quick)


def _measure_talks(home: Path, plan: Plan, *, quick: bool) -> int:
    rig = Rig(home)
    with rig.database() as dsn:
        bench = Bench(rig, dsn, plan, TALK_MEASURES)
        with rig.server() as server:
            say(f"Planting {CLIENTS:,} talks")
            dataset.plant_now(dsn)
            talks.plant_now(dsn)
            customers = dataset.tokens(rig.secret)
            say("Measuring")
            bench.measure(server, customers)
        with rig.server() as server:
            say(f"Opening {len(customers):,} devices")
            cost = asyncio.run(sockets.idle(server, customers, plan.seconds * 5.0))
        with rig.server(workers=2) as server:
            say("Talking")
            pairs = talks.pairs(customers, talks.agent_tokens(rig.secret), 100)
            heard = asyncio.run(sockets.latency(server.port, pairs, plan.seconds * 5.0))
        version = dataset.server_version(dsn)
    p50, p99 = sockets.quantiles(heard)
    devices = {**asdict(cost), "p50": round(p50, 2), "p99": round(p99, 2), "heard": len(heard)}
    found = report.talk_bars(bench.rows, devices)
    rig_shown = {"connections": CONNECTIONS, "talks": CLIENTS}
    result = _result(bench, version, bench.rows, found, rig_shown) | {"devices": devices}
    return _tell(result, bench.rows, found, "chat", report.write_talks, quick=quick)


def _measure(home: Path, plan: Plan, *, quick: bool) -> int:
    rig = Rig(home)
    with rig.database() as dsn:
        bench = Bench(rig, dsn, plan)
        with rig.server() as server, rig.bare() as bare:
            say(f"Planting {CLIENTS:,} clients")
            dataset.plant_now(dsn)
            tokens = dataset.tokens(rig.secret)
            say("Measuring")
            bench.measure(server, tokens, bare)
            used = {"only process": asdict(memory(server.pid))}
        used |= worker_memory(rig, tokens)
        version = dataset.server_version(dsn)
    return _finish(bench, used, version, quick=quick)


def _finish(bench: Bench, used: dict[str, dict[str, float]], version: str, *, quick: bool) -> int:
    rows = [*bench.rows, bench.bare_row]
    found = report.bars(
        bench.rows, bench.bare_row, [m.name for m in HOT], {name: m["rss"] for name, m in used.items()}
    )
    rig = {
        "connections": CONNECTIONS,
        "logins": len(LOGIN_SOURCES),
        "clients": CLIENTS,
        "cost": dataset.BCRYPT_COST,
    }
    result = _result(bench, version, rows, found, rig) | {"memory": used}
    return _tell(result, rows, found, "", report.write_page, quick=quick)


def _result(
    bench: Bench, version: str, rows: Sequence[Row], found: Sequence[Bar], rig: dict[str, int]
) -> dict[str, Any]:
    return {
        "made": datetime.now(UTC).date().isoformat(),
        "machine": report.machine(),
        "postgres": version,
        "rig": {**rig, "rounds": bench.plan.rounds, "seconds": bench.plan.seconds},
        "foreign": median(share for row in rows for share in row.foreign),
        "rows": [asdict(row) for row in rows],
        "bars": [{**asdict(bar), "holds": bar.holds} for bar in found],
    }


def _tell(
    result: dict[str, Any],
    rows: Sequence[Row],
    found: Sequence[Bar],
    part: str,
    write: Callable[[dict[str, Any], Sequence[Row], Sequence[Bar]], None],
    *,
    quick: bool,
) -> int:
    say("\n".join(["", *report.table(rows), "", *report.bar_table(found), ""]))
    made = "quick" if quick else datetime.now(UTC).strftime("%Y-%m-%dT%H%M")
    path = report.write_json(result, f"{made}-{part}" if part else made)
    if not quick:
        write(result, rows, found)
    say(f"Written: {path.relative_to(report.ROOT)}")
    return 0 if all(bar.holds for bar in found) else 1


def say(text: str) -> None:
    """Tell the person at the terminal."""
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
