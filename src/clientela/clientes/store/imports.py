"""Many clients in one statement: matched, read, made and changed a thousand at a time."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from clientela.clientes.model import Candidato, Cliente, Direccion, NuevaDireccion
from clientela.clientes.store.parts import DIRECCION
from clientela.clientes.store.records import CLIENTE
from clientela.core import values
from clientela.core.db import Db
from clientela.core.ids import uuid7

# Two imports at once could each make the client whom the other makes.
LOCK_IMPORTS: Final = "SELECT pg_try_advisory_xact_lock(hashtextextended('importacion:clientes', 29))"


async def lock_imports(db: Db) -> bool:
    """Let nobody else import clients until the transaction ends; False when somebody does."""
    return bool(await db.fetchval(LOCK_IMPORTS))


LOCALITIES: Final = (
    "SELECT lower(codigo) AS codigo, id FROM localidades WHERE lower(codigo) = ANY ($1::text[])"
)
CATEGORIES: Final = (
    "SELECT lower(clave) AS codigo, id FROM categorias_cliente WHERE lower(clave) = ANY ($1::text[])"
)


async def localities(db: Db, codes: Collection[str]) -> dict[str, int]:
    """Return the localities of these codes, by code in lower case."""
    return await _by_code(db, LOCALITIES, codes)


async def categories(db: Db, codes: Collection[str]) -> dict[str, int]:
    """Return the categories of these codes, by code in lower case."""
    return await _by_code(db, CATEGORIES, codes)


async def _by_code(db: Db, statement: str, codes: Collection[str]) -> dict[str, int]:
    if not codes:
        return {}
    rows = await db.fetch(statement, sorted({code.lower() for code in codes}))
    return {row["codigo"]: row["id"] for row in rows}


# Each key is answered by its own index. Merged and erased clients are found by their identifier and, merged ones, by
# their keys too: a row about one is told so, instead of bringing him back.
MATCH: Final = """
SELECT f.n, p.por, p.id, p.numero, public.nit_clave(p.nit) AS nit, p.fusionado_en IS NOT NULL AS fusionado,
       p.anonimizado_en IS NOT NULL AS anonimizado
  FROM unnest($1::uuid[], $2::text[], $3::text[]) WITH ORDINALITY AS f (id, nit, telefono, n)
 CROSS JOIN LATERAL (
       SELECT 'id' AS por, c.id, c.numero, c.nit, c.fusionado_en, c.anonimizado_en
         FROM clientes c WHERE c.id = f.id
       UNION ALL
       SELECT 'nit', c.id, c.numero, c.nit, c.fusionado_en, c.anonimizado_en
         FROM clientes c WHERE public.nit_clave(c.nit) = f.nit
       UNION ALL
       SELECT 'telefono', c.id, c.numero, c.nit, c.fusionado_en, c.anonimizado_en
         FROM clientes c WHERE c.telefono_e164 = f.telefono) AS p
 ORDER BY f.n, p.numero"""


async def match(
    db: Db, ids: Sequence[UUID | None], nits: Sequence[str | None], phones: Sequence[str | None]
) -> list[list[Candidato]]:
    """Return, for each row, the clients who have its identifier, its NIT or its phone."""
    found: list[list[Candidato]] = [[] for _ in ids]
    for row in await db.fetch(MATCH, ids, nits, phones):
        fields = dict(row)
        found[fields.pop("n") - 1].append(Candidato(**fields))
    return found


IDS_BY_NUMBER: Final = "SELECT numero, id FROM clientes WHERE numero = ANY ($1::bigint[])"


async def ids_by_number(db: Db, numbers: Sequence[int]) -> dict[int, UUID]:
    """Return the identifiers of clients by their numbers."""
    if not numbers:
        return {}
    return {row["numero"]: row["id"] for row in await db.fetch(IDS_BY_NUMBER, numbers)}


GET_MANY: Final = f"SELECT {CLIENTE} FROM clientes c WHERE c.id = ANY ($1::uuid[])"  # noqa: S608
# In one order, so that two who hold many never wait for each other crosswise.
LOCK_MANY: Final = f"""
SELECT {CLIENTE} FROM clientes c
 WHERE c.id = ANY ($1::uuid[]) AND c.fusionado_en IS NULL AND c.anonimizado_en IS NULL
 ORDER BY c.id FOR NO KEY UPDATE"""  # noqa: S608


async def get_many(db: Db, ids: Sequence[UUID], *, lock: bool) -> dict[UUID, Cliente]:
    """Return clients by identifier; with `lock` they are held, and those merged or erased are left out."""
    rows = await db.fetch(LOCK_MANY if lock else GET_MANY, ids)
    return {row["id"]: Cliente(**dict(row)) for row in rows}


CATEGORIES_OF: Final = (
    "SELECT cliente_id, categoria_id FROM categoria_cliente WHERE cliente_id = ANY ($1::uuid[])"
)


async def categories_of(db: Db, ids: Sequence[UUID]) -> dict[UUID, set[int]]:
    """Return the categories of clients; who has none is not there."""
    found: dict[UUID, set[int]] = {}
    for row in await db.fetch(CATEGORIES_OF, ids):
        found.setdefault(row["cliente_id"], set()).add(row["categoria_id"])
    return found


PRINCIPAL_ADDRESSES: Final = f"""
SELECT d.cliente_id, {DIRECCION} FROM direcciones d WHERE d.cliente_id = ANY ($1::uuid[]) AND d.es_principal"""  # noqa: S608


async def principal_addresses(db: Db, ids: Sequence[UUID]) -> dict[UUID, Direccion]:
    """Return the principal address of clients; who has none is not there."""
    rows = [dict(row) for row in await db.fetch(PRINCIPAL_ADDRESSES, ids)]
    return {row.pop("cliente_id"): Direccion(**row) for row in rows}


_FIELDS: Final = """vendedor_asignado_id uuid, nombre text, razon_social text, nit text, email text, telefono text,
    telefono_e164 text, whatsapp text, fecha_nacimiento date, genero text, limite_credito numeric, localidad_id bigint,
    latitud numeric, longitud numeric, observaciones text, activo boolean"""

INSERT_MANY: Final = f"""
WITH filas AS MATERIALIZED (
    SELECT * FROM jsonb_to_recordset($1::jsonb) AS f (id uuid, usuario_id uuid, {_FIELDS})
), principales AS MATERIALIZED (
    SELECT fn.principales_crear(array_agg(usuario_id), array_agg(id), array_agg(nombre),
                                array_agg(coalesce(activo, true)), $2::timestamptz) FROM filas
)
INSERT INTO clientes (id, usuario_principal_id, vendedor_asignado_id, nombre, razon_social, nit, email, telefono,
    telefono_e164, whatsapp, fecha_nacimiento, genero, limite_credito, localidad_id, latitud, longitud, observaciones,
    activo, creado_en, actualizado_en)
