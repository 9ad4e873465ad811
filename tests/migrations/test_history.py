"""The schema's history goes forward and back, on data, and any number of nodes may start it at once (T-MG)."""

import asyncio
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import asyncpg
import pytest
from alembic.script import ScriptDirectory

from clientela.migrations import runner
from tests.tools import schema
from tests.tools.database import Database, run
from tests.tools.server import CLIENTELA, environment
from tools.migration_sql import write

ROOT = Path(__file__).resolve().parents[2]


def revisions() -> list[str]:
    """All revisions, oldest first."""
    script = ScriptDirectory.from_config(runner.config())
    return [revision.revision for revision in reversed(list(script.walk_revisions()))]


def migrate(database: Database, revision: str) -> None:
    """Move a database to a revision."""
    database.close()
    run(runner.migrate(database.dsn, revision), seconds=120)


def test_history_is_one_line() -> None:
    script = ScriptDirectory.from_config(runner.config())
    assert len(script.get_heads()) == 1
    assert len(script.get_bases()) == 1
    assert revisions() == [f"{number:04}" for number in range(1, len(revisions()) + 1)]


def go_down(database: Database) -> list[str]:
    """Take every step back; returns what a step did to rows of tables that stayed."""
    damage = []
    for revision in [*reversed(revisions()[:-1]), "base"]:
        kept = {table: schema.columns(database, table) for table in schema.tables(database)}
        sums = {table: schema.checksum(database, table) for table in kept}
        migrate(database, revision)
        for table in schema.tables(database):
            same = schema.columns(database, table) == kept[table]
            if same and schema.checksum(database, table) != sums[table]:
                damage.append(f"{revision}: {table}")
    return damage


def test_down_and_up_again_changes_no_schema_and_no_older_row(
    new_demo_database: Callable[[], Database],
) -> None:
    """Each step back keeps every row of the tables that stay; all steps forward give the same schema again."""
    populated = new_demo_database()
    before = schema.schema(populated)
    filled = {table for table, sums in schema.contents(populated).items() if not sums.startswith("0:")}
    assert len(filled) > 10, f"the demo fills too little to prove anything: {filled}"
    assert go_down(populated) == []
    assert schema.tables(populated) == set()
    assert schema.schema(populated) == {}
    migrate(populated, "head")
    assert schema.schema(populated) == before


def test_step_that_touches_older_rows_is_noticed(
    new_demo_database: Callable[[], Database], monkeypatch: pytest.MonkeyPatch
) -> None:
    run_sql = runner.run_sql
    planted = "UPDATE productos SET unidad = 'otra' WHERE codigo = (SELECT min(codigo) FROM productos)"
    monkeypatch.setattr(
        runner, "run_sql", lambda sql: run_sql(f"{sql}; {planted}" if "DROP TABLE tickets" in sql else sql)
    )
    assert go_down(new_demo_database()) == ["0007: productos"]


def test_rows_survive_later_migrations(new_database: Callable[[], Database]) -> None:
    """Rows written at an old revision are the same after all later ones."""
    database = new_database()
    migrate(database, "base")
    migrate(database, "0001")
    database.execute(
        """INSERT INTO flujos (flujo, ultimo) SELECT 'usuario:' || n, 1 FROM generate_series(1, 500) n;
           INSERT INTO eventos (flujo, seq, tipo, datos, principal, creado_en)
           SELECT 'usuario:' || n, 1, 'cart.updated', '{}', true, now() FROM generate_series(1, 500) n"""
    )
    kept = {table: schema.columns(database, table) for table in ("flujos", "eventos")}
    before = {table: schema.checksum(database, table, names) for table, names in kept.items()}
    migrate(database, "head")
    assert {table: schema.checksum(database, table, names) for table, names in kept.items()} == before
    assert before["eventos"].startswith("500:")


def test_checksums_notice_one_changed_row(new_database: Callable[[], Database]) -> None:
    database = new_database()
    database.execute("INSERT INTO flujos (flujo, ultimo) SELECT 'f' || n, 1 FROM generate_series(1, 500) n")
    before, shape = schema.contents(database), schema.schema(database)
    database.execute("UPDATE flujos SET ultimo = 2 WHERE flujo = 'f250'")
    assert schema.contents(database) != before
    database.execute("ALTER TABLE flujos ALTER ultimo DROP NOT NULL")
    changed = {name for name in shape if schema.schema(database).get(name) != shape[name]}
    assert changed == {"columns flujos.ultimo"}


