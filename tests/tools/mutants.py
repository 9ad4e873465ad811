"""Defects in the database's own functions: the text of one is changed, in a database of the test's own."""

from tests.tools.database import Database

SOURCE = (
    "SELECT pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'fn'::regnamespace AND proname = $1"
)


def mutate(db: Database, function: str, old: str, new: str) -> None:
    """Write `new` wherever a function says `old`; AssertionError when it says so nowhere."""
    source: str = db.fetchval(SOURCE, function)
    assert old in source, f"fn.{function} does not say {old!r}"
    db.execute(source.replace(old, new))
