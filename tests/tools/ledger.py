"""What the client was promised: every write that was acknowledged, kept on the client's side.

After a crash the ledger is compared with the database: an acknowledged write that is missing is a loss, one that is
there in part is a half. Attempts without an answer are allowed to be there or not, but never in part.
"""

import json
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Entry:
    """One write: what kind, under which key, with which value; `acknowledged` once a 2xx came back."""

    kind: str
    key: str
    value: Any
    acknowledged: bool


@dataclass
class Ledger:
    """Thread-safe; with a `path`, every line is on disk before `attempt` and `acknowledge` return."""

    path: Path | None = None
    entries: dict[tuple[str, str], Entry] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def attempt(self, kind: str, key: str, value: Any) -> None:
        """Note a write before it is sent."""
        self._put(Entry(kind, key, value, acknowledged=False))

    def acknowledge(self, kind: str, key: str) -> None:
        """Note that the server said yes to it."""
        entry = self.entries[kind, key]
        self._put(Entry(kind, key, entry.value, acknowledged=True))

    def _put(self, entry: Entry) -> None:
        with self._lock:
            self.entries[entry.kind, entry.key] = entry
            if self.path is not None:
                with self.path.open("a") as file:
                    line = [entry.kind, entry.key, entry.value, entry.acknowledged]
                    file.write(json.dumps(line) + "\n")

    def acknowledged(self, kind: str) -> list[Entry]:
        """The entries of a kind that the server promised."""
        with self._lock:
            return [e for e in self.entries.values() if e.kind == kind and e.acknowledged]

    def compare(
        self, kind: str, stored: Mapping[str, Any], same: Callable[[Any, Any], bool] = lambda a, b: a == b
    ) -> "Difference":
        """Compare one kind with what is stored, by key; `same` says whether a stored value is the written one."""
        lost, half, unasked = [], [], []
        with self._lock:
            mine = {e.key: e for e in self.entries.values() if e.kind == kind}
        for key, entry in mine.items():
            if key not in stored:
                if entry.acknowledged:
                    lost.append(key)
            elif not same(entry.value, stored[key]):
                half.append(key)
        unasked = [key for key in stored if key not in mine]
        return Difference(lost, half, unasked)

    def latest(self, kind: str, keys: Iterable[str]) -> dict[str, Entry]:
        """The entries of some keys."""
        return {key: self.entries[kind, key] for key in keys if (kind, key) in self.entries}


@dataclass(frozen=True)
class Difference:
    """Keys promised and missing, keys stored otherwise than written, keys that nobody wrote."""

    lost: list[str]
    half: list[str]
    unasked: list[str]

    def __bool__(self) -> bool:
        return bool(self.lost or self.half or self.unasked)
