"""An S3 server as a process of its own (moto), with one bucket in it."""

import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.tools.ports import free_port
from tests.tools.wait import wait_for

NAME = "archivos"


@dataclass(frozen=True)
class BucketServer:
    """Where the bucket is; anybody's key opens it."""

    url: str

    def new_bucket(self) -> str:
        """Make another bucket; returns its name."""
        name = f"cubo-{uuid.uuid4().hex[:12]}"
        assert httpx.put(f"{self.url}/{name}", timeout=10).status_code == 200
        return name

    @property
    def settings(self) -> dict[str, Any]:
        """The product's settings for it, without their prefix."""
        return {"s3_url": self.url, "s3_bucket": NAME, "s3_acceso": "prueba", "s3_secreto": "prueba"}


@contextmanager
def running() -> Iterator[BucketServer]:
    """Start the server and make the bucket; the process ends with the block."""
    port = free_port()
    program = str(Path(sys.executable).with_name("moto_server"))
    command = [program, "-H", "127.0.0.1", "-p", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            server = BucketServer(f"http://127.0.0.1:{port}")
            wait_for(lambda: _make_bucket(server.url), "the start of the S3 server", seconds=60, every=0.1)
            yield server
        finally:
            process.kill()


def _make_bucket(url: str) -> bool:
    try:
        return httpx.put(f"{url}/{NAME}", timeout=10).status_code == 200
    except httpx.TransportError:
        return False
