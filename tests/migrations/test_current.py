"""Whether there is anything to migrate is told without the migration library, and told right."""

import asyncio
import subprocess
import sys

import pytest
from alembic.script import ScriptDirectory

from clientela.core.postgres import PostgresError
from clientela.migrations.current import ensure_current, functions_mark, head, is_current
from clientela.migrations.runner import config, migrate
from tests.tools.database import run


def test_the_newest_file_is_the_newest_revision():
    assert head() == ScriptDirectory.from_config(config()).get_current_head()


def test_a_migrated_database_is_current_and_an_older_one_is_not(new_database):
    database = new_database()
    assert run(is_current(database.dsn))
    run(migrate(database.dsn, "0007"))
    assert not run(is_current(database.dsn))
    run(ensure_current(database.dsn))
    assert run(is_current(database.dsn))


def test_functions_of_another_text_are_not_current(new_database):
    database = new_database()
    database.execute("COMMENT ON SCHEMA fn IS 'an older text'")
    assert not run(is_current(database.dsn))
    run(ensure_current(database.dsn))
    comment = "SELECT obj_description(oid, 'pg_namespace') FROM pg_namespace WHERE nspname = 'fn'"
    assert database.fetchval(comment) == functions_mark()


def test_a_schema_of_the_future_is_refused(new_database):
    database = new_database()
    database.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(PostgresError):
        run(ensure_current(database.dsn))
    assert database.fetchval("SELECT version_num FROM alembic_version") == "9999"


def test_without_a_server_it_says_what_to_do():
    with pytest.raises(PostgresError, match="CLIENTELA_DATABASE_URL"):
        asyncio.run(ensure_current("postgresql://nadie:nada@127.0.0.1:1/nada"))


def test_a_server_does_not_load_what_few_requests_need():
    code = "import sys, clientela.app, clientela.serving, clientela.migrations.current; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    large = {
        "alembic",
        "sqlalchemy",
        "typer",
        "rich",
        "cryptography",
        "jinja2",
        "aiosmtplib",
        "prometheus_client",
        "PIL",
    }
    assert not large & set(loaded.stdout.split())
