"""The test rig: one PostgreSQL for the run, a migrated database and a real server per xdist worker, the cast.

`TEST_DATABASE_URL` (a superuser's address on a running server) replaces the embedded PostgreSQL; `TEST_TIMEZONE` is
the zone that the embedded one takes for its own.
"""

import contextlib
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import hypothesis
import pytest

from clientela import demo
from clientela.core.db import Pool
from clientela.settings import Settings
from tests.cast import Cast, Persona, close_everybody
from tests.tools import burst as bursts
from tests.tools.addresses import fresh_address
from tests.tools.cluster import Cluster, OwnCluster, start_embedded
from tests.tools.database import Database, run
from tests.tools.server import CLIENTELA, Server
from tests.tools.sweep import sweep, sweep_files

# How long an example takes says how busy the machine is, not whether the rule holds.
hypothesis.settings.register_profile(
    "puerta", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow], print_blob=True
)
hypothesis.settings.load_profile("puerta")

ClusterKey = pytest.StashKey[Cluster]()
StackKey = pytest.StashKey[contextlib.ExitStack]()
FailedKey = pytest.StashKey[bool]()


# --- one database server for the whole run ---------------------------------------------------------------


def pytest_configure(config: pytest.Config) -> None:
    """Keep whatever the run starts in one stack, closed at the very end."""
    config.stash[StackKey] = contextlib.ExitStack()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Close what the tests left open and stop the database server of the run."""
    close_everybody()
    config.stash[StackKey].close()


def the_cluster(config: pytest.Config) -> Cluster:
    """The run's database server with its template; started at the first call."""
    if ClusterKey not in config.stash:
        given = os.environ.get("TEST_DATABASE_URL")
        cluster = Cluster(given) if given else config.stash[StackKey].enter_context(start_embedded())
        cluster.prepare_template()
        config.stash[ClusterKey] = cluster
    return config.stash[ClusterKey]


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell each xdist worker where the server is that the controller started."""
    node.workerinput["clientela_dsn"] = the_cluster(node.config).dsn


@pytest.fixture(scope="session")
def worker(request: pytest.FixtureRequest) -> str:
    """The xdist worker's name (`gw0`), or `solo`."""
    return str(getattr(request.config, "workerinput", {}).get("workerid", "solo"))


@pytest.fixture(scope="session")
def cluster(request: pytest.FixtureRequest) -> Cluster:
    """The database server of the run: `create(name)` makes a migrated database, `drop(name)` removes it."""
    workerinput = getattr(request.config, "workerinput", None)
    if workerinput is not None:
        return Cluster(workerinput["clientela_dsn"])
    return the_cluster(request.config)


# --- the worker's own database, directory and server -----------------------------------------------------


@pytest.fixture(scope="session")
def scratch(worker: str) -> Iterator[Path]:
    """A short-named directory of the worker (a unix socket's path may have 107 bytes only)."""
    path = Path(tempfile.mkdtemp(prefix=f"cl-{worker}-"))
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="session")
def db(cluster: Cluster, worker: str) -> Iterator[Database]:
    """The database that `server` serves, for looking and planting: `db.fetchval(sql, *args)` and the like.

    `async with db.connect() as connection` gives an asyncpg connection on the test's own loop. The integrity sweep
    runs over it at the end, so whoever plants what should be impossible takes a `new_database()`.
    """
    name = f"clientela_{os.getpid()}_{worker}"
    database = Database(cluster.create(name))
    yield database
    impossible = sweep(database)
    database.close()
    cluster.drop(name)
    assert impossible == [], "what all tests of this worker left behind"


@pytest.fixture(scope="session")
def serving(db: Database, scratch: Path, request: pytest.FixtureRequest) -> Iterator[Server]:
    """The process tree behind `server`: its pids, its log, its data directory. Not for killing."""
    instance = Server(scratch / "servidor", db.dsn)
    with instance:
        request.config.stash[ServerKey] = instance
        yield instance
    assert sweep_files(db, instance.data_dir) == [], "files that all tests of this worker left behind"


@pytest.fixture(scope="session")
def server(serving: Server) -> str:
    """The base URL of a real `clientela serve --workers 2` on the worker's database."""
    return serving.url


@pytest.fixture(scope="session")
def cast(server: str, serving: Server, db: Database) -> Iterator[Cast]:
    """cliente, otra_cliente, vendedora, otro_vendedor, tecnica, otro_tecnico, soporte, admin, anon."""
    yield Cast(server, db, serving.data_dir)
    close_everybody()


@pytest.fixture(scope="session")
def new_cliente(cast: Cast) -> Callable[..., Persona]:
    """Factory of customers: `new_cliente()` is a logged-in httpx client with `cliente_id`, `token`, `panel`."""
    return cast.new_cliente


@pytest.fixture(scope="session")
def new_usuario(cast: Cast) -> Callable[..., Persona]:
    """Factory of staff: `new_usuario("soporte")` is a logged-in httpx client."""
    return cast.new_usuario


@pytest.fixture(scope="session")
def new_producto(cast: Cast) -> Callable[..., dict[str, Any]]:
    """Factory of products: `new_producto(precio="3.20")` is what the API answered."""
    return cast.new_producto


