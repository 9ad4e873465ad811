"""T-BK-1: a copy made under load is one consistent moment, and comes back whole, elsewhere, without questions."""

import asyncio
import contextlib
import json
import os
import stat
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from clientela.core.archive import BackupError, Manifest
from clientela.core.backup import backup, restore
from clientela.core.postgres import EmbeddedPostgres, PostgresError, read_dsn
from clientela.migrations.runner import migrate
from clientela.settings import Settings
from tests.postgres.holders import Holder, ask, do
from tests.postgres.writers import TABLES, Damage, Writers, compare
from tests.tools.database import Database, run, with_database
from tests.tools.debian import start_debian

Hold = Callable[..., Holder]

SAMPLE = """
CREATE SCHEMA fn;
CREATE FUNCTION fn.doble(x bigint) RETURNS bigint LANGUAGE sql RETURN 2 * x;
CREATE FUNCTION public.inmutable() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE 'append-only'; END$$;
CREATE TABLE clientes (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, nombre text NOT NULL,
  buscado text GENERATED ALWAYS AS (lower(nombre)) STORED, datos jsonb NOT NULL DEFAULT '{}', foto bytea);
CREATE TABLE auditoria (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, cliente bigint REFERENCES clientes);
CREATE TRIGGER fija BEFORE UPDATE OR DELETE ON auditoria FOR EACH ROW EXECUTE FUNCTION public.inmutable();
CREATE TABLE vacia (id int);
INSERT INTO clientes (nombre, datos, foto)
  SELECT 'Ñandú ' || g, jsonb_build_object('n', g, 'x', 1.10), decode(md5(g::text), 'hex')
    FROM generate_series(1, 5000) AS g;
INSERT INTO auditoria (cliente) SELECT id FROM clientes;
"""


def checksums(dsn: str) -> dict[str, str]:
    """A digest of every table's rows, in their own text form and in order."""
    with contextlib.closing(Database(dsn)) as database:
        tables = database.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
        digest = "SELECT coalesce(md5(string_agg(t::text, E'\\n' ORDER BY t::text)), '') FROM {} AS t"
        return {name: database.fetchval(digest.format(name)) for (name,) in tables}


def settings(data_dir: Path, url: str | None = None) -> Settings:
    return Settings(data_dir=data_dir, database_url=url)


@pytest.fixture
def running(data_dir: Path) -> Iterator[EmbeddedPostgres]:
    """A server in this process on a data directory with a sample of everything."""
    server = EmbeddedPostgres(data_dir)
    server.start()
    do(server.dsn(), SAMPLE)
    (data_dir / "secreto").write_text("k" * 48)
    (data_dir / "secreto").chmod(0o600)
    images = data_dir / "storage" / "imágenes"
    images.mkdir(parents=True)
    for number in range(20):
        (images / f"{number}.webp").write_bytes(os.urandom(1000 * number))
    yield server
    server.stop()


def files(data_dir: Path) -> dict[str, tuple[bytes, int]]:
    return {
        str(path.relative_to(data_dir)): (path.read_bytes(), stat.S_IMODE(path.stat().st_mode))
        for path in data_dir.rglob("*")
        if path.is_file() and "pg" not in path.relative_to(data_dir).parts[:1]
    }


def test_comes_back_as_it_was(running: EmbeddedPostgres, data_dir: Path, home: Path):
    copy, elsewhere = home / "copia.tar", home / "otro"
    made = backup(settings(data_dir), copy)
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert made.tablas == {"public.auditoria": 5000, "public.clientes": 5000, "public.vacia": 0}
    before = checksums(running.dsn())

    assert restore(settings(elsewhere), copy) == made
    assert files(elsewhere) == files(data_dir)
    assert sorted(p.name for p in elsewhere.iterdir()) == ["pg", "secreto", "storage"]
    server = EmbeddedPostgres(elsewhere)
    server.start()
    try:
        assert checksums(server.dsn()) == before
        assert ask(server.dsn(), "INSERT INTO clientes (nombre) VALUES ('Ana') RETURNING id") == 5001
        assert ask(server.dsn(), "SELECT fn.doble(21)") == 42
        with pytest.raises(Exception, match="append-only"):
            do(server.dsn(), "DELETE FROM auditoria")
    finally:
        server.stop()


def test_plain_tar_can_read_it(running: EmbeddedPostgres, data_dir: Path, home: Path):
    backup(settings(data_dir), home / "copia.tar")
    listed = subprocess.run(["tar", "tf", home / "copia.tar"], capture_output=True, text=True, check=True)
    assert listed.stdout.splitlines()[0] == "base.dump"
    with tarfile.open(home / "copia.tar") as archive:
        manifest = archive.extractfile("manifiesto.json")
        assert manifest is not None
        assert json.load(manifest)["tablas"]["public.clientes"] == 5000


