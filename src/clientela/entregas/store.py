"""All SQL of the deliveries."""

from datetime import datetime, time
from typing import Any, Final

from clientela.core.db import Db, Record
from clientela.core.money import plain_decimal
from clientela.entregas.model import NuevoVehiculo, Vehiculo

PLACA_UNICA: Final = "vehiculos_placa_uk"

_VEHICLE: Final = """v.id, v.placa, v.nombre, v.capacidad_kg, to_char(v.salida, 'HH24:MI') AS salida,
    to_char(v.regreso, 'HH24:MI') AS regreso, v.chofer_id, v.activo, v.version, v.creado_en, v.actualizado_en"""
_WANTED: Final = "$1::boolean IS NULL OR v.activo = $1"

FIND_VEHICLES: Final = f"""
SELECT {_VEHICLE} FROM vehiculos v WHERE {_WANTED} ORDER BY v.placa LIMIT $2 OFFSET $3"""  # noqa: S608
COUNT_VEHICLES: Final = f"SELECT count(*) FROM vehiculos v WHERE {_WANTED}"  # noqa: S608


async def find_vehicles(
    db: Db, *, active: bool | None, limit: int, offset: int
) -> tuple[tuple[Vehiculo, ...], int]:
    """Return one page of the vehicles by plate, and how many there are; `active` None: all."""
    rows = await db.fetch(FIND_VEHICLES, active, limit, offset)
    return tuple(_vehiculo(row) for row in rows), await db.fetchval(COUNT_VEHICLES, active)


READ_VEHICLE: Final = f"SELECT {_VEHICLE} FROM vehiculos v WHERE v.id = $1"  # noqa: S608
LOCK_VEHICLE: Final = f"{READ_VEHICLE} FOR NO KEY UPDATE"


async def read_vehicle(db: Db, vehiculo_id: int, *, lock: bool = False) -> Vehiculo | None:
    """Return one vehicle; with `lock` its row is held until the transaction ends."""
    row = await db.fetchrow(LOCK_VEHICLE if lock else READ_VEHICLE, vehiculo_id)
    return _vehiculo(row) if row else None


INSERT_VEHICLE: Final = f"""
WITH v AS (INSERT INTO vehiculos (placa, nombre, capacidad_kg, salida, regreso, chofer_id, activo, creado_en,
                                  actualizado_en)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8) RETURNING *)
SELECT {_VEHICLE} FROM v"""  # noqa: S608


async def insert_vehicle(db: Db, new: NuevoVehiculo, now: datetime) -> Vehiculo:
    """Add a vehicle; UniqueViolation (PLACA_UNICA) when another has its plate."""
    return _vehiculo(await db.fetchrow(INSERT_VEHICLE, *_fields(new), now))


WRITE_VEHICLE: Final = f"""
WITH v AS (UPDATE vehiculos SET placa = $1, nombre = $2, capacidad_kg = $3, salida = $4, regreso = $5, chofer_id = $6,
                                activo = $7, version = version + 1, actualizado_en = $8
            WHERE id = $9 RETURNING *)
SELECT {_VEHICLE} FROM v"""  # noqa: S608


async def write_vehicle(db: Db, changed: Vehiculo, now: datetime) -> Vehiculo:
    """Store a vehicle that is held; errors as `insert_vehicle`."""
    return _vehiculo(await db.fetchrow(WRITE_VEHICLE, *_fields(changed), now, changed.id))


def _fields(vehicle: NuevoVehiculo | Vehiculo) -> tuple[Any, ...]:
    return (
        vehicle.placa,
        vehicle.nombre,
        vehicle.capacidad_kg,
        time.fromisoformat(vehicle.salida),
        time.fromisoformat(vehicle.regreso),
        vehicle.chofer_id,
        vehicle.activo,
    )


def _vehiculo(row: Record) -> Vehiculo:
    return Vehiculo(**{**dict(row), "capacidad_kg": plain_decimal(row["capacidad_kg"])})
