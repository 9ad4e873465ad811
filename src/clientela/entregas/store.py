"""All SQL of the deliveries."""

from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any, Final
from uuid import UUID

import msgspec

from clientela.core.db import Db, Record
from clientela.core.money import plain_decimal
from clientela.entregas.model import NuevoVehiculo, Plan, PlanGuardado, Vehiculo

_PLAN: Final = msgspec.json.Decoder(Plan)

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


VEHICLES_FOR: Final = f"""
SELECT {_VEHICLE} FROM vehiculos v WHERE v.activo OR v.id = ANY ($1::bigint[]) ORDER BY v.placa"""  # noqa: S608


async def vehicles_for(db: Db, also: Sequence[int]) -> tuple[Vehiculo, ...]:
    """Return the vehicles in use by plate, and these others."""
    return tuple(_vehiculo(row) for row in await db.fetch(VEHICLES_FOR, list(also)))


INSERT_VEHICLE: Final = f"""
WITH v AS (INSERT INTO vehiculos (placa, nombre, capacidad_kg, salida, regreso, chofer_id, activo, creado_en,
                                  actualizado_en)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8) RETURNING *)
SELECT {_VEHICLE} FROM v"""  # noqa: S608


async def insert_vehicle(db: Db, new: NuevoVehiculo, now: datetime) -> Vehiculo:
    """Add a vehicle; UniqueViolation when another has its plate."""
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


# --- plans ----------------------------------------------------------------------------------------------------

READ_PLAN: Final = """
SELECT huella, plan, planificado_en FROM planes_entrega WHERE fecha = $1 AND plan IS NOT NULL"""


async def read_plan(db: Db, fecha: date) -> PlanGuardado | None:
    """Return the plan that a day has."""
    row = await db.fetchrow(READ_PLAN, fecha)
    return row and PlanGuardado(row["huella"], _PLAN.decode(row["plan"]), row["planificado_en"])


# Whoever may plan a day says until when. A row that is not held: the work takes seconds, and who dies over it must not
# be waited for.
RESERVE_PLAN: Final = """
INSERT INTO planes_entrega AS p (fecha, reserva, reservado_hasta) VALUES ($1, $2, $3)
ON CONFLICT (fecha) DO UPDATE SET reserva = excluded.reserva, reservado_hasta = excluded.reservado_hasta
 WHERE p.reserva IS NULL OR p.reservado_hasta < $4
RETURNING true"""


async def reserve_plan(db: Db, fecha: date, reserva: UUID, until: datetime, now: datetime) -> bool:
    """Let nobody else plan a day until then; False when somebody does."""
    return bool(await db.fetchval(RESERVE_PLAN, fecha, reserva, until, now))


WRITE_PLAN: Final = """
UPDATE planes_entrega SET huella = $3, plan = $4::jsonb, planificado_en = $5, reserva = NULL, reservado_hasta = NULL
 WHERE fecha = $1 AND reserva = $2"""
RELEASE_PLAN: Final = """
UPDATE planes_entrega SET reserva = NULL, reservado_hasta = NULL WHERE fecha = $1 AND reserva = $2"""


async def write_plan(db: Db, fecha: date, reserva: UUID, made: PlanGuardado) -> None:
    """Store the plan of a day that is still reserved, which ends that."""
    plan = msgspec.json.encode(made.plan).decode()
    await db.execute(WRITE_PLAN, fecha, reserva, made.huella, plan, made.planificado_en)


async def release_plan(db: Db, fecha: date, reserva: UUID) -> None:
    """Let others plan a day again."""
    await db.execute(RELEASE_PLAN, fecha, reserva)
