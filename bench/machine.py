"""What the kernel says of processes and of the machine: CPU time, memory, who else was busy."""

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

TICK: Final = os.sysconf("SC_CLK_TCK")
_BUSY: Final = ("user", "nice", "system", "irq", "softirq", "steal")
_FIELDS: Final = ("user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal")


def _stat(pid: int) -> list[str] | None:
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The command may hold blanks and parentheses; what follows its last parenthesis is plain.
    return text.rpartition(")")[2].split()


def tree(root: int) -> list[int]:
    """Return a process and all its descendants."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (fields := _stat(int(entry.name))) is not None:
            children.setdefault(int(fields[1]), []).append(int(entry.name))
    found = [root]
    for pid in found:
        found += children.get(pid, ())
    return found


def cpu_seconds(root: int) -> float:
    """Return the CPU time that a process tree has used, the children it has already buried included."""
    ticks = 0
    for pid in tree(root):
        fields = _stat(pid)
        if fields is not None:
            ticks += sum(int(value) for value in fields[11:15])
    return ticks / TICK


@dataclass(frozen=True)
class Memory:
    """Memory of one process in MiB; `pss` counts shared pages by the share of each process."""

    rss: float
    pss: float


def memory(pid: int) -> Memory:
    """Return what a process occupies."""
    found: dict[str, float] = {}
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]:
        name, value = line.split(":")
        found[name] = int(value.split()[0]) / 1024
    return Memory(round(found["Rss"], 1), round(found["Pss"], 1))


@dataclass(frozen=True)
class Snapshot:
    """CPU seconds of the machine and of ours, at one moment."""

    at: float
    busy: float
    interrupts: float
    by_name: dict[str, float]


def snapshot(roots: Mapping[str, int]) -> Snapshot:
    """Read the CPU time of the whole machine and of each named process tree."""
    values = [int(v) / TICK for v in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    named = dict(zip(_FIELDS, values, strict=True))
    return Snapshot(
        time.perf_counter(),
        sum(named[name] for name in _BUSY),
        named["irq"] + named["softirq"],
        {name: cpu_seconds(pid) for name, pid in roots.items()},
    )


@dataclass(frozen=True)
class Usage:
    """CPU seconds used between two snapshots; `foreign` is the share of one core that others took."""

    seconds: float
    by_name: dict[str, float]
    foreign: float


def usage(before: Snapshot, after: Snapshot) -> Usage:
    """Return what was used between two snapshots."""
    seconds = after.at - before.at
    ours = {name: after.by_name[name] - before.by_name[name] for name in before.by_name}
    others = (after.busy - before.busy) - (after.interrupts - before.interrupts) - sum(ours.values())
    return Usage(seconds, ours, max(0.0, others) / seconds)
