"""What belongs to a client: addresses, delivery windows, categories."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from clientela.clientes.model import Direccion, NuevaVentana, Ventana
from clientela.core.db import Db

DIRECCION: Final = """d.id, d.uuid, d.direccion, d.ciudad, d.departamento, d.codigo_postal, d.latitud, d.longitud,
    d.es_principal, d.activa"""

INSERT_DIRECCION: Final = f"""
INSERT INTO direcciones AS d (uuid, cliente_id, direccion, ciudad, departamento, codigo_postal, latitud, longitud,
                              es_principal, activa, creado_en, actualizado_en)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11) RETURNING {DIRECCION}"""  # noqa: S608


async def insert_direccion(db: Db, values: Sequence[Any]) -> Direccion:
    """Insert an address; `values` in the order of the statement."""
    row = await db.fetchrow(INSERT_DIRECCION, *values)
    assert row is not None  # noqa: S101
    return Direccion(**dict(row))


GET_DIRECCION: Final = f"SELECT {DIRECCION} FROM direcciones d WHERE d.cliente_id = $1 AND d.uuid = $2"  # noqa: S608
GET_DIRECCION_BY_ID: Final = f"SELECT {DIRECCION} FROM direcciones d WHERE d.cliente_id = $1 AND d.id = $2"  # noqa: S608


async def get_direccion(db: Db, cliente_id: UUID, ref: UUID | int) -> Direccion | None:
    """Find one of a client's addresses by identifier or by number."""
    row = await db.fetchrow(GET_DIRECCION_BY_ID if isinstance(ref, int) else GET_DIRECCION, cliente_id, ref)
    return None if row is None else Direccion(**dict(row))


LIST_DIRECCIONES: Final = f"""
SELECT {DIRECCION} FROM direcciones d WHERE d.cliente_id = $1 ORDER BY d.id LIMIT $2 OFFSET $3"""  # noqa: S608
COUNT_DIRECCIONES: Final = "SELECT count(*) FROM direcciones WHERE cliente_id = $1"


async def list_direcciones(
    db: Db, cliente_id: UUID, limite: int, desde: int
) -> tuple[tuple[Direccion, ...], int]:
    """Return one page of a client's addresses and how many he has."""
    total = await db.fetchval(COUNT_DIRECCIONES, cliente_id)
    rows = await db.fetch(LIST_DIRECCIONES, cliente_id, limite, desde)
    return tuple(Direccion(**dict(row)) for row in rows), total


LIST_VENTANAS: Final = """
SELECT id, dia_semana, hora_inicio, hora_fin, activo FROM ventanas_entrega_cliente WHERE cliente_id = $1
 ORDER BY dia_semana, hora_inicio, id"""


async def list_ventanas(db: Db, cliente_id: UUID) -> tuple[Ventana, ...]:
    """Return a client's delivery windows."""
    return tuple(Ventana(**dict(row)) for row in await db.fetch(LIST_VENTANAS, cliente_id))


UPDATE_DIRECCION: Final = f"""
UPDATE direcciones AS d SET direccion = $2, ciudad = $3, departamento = $4, codigo_postal = $5, latitud = $6,
    longitud = $7, es_principal = $8, activa = $9, actualizado_en = $10
 WHERE d.id = $1 RETURNING {DIRECCION}"""  # noqa: S608


async def update_direccion(db: Db, address: Direccion, now: datetime) -> Direccion:
    """Store an address of a client who is held."""
    row = await db.fetchrow(
        UPDATE_DIRECCION, address.id, address.direccion, address.ciudad, address.departamento,
        address.codigo_postal, address.latitud, address.longitud, address.es_principal, address.activa, now,
    )  # fmt: skip
    assert row is not None  # noqa: S101
    return Direccion(**dict(row))


CLEAR_PRINCIPAL: Final = """
UPDATE direcciones SET es_principal = false, actualizado_en = $2 WHERE cliente_id = $1 AND es_principal"""


async def clear_principal(db: Db, cliente_id: UUID, now: datetime) -> None:
    """Leave a client without a principal address."""
    await db.execute(CLEAR_PRINCIPAL, cliente_id, now)


DELETE_DIRECCION: Final = "DELETE FROM direcciones WHERE id = $1"


async def delete_direccion(db: Db, direccion_id: int) -> None:
    """Delete an address."""
    await db.execute(DELETE_DIRECCION, direccion_id)


DELETE_VENTANAS: Final = "DELETE FROM ventanas_entrega_cliente WHERE cliente_id = $1"
INSERT_VENTANAS: Final = """
INSERT INTO ventanas_entrega_cliente (cliente_id, dia_semana, hora_inicio, hora_fin, activo)
SELECT $1, * FROM unnest($2::smallint[], $3::time[], $4::time[], $5::boolean[])"""


async def replace_ventanas(db: Db, cliente_id: UUID, windows: Sequence[NuevaVentana]) -> None:
    """Give a client who is held exactly these windows."""
    await db.execute(DELETE_VENTANAS, cliente_id)
    if windows:
        await db.execute(
            INSERT_VENTANAS,
            cliente_id,
            [window.dia_semana for window in windows],
            [window.hora_inicio for window in windows],
            [window.hora_fin for window in windows],
            [window.activo for window in windows],
        )


DELETE_CATEGORIAS: Final = """
DELETE FROM categoria_cliente WHERE cliente_id = $1 AND NOT categoria_id = ANY ($2::bigint[])"""
INSERT_CATEGORIAS: Final = """
INSERT INTO categoria_cliente (cliente_id, categoria_id)
SELECT $1, * FROM unnest($2::bigint[]) ON CONFLICT DO NOTHING"""


async def replace_categorias(db: Db, cliente_id: UUID, ids: Sequence[int]) -> None:
    """Put a client who is held into exactly these categories."""
    await db.execute(DELETE_CATEGORIAS, cliente_id, list(ids))
    if ids:
        await db.execute(INSERT_CATEGORIAS, cliente_id, list(ids))


KNOWN_CATEGORIAS: Final = "SELECT id FROM categorias_cliente WHERE id = ANY ($1::bigint[])"


async def known_categorias(db: Db, ids: Iterable[int]) -> set[int]:
    """Return those of the categories that exist."""
    return {row["id"] for row in await db.fetch(KNOWN_CATEGORIAS, list(ids))}
