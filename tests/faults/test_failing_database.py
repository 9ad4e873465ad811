"""A database that cuts, refuses, blocks and fails: never a 500, and what can be tried again is (T-DB-2)."""

import contextlib
import os
import signal
import time
from collections.abc import Iterator

import pytest

from tests.api.envelope import defects
from tests.cast import Persona
from tests.faults.conftest import Site
from tests.faults.load import Damage, Load
from tests.faults.mixture import mixed
from tests.tools import processes
from tests.tools.burst import Answer
from tests.tools.cluster import OwnCluster
from tests.tools.database import Database
from tests.tools.sweep import sweep
from tests.tools.wait import wait_for
from tests.tools.wire import Wire


def ask(person: Persona, method: str, path: str, json: object = None) -> Answer:
    with Wire(person.server_url, person.token) as wire:
        answer = wire.request(method, path, json=json)
    if answer.status < 500:
        assert defects("panel", answer) == []
    return answer


def save(person: Persona, text: str = "Hola") -> Answer:
    return ask(person, "PUT", f"{person.panel}/borradores/soporte", {"asunto": text})


# --- under load: cut, again and again ------------------------------------------------------------------------


@pytest.mark.timeout(120)
def test_sessions_that_are_cut_cost_no_500_and_no_write(calm: Site) -> None:
    load = Load(mixed(calm.cast, 10))
    with load.running():
        for _ in range(20):
            load.wait_for_acks(10)
            calm.db.execute(
                """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                    WHERE datname = current_database() AND application_name = 'clientela'"""
            )
        load.wait_for_acks(10)
    assert load.unexpected == []
    assert load.damage(calm.db) == Damage()
    assert sweep(calm.db) == []


@pytest.mark.timeout(120)
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT])
def test_a_restart_of_the_database_costs_no_500_and_no_write(
    how: signal.Signals, victim: OwnCluster, calm: Site
) -> None:
    """A fast and an immediate shutdown; the supervisor starts it again."""
    load = Load(mixed(calm.cast, 10))
    with load.running():
        load.wait_for_acks(50)
        postmaster = victim.postmaster
        os.kill(postmaster, how)
        wait_for(lambda: not processes.alive(postmaster), "the end of the old server", seconds=20)
        victim.wait_ready()
        load.wait_for_acks(50)
    assert load.unexpected == []
    assert load.damage(calm.db) == Damage()
    assert sweep(calm.db) == []


# --- refusing --------------------------------------------------------------------------------------------------


def test_too_many_connections_are_503(calm: Site) -> None:
    customer = calm.cast.new_cliente()
    with no_place_left(calm.db):
        answers = [save(customer), ask(customer, "GET", f"{customer.panel}/borradores")]
        with Wire(calm.server.url) as wire:
            assert wire.request("GET", "/healthz").status == 200
            assert wire.request("GET", "/readyz").status == 503
    assert [answer.status for answer in answers] == [503, 503]
    assert all(int(answer.headers["retry-after"]) >= 1 for answer in answers)
    succeeds_within(customer, 5)


def cut(db: Database) -> None:
    """End all of the application's sessions on this database."""
    db.execute(
        """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE datname = current_database() AND application_name = 'clientela'"""
    )


def succeeds_within(person: Persona, seconds: float) -> None:
    """Ask until it works."""
    deadline = time.monotonic() + seconds
    while save(person).status != 200:
        assert time.monotonic() < deadline, "the service did not come back"
        time.sleep(0.05)


@contextlib.contextmanager
def no_place_left(db: Database) -> Iterator[None]:
    """Let nobody else in than who is in, and put the application out."""
    db.execute(f'ALTER DATABASE "{db.name}" CONNECTION LIMIT 0')
    cut(db)
    try:
        yield
    finally:
        db.execute(f'ALTER DATABASE "{db.name}" CONNECTION LIMIT -1')


def test_a_database_that_is_read_only_is_503_for_writes(calm: Site) -> None:
    customer = calm.cast.new_cliente()
    assert save(customer, "Antes").status == 200
    calm.db.execute(f'ALTER DATABASE "{calm.db.name}" SET default_transaction_read_only = on')
    cut(calm.db)
    try:
        succeeds_reading(customer)
        assert {save(customer).status for _ in range(3)} == {503}
        read = ask(customer, "GET", f"{customer.panel}/borradores")
        assert read.json()["soporte"]["asunto"] == "Antes"
    finally:
        calm.db.execute("BEGIN READ WRITE")
        calm.db.execute(f'ALTER DATABASE "{calm.db.name}" RESET default_transaction_read_only')
        calm.db.execute("COMMIT")
        cut(calm.db)
    succeeds_within(customer, 5)


