"""Orders and work orders through their lives, broken at every statement there is: all of it or nothing (T-CR-4).

Three places: between the statements that the server sends (tests.faults.broken_wires), within them (a trigger before
and after whatever changes any table), and, as what a person sees, the same request sent again afterwards.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest

from tests.faults.broken_wires import HOWS
from tests.faults.conftest import MakeSite, Site
from tests.faults.order_flows import (
    FLOWS,
    Accepting,
    Ask,
    Cancelling,
    Delivering,
    Flow,
    KeptOrder,
    OwnOrder,
    through_every_point,
)
from tests.faults.work_order_flows import (
    EVERY_WAY,
    Beginning,
    Finishing,
    Guaranteeing,
    Making,
    Rating,
)
from tests.tools.cluster import Cluster
from tests.tools.database import Database
from tests.tools.schema import tables
from tests.tools.sweep import sweep

ALL = [*((kind, keyed) for kind in FLOWS for keyed in (False, True)), *EVERY_WAY]
Breaking = Callable[[Ask, int, str], dict[str, Any]]


# --- between the statements ----------------------------------------------------------------------------------


@contextmanager
def breaking(site: Site, *plants: str) -> Iterator[Breaking]:
    """The broken wires on a site's database."""
    command = [
        sys.executable,
        "-m",
        "tests.faults.broken_wires",
        site.db.dsn,
        str(site.server.data_dir),
        *plants,
    ]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        stdin, stdout = process.stdin, process.stdout

        def ask(asked: Ask, step: int, how: str) -> dict[str, Any]:
            stdin.write(json.dumps(vars(asked) | {"step": step, "how": how}) + "\n")
            stdin.flush()
            said: dict[str, Any] = json.loads(stdout.readline())
            return said

        yield ask
        stdin.close()


def between_the_statements(flow: Flow, how: str, ask: Breaking) -> int:
    def broken(asked: Ask, point: int) -> tuple[bool, int]:
        said = ask(asked, point, how)
        assert said["died"] == (said["reached"] and how.startswith("exit"))
        return said["reached"], said["status"]

    return through_every_point(flow, broken)


@pytest.fixture(scope="module")
def shop(cluster: Cluster, module_site: MakeSite) -> Iterator[Site]:
    """A server that lives, on the database that the broken ones share with it."""
    with module_site(cluster, workers=1) as found:
        yield found
        assert sweep(found.db) == []


@pytest.fixture(scope="module")
def wires(shop: Site) -> Iterator[Breaking]:
    """The broken wires on the shop's database."""
    with breaking(shop) as ask:
        yield ask


def break_between(flow: Flow, hows: Sequence[str], wires: Breaking) -> None:
    points = {how: between_the_statements(flow, how, wires) for how in hows}
    assert len(set(points.values())) == 1, points
    # The token and the work, and with a key BEGIN, the key twice and COMMIT.
    assert points["refuse"] >= 2 + 4 * flow.keyed, points


@pytest.mark.parametrize(
    ("kind", "keyed"),
    [
        (OwnOrder, False),
        (OwnOrder, True),
        (KeptOrder, True),
        (Cancelling, True),
        (Delivering, False),
        (Finishing, True),
        (Rating, False),
    ],
)
def test_broken_between_any_two_statements(
    shop: Site, wires: Breaking, kind: type[Flow], keyed: bool
) -> None:
    """Cut after one is, for what is stored, cut before the next."""
    break_between(kind(shop, keyed=keyed), ("refuse", "cut_after", "exit_after"), wires)


@pytest.mark.long
@pytest.mark.parametrize(("kind", "keyed"), ALL)
def test_broken_in_every_way_between_any_two_statements(
    shop: Site, wires: Breaking, kind: type[Flow], keyed: bool
) -> None:
    break_between(kind(shop, keyed=keyed), HOWS, wires)


