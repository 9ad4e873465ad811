"""Child processes that die with us, and the traces that a dead supervisor's server left behind."""

import ctypes
import os
import signal
import subprocess
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

# Loaded before any fork: between fork and exec nothing may be imported.
_PRCTL: Final = ctypes.CDLL(None, use_errno=True).prctl
_PR_SET_PDEATHSIG: Final = 1


@dataclass(frozen=True)
class Account:
    """Who the server runs as.

    `namespace`: still root's files, but seen from inside as `uid`, without any of root's powers.
    """

    uid: int
    gid: int
    switch: bool = False
    namespace: bool = False

    @property
    def owner(self) -> tuple[int, int]:
        """User and group to whom the server's files belong, as the rest of the machine sees them."""
        return (os.geteuid(), os.getegid()) if self.namespace else (self.uid, self.gid)

    def wrap(self, argv: Sequence[str]) -> list[str]:
        """Return the command that runs `argv` as this account."""
        if self.namespace:
            return ["unshare", "--user", f"--map-user={self.uid}", f"--map-group={self.gid}", "--", *argv]
        return list(argv)

    def identity(self) -> dict[str, Any]:
        """Return the Popen arguments that change the user."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []} if self.switch else {}


def die_with_parent(signal_number: int) -> Callable[[], None]:
    """Return a preexec_fn by which the kernel sends the signal when the thread that forks dies.

    It runs after setuid, which would clear it, and gives up at once when the parent was quicker to die.
    """
    parent = os.getpid()
    number = int(signal_number)

    def arm() -> None:
        _PRCTL(_PR_SET_PDEATHSIG, number, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return arm


def environment() -> dict[str, str]:
    """Return our environment without what would steer PostgreSQL from outside (PGDATA, PGPORT, LANG, …)."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PG", "LC_", "LANG"))}
    return kept | {"LC_ALL": "C", "TZ": "UTC"}


def run(account: Account, argv: Sequence[str], *, text: str = "") -> subprocess.CompletedProcess[str]:
    """Run a short program as the account, `text` on its standard input; it does not outlive us."""
    return subprocess.run(
        account.wrap(argv),
        input=text,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        env=environment(),
        cwd="/",
        start_new_session=True,
        preexec_fn=die_with_parent(signal.SIGKILL),
        check=False,
        **account.identity(),
    )


def signal_marked(mark: str, number: signal.Signals) -> None:
    """Signal every PostgreSQL process whose command line carries the mark (`cluster_name`, which each one shows).

    Command lines are readable everywhere, working directories not in every container.
    """
    for pid in _numbers():
        if _is_postgres(pid) and mark.encode() in _read(pid, "cmdline"):
            with suppress(ProcessLookupError):
                os.kill(pid, number)


def may_serve(pid: int, cluster: Path) -> bool:
    """Whether the process may be a server on this cluster; one whose directory we may not see counts."""
    if not _is_postgres(pid):
        return False
    try:
        return Path(f"/proc/{pid}/cwd").samefile(cluster)
    except OSError:
        return True


def _is_postgres(pid: int) -> bool:
    # A zombie does not run anything any more.
    return _read(pid, "comm").strip() == b"postgres" and _alive(pid)


def _numbers() -> Iterable[int]:
    return (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit())


def _read(pid: int, name: str) -> bytes:
    """Read a file of a process, empty when the process is gone."""
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes()
    except OSError:
        return b""


def _alive(pid: int) -> bool:
    # A zombie holds nothing any more; it only waits for its parent. The state follows the name's closing bracket.
    state = _read(pid, "stat").rpartition(b")")[2].split()
    return bool(state) and state[0] not in {b"Z", b"X"}
