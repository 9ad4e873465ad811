"""Every file of the corpus at every door that takes images: a plain picture is kept of it, or nothing (T-UP-1…3, 7).

`tests/core` tries the same files on the pipeline alone.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from clientela.clientes.model import IMAGENES
from tests.cast import Cast, Persona
from tests.core.pictures import defects
from tests.tools import hostile_images, processes
from tests.tools.database import Database
from tests.tools.hostile_images import Case, corpus
from tests.tools.planted import program
from tests.tools.server import Server

GROWTH = 50 << 20


@dataclass
class Doors:
    """The four routes that take images, with a client and a product of their own; each gives what it stored."""

    cast: Cast
    client: str
    product: str

    @classmethod
    def of(cls, cast: Cast) -> "Doors":
        """Doors on the server of a cast."""
        return cls(cast, cast.new_cliente().cliente_id, cast.new_producto()["id"])

    def create(self, case: Case, campo: str) -> bytes | None:
        """`POST /api/clientes`: a client with one image, or none of both."""
        nombre = f"Retrato {uuid.uuid4().hex}"
        before = self._files("clientes")
        answer = self.cast.admin.post("/api/clientes", data={"nombre": nombre}, files=self._part(case, campo))
        if refused(answer, campo):
            assert self.cast.db.fetchval("SELECT count(*) FROM clientes WHERE nombre = $1", nombre) == 0
            assert self._files("clientes") == before
            return None
        assert answer.status_code == 201, answer.text
        made = answer.json()["data"]["cliente"]
        return self._shown(made[campo])

    def change(self, case: Case, campo: str, *, by_post: bool) -> bytes | None:
        """`PUT /api/clientes/{id}`, or what says so by POST: another image in the place of the last one."""
        path, fields = f"/api/clientes/{self.client}", {"_method": "PUT"} if by_post else {}
        send = self.cast.admin.post if by_post else self.cast.admin.put
        before = self._row()
        answer = send(path, data=fields, files=self._part(case, campo))
        # Exactly the files that the row names, whatever became of this one.
        assert self._files(f"clientes/{self.client}") == {key for key in self._row()[1:] if key}
        if refused(answer, campo):
            assert self._row() == before
            return None
        assert answer.status_code == 200, answer.text
        return self._shown(answer.json()["data"]["cliente"][campo])

    def add(self, case: Case) -> bytes | None:
        """`POST /api/v1/productos/{id}/imagenes`, and away with it again."""
        path = f"/api/v1/productos/{self.product}/imagenes"
        answer = self.cast.admin.post(path, files=self._part(case, "imagen"))
        if refused(answer, "imagen"):
            assert self._files(f"productos/{self.product}") == set()
            return None
        assert answer.status_code == 201, answer.text
        own = answer.headers["location"]
        stored = self._shown(own)
        assert self.cast.admin.delete(own[own.index("/api/") :]).status_code == 200
        assert self._files(f"productos/{self.product}") == set()
        return stored

    def _part(self, case: Case, field: str) -> dict[str, Any]:
        """Whatever it is, it calls itself a photo."""
        return {field: (f"{case.name}.jpg", case.data, "image/jpeg")}

    def _shown(self, address: str) -> bytes:
        answer = self.cast.anon.get(address[address.index("/api/") :])
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
        return answer.content

    def _row(self) -> tuple[Any, ...]:
        sql = f"SELECT version, {', '.join(IMAGENES)} FROM clientes WHERE id = $1::uuid"
        return tuple(self.cast.db.fetch(sql, self.client)[0])

    def _files(self, folder: str) -> set[str]:
        root = self.cast.data_dir / "archivos"
        return {str(path.relative_to(root)) for path in (root / folder).rglob("*") if path.is_file()}


def refused(answer: Any, field: str) -> bool:
    """Whether an image was refused, and then: on its field, with a Spanish sentence."""
    if answer.status_code != 422:
        return False
    said = answer.json()
    assert (said["code"], list(said["errors"])) == ("imagen_invalida", [field])
    assert "imagen" in said["errors"][field][0]
    return True


def through_the_doors(doors: Doors, number: int, case: Case) -> list[bytes | None]:
    """Take one file to each kind of door, to another field of a client each time; return what is stored of it."""
    here, there = IMAGENES[number % 3], IMAGENES[(number + 1) % 3]
    return [
        doors.create(case, here),
        doors.change(case, there, by_post=number % 2 == 0),
        doors.add(case),
    ]


def reset_peak(pid: int) -> int:
    """Forget the most memory that a process had; return what it has now, in bytes."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")
    return peak(pid)


