"""All SQL of the catalogue."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from clientela.catalogo.model import (
    Campania,
    Filtro,
    NuevaCampania,
    NuevoProducto,
    OrdenProductos,
    Pagina,
    Producto,
)
from clientela.core import values
from clientela.core.db import Db, Record
from clientela.core.money import plain_decimal

CODIGO_UNICO: Final = "productos_codigo_unico"

_COLUMNS: Final = """id, codigo, nombre, descripcion, precio, imagenes, categoria, unidad, fraccionable, peso_kg,
    existencias, activo, version, creado_en, actualizado_en"""

# Parameters of every list: $1 text searched for, $2 category, $3 states, $4 how many, $5 after how many.
# Each kind of list is a statement of its own, so that each has the plan that fits it.
_ALL: Final = "$1::text IS NULL AND $2::text IS NULL AND activo = ANY ($3::boolean[])"
_CATEGORY: Final = """$1::text IS NULL AND categoria_clave = left(public.normalizar($2::text), 300)
    AND activo = ANY ($3::boolean[])"""

_BY_NAME: Final = "nombre_orden, id"
_BY_CODE: Final = "codigo_clave, id"
_BY_PRICE: Final = "precio, id"
# The very code first, then names that begin with the text, then by how well the words match.
_BY_RELEVANCE: Final = """codigo_clave = (SELECT desde FROM pregunta) DESC,
    starts_with(nombre_orden, (SELECT nombre FROM pregunta)) DESC,
    ts_rank(busqueda, (SELECT consulta FROM pregunta)) DESC, nombre_orden, id"""


def _list(where: str, order: str) -> str:
    # The total stands beside every row, and alone when the page is past the end.
    return f"""
WITH conteo AS (SELECT count(*) AS total FROM productos WHERE {where}),
pagina AS (
    SELECT {_COLUMNS}, row_number() OVER (ORDER BY {order}) AS lugar
    FROM productos WHERE {where} ORDER BY {order} LIMIT $4 OFFSET $5
)
SELECT conteo.total, pagina.* FROM conteo LEFT JOIN pagina ON true ORDER BY pagina.lugar"""  # noqa: S608


def _search(order: str) -> str:
    # The question is asked once and its matches are kept: a planner that knows no text cannot guess how many
    # there are, and left alone it walks the whole table in the wanted order to find them.
    return f"""
WITH pregunta AS MATERIALIZED (
    SELECT fn.producto_consulta($1::text) AS consulta, fn.producto_clave($1) AS desde,
        fn.producto_clave_fin($1) AS hasta, public.normalizar($1) AS nombre
),
halladas AS MATERIALIZED (
    SELECT id, nombre_orden, codigo_clave, precio, busqueda FROM productos
    WHERE (busqueda @@ (SELECT consulta FROM pregunta)
            OR (codigo_clave >= (SELECT desde FROM pregunta) AND codigo_clave < (SELECT hasta FROM pregunta)))
        AND ($2::text IS NULL OR categoria_clave = left(public.normalizar($2), 300))
        AND activo = ANY ($3::boolean[])
),
pagina AS (
    SELECT id, row_number() OVER (ORDER BY {order}) AS lugar FROM halladas
    ORDER BY {order} LIMIT $4 OFFSET $5
)
SELECT conteo.total, {_COLUMNS}
FROM (SELECT count(*) AS total FROM halladas) AS conteo
    LEFT JOIN (pagina JOIN productos USING (id)) ON true
