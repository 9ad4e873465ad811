"""Clients: their rows, and the whole record in one round trip."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from clientela.clientes.model import (
    Categoria,
    Cliente,
    Coincidencia,
    Direccion,
    Expediente,
    Ficha,
    Localidad,
    Ventana,
)
from clientela.clientes.store.parts import DIRECCION
from clientela.core.db import Db, Record

CLIENTE: Final = """
    c.id, c.numero, c.usuario_principal_id, c.vendedor_asignado_id, c.nombre, c.razon_social, c.nit, c.email,
    c.telefono, c.telefono_e164, c.whatsapp, c.fecha_nacimiento, c.genero, c.limite_credito, c.localidad_id,
    c.latitud, c.longitud, c.observaciones, c.activo, c.foto_perfil, c.ci_anverso, c.ci_reverso,
    c.anonimizado_en, c.fusionado_con_id, c.version, c.creado_en, c.actualizado_en"""

INSERT_CLIENTE: Final = f"""
INSERT INTO clientes AS c (id, usuario_principal_id, vendedor_asignado_id, nombre, razon_social, nit, email,
    telefono, telefono_e164, whatsapp, fecha_nacimiento, genero, limite_credito, localidad_id, latitud, longitud,
    observaciones, activo, foto_perfil, ci_anverso, ci_reverso, creado_en, actualizado_en)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $22)
RETURNING {CLIENTE}"""  # noqa: S608


async def insert_cliente(db: Db, values: Sequence[Any]) -> Cliente:
    """Insert a client; `values` in the order of the statement."""
    row = await db.fetchrow(INSERT_CLIENTE, *values)
    assert row is not None  # noqa: S101
    return Cliente(**dict(row))


GET_CLIENTE: Final = f"SELECT {CLIENTE} FROM clientes c WHERE c.id = $1"  # noqa: S608
GET_CLIENTE_BY_NUMERO: Final = f"SELECT {CLIENTE} FROM clientes c WHERE c.numero = $1"  # noqa: S608


async def get_cliente(db: Db, ref: UUID | int) -> Cliente | None:
    """Find a client by identifier or by number."""
    row = await db.fetchrow(GET_CLIENTE_BY_NUMERO if isinstance(ref, int) else GET_CLIENTE, ref)
    return None if row is None else Cliente(**dict(row))


# Not FOR UPDATE: a cart that refers to the client need not wait.
LOCK_CLIENTE: Final = f"SELECT {CLIENTE} FROM clientes c WHERE c.id = $1 FOR NO KEY UPDATE"  # noqa: S608


async def lock_cliente(db: Db, cliente_id: UUID) -> Cliente | None:
    """Return a client and hold his row until the transaction ends."""
    row = await db.fetchrow(LOCK_CLIENTE, cliente_id)
    return None if row is None else Cliente(**dict(row))


# Held in one order, so that two who want several clients never wait crosswise.
LOCK_CLIENTES: Final = """
SELECT id, numero FROM clientes WHERE id = ANY ($1::uuid[]) OR numero = ANY ($2::bigint[])
 ORDER BY id FOR NO KEY UPDATE"""


async def lock_clientes(db: Db, refs: Sequence[UUID | int]) -> dict[UUID | int, UUID]:
    """Hold the rows of clients by identifier or number; return the identifier of each that is there, by both."""
    numbers = [ref for ref in refs if isinstance(ref, int)]
    ids = [ref for ref in refs if isinstance(ref, UUID)]
    found: dict[UUID | int, UUID] = {}
    for row in await db.fetch(LOCK_CLIENTES, ids, numbers):
        found[row["id"]] = found[row["numero"]] = row["id"]
    return found


LOCK_CLIENTES_DE: Final = """
SELECT id FROM clientes WHERE vendedor_asignado_id = $1 ORDER BY id LIMIT $2 FOR NO KEY UPDATE"""


async def lock_clientes_de(db: Db, vendedor_id: UUID, limit: int) -> list[UUID]:
    """Hold the rows of the first of a seller's clients; return their identifiers."""
    return [row["id"] for row in await db.fetch(LOCK_CLIENTES_DE, vendedor_id, limit)]


COUNT_CLIENTES_DE: Final = "SELECT count(*) FROM clientes WHERE vendedor_asignado_id = $1"


async def count_clientes_de(db: Db, vendedor_id: UUID) -> int:
    """Count a seller's clients."""
    count: int = await db.fetchval(COUNT_CLIENTES_DE, vendedor_id)
    return count


UPDATE_CLIENTE: Final = f"""
UPDATE clientes AS c SET vendedor_asignado_id = $2, nombre = $3, razon_social = $4, nit = $5, email = $6,
    telefono = $7, telefono_e164 = $8, whatsapp = $9, fecha_nacimiento = $10, genero = $11, limite_credito = $12,
    localidad_id = $13, latitud = $14, longitud = $15, observaciones = $16, activo = $17, foto_perfil = $18,
    ci_anverso = $19, ci_reverso = $20, version = c.version + 1, actualizado_en = $21
 WHERE c.id = $1 RETURNING {CLIENTE}"""  # noqa: S608