def succeeds_reading(person: Persona) -> None:
    deadline = time.monotonic() + 5
    while ask(person, "GET", f"{person.panel}/borradores").status != 200:
        assert time.monotonic() < deadline


# --- blocking -----------------------------------------------------------------------------------------------


def test_a_row_that_stays_locked_is_503_in_time_and_others_go_on(calm: Site) -> None:
    customer, other = calm.cast.new_cliente(), calm.cast.new_cliente()
    assert save(customer).status == 200
    blocker = Database(calm.db.dsn)
    blocker.execute("BEGIN")
    blocker.execute("SELECT 1 FROM borradores WHERE cliente_id = $1::uuid FOR UPDATE", customer.cliente_id)
    try:
        blocked = save(customer)
        assert save(other).status == 200
        assert ask(customer, "GET", f"{customer.panel}/borradores").status == 200
    finally:
        blocker.execute("ROLLBACK")
        blocker.close()
    assert blocked.status == 503
    assert int(blocked.headers["retry-after"]) >= 1
    assert blocked.seconds <= 5
    assert save(customer).status == 200


# --- failing: every class of error, at a statement of a write ---------------------------------------------------

STATES = {
    "40001": {409, 503},  # serialization_failure
    "40P01": {409, 503},  # deadlock_detected
    "53100": {507},  # disk_full
    "53200": {503},  # out_of_memory
    "53300": {503},  # too_many_connections
    "55P03": {503},  # lock_not_available
    "57014": {503},  # query_canceled
    "57P01": {503},  # admin_shutdown
    "57P02": {503},  # crash_shutdown
    "57P03": {503},  # cannot_connect_now
    "25006": {503},  # read_only_sql_transaction
    "08006": {503},  # connection_failure
    "58030": {503},  # io_error
    "23505": {409},  # unique_violation that nobody expected
    "23503": {409},  # foreign_key_violation
    "23514": {422},  # check_violation
    "22003": {422},  # numeric_value_out_of_range
    "22021": {422},  # character_not_in_repertoire
}


@contextlib.contextmanager
def failing(db: Database, state: str, times: int) -> Iterator[None]:
    """The first so many writes of a draft fail with this error (a sequence counts, which no rollback takes back)."""
    db.execute(f"""
        CREATE SEQUENCE fallos;
        CREATE FUNCTION falla() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF nextval('fallos') <= {times} THEN
            RAISE EXCEPTION 'planted' USING ERRCODE = '{state}';
          END IF;
          RETURN NEW;
        END $$;
        CREATE TRIGGER falla BEFORE INSERT OR UPDATE ON borradores FOR EACH ROW EXECUTE FUNCTION falla();
    """)
    try:
        yield
    finally:
        db.execute("DROP TRIGGER falla ON borradores; DROP FUNCTION falla(); DROP SEQUENCE fallos")


@pytest.mark.parametrize(("state", "statuses"), STATES.items())
def test_every_class_of_error_is_said_as_what_it_is(state: str, statuses: set[int], calm: Site) -> None:
    customer = calm.cast.new_cliente()
    with failing(calm.db, state, 1_000):
        answers = [
            save(customer),
            ask(
                customer,
                "POST",
                f"{customer.panel}/auto-guardar",
                {"borradores": {"soporte": {"asunto": "x"}}},
            ),
        ]
    for answer in answers:
        assert answer.status in statuses, answer.body
        assert b"planted" not in answer.body
        if answer.status == 503:
            assert int(answer.headers["retry-after"]) >= 1
    assert save(customer).status == 200


@pytest.mark.parametrize("state", ["40001", "40P01"])
def test_what_has_changed_nothing_is_tried_again(state: str, calm: Site) -> None:
    """One deadlock, one yes: the caller never hears of it."""
    customer = calm.cast.new_cliente()
    with failing(calm.db, state, 1):
        assert save(customer).status == 200


def test_an_error_that_nobody_foresaw_is_a_500_that_tells_nothing(calm: Site) -> None:
    """The control: the same plant with an internal error of the database does show as a 500."""
    customer = calm.cast.new_cliente()
    with failing(calm.db, "XX000", 1_000):
        answer = save(customer)
    assert (answer.status, answer.json()["code"]) == (500, "error_interno")
    assert b"planted" not in answer.body