ORDER BY pagina.lugar"""  # noqa: S608


ALL_BY_NAME: Final = _list(_ALL, _BY_NAME)
ALL_BY_CODE: Final = _list(_ALL, _BY_CODE)
ALL_BY_PRICE: Final = _list(_ALL, _BY_PRICE)
CATEGORY_BY_NAME: Final = _list(_CATEGORY, _BY_NAME)
CATEGORY_BY_CODE: Final = _list(_CATEGORY, _BY_CODE)
CATEGORY_BY_PRICE: Final = _list(_CATEGORY, _BY_PRICE)
SEARCH_BY_RELEVANCE: Final = _search(_BY_RELEVANCE)
SEARCH_BY_NAME: Final = _search(_BY_NAME)
SEARCH_BY_CODE: Final = _search(_BY_CODE)
SEARCH_BY_PRICE: Final = _search(_BY_PRICE)

_ALL_LISTS: Final = {
    OrdenProductos.NOMBRE: ALL_BY_NAME,
    OrdenProductos.CODIGO: ALL_BY_CODE,
    OrdenProductos.PRECIO: ALL_BY_PRICE,
}
_CATEGORY_LISTS: Final = {
    OrdenProductos.NOMBRE: CATEGORY_BY_NAME,
    OrdenProductos.CODIGO: CATEGORY_BY_CODE,
    OrdenProductos.PRECIO: CATEGORY_BY_PRICE,
}
_SEARCH_LISTS: Final = {
    OrdenProductos.RELEVANCIA: SEARCH_BY_RELEVANCE,
    OrdenProductos.NOMBRE: SEARCH_BY_NAME,
    OrdenProductos.CODIGO: SEARCH_BY_CODE,
    OrdenProductos.PRECIO: SEARCH_BY_PRICE,
}


def list_statement(wanted: Filtro, order: OrdenProductos) -> str:
    """Choose the statement that answers a list."""
    if wanted.q is not None:
        return _SEARCH_LISTS[order]
    return (_ALL_LISTS if wanted.categoria is None else _CATEGORY_LISTS)[order]


async def find(db: Db, wanted: Filtro, order: OrdenProductos, limit: int, offset: int) -> Pagina:
    """Return one page of the products wanted."""
    states = [True, False] if wanted.activo is None else [wanted.activo]
    rows = await db.fetch(list_statement(wanted, order), wanted.q, wanted.categoria, states, limit, offset)
    return Pagina(tuple(_producto(row) for row in rows if row["id"] is not None), rows[0]["total"])


READ: Final = f"SELECT {_COLUMNS} FROM productos WHERE id = $1"  # noqa: S608


async def read(db: Db, product_id: UUID) -> Producto | None:
    """Return one product."""
    row = await db.fetchrow(READ, product_id)
    return _producto(row) if row else None


# Not FOR UPDATE: a cart that refers to the product need not wait for a new price to be written.
LOCK_ROW: Final = f"SELECT {_COLUMNS} FROM productos WHERE id = $1 FOR NO KEY UPDATE"  # noqa: S608


async def lock(db: Db, product_id: UUID) -> Producto | None:
    """Return one product and hold its row until the transaction ends."""
    row = await db.fetchrow(LOCK_ROW, product_id)
    return _producto(row) if row else None


INSERT: Final = f"""
INSERT INTO productos (id, codigo, nombre, descripcion, precio, imagenes, categoria, unidad, fraccionable,
    peso_kg, existencias, activo, creado_en, actualizado_en)
VALUES ($1, $2, $3, $4, $5, $6::text[], $7, $8, $9, $10, $11, $12, $13, $13)
RETURNING {_COLUMNS}"""  # noqa: S608


async def insert(db: Db, product_id: UUID, new: NuevoProducto, now: datetime) -> Producto:
    """Add a product; UniqueViolation (CODIGO_UNICO) when its code is taken."""
    rows = await db.fetch(
        INSERT,
        product_id,
        new.codigo,
        new.nombre,
        new.descripcion,
        new.precio,
        list(new.imagenes),
        new.categoria,
        new.unidad,
        new.fraccionable,
        new.peso_kg,
        new.existencias,
        new.activo,
        now,
    )
    return _producto(rows[0])


WRITE: Final = f"""
UPDATE productos
SET codigo = $2, nombre = $3, descripcion = $4, precio = $5, imagenes = $6::text[], categoria = $7, unidad = $8,
    fraccionable = $9, peso_kg = $10, existencias = $11, activo = $12, actualizado_en = $13,
    version = version + 1
