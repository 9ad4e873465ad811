"""All SQL of the organisation."""

from datetime import datetime
from typing import Final

import msgspec

from clientela.core.db import Db, Record
from clientela.core.values import dumps
from clientela.organizacion.model import (
    MONEDA_INICIAL,
    NOMBRE_INICIAL,
    Deposito,
    Horario,
    Organizacion,
)

_HORARIOS: Final = msgspec.json.Decoder(tuple[Horario, ...])

_COLUMNS: Final = """nombre, zona, moneda, horarios, feriados, mensaje_ausente, saludo,
    deposito_lat, deposito_lng, version, actualizado_en"""

READ: Final = f"SELECT {_COLUMNS} FROM organizacion"  # noqa: S608


async def read(db: Db) -> Organizacion:
    """Return the settings, or those that hold until somebody writes them."""
    return _organizacion(db, await db.fetchrow(READ))


LOCK_ROW: Final = """
INSERT INTO organizacion (nombre, moneda, actualizado_en) VALUES ($1, $2, $3)
ON CONFLICT (id) DO UPDATE SET id = excluded.id
RETURNING nombre, zona, moneda, horarios, feriados, mensaje_ausente, saludo,
    deposito_lat, deposito_lng, version, actualizado_en"""


async def lock(db: Db, now: datetime) -> Organizacion:
    """Return the settings and hold their row until the transaction ends; the first writer makes it."""
    return _organizacion(db, await db.fetchrow(LOCK_ROW, NOMBRE_INICIAL, MONEDA_INICIAL, now))


ZONE_IS_KNOWN: Final = "SELECT now() AT TIME ZONE $1::text IS NOT NULL"


async def zone_is_known(db: Db, zona: str) -> bool:
    """Ask the database whether it knows a zone; Invalid when it does not."""
    return bool(await db.fetchval(ZONE_IS_KNOWN, zona))


WRITE: Final = """
UPDATE organizacion
SET nombre = $1, zona = $2, moneda = $3, horarios = $4::jsonb, feriados = $5::date[], mensaje_ausente = $6,
    saludo = $7, deposito_lat = $8, deposito_lng = $9, actualizado_en = $10, version = version + 1
RETURNING version"""


async def write(db: Db, org: Organizacion, now: datetime) -> int:
    """Store the settings; return their new version."""
    place = org.deposito
    version: int = await db.fetchval(
        WRITE,
        org.nombre,
        org.zona,
        org.moneda,
        dumps(org.horarios),
        list(org.feriados),
        org.mensaje_ausente,
        org.saludo,
        place.lat if place else None,
        place.lng if place else None,
        now,
    )
    return version


def _organizacion(db: Db, row: Record | None) -> Organizacion:
    if row is None:
        return Organizacion(
            NOMBRE_INICIAL, db.settings.zona_horaria, MONEDA_INICIAL, (), (), None, None, None, 1, None
        )
    return Organizacion(
        nombre=row["nombre"],
        zona=row["zona"] or db.settings.zona_horaria,
        moneda=row["moneda"],
        horarios=_HORARIOS.decode(row["horarios"]),
        feriados=tuple(row["feriados"]),
        mensaje_ausente=row["mensaje_ausente"],
        saludo=row["saludo"],
        deposito=None if row["deposito_lat"] is None else Deposito(row["deposito_lat"], row["deposito_lng"]),
        version=row["version"],
        actualizado_en=row["actualizado_en"],
    )
