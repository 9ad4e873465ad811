"""The commands on embedded data: two `serve` on one directory, a takeover, a copy while serving, a move elsewhere."""

import os
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.cast import PASSWORD
from tests.postgres.holders import postmaster, supervisor
from tests.tools import processes, server
from tests.tools.server import Server, run_cli
from tests.tools.wait import wait_for

ADMIN = "admin@example.com"


@pytest.fixture(autouse=True)
def own_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """The servers make their own key into the data directory, as in production, and it must move with it."""
    given = server.environment

    def without_key(*arguments: Any, **settings: Any) -> dict[str, str]:
        return {name: value for name, value in given(*arguments, **settings).items() if "SECRETO" not in name}

    monkeypatch.setattr(server, "environment", without_key)


def who(url: str, token: str) -> str | None:
    """Whom the server takes the bearer for; None when it does not answer properly."""
    try:
        answer = httpx.get(f"{url}/api/v1/auth/yo", headers={"Authorization": f"Bearer {token}"}, timeout=8)
    except httpx.TransportError:
        return None
    return str(answer.json()["correo"]) if answer.status_code == 200 else None


def test_two_servers_a_takeover_and_a_copy_that_moves_house(home: Path):
    data_dir, copy, elsewhere = home / "datos", home / "copia.tar", home / "otro"
    first, second, third = Server(data_dir, None), Server(data_dir, None, workers=1), Server(elsewhere, None)
    try:
        first.start()
        made = run_cli("crear-admin", "--correo", ADMIN, "--contrasenia", PASSWORD, data_dir=data_dir)
        assert made.returncode == 0, made.stderr
        body = {"identificador": ADMIN, "contrasenia": PASSWORD}
        token = httpx.post(f"{first.url}/api/v1/auth/login", json=body, timeout=20).json()["token"]
        second.start()
        assert supervisor(data_dir) == first.pid
        assert who(first.url, token) == who(second.url, token) == ADMIN

        pid = postmaster(data_dir)
        os.kill(first.pid, 9)
        wait_for(lambda: not processes.alive(pid), "the end of the first one's server")
        wait_for(lambda: who(second.url, token) == ADMIN, "the takeover", seconds=15)
        assert supervisor(data_dir) == second.pid

        copied = run_cli("backup", str(copy), data_dir=data_dir)
        assert copied.returncode == 0, copied.stderr
        assert who(second.url, token) == ADMIN
        restored = run_cli("restore", str(copy), data_dir=elsewhere)
        assert restored.returncode == 0, restored.stderr
        third.start()
        assert who(third.url, token) == ADMIN
        assert (elsewhere / "secreto").read_bytes() == (data_dir / "secreto").read_bytes()
    finally:
        for running in (third, second, first):
            if running.process is not None:
                running.kill()


def test_everything_killed_at_once_starts_again(home: Path):
    data_dir = home / "datos"
    serving = Server(data_dir, None).start()
    try:
        made = run_cli("crear-admin", "--correo", ADMIN, "--contrasenia", PASSWORD, data_dir=data_dir)
        assert made.returncode == 0, made.stderr
        serving.kill()
        serving.start()
        body = {"identificador": ADMIN, "contrasenia": PASSWORD}
        assert httpx.post(f"{serving.url}/api/v1/auth/login", json=body, timeout=20).status_code == 200
        assert serving.stop() == 0
    finally:
        serving.kill()
