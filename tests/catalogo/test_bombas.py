"""Bombs sent to a server with two workers: two are decoded at a time, and who serves does not grow (T-UP-2)."""

import threading
from pathlib import Path

from tests.cast import Cast, Persona
from tests.tools import processes
from tests.tools.hostile_images import corpus
from tests.tools.server import Server

FILES = (
    "large-but-allowed",
    "bomb-png-13000",
    "bomb-webp-26-megapixels",
    "bomb-many-ztxt",
    "animated-webp",
    "cmyk-jpeg",
)


def peak(pid: int) -> int:
    """The most memory that a process ever had, in bytes."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith("VmHWM"))


def test_bombs_do_no_harm(cast: Cast, serving: Server) -> None:
    workers = serving.worker_pids()
    before = {pid: peak(pid) for pid in workers}
    statuses: dict[str, int] = {}

    def send(name: str, product: str) -> None:
        with Persona(cast.base_url, cast.admin.token) as admin:
            path = f"/api/v1/productos/{product}/imagenes"
            statuses[name] = admin.post(path, files={"imagen": corpus()[name].data}).status_code

    threads = [threading.Thread(target=send, args=(name, cast.new_producto()["id"])) for name in FILES]
    for thread in threads:
        thread.start()
    most = 0
    while any(thread.is_alive() for thread in threads):
        tree = processes.tree(serving.pid)
        most = max(most, sum("core.image_worker" in processes.command(pid) for pid in tree))
        assert cast.anon.get("/healthz").status_code == 200
    assert 1 <= most <= 2
    taken = {name for name, status in statuses.items() if status == 201}
    assert taken == {"large-but-allowed", "animated-webp", "cmyk-jpeg"}
    assert set(statuses.values()) == {201, 422}
    grown = {pid: peak(pid) - before[pid] for pid in workers}
    assert max(grown.values()) <= 50 << 20
    # The library that decodes is not even loaded there.
    for pid in workers:
        assert "PIL" not in Path(f"/proc/{pid}/maps").read_text()
