"""The demo company's vehicles."""

from decimal import Decimal
from typing import Final

from clientela.core.actor import Actor
from clientela.core.db import Db
from clientela.entregas import service as entregas
from clientela.entregas.model import NuevoVehiculo

_FLOTA: Final = (
    NuevoVehiculo("2841 KPD", Decimal(3500), "Camión Hino", "07:30", "17:30"),
    NuevoVehiculo("3690 TFX", Decimal(1200), "Furgón Kia", "08:00", "18:00"),
    NuevoVehiculo("4127 ZLB", Decimal(650), "Camioneta Suzuki", "08:00", "16:00"),
    NuevoVehiculo("1508 CRN", Decimal(900), "Furgón viejo, en el taller", activo=False),
)


async def open_fleet(db: Db, admin: Actor) -> None:
    """Buy the vehicles, one of which has broken down for good."""
    for vehicle in _FLOTA:
        await entregas.add_vehicle(db, admin, vehicle)