async def test_copy_made_under_load_is_one_moment(hold: Hold, data_dir: Path, home: Path):
    holder = hold().ready()
    do(holder.dsn, TABLES)
    writers = Writers(lambda: read_dsn(data_dir), count=4)
    async with writers.running():
        await asyncio.sleep(0.5)
        promised = list(writers.acknowledged)
        made = await asyncio.to_thread(backup, settings(data_dir), home / "copia.tar")
        await asyncio.sleep(0.2)
    # Both tables grow in the same transactions: in one snapshot they are equally long.
    assert made.tablas["public.cabezas"] == made.tablas["public.cuerpos"] >= len(promised) > 0
    assert len(writers.acknowledged) > made.tablas["public.cabezas"], "the load went on after the snapshot"
    await asyncio.to_thread(restore, settings(home / "otro"), home / "copia.tar")
    restored = await asyncio.to_thread(lambda: hold(home / "otro").ready())
    assert await compare(restored.dsn, promised) == Damage(lost=0, half=0)


def test_stopped_server_can_be_copied_too(running: EmbeddedPostgres, data_dir: Path, home: Path):
    running.stop()
    assert backup(settings(data_dir), home / "copia.tar").tablas["public.clientes"] == 5000
    assert not (data_dir / "pg" / "16" / "postmaster.pid").exists()


def test_copies_kept_in_the_data_directory_do_not_nest(running: EmbeddedPostgres, data_dir: Path):
    (data_dir / "respaldos").mkdir()
    for name in ("respaldos/1.tar", "copia.tar", "copia.tar"):
        made = backup(settings(data_dir), data_dir / name)
        assert not [part for part in made.partes if part.endswith(".tar")]


def test_data_on_another_disk_by_a_link_belong_to_the_copy(
    running: EmbeddedPostgres, data_dir: Path, home: Path
):
    (home / "disco").mkdir()
    (home / "disco" / "foto.webp").write_bytes(b"foto")
    (data_dir / "fotos").symlink_to(home / "disco")
    (home / "disco" / "vuelta").symlink_to(data_dir / "fotos")
    made = backup(settings(data_dir), home / "copia.tar")
    assert [p for p in made.partes if "foto.webp" in p] == ["archivos/fotos/foto.webp"]


def test_nothing_to_copy(data_dir: Path, home: Path):
    with pytest.raises(BackupError, match="no hay ninguna base de datos"):
        backup(settings(data_dir), home / "copia.tar")
    assert list(home.iterdir()) == []


def test_failed_copy_leaves_the_last_one(running: EmbeddedPostgres, data_dir: Path, home: Path):
    copy = home / "copia.tar"
    backup(settings(data_dir), copy)
    before = copy.read_bytes()
    do(
        running.dsn(),
        "ALTER TABLE vacia ENABLE ROW LEVEL SECURITY; ALTER TABLE vacia FORCE ROW LEVEL SECURITY",
    )
    with pytest.raises(PostgresError, match="pg_dump"):
        backup(settings(data_dir), copy)
    assert copy.read_bytes() == before
    assert sorted(p.name for p in home.iterdir()) == ["copia.tar", "datos"]


# --- where it may be put back ----------------------------------------------------------------------------------------


@pytest.fixture
def copy(running: EmbeddedPostgres, data_dir: Path, home: Path) -> Path:
    """A copy of the sample."""
    backup(settings(data_dir), home / "copia.tar")
    return home / "copia.tar"


def test_directory_that_is_not_empty_is_left_alone(copy: Path, data_dir: Path, home: Path):
    before = files(data_dir)
    with pytest.raises(BackupError, match="no está vacío"):
        restore(settings(data_dir), copy)
    assert files(data_dir) == before
    assert not (data_dir / ".restaurando").exists()


def test_mounted_empty_directory_is_filled_in_place(copy: Path, home: Path):
    place = home / "volumen"
    place.mkdir()
    inode = place.stat().st_ino
    restore(settings(place), copy)
    assert place.stat().st_ino == inode


def test_to_an_external_server_and_back(copy: Path, running: EmbeddedPostgres, home: Path):
    before = checksums(running.dsn())
    with start_debian() as admin:
        do(admin, "CREATE ROLE ajena LOGIN PASSWORD 'ñ/@:clave'")
        do(admin, "CREATE DATABASE mudanza OWNER ajena ENCODING 'UTF8' TEMPLATE template0")
        url = with_database(admin, "mudanza").replace(
            admin.split("@")[0], "postgresql://ajena:%C3%B1%2F%40%3Aclave"
        )
        restore(settings(home / "nodo", url), copy)
        assert checksums(url) == before
        assert sorted(p.name for p in (home / "nodo").iterdir()) == ["secreto", "storage"]
        assert ask(url, "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'") == "ajena"

        with pytest.raises(BackupError, match="ya tiene tablas"):
            restore(settings(home / "nodo2", url), copy)
        assert not (home / "nodo2" / ".restaurando").exists()

        backup(settings(home / "nodo", url), home / "vuelta.tar")
    restore(settings(home / "casa"), home / "vuelta.tar")
    server = EmbeddedPostgres(home / "casa")
    server.start()
    try:
        assert checksums(server.dsn()) == before
    finally:
        server.stop()


