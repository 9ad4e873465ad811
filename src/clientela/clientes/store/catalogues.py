"""Localities and client categories."""

from datetime import datetime
from typing import Final

from clientela.clientes.model import Categoria, Localidad
from clientela.core.db import Db

LOCALIDAD_KEY: Final = "localidades_codigo_key"
CATEGORIA_KEY: Final = "categorias_cliente_clave_key"

LIST_LOCALIDADES: Final = """
SELECT id, nombre, codigo FROM localidades ORDER BY public.normalizar(nombre), id LIMIT $1 OFFSET $2"""
COUNT_LOCALIDADES: Final = "SELECT count(*) FROM localidades"


async def list_localidades(db: Db, limite: int, desde: int) -> tuple[tuple[Localidad, ...], int]:
    """Return one page of the localities by name, and how many there are."""
    rows = await db.fetch(LIST_LOCALIDADES, limite, desde)
    return tuple(Localidad(**dict(row)) for row in rows), await db.fetchval(COUNT_LOCALIDADES)


GET_LOCALIDAD: Final = "SELECT id, nombre, codigo FROM localidades WHERE id = $1"
LOCK_LOCALIDAD: Final = "SELECT id, nombre, codigo FROM localidades WHERE id = $1 FOR NO KEY UPDATE"


async def get_localidad(db: Db, localidad_id: int, *, lock: bool = False) -> Localidad | None:
    """Return a locality, and hold its row if asked to."""
    row = await db.fetchrow(LOCK_LOCALIDAD if lock else GET_LOCALIDAD, localidad_id)
    return None if row is None else Localidad(**dict(row))


INSERT_LOCALIDAD: Final = """
INSERT INTO localidades (nombre, codigo, creado_en, actualizado_en) VALUES ($1, $2, $3, $3)
RETURNING id, nombre, codigo"""


async def insert_localidad(db: Db, nombre: str, codigo: str, now: datetime) -> Localidad:
    """Insert a locality; UniqueViolation LOCALIDAD_KEY."""
    (row,) = await db.fetch(INSERT_LOCALIDAD, nombre, codigo, now)
    return Localidad(**dict(row))


UPDATE_LOCALIDAD: Final = """
UPDATE localidades SET nombre = $2, codigo = $3, version = version + 1, actualizado_en = $4
 WHERE id = $1 RETURNING id, nombre, codigo"""


async def update_localidad(db: Db, changed: Localidad, now: datetime) -> Localidad:
    """Store a locality that is held; UniqueViolation LOCALIDAD_KEY."""
    (row,) = await db.fetch(UPDATE_LOCALIDAD, changed.id, changed.nombre, changed.codigo, now)
    return Localidad(**dict(row))


LIST_CATEGORIAS: Final = """
SELECT id, clave, nombre, activo FROM categorias_cliente ORDER BY public.normalizar(nombre), id
 LIMIT $1 OFFSET $2"""
COUNT_CATEGORIAS: Final = "SELECT count(*) FROM categorias_cliente"


async def list_categorias(db: Db, limite: int, desde: int) -> tuple[tuple[Categoria, ...], int]:
    """Return one page of the categories by name, and how many there are."""
    rows = await db.fetch(LIST_CATEGORIAS, limite, desde)
    return tuple(Categoria(**dict(row)) for row in rows), await db.fetchval(COUNT_CATEGORIAS)


LOCK_CATEGORIA: Final = """
SELECT id, clave, nombre, activo FROM categorias_cliente WHERE id = $1 FOR NO KEY UPDATE"""


async def lock_categoria(db: Db, categoria_id: int) -> Categoria | None:
    """Return a category and hold its row."""
    row = await db.fetchrow(LOCK_CATEGORIA, categoria_id)
    return None if row is None else Categoria(**dict(row))


INSERT_CATEGORIA: Final = """
INSERT INTO categorias_cliente (clave, nombre, activo, creado_en, actualizado_en) VALUES ($1, $2, $3, $4, $4)
RETURNING id, clave, nombre, activo"""


async def insert_categoria(db: Db, clave: str, nombre: str, now: datetime, *, activo: bool) -> Categoria:
    """Insert a category; UniqueViolation CATEGORIA_KEY."""
    (row,) = await db.fetch(INSERT_CATEGORIA, clave, nombre, activo, now)
    return Categoria(**dict(row))


UPDATE_CATEGORIA: Final = """
UPDATE categorias_cliente SET clave = $2, nombre = $3, activo = $4, version = version + 1, actualizado_en = $5
 WHERE id = $1 RETURNING id, clave, nombre, activo"""


async def update_categoria(db: Db, changed: Categoria, now: datetime) -> Categoria:
    """Store a category that is held; UniqueViolation CATEGORIA_KEY."""
    (row,) = await db.fetch(UPDATE_CATEGORIA, changed.id, changed.clave, changed.nombre, changed.activo, now)
    return Categoria(**dict(row))
