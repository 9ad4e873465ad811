"""T-BK-3: a damaged copy is refused as a whole, clearly, before anything is written."""

import os
import random
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from clientela.core import archive
from clientela.core.archive import BackupError, Manifest, Part
from clientela.core.backup import backup, restore
from clientela.core.postgres import EmbeddedPostgres
from clientela.settings import Settings
from tests.postgres.holders import do
from tests.tools.places import open_directory
from tests.tools.server import run_cli

FLIPS = 250


@pytest.fixture(scope="module")
def copy() -> Iterator[Path]:
    """A good copy of a small database and a few files."""
    with open_directory() as home:
        yield small_copy(home)


def small_copy(home: Path) -> Path:
    server = EmbeddedPostgres(home / "datos")
    server.start()
    do(server.dsn(), "CREATE TABLE t AS SELECT g, md5(g::text) AS x FROM generate_series(1, 500) AS g")
    (home / "datos" / "secreto").write_text("k" * 48)
    (home / "datos" / "foto").write_bytes(os.urandom(700))
    backup(Settings(data_dir=home / "datos"), home / "copia.tar")
    server.stop()
    return home / "copia.tar"


def refused(copy: Path, content: bytes) -> bool:
    """Whether a copy with this content is refused."""
    damaged = copy.with_name("dañada.tar")
    damaged.write_bytes(content)
    try:
        archive.verify(damaged)
    except BackupError as error:
        return "dañada o incompleta" in str(error)
    return False


def test_control_the_good_copy_passes(copy: Path):
    assert archive.verify(copy).tablas == {"public.t": 500}


def test_any_flipped_bit_is_found(copy: Path):
    good = copy.read_bytes()
    chance = random.Random(20261120)
    places = {*range(512), *range(len(good) - 2100, len(good)), *chance.sample(range(len(good)), FLIPS)}
    passed = []
    for place in sorted(places):
        flipped = bytearray(good)
        flipped[place] ^= 1 << chance.randrange(8)
        if not refused(copy, bytes(flipped)):
            passed.append(place)
    assert passed == []


def test_any_truncation_and_any_addition_is_found(copy: Path):
    good = copy.read_bytes()
    lengths = {0, 1, 511, 512, 1024, len(good) - 512, len(good) - 1024, len(good) - 1}
    lengths |= set(random.Random(20261120).sample(range(len(good)), 60))
    assert [length for length in sorted(lengths) if not refused(copy, good[:length])] == []
    assert refused(copy, good + b"\0")
    assert refused(copy, good + bytes(512))


def test_something_else_entirely_is_no_copy(copy: Path, home: Path):
    assert refused(copy, b"")
    assert refused(copy, b"PGDMP" + os.urandom(5000))
    with sqlite3.connect(home / "x.db") as other:
        other.execute("CREATE TABLE t (x)")
    other.close()
    assert refused(copy, (home / "x.db").read_bytes())


Change = Callable[[Manifest, dict[str, bytes]], Manifest | None]


def forge(copy: Path, path: Path, change: Change) -> Path:
    """Seal a changed copy anew: its checksums are right, its content is not."""
    manifest = archive.verify(copy)
    work = path.with_suffix(".d")
    archive.extract(copy, manifest, work)
    parts = {name: (work / name).read_bytes() for name in manifest.partes}
    wanted = change(manifest, parts)
    with archive.create(path) as writer:
        for name, content in parts.items():
            (work / "parte").write_bytes(content)
            writer.add(name, work / "parte")
        rewritten = replace(manifest, partes=writer.parts)
        writer.finish(wanted or rewritten)
    return path


def empty_dump(_: Manifest, parts: dict[str, bytes]) -> None:
    parts["base.dump"] = b""


def missing_dump(_: Manifest, parts: dict[str, bytes]) -> None:
    del parts["base.dump"]


def other_format(manifest: Manifest, _: dict[str, bytes]) -> Manifest:
    return replace(manifest, formato=2)


def unnamed_part(manifest: Manifest, parts: dict[str, bytes]) -> Manifest:
    parts["archivos/intruso"] = b"x"
    return manifest


def lost_part(manifest: Manifest, parts: dict[str, bytes]) -> Manifest:
    del parts["archivos/foto"]
    return manifest


def swapped_part(manifest: Manifest, parts: dict[str, bytes]) -> Manifest:
    parts["archivos/foto"] = os.urandom(700)
    return manifest


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (empty_dump, "no contiene ninguna base de datos"),
        (missing_dump, "no contiene ninguna base de datos"),
        (other_format, "formato 2"),
        (unnamed_part, "no coinciden"),
        (lost_part, "no coinciden"),
        (swapped_part, "no coinciden"),
    ],
)
def test_wrong_content_under_right_checksums(copy: Path, home: Path, change: Change, words: str):
    with pytest.raises(BackupError, match=words):
        restore(Settings(data_dir=home / "otro"), forge(copy, home / "copia.tar", change))
    assert not (home / "otro").exists()


def garbage_dump(_: Manifest, parts: dict[str, bytes]) -> None:
    parts["base.dump"] = parts["base.dump"][:200]


def fewer_rows(manifest: Manifest, _: dict[str, bytes]) -> Manifest:
    return replace(manifest, tablas={"public.t": 501})


@pytest.mark.parametrize(
    ("change", "words"), [(garbage_dump, "pg_restore"), (fewer_rows, "no tienen sus filas")]
)
def test_dump_that_does_not_load_as_promised(copy: Path, home: Path, change: Change, words: str):
    with pytest.raises(OSError, match=words):
        restore(Settings(data_dir=home / "otro"), forge(copy, home / "copia.tar", change))
    assert list((home / "otro").iterdir()) == []


def test_no_part_leaves_its_directory(copy: Path, home: Path):
    manifest = archive.verify(copy)
    for name in ("../fuera", "/fuera", "archivos/../../fuera"):
        hostile = replace(manifest, partes={name: Part(1, "")})
        with pytest.raises(BackupError, match="nombre prohibido"):
            archive.extract(copy, hostile, home / "otro")
    assert not (home / "fuera").exists()


def test_command_ends_with_a_status_and_a_sentence(copy: Path, home: Path):
    bad = home / "dañada.tar"
    bad.write_bytes(copy.read_bytes()[:-600])
    for arguments, words in (
        (("restore", str(bad)), "dañada o incompleta"),
        (("restore", str(home / "nada.tar")), "No existe"),
        (("backup", str(home / "copia.tar")), "no hay ninguna base de datos"),
    ):
        done = run_cli(*arguments, data_dir=home / "otro")
        assert done.returncode == 1
        assert words in done.stderr
        assert "Traceback" not in done.stderr