SELECT f.id, f.usuario_id, f.vendedor_asignado_id, f.nombre, f.razon_social, f.nit, f.email, f.telefono,
    f.telefono_e164, f.whatsapp, f.fecha_nacimiento, f.genero, coalesce(f.limite_credito, 0), f.localidad_id,
    f.latitud, f.longitud, f.observaciones, coalesce(f.activo, true), $2::timestamptz, $2::timestamptz
  FROM filas f, principales"""  # noqa: S608


async def insert_many(db: Db, rows: Sequence[Mapping[str, Any]]) -> None:
    """Make clients, each with a principal who has no credentials."""
    await db.execute(INSERT_MANY, values.dumps(list(rows)), db.now())


UPDATE_MANY: Final = f"""
UPDATE clientes AS c SET vendedor_asignado_id = f.vendedor_asignado_id, nombre = f.nombre,
    razon_social = f.razon_social, nit = f.nit, email = f.email, telefono = f.telefono,
    telefono_e164 = f.telefono_e164, whatsapp = f.whatsapp, fecha_nacimiento = f.fecha_nacimiento,
    genero = f.genero, limite_credito = f.limite_credito, localidad_id = f.localidad_id, latitud = f.latitud,
    longitud = f.longitud, observaciones = f.observaciones, activo = f.activo, version = c.version + 1,
    actualizado_en = $2::timestamptz
  FROM jsonb_to_recordset($1::jsonb) AS f (id uuid, {_FIELDS})
 WHERE c.id = f.id RETURNING c.id, c.version"""  # noqa: S608


async def update_many(db: Db, clients: Sequence[Cliente]) -> dict[UUID, int]:
    """Store clients who are held; return their new versions."""
    if not clients:
        return {}
    rows = await db.fetch(UPDATE_MANY, values.dumps(clients), db.now())
    return {row["id"]: row["version"] for row in rows}


CLEAR_CATEGORIES: Final = "DELETE FROM categoria_cliente WHERE cliente_id = ANY ($1::uuid[])"
ADD_CATEGORIES: Final = """
INSERT INTO categoria_cliente (cliente_id, categoria_id) SELECT * FROM unnest($1::uuid[], $2::bigint[])"""


async def clear_categories(db: Db, ids: Sequence[UUID]) -> None:
    """Take clients who are held out of all their categories."""
    if ids:
        await db.execute(CLEAR_CATEGORIES, ids)


async def add_categories(db: Db, pairs: Sequence[tuple[UUID, int]]) -> None:
    """Put clients into categories, as (client, category)."""
    if pairs:
        await db.execute(ADD_CATEGORIES, [pair[0] for pair in pairs], [pair[1] for pair in pairs])


UPDATE_ADDRESSES: Final = """
UPDATE direcciones AS d SET direccion = f.direccion, ciudad = f.ciudad, departamento = f.departamento,
    codigo_postal = f.codigo_postal, actualizado_en = $2::timestamptz
  FROM jsonb_to_recordset($1::jsonb) AS f (id bigint, direccion text, ciudad text, departamento text,
                                           codigo_postal text)
 WHERE d.id = f.id"""
INSERT_ADDRESSES: Final = """
INSERT INTO direcciones (uuid, cliente_id, direccion, ciudad, departamento, codigo_postal, es_principal, creado_en,
                         actualizado_en)