async def update_cliente(db: Db, client: Cliente, now: datetime) -> Cliente:
    """Store a client that is held; his version goes up by one."""
    row = await db.fetchrow(
        UPDATE_CLIENTE, client.id, client.vendedor_asignado_id, client.nombre, client.razon_social, client.nit,
        client.email, client.telefono, client.telefono_e164, client.whatsapp, client.fecha_nacimiento,
        client.genero, client.limite_credito, client.localidad_id, client.latitud, client.longitud,
        client.observaciones, client.activo, client.foto_perfil, client.ci_anverso, client.ci_reverso, now,
    )  # fmt: skip
    assert row is not None  # noqa: S101
    return Cliente(**dict(row))


GET_FICHA: Final = """
SELECT c.id, c.nombre, c.telefono AS celular, c.email AS correo, d.direccion
  FROM clientes c LEFT JOIN direcciones d ON d.cliente_id = c.id AND d.es_principal
 WHERE c.id = $1"""


async def get_ficha(db: Db, cliente_id: UUID) -> Ficha | None:
    """Return a client as his own application shows him."""
    row = await db.fetchrow(GET_FICHA, cliente_id)
    return None if row is None else Ficha(**dict(row))


# One row says both; the indexes on the phone and on lower(email) answer it.
KNOWN_CONTACT: Final = """
SELECT EXISTS (SELECT 1 FROM clientes WHERE lower(email) = lower($1) AND fusionado_en IS NULL) AS correo,
       EXISTS (SELECT 1 FROM clientes WHERE telefono_e164 = $2 AND id IS DISTINCT FROM $3 AND fusionado_en IS NULL)
           AS celular"""


async def known_contact(
    db: Db, email: str | None, telefono_e164: str | None, apart_from: UUID | None = None
) -> tuple[bool, bool]:
    """Tell whether any client has this e-mail, and whether any but one has this phone."""
    row = await db.fetchrow(KNOWN_CONTACT, email, telefono_e164, apart_from)
    assert row is not None  # noqa: S101
    return row["correo"], row["celular"]


# The oldest first: of several with one phone it is the one that its owner may claim (CONTRACT §12).
BY_CONTACT: Final = """
SELECT id AS cliente_id, usuario_principal_id, email, coalesce(lower(email) = lower($1), false) AS por_correo,
       coalesce(telefono_e164 = $2, false) AS por_celular,
       activo AND fusionado_con_id IS NULL AND anonimizado_en IS NULL AS reclamable
  FROM clientes WHERE lower(email) = lower($1) OR telefono_e164 = $2
 ORDER BY creado_en, numero"""


async def by_contact(db: Db, email: str | None, telefono_e164: str | None) -> tuple[Coincidencia, ...]:
    """Return every client who has this e-mail or this phone, the oldest first."""
    return tuple(Coincidencia(**dict(row)) for row in await db.fetch(BY_CONTACT, email, telefono_e164))


# --- the whole record ----------------------------------------------------------------------------------------

# PostgreSQL writes each part as JSON, so that one round trip brings the whole record.
GET_EXPEDIENTE: Final = f"""
SELECT {CLIENTE},
    (SELECT row_to_json(l) FROM (SELECT id, nombre, codigo FROM localidades WHERE id = c.localidad_id) l)
        AS localidad,
    (SELECT coalesce(json_agg(f), '[]') FROM (
        SELECT {DIRECCION} FROM direcciones d WHERE d.cliente_id = c.id ORDER BY d.id) f) AS direcciones,
    (SELECT coalesce(json_agg(f), '[]') FROM (
        SELECT id, dia_semana, hora_inicio, hora_fin, activo FROM ventanas_entrega_cliente
         WHERE cliente_id = c.id ORDER BY dia_semana, hora_inicio, id) f) AS ventanas,
    (SELECT coalesce(json_agg(f), '[]') FROM (
        SELECT k.id, k.clave, k.nombre, k.activo FROM categoria_cliente p
          JOIN categorias_cliente k ON k.id = p.categoria_id WHERE p.cliente_id = c.id ORDER BY k.id) f)
        AS categorias
  FROM clientes c WHERE c.id = $1"""  # noqa: S608
GET_EXPEDIENTE_BY_NUMERO: Final = GET_EXPEDIENTE.replace("c.id = $1", "c.numero = $1")


async def get_expediente(db: Db, ref: UUID | int) -> Expediente | None:
    """Return a client, by identifier or number, with his locality, addresses, windows and categories."""
    row = await db.fetchrow(GET_EXPEDIENTE_BY_NUMERO if isinstance(ref, int) else GET_EXPEDIENTE, ref)
    if row is None:
        return None
    return Expediente(
        cliente=cliente_of(row),
        localidad=msgspec.json.decode(row["localidad"], type=Localidad) if row["localidad"] else None,
        direcciones=msgspec.json.decode(row["direcciones"], type=tuple[Direccion, ...]),
        ventanas=msgspec.json.decode(row["ventanas"], type=tuple[Ventana, ...]),
        categorias=msgspec.json.decode(row["categorias"], type=tuple[Categoria, ...]),
    )


def cliente_of(row: Record) -> Cliente:
    """Read a client off a row that holds more."""
    return Cliente(**{field: row[field] for field in Cliente.__struct_fields__})
