"""SQL of the services."""

from datetime import datetime
from typing import Final
from uuid import UUID

from clientela.core.db import Db, Record
from clientela.postventa.model import NuevoServicio, Servicio

_SERVICIO: Final = (
    "id, numero, nombre, garantia_meses, duracion_min, activo, version, creado_en, actualizado_en"
)

FIND_SERVICES: Final = f"""
SELECT {_SERVICIO}, count(*) OVER () AS total FROM servicios
 WHERE $1::boolean IS NULL OR activo = $1 ORDER BY public.normalizar(nombre), numero LIMIT $2 OFFSET $3"""  # noqa: S608
COUNT_SERVICES: Final = "SELECT count(*) FROM servicios WHERE $1::boolean IS NULL OR activo = $1"


async def find_services(
    db: Db, limit: int, offset: int, *, active: bool | None
) -> tuple[tuple[Servicio, ...], int]:
    """Return one page of the services by name, and how many there are."""
    rows = await db.fetch(FIND_SERVICES, active, limit, offset)
    total = rows[0]["total"] if rows else await db.fetchval(COUNT_SERVICES, active)
    return tuple(_servicio(row) for row in rows), total


READ_SERVICE: Final = f"SELECT {_SERVICIO} FROM servicios WHERE id = $1::uuid"  # noqa: S608
READ_SERVICE_BY_NUMBER: Final = f"SELECT {_SERVICIO} FROM servicios WHERE numero = $1::bigint"  # noqa: S608
LOCK_SERVICE: Final = f"{READ_SERVICE} FOR NO KEY UPDATE"


async def read_service(db: Db, ref: UUID | int) -> Servicio | None:
    """Return a service, by its identifier or its number."""
    row = await db.fetchrow(READ_SERVICE if isinstance(ref, UUID) else READ_SERVICE_BY_NUMBER, ref)
    return _servicio(row) if row else None


async def lock_service(db: Db, servicio_id: UUID) -> Servicio:
    """Return a service and keep it for this transaction."""
    row = await db.fetchrow(LOCK_SERVICE, servicio_id)
    assert row is not None  # noqa: S101 - services are never deleted
    return _servicio(row)


INSERT_SERVICE: Final = f"""
INSERT INTO servicios (id, nombre, garantia_meses, duracion_min, activo, creado_en, actualizado_en)
VALUES ($1::uuid, $2, $3, $4, $5, $6::timestamptz, $6::timestamptz) RETURNING {_SERVICIO}"""  # noqa: S608


async def insert_service(db: Db, servicio_id: UUID, new: NuevoServicio, now: datetime) -> Servicio:
    """Write a service; UniqueViolation `servicios_nombre_uk`."""
    fields = (new.nombre, new.garantia_meses, new.duracion_min, new.activo)
    return _servicio(await db.fetchrow(INSERT_SERVICE, servicio_id, *fields, now))


WRITE_SERVICE: Final = f"""
UPDATE servicios SET nombre = $2, garantia_meses = $3, duracion_min = $4, activo = $5, version = version + 1,
       actualizado_en = $6::timestamptz
 WHERE id = $1::uuid RETURNING {_SERVICIO}"""  # noqa: S608


async def write_service(db: Db, service: Servicio, now: datetime) -> Servicio:
    """Change a service; UniqueViolation `servicios_nombre_uk`."""
    fields = (service.nombre, service.garantia_meses, service.duracion_min, service.activo)
    return _servicio(await db.fetchrow(WRITE_SERVICE, service.id, *fields, now))


def _servicio(row: Record | None) -> Servicio:
    assert row is not None  # noqa: S101
    return Servicio(**{name: row[name] for name in Servicio.__struct_fields__})
