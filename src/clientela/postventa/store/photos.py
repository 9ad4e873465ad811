"""SQL of the photos of work orders."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from clientela.core.db import Db
from clientela.postventa.model import Foto

_FOTO: Final = msgspec.json.Decoder(Foto)
_FOTOS: Final = msgspec.json.Decoder(tuple[Foto, ...])

ADD: Final = """
SELECT fn.orden_foto_agregar($1::uuid, $2::uuid, $3::text, $4::text, $5::integer, $6::integer, $7::integer,
                             $8::uuid, $9::uuid, $10::timestamptz)"""


async def add(
    db: Db,
    foto_id: UUID,
    orden_id: UUID,
    clave: str,
    descripcion: str | None,
    *,
    size: tuple[int, int],
    most: int,
    tecnico_id: UUID | None,
    actor_id: UUID,
    now: datetime,
) -> Foto:
    """Write the row of a photo whose file is there; errors as `fn.orden_foto_agregar`."""
    made = await db.fetchval(
        ADD, foto_id, orden_id, clave, descripcion, *size, most, tecnico_id, actor_id, now
    )
    return _FOTO.decode(made)


COUNT: Final = "SELECT count(*) FROM orden_fotos WHERE orden_id = $1::uuid"


async def count(db: Db, orden_id: UUID) -> int:
    """Count the photos of an order."""
    found: int = await db.fetchval(COUNT, orden_id)
    return found


LIST: Final = """
SELECT coalesce(json_agg(fn.foto_neutra(f) ORDER BY f.creado_en, f.id), '[]')
  FROM (SELECT * FROM orden_fotos WHERE orden_id = $1::uuid ORDER BY creado_en, id LIMIT $2 OFFSET $3) f"""


async def of_order(db: Db, orden_id: UUID, limit: int, offset: int) -> tuple[Foto, ...]:
    """Return one page of an order's photos, the first one first."""
    return _FOTOS.decode(await db.fetchval(LIST, orden_id, limit, offset))


READ: Final = "SELECT fn.foto_neutra(f) FROM orden_fotos f WHERE f.id = $1::uuid AND f.orden_id = $2::uuid"


async def read(db: Db, foto_id: UUID, orden_id: UUID) -> Foto | None:
    """Return a photo of an order."""
    found = await db.fetchval(READ, foto_id, orden_id)
    return _FOTO.decode(found) if found else None


REMOVE: Final = "SELECT fn.orden_foto_quitar($1::uuid, $2::uuid, $3::uuid, $4::timestamptz)"


async def remove(db: Db, foto_id: UUID, orden_id: UUID, actor_id: UUID, now: datetime) -> bool:
    """Remove a photo's row; False if it is not there any more."""
    done: bool = await db.fetchval(REMOVE, foto_id, orden_id, actor_id, now)
    return done


NAMED: Final = "SELECT clave FROM orden_fotos WHERE clave = ANY ($1::text[])"


async def named(db: Db, keys: Sequence[str]) -> set[str]:
    """Return those of the keys that some photo's row names."""
    return {row["clave"] for row in await db.fetch(NAMED, list(keys))}


AFTER: Final = "SELECT id, clave FROM orden_fotos WHERE id > $1::uuid ORDER BY id LIMIT $2"


async def after(db: Db, foto_id: UUID, limit: int) -> list[tuple[UUID, str]]:
    """Return the next photos and the keys that their rows name."""
    return [(row["id"], row["clave"]) for row in await db.fetch(AFTER, foto_id, limit)]


HAND_OUT: Final = "SELECT fn.fotos_exportar($1::uuid[])"
FORGET: Final = "SELECT fn.fotos_olvidar($1::uuid[])"


async def hand_out(db: Db, clients: Sequence[UUID]) -> list[dict[str, Any]]:
    """Return the photos of some clients' orders, with their keys."""
    found: list[dict[str, Any]] = msgspec.json.decode(await db.fetchval(HAND_OUT, list(clients)))
    return found


async def forget(db: Db, clients: Sequence[UUID]) -> list[str]:
    """Forget the photos of some clients' orders; return the keys of their files."""
    keys: list[str] = await db.fetchval(FORGET, list(clients))
    return keys
