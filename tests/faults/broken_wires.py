"""Requests served by processes whose way to the database breaks at a chosen statement (T-CR-4).

`python -m tests.faults.broken_wires <dsn> <data_dir> [plant]` reads one line of JSON per request: method, path,
headers, body, and where (`step`, from 1) and how (`how`) it breaks. Each is served by a child of its own, by the
product's own endpoints; one line comes back: whether the break was reached, whether the child died of it, and what it
answered.

`refuse`: the statement fails, the connection lives. `cut_before`, `cut_after`: the connection is gone before the
statement was sent, or when it has been done and its answer is not read. `exit_before`, `exit_after`: the same for the
whole process, which ends as `kill -9` would end it.
"""

import asyncio
import json
import os
import re
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import asyncpg

from clientela import app
from clientela.api.auth import Gatekeeper
from clientela.api.call import Runtime
from clientela.api.endpoint import Endpoint
from clientela.core.db import Pool
from clientela.core.hub import EventHub
from clientela.core.metrics import Metrics
from clientela.identidad import service as identidad
from clientela.settings import Settings
from tests.tools.server import SECRET

DIED = 42
HOWS = ("refuse", "cut_before", "cut_after", "exit_before", "exit_after")


class Fault:
    """The one break of this process: at which statement, and how."""

    step = 0
    how = ""

    def due(self) -> str | None:
        """Count one statement; tell how it breaks, if it does."""
        self.step -= 1
        return self.how if self.step == 0 else None

    @property
    def reached(self) -> bool:
        """Whether it has happened."""
        return self.step <= 0


FAULT = Fault()


class BrokenWire:
    """A connection on which one statement breaks."""

    def __init__(self, real: Any) -> None:
        self.real = real

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.real, name)
        if name not in {"execute", "fetch", "fetchrow", "fetchval"}:
            return found

        async def run(*args: Any, **options: Any) -> Any:
            how = FAULT.due()
            if how == "refuse":
                raise asyncpg.PostgresIOError("planted")
            if how == "exit_before":
                os._exit(DIED)
            if how == "cut_before":
                self.cut()
            done = await found(*args, **options)
            if how == "exit_after":
                os._exit(DIED)
            if how == "cut_after":
                self.cut()
            return done

        return run

    def cut(self) -> None:
        """Lose the connection."""
        self.real.terminate()
        raise asyncpg.ConnectionDoesNotExistError("planted")


class BrokenPool(Pool):
    """The product's own pool over such wires."""

    async def acquire(self) -> Any:
        return BrokenWire(await super().acquire())

    def release(self, connection: Any) -> None:
        super().release(connection.real)


async def serve(settings: Settings, dsn: str, wanted: dict[str, Any]) -> dict[str, Any]:
    """Serve one request on a pool of its own."""
    pool = await BrokenPool(settings, lambda: dsn).open()
    await identidad.load_secret(pool.db)
    # The hub is not running, so every token is looked up: one statement more at which things break.
    hub = EventHub(pool.connect)
    gatekeeper = Gatekeeper(lambda token: identidad.resolve_token(pool.db, token), hub)
    board = app.make_board(pool, hub)
    endpoints = app.endpoints(Runtime(settings, pool.db, gatekeeper, Metrics(), board))
    endpoint, parameters = find(endpoints, wanted["path"])
    scope = {
        "type": "http",
        "method": wanted["method"],
        "path": wanted["path"],
        "path_params": parameters,
        "query_string": b"",
        "client": ("127.0.0.1", 1),
        "headers": [(name.lower().encode(), value.encode()) for name, value in wanted["headers"].items()],
    }
    answer: dict[str, Any] = {}

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": wanted["body"].encode(), "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            answer["status"] = message["status"]
        else:
            answer["body"] = message["body"].decode()

    FAULT.step, FAULT.how = wanted["step"], wanted["how"]
    await endpoint(scope, receive, send)
    return answer | {"reached": FAULT.reached}


def find(endpoints: list[tuple[str, Endpoint]], path: str) -> tuple[Endpoint, dict[str, str]]:
    """The endpoint of a path, and the parameters in it."""
    for template, endpoint in endpoints:
        found = re.fullmatch(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", template), path)
        if found and not (found.groupdict() and path in dict(endpoints)):
            return endpoint, found.groupdict()
    raise LookupError(path)


def in_a_child(settings: Settings, dsn: str, wanted: dict[str, Any]) -> dict[str, Any]:
    """Fork, serve, and say how it ended."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writing, json.dumps(asyncio.run(serve(settings, dsn, wanted))).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        said = pipe.read()
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if status == DIED:
        return {"reached": True, "died": True, "status": 0, "body": ""}
    if status:
        raise RuntimeError(f"the child ended with {status}")
    return {"died": False, **json.loads(said)}


def main() -> None:
    """Serve what comes in, one after the other."""
    dsn, data_dir = sys.argv[1], Path(sys.argv[2])
    for plant in sys.argv[3:]:
        module, _, name = plant.partition(":")
        getattr(import_module(module), name)()
    settings = Settings(data_dir=data_dir, database_url=dsn, bcrypt_costo=4, secreto=SECRET)
    for line in sys.stdin:
        print(json.dumps(in_a_child(settings, dsn, json.loads(line))), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