WHERE id = $1
RETURNING {_COLUMNS}"""  # noqa: S608


async def write(db: Db, product: Producto, now: datetime) -> Producto:
    """Store a product that is held; UniqueViolation (CODIGO_UNICO) when its code is taken."""
    rows = await db.fetch(
        WRITE,
        product.id,
        product.codigo,
        product.nombre,
        product.descripcion,
        product.precio,
        list(product.imagenes),
        product.categoria,
        product.unidad,
        product.fraccionable,
        product.peso_kg,
        product.existencias,
        product.activo,
        now,
    )
    return _producto(rows[0])


NAMED_IMAGES: Final = """
SELECT direccion FROM unnest($1::uuid[], $2::text[]) AS preguntadas (id, direccion)
  JOIN productos USING (id) WHERE direccion = ANY (imagenes)"""


async def named_images(db: Db, addresses: Sequence[tuple[UUID, str]]) -> set[str]:
    """Return those of the addresses that are among the images of their product."""
    ids, texts = [product_id for product_id, _ in addresses], [address for _, address in addresses]
    return {row["direccion"] for row in await db.fetch(NAMED_IMAGES, ids, texts)}


IMAGES_AFTER: Final = """
SELECT id, imagenes FROM productos WHERE id > $1 AND imagenes <> '{}' ORDER BY id LIMIT $2"""


async def images_after(db: Db, product_id: UUID, limit: int) -> list[tuple[UUID, list[str]]]:
    """Return the next products that have images, with them."""
    return [(row["id"], row["imagenes"]) for row in await db.fetch(IMAGES_AFTER, product_id, limit)]


# --- campaigns ---------------------------------------------------------------------------------------------

_CAMPAIGN: Final = """c.id, c.nombre, c.porcentaje, c.desde, c.hasta, c.activo, c.version,
    ARRAY(SELECT producto_id FROM campania_productos WHERE campania_id = c.id ORDER BY 1) AS productos,
    ARRAY(SELECT categoria_id FROM campania_categorias WHERE campania_id = c.id ORDER BY 1) AS categorias_ids"""
_WANTED: Final = "$1::timestamptz IS NULL OR (c.activo AND c.desde <= $1 AND $1 < c.hasta)"

FIND_CAMPAIGNS: Final = f"""
SELECT {_CAMPAIGN} FROM campanias c WHERE {_WANTED} ORDER BY c.desde DESC, c.id DESC LIMIT $2 OFFSET $3"""  # noqa: S608
COUNT_CAMPAIGNS: Final = f"SELECT count(*) FROM campanias c WHERE {_WANTED}"  # noqa: S608


async def find_campaigns(
    db: Db, running_at: datetime | None, limit: int, offset: int
) -> tuple[tuple[Campania, ...], int]:
    """Return one page of the campaigns, and how many there are."""
    rows = await db.fetch(FIND_CAMPAIGNS, running_at, limit, offset)
    return tuple(_campania(row) for row in rows), await db.fetchval(COUNT_CAMPAIGNS, running_at)


READ_CAMPAIGN: Final = f"SELECT {_CAMPAIGN} FROM campanias c WHERE c.id = $1"  # noqa: S608


async def read_campaign(db: Db, campania_id: int) -> Campania | None:
    """Return one campaign."""
    row = await db.fetchrow(READ_CAMPAIGN, campania_id)
    return _campania(row) if row else None


LOCK_CAMPAIGN: Final = "SELECT 1 FROM campanias WHERE id = $1 FOR NO KEY UPDATE"


async def lock_campaign(db: Db, campania_id: int) -> None:
    """Hold a campaign's row until the transaction ends."""
    await db.fetchval(LOCK_CAMPAIGN, campania_id)


INSERT_CAMPAIGN: Final = """
INSERT INTO campanias (nombre, porcentaje, desde, hasta, activo, creado_en, actualizado_en)
VALUES ($1, $2, $3, $4, $5, $6, $6) RETURNING id"""


async def insert_campaign(db: Db, new: NuevaCampania, now: datetime) -> int:
    """Add a campaign without its products and categories; return its number."""
    made: int = await db.fetchval(
        INSERT_CAMPAIGN, new.nombre, new.porcentaje, new.desde, new.hasta, new.activo, now
    )
    return made


WRITE_CAMPAIGN: Final = """
UPDATE campanias SET nombre = $2, porcentaje = $3, desde = $4, hasta = $5, activo = $6, version = version + 1,
       actualizado_en = $7
 WHERE id = $1"""


async def write_campaign(db: Db, changed: Campania, now: datetime) -> None:
    """Store a campaign that is held, without its products and categories."""
    await db.execute(
        WRITE_CAMPAIGN,
        changed.id,
        changed.nombre,
        changed.porcentaje,
        changed.desde,
        changed.hasta,
        changed.activo,
        now,
    )


REPLACE_CAMPAIGN_PRODUCTS: Final = """
WITH fuera AS (DELETE FROM campania_productos WHERE campania_id = $1 AND producto_id <> ALL ($2::uuid[]))
INSERT INTO campania_productos SELECT $1, unnest($2::uuid[]) ON CONFLICT DO NOTHING"""


async def replace_campaign_products(db: Db, campania_id: int, products: Sequence[UUID]) -> None:
    """Make these the campaign's products; Conflict when one does not exist."""
    await db.execute(REPLACE_CAMPAIGN_PRODUCTS, campania_id, list(products))


REPLACE_CAMPAIGN_CATEGORIES: Final = """
WITH fuera AS (DELETE FROM campania_categorias WHERE campania_id = $1 AND categoria_id <> ALL ($2::bigint[]))
INSERT INTO campania_categorias SELECT $1, unnest($2::bigint[]) ON CONFLICT DO NOTHING"""


