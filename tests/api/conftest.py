"""Fixtures of the tests that go through the whole API."""

import pytest

from tests.api.fingerprint import Fingerprint
from tests.api.world import World
from tests.cast import Cast
from tests.tools.database import Database


@pytest.fixture(scope="session")
def world(cast: Cast) -> World:
    """The people and objects of the permission matrix on the worker's server."""
    return World(cast)


@pytest.fixture(scope="session")
def fingerprint(db: Database) -> Fingerprint:
    """Hashes of the tables of the worker's database."""
    return Fingerprint(db)