def peak(pid: int) -> int:
    """The most memory that a process had since then, in bytes."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith("VmHWM"))


def harm(serving: Server, doors: Doors, cases: list[Case], turns: int = 1) -> list[str]:
    """Everything that is wrong after these files came through the doors, so many times, each time to other fields."""
    before = {pid: reset_peak(pid) for pid in serving.worker_pids() or [serving.pid]}
    found = [
        wrong
        for turn in range(turns)
        for number, case in enumerate(cases)
        for stored in through_the_doors(doors, number + turn, case)
        for wrong in defects(case, stored)
    ]
    grown = {pid: peak(pid) - had for pid, had in before.items()}
    found += [f"a server grew by {more} bytes" for more in grown.values() if more > GROWTH]
    tree = processes.tree(serving.pid)
    return found + [f"{pid} still decodes" for pid in tree if "core.image_worker" in processes.command(pid)]


@pytest.mark.parametrize("family", hostile_images.FAMILIES)
def test_each_file_at_each_door(cast: Cast, serving: Server, family: str) -> None:
    cases = list(hostile_images.family(family))
    # Of a hundred cuts a third will do here; the pipeline sees them all, and so does the long run.
    assert harm(serving, Doors.of(cast), cases[:: 3 if family == "cut_short" else 1]) == []


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_each_file_in_every_field(cast: Cast, serving: Server) -> None:
    assert harm(serving, Doors.of(cast), list(corpus().values()), turns=3) == []


def test_decoding_where_requests_are_served_does_not_hold(
    start_server: Callable[..., Server], new_database: Callable[[], Database]
) -> None:
    """The control: the same files at a server that stores what Pillow makes of them by itself."""
    database = new_database()
    server = start_server(database.dsn, workers=1, program=program("tests.api.plants:pillow_as_it_comes"))
    doors = Doors.of(Cast(server.url, database, server.data_dir))
    suspects = [
        "plain-PNG", "png-with-private-chunk", "png-pixels-spell-php", "other-gif", "other-bmp", "other-tiff",
        "other-ico", "gif-then-js", "comment-jpeg", "texts-png", "exif-webp", "bomb-png-13000",
    ]  # fmt: skip
    found = harm(server, doors, [corpus()[name] for name in suspects])
    assert sum(any(wrong.startswith(f"{name}: ") for wrong in found) for name in suspects) >= 10, found
    assert [wrong for wrong in found if "grew" in wrong]


def test_one_bad_image_among_good_ones_is_named_and_nothing_is_kept(cast: Cast) -> None:
    nombre, good = f"Retrato {uuid.uuid4().hex}", corpus()["plain-WEBP"].data
    parts = {"foto_perfil": good, "ci_anverso": b"<html>", "ci_reverso": good}
    answer = cast.admin.post("/api/clientes", data={"nombre": nombre}, files=parts)
    assert refused(answer, "ci_anverso")
    parts |= {"ci_reverso": good + bytes(5 << 20), "ci_anverso": corpus()["broken-png-half"].data}
    both = cast.admin.post("/api/clientes", data={"nombre": nombre}, files=parts)
    assert (both.status_code, set(both.json()["errors"])) == (422, {"ci_anverso", "ci_reverso"})
    assert cast.db.fetchval("SELECT count(*) FROM clientes WHERE nombre = $1", nombre) == 0


def test_bounds_of_a_form(cast: Cast) -> None:
    """T-UP-7: a file of 5 MiB, a request of 20 MiB, texts of 64 KiB; each to the byte."""

    def send(person: Persona, files: dict[str, bytes], **fields: str) -> Any:
        return person.post("/api/clientes", data={"nombre": "Tienda"} | fields, files=files)

    photo = corpus()["plain-JPEG"].data
    full = photo + bytes((5 << 20) - len(photo))
    assert send(cast.admin, {"foto_perfil": full}).status_code == 201
    assert refused(send(cast.admin, {"foto_perfil": full + b"\0"}), "foto_perfil")
    assert send(cast.admin, dict.fromkeys((*IMAGENES, "otra"), full)).status_code == 413
    unknown = send(cast.admin, {"foto_perfil": photo, "otra": b"MZ"})
    assert unknown.status_code == 201
    long = send(cast.admin, {"foto_perfil": photo}, observaciones="x" * ((64 << 10) + 1))
    assert (long.status_code, list(long.json()["errors"])) == (422, ["observaciones"])
