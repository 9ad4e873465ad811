"""SQL of the images: which keys of the private store the clients' rows name."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from clientela.core.db import Db

NAMED_IMAGES: Final = """
SELECT k FROM unnest($1::text[]) AS k JOIN clientes ON foto_perfil = k
UNION ALL SELECT k FROM unnest($1::text[]) AS k JOIN clientes ON ci_anverso = k
UNION ALL SELECT k FROM unnest($1::text[]) AS k JOIN clientes ON ci_reverso = k"""


async def named_images(db: Db, keys: Sequence[str]) -> set[str]:
    """Return those of the keys that some client's row names."""
    return {row["k"] for row in await db.fetch(NAMED_IMAGES, list(keys))}


IMAGES_AFTER: Final = """
SELECT id, array_remove(ARRAY[foto_perfil, ci_anverso, ci_reverso], NULL) AS claves FROM clientes
 WHERE id > $1 AND num_nonnulls(foto_perfil, ci_anverso, ci_reverso) > 0 ORDER BY id LIMIT $2"""


async def images_after(db: Db, cliente_id: UUID, limit: int) -> tuple[list[str], UUID | None]:
    """Return the keys that the next clients' rows name, and the last of these clients."""
    rows = await db.fetch(IMAGES_AFTER, cliente_id, limit)
    return [key for row in rows for key in row["claves"]], rows[-1]["id"] if rows else None
