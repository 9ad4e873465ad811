"""PostgreSQL's own limit: `pgbench` running the stores' statements, prepared, over the same 64 connections.

It takes the load generator's place, on the core that PostgreSQL and the load share.
"""

import re
import subprocess
from pathlib import Path
from typing import Final, NamedTuple

from bench.machine import Usage, snapshot, usage
from bench.rig import Rig
from bench.statements import CLIENTS, LINES, MAX_QUANTITY, NUMBERS, Statement, Whose
from clientela.core.postgres.binaries import for_existing_data

_PROGRESS: Final = re.compile(r"^progress: [\d.]+ s, ([\d.]+) tps, lat ([\d.]+) ms")


class Limit(NamedTuple):
    """What PostgreSQL did alone: transactions a second, their mean time (ms), and the CPU used meanwhile."""

    rate: float
    mean: float
    usage: Usage


def program(rig: Rig) -> str:
    """Return the `pgbench` of the server's own version."""
    binaries = for_existing_data(rig.data_dir / "pg")
    path = Path(binaries.program("pgbench")) if binaries else None
    if binaries is None or path is None or not path.exists():
        version = binaries.major if binaries else ""
        raise SystemExit(
            f"bench: there is no pgbench beside PostgreSQL {version}; on Debian it comes with the package "
            f"postgresql-{version}, elsewhere with postgresql-contrib"
        )
    return str(path)


def write_script(statement: Statement, whose: Whose, connections: int, path: Path) -> Path:
    """Write a statement as a script: whose turn it is, random quantities, the statement."""
    lines = {
        "any": [f"\\set n random(0, {CLIENTS - 1})"],
        "each": ["\\set turn :turn + 1", f"\\set n (:client_id + :turn * {connections}) % {CLIENTS}"],
        "one": ["\\set n 0"],
    }[whose]
    lines += [f"\\set {name} {how}" for name, how in NUMBERS.items()]
    lines += [f"\\set q{line} random(1, {MAX_QUANTITY})" for line in range(LINES)]
    path.write_text("\n".join([*lines, statement.script() + ";", ""]), encoding="utf-8")
    return path


def run(
    rig: Rig, dsn: str, name: str, statement: Statement, whose: Whose, connections: int, seconds: int
) -> Limit:
    """Run one statement for so long; the first second, in which connections learn it, does not count."""
    script = write_script(statement, whose, connections, rig.home / f"{name}.sql")
    command = [program(rig), "--no-vacuum", "--protocol=prepared", f"--client={connections}", "--jobs=1"]
    command += ["--define=turn=-1", f"--time={seconds + 2}", "--progress=1", f"--file={script}", dsn]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None  # noqa: S101 - made with a pipe above
    roots = {"postgres": rig.postmaster(), "load": process.pid}
    said: list[str] = []
    rates: list[tuple[float, float]] = []
    before = after = snapshot(roots)
    for line in process.stderr:
        found = _PROGRESS.match(line)
        if found is None:
            said.append(line)
            continue
        rates.append((float(found[1]), float(found[2])))
        if len(rates) == 1:
            before = snapshot(roots)
        elif len(rates) == seconds + 1:
            after = snapshot(roots)
    if process.wait() != 0 or len(rates) <= seconds:
        raise SystemExit(f"bench: pgbench failed on {name}:\n{''.join(said)}")
    counted = rates[1 : seconds + 1]
    return Limit(
        sum(rate for rate, _ in counted) / seconds,
        sum(mean for _, mean in counted) / seconds,
        usage(before, after),
    )