def test_restore_that_fails_leaves_everything_empty(copy: Path, home: Path, monkeypatch: pytest.MonkeyPatch):
    with start_debian() as admin:
        do(admin, "CREATE DATABASE llena")
        url = with_database(admin, "llena")
        do(url, "CREATE FUNCTION public.inmutable() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN END'")
        with pytest.raises(OSError, match="inmutable"):
            restore(settings(home / "nodo", url), copy)
        assert checksums(url) == {}
    assert list((home / "nodo").iterdir()) == []


RESTORE = """
import sys
from pathlib import Path
from clientela.core.backup import restore
from clientela.settings import Settings
restore(Settings(data_dir=Path(sys.argv[1])), Path(sys.argv[2]))
"""


def test_killed_restore_is_never_served_and_can_be_repeated(copy: Path, home: Path):
    place = home / "otro"
    started = time.monotonic()
    restore(settings(home / "medida"), copy)
    whole = time.monotonic() - started
    interrupted = 0
    for part in (0.3, 0.6, 0.9, 1.1):
        with subprocess.Popen([sys.executable, "-c", RESTORE, place, copy]) as process:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(whole * part)
            process.kill()
        if (place / ".restaurando").exists():
            interrupted += 1
            with pytest.raises(PostgresError, match="restauración a medias"):
                EmbeddedPostgres(place).start()
        elif (place / "pg").exists():
            break
    assert interrupted, "no kill hit the restore: the moments are chosen badly"
    if not (place / "pg").exists() or (place / ".restaurando").exists():
        restore(settings(place), copy)
    assert sorted(p.name for p in place.iterdir()) == ["pg", "secreto", "storage"]


def test_real_schema_comes_back(data_dir: Path, home: Path):
    """Everything the migrations make: functions, triggers, generated columns, identities, checks."""
    server = EmbeddedPostgres(data_dir)
    server.start()
    run(migrate(server.dsn()), seconds=120)
    before = schema(server.dsn())
    made = backup(settings(data_dir), home / "copia.tar")
    server.stop()
    assert made.migracion
    restore(settings(home / "otro"), home / "copia.tar")
    server = EmbeddedPostgres(home / "otro")
    server.start()
    try:
        assert schema(server.dsn()) == before
    finally:
        server.stop()


def schema(dsn: str) -> list[tuple[str, str]]:
    """Columns, constraints, indexes, triggers and functions, each with its definition."""
    with contextlib.closing(Database(dsn)) as database:
        rows = database.fetch("""
            SELECT attrelid::regclass || '.' || attname,
                   concat(format_type(atttypid, atttypmod), attnotnull, attidentity, attgenerated)
              FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
             WHERE relnamespace = 'public'::regnamespace AND attnum > 0 AND NOT attisdropped
            UNION ALL SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint
             WHERE connamespace = 'public'::regnamespace
            UNION ALL SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
            UNION ALL SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
            UNION ALL SELECT oid::regprocedure::text, pg_get_functiondef(oid) FROM pg_proc
             WHERE pronamespace IN ('public'::regnamespace, 'fn'::regnamespace)
            UNION ALL SELECT 'fn', obj_description('fn'::regnamespace, 'pg_namespace')
            ORDER BY 1, 2""")
        return [tuple(row) for row in rows]


def test_manifest_names_its_makers(copy: Path):
    with tarfile.open(copy) as archive:
        content = archive.extractfile("manifiesto.json")
        assert content is not None
        manifest = json.load(content)
    assert set(manifest) == set(Manifest.__struct_fields__)
    assert manifest["formato"] == 1
    assert manifest["postgres"] // 10_000 == manifest["pg_dump"] == 16


@pytest.mark.long
@pytest.mark.timeout(600)
def test_large_copy_is_back_within_a_minute(data_dir: Path, home: Path):
    server = EmbeddedPostgres(data_dir)
    server.start()
    do(
        server.dsn(),
        """
        CREATE TABLE grande (id bigint PRIMARY KEY, a text, b text, c text);
        CREATE INDEX ON grande (a);
        INSERT INTO grande SELECT g, md5(g::text), md5((g + 1)::text), md5((g + 2)::text)
          FROM generate_series(1, 1200000) AS g""",
    )
    assert ask(server.dsn(), "SELECT pg_database_size('clientela')") > 250 << 20
    backup(settings(data_dir), home / "copia.tar")
    server.stop()
    started = time.monotonic()
    assert restore(settings(home / "otro"), home / "copia.tar").tablas == {"public.grande": 1_200_000}
    assert time.monotonic() - started < 60
