"""Keys that all nodes of an installation share, kept in its database (CONTRACT §12)."""

from typing import Final

from clientela.core.db import Db

# The update changes nothing; it makes the statement return the row that was there first.
SHARED_KEY: Final = """
INSERT INTO secretos AS s (nombre, valor) VALUES ($1, $2)
ON CONFLICT (nombre) DO UPDATE SET valor = s.valor RETURNING valor"""


async def shared_key(db: Db, nombre: str, offered: str) -> str:
    """Return the key of this name, storing the one that is offered where there was none."""
    return bytes(await db.fetchval(SHARED_KEY, nombre, offered.encode())).decode()