async def replace_campaign_categories(db: Db, campania_id: int, categories: Sequence[int]) -> None:
    """Make these the campaign's client categories; Conflict when one does not exist."""
    await db.execute(REPLACE_CAMPAIGN_CATEGORIES, campania_id, list(categories))


def _campania(row: Record) -> Campania:
    parts = {name: tuple(row[name]) for name in ("productos", "categorias_ids")}
    return Campania(**{**dict(row), **parts})


def _producto(row: Record) -> Producto:
    return Producto(
        id=row["id"],
        codigo=row["codigo"],
        nombre=row["nombre"],
        descripcion=row["descripcion"],
        precio=row["precio"],
        imagenes=tuple(row["imagenes"]),
        categoria=row["categoria"],
        unidad=row["unidad"],
        fraccionable=row["fraccionable"],
        peso_kg=plain_decimal(row["peso_kg"]),
        existencias=plain_decimal(row["existencias"]),
        activo=row["activo"],
        version=row["version"],
        creado_en=row["creado_en"],
        actualizado_en=row["actualizado_en"],
    )


# --- many at once, for sheets ---------------------------------------------------------------------------------

LOCK_IMPORTS: Final = "SELECT pg_try_advisory_xact_lock(hashtextextended('importacion:productos', 29))"


async def lock_imports(db: Db) -> bool:
    """Let nobody else import products until the transaction ends; False when somebody does."""
    return bool(await db.fetchval(LOCK_IMPORTS))


GET_BY_CODES: Final = f"""
SELECT f.pedido, {_COLUMNS} FROM unnest($1::text[]) AS f (pedido)
  JOIN productos p ON lower(p.codigo) = lower(f.pedido)"""  # noqa: S608
LOCK_BY_CODES: Final = f"{GET_BY_CODES} ORDER BY p.id FOR NO KEY UPDATE OF p"


async def get_by_codes(db: Db, codes: Sequence[str], *, lock: bool) -> dict[str, Producto]:
    """Return products by their codes as asked, in whatever case; with `lock` they are held."""
    rows = await db.fetch(LOCK_BY_CODES if lock else GET_BY_CODES, codes)
    return {row["pedido"]: _producto(row) for row in rows}


_FIELDS: Final = """id uuid, codigo text, nombre text, descripcion text, precio numeric, categoria text, unidad text,
    fraccionable boolean, peso_kg numeric, existencias numeric, activo boolean"""

INSERT_MANY: Final = f"""
INSERT INTO productos (id, codigo, nombre, descripcion, precio, categoria, unidad, fraccionable, peso_kg, existencias,
    activo, creado_en, actualizado_en)
SELECT f.*, $2::timestamptz, $2::timestamptz FROM jsonb_to_recordset($1::jsonb) AS f ({_FIELDS})"""  # noqa: S608


async def insert_many(db: Db, made: Sequence[tuple[UUID, NuevoProducto]], now: datetime) -> None:
    """Add products; UniqueViolation (CODIGO_UNICO) when one's code is taken."""
    rows = [{"id": product_id, **msgspec.structs.asdict(new)} for product_id, new in made]
    await db.execute(INSERT_MANY, values.dumps(rows), now)


UPDATE_MANY: Final = f"""
UPDATE productos AS p
SET nombre = f.nombre, descripcion = f.descripcion, precio = f.precio, categoria = f.categoria, unidad = f.unidad,
    fraccionable = f.fraccionable, peso_kg = f.peso_kg, existencias = f.existencias, activo = f.activo,
    actualizado_en = $2::timestamptz, version = p.version + 1
FROM jsonb_to_recordset($1::jsonb) AS f ({_FIELDS})
WHERE p.id = f.id"""  # noqa: S608


async def update_many(db: Db, products: Sequence[Producto], now: datetime) -> None:
    """Store products that are held; codes and pictures stay."""
    await db.execute(UPDATE_MANY, values.dumps(products), now)


# Pages by identifier: a reader of the whole list holds no transaction and no more than one page.
EXPORT: Final = f"SELECT {_COLUMNS} FROM productos WHERE id > $1::uuid ORDER BY id LIMIT $2"  # noqa: S608


async def export_page(db: Db, after: UUID, rows: int) -> list[Producto]:
    """Return the products after an identifier, retired ones too."""
    return [_producto(row) for row in await db.fetch(EXPORT, after, rows)]
