"""All SQL of the client register."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from clientela.clientes.model import Cliente, Ficha
from clientela.core.db import Db

CLIENTE: Final = """
    id, numero, usuario_principal_id, vendedor_asignado_id, nombre, razon_social, nit, email, telefono,
    telefono_e164, limite_credito, latitud, longitud, activo, version, creado_en, actualizado_en"""

INSERT_CLIENTE: Final = f"""
INSERT INTO clientes (id, usuario_principal_id, vendedor_asignado_id, nombre, razon_social, nit, email,
                      telefono, telefono_e164, limite_credito, latitud, longitud, creado_en, actualizado_en)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13)
RETURNING {CLIENTE}"""  # noqa: S608


async def insert_cliente(db: Db, values: Sequence[Any]) -> Cliente:
    """Insert a client; `values` in the order of the statement."""
    row = await db.fetchrow(INSERT_CLIENTE, *values)
    assert row is not None  # noqa: S101
    return Cliente(**dict(row))


INSERT_DIRECCION: Final = """
INSERT INTO direcciones (uuid, cliente_id, direccion, ciudad, departamento, codigo_postal, latitud, longitud,
                         es_principal, activa, creado_en, actualizado_en)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11)"""


async def insert_direcciones(db: Db, rows: Sequence[Sequence[Any]]) -> None:
    """Insert addresses; each row in the order of the statement."""
    await db.executemany(INSERT_DIRECCION, rows)


GET_CLIENTE: Final = f"SELECT {CLIENTE} FROM clientes WHERE id = $1"  # noqa: S608
GET_CLIENTE_BY_NUMERO: Final = f"SELECT {CLIENTE} FROM clientes WHERE numero = $1"  # noqa: S608


async def get_cliente(db: Db, ref: UUID | int) -> Cliente | None:
    """Find a client by identifier or by number."""
    row = await db.fetchrow(GET_CLIENTE_BY_NUMERO if isinstance(ref, int) else GET_CLIENTE, ref)
    return None if row is None else Cliente(**dict(row))


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
SELECT EXISTS (SELECT 1 FROM clientes WHERE lower(email) = lower($1)) AS correo,
       EXISTS (SELECT 1 FROM clientes WHERE telefono_e164 = $2) AS celular"""


async def known_contact(db: Db, email: str | None, telefono_e164: str | None) -> tuple[bool, bool]:
    """Tell whether any client has this e-mail, and whether any has this phone."""
    row = await db.fetchrow(KNOWN_CONTACT, email, telefono_e164)
    assert row is not None  # noqa: S101
    return row["correo"], row["celular"]


SET_ACTIVO: Final = f"""
UPDATE clientes SET activo = $2, version = version + 1, actualizado_en = $3
 WHERE id = $1 RETURNING {CLIENTE}"""  # noqa: S608


async def set_activo(db: Db, cliente_id: UUID, now: datetime, *, activo: bool) -> Cliente | None:
    """Activate or deactivate a client; None where there is none."""
    row = await db.fetchrow(SET_ACTIVO, cliente_id, activo, now)
    return None if row is None else Cliente(**dict(row))
