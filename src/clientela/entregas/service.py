"""Use cases of the vehicles: staff read, administrators write (CONTRACT §12, `/api/v1/vehiculos`)."""

from collections.abc import Awaitable, Sequence
from uuid import UUID

from msgspec import UNSET, structs

from clientela.core import audit
from clientela.core.actor import Actor
from clientela.core.db import Db
from clientela.core.errors import Conflict, Forbidden, Invalid, NotFound, PreconditionFailed, UniqueViolation
from clientela.core.textos import CAMPOS, MENSAJES
from clientela.entregas import rules, store
from clientela.entregas.model import CambiosVehiculo, NuevoVehiculo, Vehiculo
from clientela.identidad import users


async def list_vehicles(
    db: Db, *, active: bool | None, limit: int, offset: int
) -> tuple[tuple[Vehiculo, ...], int]:
    """Return one page of the vehicles by plate, and how many there are; `active`: only those, or the others."""
    return await store.find_vehicles(db, active=active, limit=limit, offset=offset)


async def vehicles_for(db: Db, also: Sequence[int]) -> tuple[Vehiculo, ...]:
    """Return the vehicles in use by plate, and these others, for whoever plans or shows a day."""
    return await store.vehicles_for(db, also)


async def get_vehicle(db: Db, vehiculo_id: int) -> Vehiculo:
    """Return a vehicle; NotFound `vehiculo_no_encontrado`."""
    found = await store.read_vehicle(db, vehiculo_id)
    if found is None:
        raise NotFound("vehiculo_no_encontrado")
    return found


async def add_vehicle(db: Db, actor: Actor, new: NuevoVehiculo) -> Vehiculo:
    """Add a vehicle (admin). Conflict `placa_en_uso`; Invalid for a driver who is no staff, or hours upside down."""
    if not actor.es_admin:
        raise Forbidden
    new = structs.replace(new, placa=rules.plate(new.placa))
    await _check(db, new, new.chofer_id)
    async with db.transaction() as tx:
        made = await _free_plate(store.insert_vehicle(tx, new, tx.now()))
        await audit.record(tx, "vehiculo.creado", actor=actor, objeto=("vehiculo", str(made.id)))
        return made


async def change_vehicle(
    db: Db, actor: Actor, vehiculo_id: int, changes: CambiosVehiculo, version: int | None = None
) -> Vehiculo:
    """Change a vehicle (admin); what is UNSET stays. As `add_vehicle`, NotFound, PreconditionFailed when stale."""
    if not actor.es_admin:
        raise Forbidden
    async with db.transaction() as tx:
        before = await store.read_vehicle(tx, vehiculo_id, lock=True)
        if before is None:
            raise NotFound("vehiculo_no_encontrado")
        if version is not None and version != before.version:
            raise PreconditionFailed("desactualizado", data={"version": before.version})
        wanted = {name: value for name, value in structs.asdict(changes).items() if value is not UNSET}
        after = structs.replace(before, **wanted)
        after = structs.replace(after, placa=rules.plate(after.placa))
        # A driver who left meanwhile stays until somebody names another.
        await _check(tx, after, wanted.get("chofer_id"))
        if after == before:
            return before
        written = await _free_plate(store.write_vehicle(tx, after, tx.now()))
        await audit.record(tx, "vehiculo.actualizado", actor=actor, objeto=("vehiculo", str(vehiculo_id)))
        return written


async def _check(db: Db, vehicle: NuevoVehiculo | Vehiculo, driver: UUID | None) -> None:
    if vehicle.regreso <= vehicle.salida:
        raise Invalid({"regreso": [CAMPOS["regreso_antes"]]})
    if driver is not None and not await users.is_active_staff(db, driver):
        raise Invalid({"chofer_id": [CAMPOS["chofer_desconocido"]]})


async def _free_plate(writing: Awaitable[Vehiculo]) -> Vehiculo:
    try:
        return await writing
    except UniqueViolation as error:
        raise Conflict("placa_en_uso", errors={"placa": [MENSAJES["placa_en_uso"]]}) from error