@pytest.mark.parametrize("how", [pytest.param("cut_before", marks=pytest.mark.long), "exit_after"])
def test_control_a_key_kept_outside_the_transaction_is_a_half_state(shop: Site, how: str) -> None:
    flow = OwnOrder(shop, keyed=True)
    with (
        breaking(shop, "tests.faults.plants:keeps_keys_afterwards") as ask,
        pytest.raises(AssertionError, match="half a state"),
    ):
        between_the_statements(flow, how, ask)


# --- within the statements -----------------------------------------------------------------------------------

POINTS = """
CREATE SEQUENCE puntos;
CREATE TABLE falla (punto bigint, como text);
INSERT INTO falla VALUES (NULL, NULL);
CREATE FUNCTION punto() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  v public.falla;
BEGIN
  SELECT * INTO v FROM public.falla;
  IF v.punto IS NULL OR nextval('public.puntos') <> v.punto THEN
    RETURN NULL;
  ELSIF v.como = 'error' THEN
    RAISE EXCEPTION 'planted' USING ERRCODE = '58030';
  END IF;
  PERFORM pg_terminate_backend(pg_backend_pid());
  RETURN NULL;
END $$;"""


@pytest.fixture(scope="module")
def mined(cluster: Cluster, module_site: MakeSite) -> Iterator[Site]:
    """A server on a database in which every change of a table may be the last thing that is done."""
    with module_site(cluster, workers=1, trabajos="false") as found:
        names = tables(found.db)
        found.db.execute(POINTS)
        for name in names:
            for turn in ("BEFORE", "AFTER"):
                found.db.execute(
                    f"""CREATE TRIGGER punto_{turn} {turn} INSERT OR UPDATE OR DELETE ON "{name}"
                        FOR EACH STATEMENT EXECUTE FUNCTION public.punto()"""
                )
        yield found
        assert sweep(found.db) == []


@contextmanager
def mine(db: Database, point: int, how: str) -> Iterator[Callable[[], bool]]:
    """Let the point of that number fail; tells whether it was reached."""
    db.execute("SELECT setval('puntos', 1, false)")
    db.execute("UPDATE falla SET punto = $1, como = $2", point, how)
    reached: list[bool] = []
    try:
        yield lambda: reached[0]
    finally:
        db.execute("UPDATE falla SET punto = NULL")
        reached.append(db.fetchval("SELECT is_called AND last_value >= $1 FROM puntos", point))


@pytest.mark.parametrize(
    ("kind", "how", "keyed"),
    [
        (OwnOrder, "error", False),
        (OwnOrder, "cut", True),
        (KeptOrder, "error", True),
        (Cancelling, "cut", True),
        (Delivering, "error", False),
        (Accepting, "error", True),
        (Making, "error", True),
        (Beginning, "cut", False),
        (Finishing, "error", False),
        (Rating, "error", True),
        (Guaranteeing, "cut", True),
    ],
)
def test_broken_within_any_statement(mined: Site, kind: type[Flow], how: str, keyed: bool) -> None:
    break_within(mined, kind, how, keyed=keyed)


@pytest.mark.long
@pytest.mark.parametrize("how", ["error", "cut"])
@pytest.mark.parametrize(("kind", "keyed"), ALL)
def test_broken_in_every_way_within_any_statement(
    mined: Site, kind: type[Flow], how: str, keyed: bool
) -> None:
    break_within(mined, kind, how, keyed=keyed)


def break_within(mined: Site, kind: type[Flow], how: str, *, keyed: bool) -> None:
    flow = kind(mined, keyed=keyed)

    def broken(asked: Ask, point: int) -> tuple[bool, int]:
        with mine(mined.db, point, how) as reached:
            answer = mined.cast.anon.request(
                asked.method, asked.path, content=asked.body, headers=asked.headers
            )
        return reached(), answer.status_code

    points = through_every_point(flow, broken)
    # Before and after each: the state and its history, the events and their counters; an order also its lines,
    # the stock, and the cart.
    assert points >= (16 if issubclass(kind, OwnOrder) else 8), points
