"""What is kept under an `Idempotency-Key`, seen from outside: the table names neither the key nor its request."""

from clientela.core import idempotency
from tests.tools.database import Database


def kept_answer(db: Database, actor_id: str, method: str, path: str, key: str) -> bytes | None:
    """The body that a key would be answered with, or None when nothing is kept under it."""
    place = idempotency._Place.of(actor_id, method, path, key)
    kept = db.fetchval("SELECT cuerpo FROM idempotencia WHERE id = $1", place.row_id)
    return None if kept is None else place.open(kept)
