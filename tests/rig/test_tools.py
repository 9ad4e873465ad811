"""The smaller tools: ledger, process trees, waiting, ports."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.tools import processes
from tests.tools.ledger import Ledger
from tests.tools.ports import FIRST, LAST, free_port
from tests.tools.wait import wait_for


def test_ledger_tells_loss_half_and_unasked_apart(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.jsonl")
    for key in ("kept", "lost", "half", "unanswered", "unanswered-but-there"):
        ledger.attempt("carrito", key, {"n": key})
    for key in ("kept", "lost", "half"):
        ledger.acknowledge("carrito", key)
    stored = {key: {"n": key} for key in ("kept", "unanswered-but-there", "nobody")} | {"half": {"n": "?"}}
    difference = ledger.compare("carrito", stored)
    assert (difference.lost, difference.half, difference.unasked) == (["lost"], ["half"], ["nobody"])
    assert difference
    assert not Ledger().compare("carrito", {})
    lines = [json.loads(line) for line in (tmp_path / "ledger.jsonl").read_text().splitlines()]
    assert [line[3] for line in lines] == [False] * 5 + [True] * 3


def test_kill_tree_takes_the_children_too() -> None:
    script = "import subprocess, time; subprocess.Popen(['sleep', '60']); time.sleep(60)"
    parent = subprocess.Popen([sys.executable, "-c", script])
    wait_for(
        lambda: [processes.command(pid) for pid in processes.children(parent.pid)] == ["sleep 60"],
        "the child's start",
    )
    pids = processes.tree(parent.pid)
    assert len(pids) == 2
    assert processes.rss(parent.pid) > 1_000_000
    processes.kill_tree(parent.pid)
    assert parent.wait(5) == -signal.SIGKILL
    wait_for(lambda: not any(map(processes.alive, pids)), "their death")


def test_gone_processes_are_nothing_to_stumble_over() -> None:
    process = subprocess.Popen(["true"])
    process.wait()
    assert not processes.alive(process.pid)
    assert processes.tree(process.pid) == [process.pid]
    assert processes.command(process.pid) == ""
    processes.send([process.pid], signal.SIGTERM)


def test_wait_for_says_what_did_not_happen() -> None:
    with pytest.raises(AssertionError, match="rain"):
        wait_for(lambda: False, "rain", seconds=0.1)
    assert wait_for(lambda: 7, "seven") == 7


def test_ports_are_free_and_below_the_ephemeral_range() -> None:
    port = free_port()
    assert FIRST <= port < LAST
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        assert free_port() != port


def test_own_pid_is_alive() -> None:
    assert processes.alive(os.getpid())
