"""Defects in the database's own functions: the text of one is changed, in a database of the test's own."""

from collections.abc import Iterator
from contextlib import contextmanager

from tests.tools.database import Database

SOURCE = (
    "SELECT pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'fn'::regnamespace AND proname = $1"
)


def mutate(db: Database, function: str, old: str, new: str) -> str:
    """Write `new` wherever a function says `old`, and return what it was; AssertionError when it says so nowhere."""
    source: str = db.fetchval(SOURCE, function)
    assert old in source, f"fn.{function} does not say {old!r}"
    db.execute(source.replace(old, new))
    return source


@contextmanager
def mutated(db: Database, function: str, old: str, new: str) -> Iterator[None]:
    """The same for the length of the block."""
    source = mutate(db, function, old, new)
    try:
        yield
    finally:
        db.execute(source)