@pytest.fixture(scope="session")
def burst(server: str) -> Callable[..., list[bursts.Answer]]:
    """`burst([Request("PUT", "/x", json=…, token=…), …])`: all at once; answers in the same order."""

    def fire(requests: Sequence[bursts.Request], **options: Any) -> list[bursts.Answer]:
        return bursts.burst(server, requests, **options)

    return fire


# --- addresses: the login throttle counts by IP, and all of 127.0.0.0/8 is this machine ------------------


@pytest.fixture(scope="session")
def new_ip() -> Callable[[], str]:
    """Factory of loopback addresses that nobody in this run has used yet."""
    return fresh_address


@pytest.fixture
def fresh_ip(new_ip: Callable[[], str]) -> str:
    """A source address of the test's own; tests whose logins fail must come from one."""
    return new_ip()


@pytest.fixture
def client_from(server: str) -> Iterator[Callable[..., Persona]]:
    """Factory: `client_from(fresh_ip)` is an anonymous httpx client with that source address."""
    made: list[Persona] = []

    def make(ip: str, token: str | None = None) -> Persona:
        made.append(Persona(server, token, source_ip=ip))
        return made[-1]

    yield make
    for client in made:
        client.close()


@pytest.fixture(scope="session")
def demo_database(cluster: Cluster, worker: str, scratch: Path) -> Iterator[Database]:
    """A database with the demo company in it, to look at; `new_demo_database()` is one to change."""
    name = f"clientela_demo_{os.getpid()}_{worker}"
    database = Database(cluster.create(name))
    settings = Settings(data_dir=scratch / "demo", database_url=database.dsn, bcrypt_costo=4)
    run(_load_demo(settings, database.dsn), seconds=100)
    yield database
    database.close()
    cluster.drop(name)


async def _load_demo(settings: Settings, dsn: str) -> None:
    pool = await Pool(settings, lambda: dsn).open()
    try:
        await demo.load(pool.db)
    finally:
        await pool.close()


@pytest.fixture
def new_demo_database(cluster: Cluster, demo_database: Database) -> Iterator[Callable[[], Database]]:
    """Factory of databases of the test's own with the demo company in them."""
    made: list[Database] = []

    def make() -> Database:
        demo_database.close()
        made.append(
            Database(cluster.create(f"{demo_database.name}_{len(made)}", template=demo_database.name))
        )
        return made[-1]

    yield make
    for database in made:
        database.close()
        cluster.drop(database.name)


# --- servers of a test's own -----------------------------------------------------------------------------


@pytest.fixture
def new_database(cluster: Cluster, worker: str) -> Iterator[Callable[[], Database]]:
    """Factory of migrated databases of the test's own, dropped afterwards."""
    made: list[Database] = []

    def make() -> Database:
        name = f"clientela_{os.getpid()}_{worker}_{len(made)}_{os.urandom(3).hex()}"
        made.append(Database(cluster.create(name)))
        return made[-1]

    yield make
    for database in made:
        database.close()
        cluster.drop(database.name)


@pytest.fixture
def own_cluster() -> Iterator[OwnCluster]:
    """A PostgreSQL that the test may freeze, thaw and kill, with the template of `create(name)` prepared."""
    with start_embedded() as made:
        made.prepare_template()
        yield made
        made.thaw()


@pytest.fixture
def start_server(scratch: Path, request: pytest.FixtureRequest) -> Iterator[Callable[..., Server]]:
    """Factory of servers that the test may kill: `start_server(database.dsn, workers=1, smtp_url=…)`.

    The first argument is a database's address, or None for the embedded one in the server's own directory.
    Keyword `arguments` are more words for `clientela serve`, `program` replaces `clientela` itself (a planted
    defect); other keywords are settings (`CLIENTELA_…`).
    """
    made: list[Server] = []

    def start(
        database_url: str | None,
        *,
        workers: int = 2,
        port: int | None = None,
        data_dir: Path | None = None,
        arguments: tuple[str, ...] = (),
        wait: bool = True,
        program: tuple[str, ...] = (CLIENTELA,),
        **settings: str,
    ) -> Server:
        home = data_dir or Path(tempfile.mkdtemp(dir=scratch))
        instance = Server(
            home,
            database_url,
            workers=workers,
            port=port,
            arguments=arguments,
            settings=settings,
            program=program,
        )
        made.append(instance)
        return instance.start(wait=wait)

    yield start
    for instance in made:
        instance.kill()
        _show_log(request, instance)


# --- names of tests ------------------------------------------------------------------------------------------

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def pytest_make_parametrize_id(val: object) -> str | None:
    """Call every identifier `uuid`: a random one would give each xdist worker tests of other names."""
    return "uuid" if isinstance(val, str | UUID) and _UUID.fullmatch(str(val)) else None


# --- a failed test shows what the server said ------------------------------------------------------------

ServerKey = pytest.StashKey[Server]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    """Append the end of the server's log to the report of a test that failed."""
    report = yield
    instance = item.config.stash.get(ServerKey, None)
    if report.failed and instance is not None and "server" in getattr(item, "fixturenames", ()):
        report.sections.append(("log of the server", instance.tail()))
    item.stash[FailedKey] = item.stash.get(FailedKey, False) or report.failed
    return report


def _show_log(request: pytest.FixtureRequest, instance: Server) -> None:
    """Print the log of a test's own server when the test failed (pytest shows it as teardown output)."""
    if request.node.stash.get(FailedKey, False):
        print(f"--- log of {instance.url}\n{instance.tail()}")  # noqa: T201
