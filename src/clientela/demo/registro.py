"""What the demo company knows of its clients besides who they are: localities, categories, when a truck may come."""

import random
from collections.abc import Mapping
from datetime import time
from typing import Final

import msgspec
from msgspec import structs

from clientela.clientes import catalogues
from clientela.clientes.model import NuevaVentana, NuevoCliente
from clientela.core.actor import Actor
from clientela.core.db import Db

# The first is the city; an address names the town that it lies in.
LOCALIDADES: Final = (
    ("Santa Cruz de la Sierra", "SCZ"),
    ("La Guardia", "LGU"),
    ("Cotoca", "COT"),
    ("Warnes", "WAR"),
    ("Montero", "MON"),
)
CATEGORIAS: Final = (
    ("VIP", "VIP"),
    ("MAYORISTA", "Mayorista"),
    ("TIENDA", "Tienda"),
    ("COCINA", "Restaurante o panadería"),
    ("OFICIO", "Ferretería o taller"),
    ("INSTITUCION", "Institución"),
    ("HOGAR", "Hogar"),
)
_WEEK: Final = (1, 2, 3, 4, 5)
# Days (0 = Sunday) and hours by category; one of the patterns is a client's. None at all: whenever it suits.
HORAS: Final[Mapping[str, tuple[tuple[tuple[int, ...], tuple[str, ...]], ...]]] = {
    "TIENDA": (((*_WEEK, 6), ("08:00-12:00",)), (_WEEK, ("08:00-12:00", "15:00-19:00")), ((1, 3, 5), ("14:00-17:30",))),
    "COCINA": (((2, 4, 6), ("07:00-10:30",)), (_WEEK, ("06:00-09:00", "15:30-17:30"))),
    "OFICIO": ((_WEEK, ("08:30-12:30", "14:30-18:30")), ((*_WEEK, 6), ("08:30-12:30",))),
    "INSTITUCION": ((_WEEK, ("09:00-11:30",)),),
    "HOGAR": (((6,), ("09:00-13:00",)), ((), ())),
}  # fmt: skip


class Registro(msgspec.Struct, frozen=True):
    """The numbers of the localities, by name, and of the categories, by key."""

    localidades: Mapping[str, int]
    categorias: Mapping[str, int]


async def open_register(db: Db, admin: Actor) -> Registro:
    """Make the localities and the categories."""
    towns = [await catalogues.add_locality(db, admin, *town) for town in LOCALIDADES]
    kinds = [await catalogues.add_category(db, admin, *kind, activo=True) for kind in CATEGORIAS]
    return Registro({town.nombre: town.id for town in towns}, {kind.clave: kind.id for kind in kinds})


def completed(rng: random.Random, registro: Registro, client: NuevoCliente, kind: str) -> NuevoCliente:
    """Return a client with his town, his categories and the hours in which he takes deliveries."""
    keys = [kind]
    if client.limite_credito >= 8000:
        keys.append("VIP")
    elif client.limite_credito >= 4000:
        keys.append("MAYORISTA")
    town = client.direcciones[0].ciudad or LOCALIDADES[0][0]
    return structs.replace(
        client,
        localidad_id=registro.localidades[town],
        categorias_ids=tuple(registro.categorias[key] for key in keys),
        ventanas=windows(*rng.choice(HORAS[kind])),
    )


def windows(days: tuple[int, ...], hours: tuple[str, ...]) -> tuple[NuevaVentana, ...]:
    """Return the windows of each of the days; `hours` are like `08:00-12:00`."""
    spans = [tuple(map(time.fromisoformat, span.split("-"))) for span in hours]
    return tuple(NuevaVentana(day, begins, ends) for day in days for begins, ends in spans)