SELECT f.uuid, f.cliente_id, f.direccion, f.ciudad, f.departamento, f.codigo_postal, true, $2::timestamptz,
       $2::timestamptz
  FROM jsonb_to_recordset($1::jsonb) AS f (uuid uuid, cliente_id uuid, direccion text, ciudad text,
                                           departamento text, codigo_postal text)"""


async def write_addresses(db: Db, addresses: Iterable[tuple[UUID, Direccion | NuevaDireccion]]) -> None:
    """Store principal addresses of clients: change those that are there, add the others."""
    changed: list[Direccion] = []
    added: list[dict[str, Any]] = []
    for cliente_id, address in addresses:
        if isinstance(address, Direccion):
            changed.append(address)
        else:
            fields = ("direccion", "ciudad", "departamento", "codigo_postal")
            added.append(
                {
                    "uuid": uuid7(),
                    "cliente_id": cliente_id,
                    **{field: getattr(address, field) for field in fields},
                }
            )
    for statement, rows in ((UPDATE_ADDRESSES, changed), (INSERT_ADDRESSES, added)):
        if rows:
            await db.execute(statement, values.dumps(rows), db.now())


SET_PRINCIPALS_ACTIVE: Final = "SELECT fn.principales_activar($1::uuid[], $2::boolean, $3::timestamptz)"


async def set_principals_active(db: Db, turned: Mapping[bool, Sequence[UUID]]) -> None:
    """Let principals follow their clients' `activo`: those of deactivated ones are logged out and kept out."""
    for activo, users in turned.items():
        if users:
            await db.execute(SET_PRINCIPALS_ACTIVE, users, activo, db.now())


# --- the other way: everything as a sheet -----------------------------------------------------------------------

# Pages by number: a reader of the whole list holds no transaction and no more than one page.
EXPORT: Final = """
SELECT c.numero, c.id, c.nombre, c.razon_social, c.nit, c.email, c.telefono, c.whatsapp, c.fecha_nacimiento, c.genero,
       c.limite_credito, l.codigo AS localidad, c.latitud, c.longitud, c.observaciones, c.activo,
       c.vendedor_asignado_id, d.direccion, d.ciudad, d.departamento, d.codigo_postal,
       (SELECT string_agg(k.clave, '|' ORDER BY k.id) FROM categoria_cliente p
          JOIN categorias_cliente k ON k.id = p.categoria_id WHERE p.cliente_id = c.id) AS categorias
  FROM clientes c
  LEFT JOIN localidades l ON l.id = c.localidad_id
  LEFT JOIN direcciones d ON d.cliente_id = c.id AND d.es_principal
 WHERE c.numero > $1::bigint AND c.fusionado_en IS NULL AND c.anonimizado_en IS NULL
 ORDER BY c.numero LIMIT $2"""


async def export_page(db: Db, after: int, rows: int) -> list[dict[str, Any]]:
    """Return the clients after a number, neither merged nor erased ones, as a sheet shows them."""
    return [dict(row) for row in await db.fetch(EXPORT, after, rows)]