def test_processes_that_start_together_migrate_once(
    new_database: Callable[[], Database], tmp_path: Path
) -> None:
    database = new_database()
    migrate(database, "base")
    nodes = [
        subprocess.Popen(
            [CLIENTELA, "migrate"],
            env=environment(tmp_path / str(number), database.dsn),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for number in range(3)
    ]
    said = [node.communicate(timeout=60)[0] for node in nodes]
    assert [node.returncode for node in nodes] == [0, 0, 0], said
    assert database.fetchval("SELECT array_agg(version_num)::text[] FROM alembic_version") == [
        revisions()[-1]
    ]


async def test_without_the_lock_they_collide(
    new_database: Callable[[], Database], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: what the test above shows is the lock's doing."""
    numbers = iter(range(1, 100))

    class Different:
        def __format__(self, spec: str) -> str:
            return str(next(numbers))

    monkeypatch.setattr(runner, "LOCK", Different())
    database = new_database()
    await asyncio.to_thread(migrate, database, "base")
    outcomes = await asyncio.gather(*(runner.migrate(database.dsn) for _ in range(3)), return_exceptions=True)
    assert any(isinstance(outcome, Exception) for outcome in outcomes)


async def test_nobody_queues_long_behind_a_migration(
    new_database: Callable[[], Database], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A migration that must wait for a busy table gives way again and again, and gets through in the end."""
    monkeypatch.setattr(runner, "LOCK_WAIT", "300ms")
    monkeypatch.setattr(runner, "PAUSE", 0.2)
    database = new_database()
    async with database.connect() as user, database.connect() as other:
        transaction = user.transaction()
        await transaction.start()
        await user.execute("SELECT count(*) FROM tickets")
        # The step below 0008 drops the tickets that somebody is reading.
        migration = asyncio.create_task(asyncio.to_thread(migrate, database, "0007"))
        waits = []
        for _ in range(10):
            begun = asyncio.get_running_loop().time()
            await other.execute("SELECT count(*) FROM tickets")
            waits.append(asyncio.get_running_loop().time() - begun)
            await asyncio.sleep(0.1)
        assert not migration.done()
        assert max(waits) < 1.5, waits
        await transaction.rollback()
        await migration
    assert database.fetchval("SELECT version_num FROM alembic_version") == "0007"


async def test_locks_that_never_come_free_end_the_migration_whole(
    new_database: Callable[[], Database], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "LOCK_WAIT", "100ms")
    monkeypatch.setattr(runner, "PAUSE", 0.05)
    monkeypatch.setattr(runner, "TURNS", 2)
    database = new_database()
    async with database.connect() as user, user.transaction():
        await user.execute("SELECT count(*) FROM tickets")
        with pytest.raises(asyncpg.LockNotAvailableError):
            await asyncio.to_thread(migrate, database, "base")
    assert database.fetchval("SELECT version_num FROM alembic_version") == revisions()[-1]
    assert database.fetchval("SELECT to_regproc('fn.fallo') IS NOT NULL")


def squawk(*files: Path) -> list[dict[str, str]]:
    """What squawk finds in SQL files under the project's configuration."""
    program = Path(sys.executable).with_name("squawk")
    command = [str(program), "--config", str(ROOT / ".squawk.toml"), "--reporter", "json", *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    findings: list[dict[str, str]] = json.loads(done.stdout or "[]")
    return findings


def test_squawk_has_nothing_against_the_migrations(tmp_path: Path) -> None:
    files = write(tmp_path)
    assert len(files) == len(revisions())
    assert squawk(*files) == []


def test_squawk_sees_a_planted_danger(tmp_path: Path) -> None:
    planted = tmp_path / "planted.sql"
    planted.write_text("ALTER TABLE clientes ADD COLUMN x int NOT NULL;\nDROP TABLE pedidos;\n")
    assert {finding["rule_name"] for finding in squawk(planted)} >= {
        "adding-required-field",
        "ban-drop-table",
    }


def test_every_migration_can_be_undone() -> None:
    """A migration without a way back would have to say why; so far none needs to."""
    for file in (ROOT / "src/clientela/migrations/versions").glob("0*.py"):
        assert re.search(r"^DOWN = ", file.read_text(encoding="utf-8"), re.MULTILINE), file.name
