"""The 150 clients of the demo company: shops, kitchens, hardware stores, workshops, families."""

import random
from decimal import Decimal
from typing import Final
from uuid import UUID

import msgspec

from clientela.clientes.model import NuevaDireccion, NuevoCliente
from clientela.core.text import normalise_search
from clientela.demo.lugares import LUGARES

NOMBRES: Final = (
    "Rosa", "Carmen", "Juana", "Elena", "Martha", "Silvia", "Norah", "Ruth", "Miriam", "Yolanda", "Teresa",
    "Lidia", "Victoria", "Gladys", "Ana María", "Luis", "Carlos", "Jorge", "Mario", "Freddy", "Wálter", "Rolando",
    "Édgar", "Hugo", "Víctor", "Ramiro", "Óscar", "Gonzalo", "Erwin", "José Luis",
)  # fmt: skip
APELLIDOS: Final = (
    "Suárez", "Vaca", "Justiniano", "Roca", "Cuéllar", "Áñez", "Parada", "Saucedo", "Chávez", "Rojas", "Mamani",
    "Quispe", "Flores", "Choque", "Condori", "Gutiérrez", "Vargas", "Salvatierra", "Ribera", "Melgar", "Landívar",
    "Antelo", "Moreno", "Egüez", "Terceros", "Peredo", "Montaño", "Ortiz", "Arce", "Limpias", "Soliz", "Barba",
)  # fmt: skip
ROTULOS: Final = (
    "El Tajibo", "La Amistad", "San Lorenzo", "El Camba", "Virgen de Cotoca", "El Toborochi", "La Esquina",
    "Los Hermanos", "La Económica", "El Progreso", "Santa Rita", "El Palmar", "La Unión", "El Cusi", "La Candelaria",
    "El Guapomó", "San Miguel", "La Colmena", "El Motacú", "La Chiquitana",
)  # fmt: skip


class Rubro(msgspec.Struct, frozen=True):
    """A kind of client: how many there are, their category, what they are called, may owe and buy."""

    cuantos: int
    categoria: str
    titulos: tuple[str, ...]
    credito: tuple[int, ...]
    compra: tuple[str, ...]


RUBROS: Final = (
    Rubro(48, "TIENDA", ("Tienda", "Tienda de barrio", "Micromercado", "Minimarket"), (0, 1000, 2500, 5000),
          ("ABA", "BEB", "GAL", "LAC", "LIM", "HIG")),
    Rubro(28, "COCINA", ("Restaurante", "Snack", "Pensión", "Churrasquería", "Heladería"), (0, 2000, 4000, 8000),
          ("ABA", "BEB", "DES", "LAC", "LIM")),
    Rubro(10, "COCINA", ("Panadería", "Salteñería", "Pastelería"), (1000, 3000, 6000), ("ABA", "LAC", "DES")),
    Rubro(16, "OFICIO", ("Ferretería", "Materiales de construcción"), (3000, 8000, 15000), ("FER", "ELE")),
    Rubro(12, "OFICIO", ("Taller de refrigeración", "Refrigeración y climas"), (2000, 5000, 9000), ("REF", "ELE")),
    Rubro(6, "INSTITUCION", ("Hotel", "Residencial", "Unidad educativa", "Clínica"), (5000, 12000),
          ("LIM", "HIG", "ABA", "ELE")),
    Rubro(30, "HOGAR", ("",), (0,), ("ABA", "LAC", "BEB", "LIM", "HIG", "GAL", "ELE")),
)  # fmt: skip


class Alta(msgspec.Struct, frozen=True):
    """A client to be made, his category, and the departments from which he buys."""

    cliente: NuevoCliente
    categoria: str
    compra: tuple[str, ...]


def clients(rng: random.Random, sellers: tuple[UUID | None, ...]) -> list[Alta]:
    """Return the 150 clients in the order in which they came; some of the sellers may be nobody."""
    made = [_client(rng, kind, rng.choice(sellers)) for kind in RUBROS for _ in range(kind.cuantos)]
    rng.shuffle(made)
    return made


def _client(rng: random.Random, kind: Rubro, seller: UUID | None) -> Alta:
    owner = f"{rng.choice(NOMBRES)} {rng.choice(APELLIDOS)} {rng.choice(APELLIDOS)}"
    name, company = _names(rng, kind, owner)
    address = _address(rng)
    record = NuevoCliente(
        nombre=name,
        razon_social=company,
        nit=str(rng.randint(1_000_000, 9_999_999)) + ("" if company is None else "017"),
        email=f"{_slug(name)}.{rng.randint(10, 99)}@example.com" if rng.random() < 0.6 else None,
        telefono=f"+591 {rng.choice('67')}{rng.randint(1_000_000, 9_999_999)}",
        limite_credito=Decimal(rng.choice(kind.credito)),
        latitud=address.latitud,
        longitud=address.longitud,
        vendedor_asignado_id=seller,
        direcciones=(address, *_branch(rng, kind)),
    )
    return Alta(record, kind.categoria, kind.compra)


def _names(rng: random.Random, kind: Rubro, owner: str) -> tuple[str, str | None]:
    title = rng.choice(kind.titulos)
    if not title:
        return owner, None
    first, last, *_ = owner.removeprefix("Ana ").removeprefix("José ").split()
    sign = rng.choice((rng.choice(ROTULOS), f"{'Doña' if first.endswith('a') else 'Don'} {first}", last))
    return f"{title} {sign}", owner if rng.random() < 0.7 else f"{sign} {last} S.R.L."


def _address(rng: random.Random, *, principal: bool = True) -> NuevaDireccion:
    quarter, latitude, longitude, streets = rng.choice(LUGARES)
    return NuevaDireccion(
        direccion=f"{rng.choice(streets)} n.º {rng.randint(12, 4800)}, {quarter}",
        ciudad=quarter
        if quarter in {"La Guardia", "Cotoca", "Warnes", "Montero"}
        else "Santa Cruz de la Sierra",
        departamento="Santa Cruz",
        latitud=_near(rng, latitude),
        longitud=_near(rng, longitude),
        es_principal=principal,
    )


def _near(rng: random.Random, degrees: float) -> Decimal:
    # About 600 m around the quarter's middle.
    return Decimal(f"{degrees + rng.gauss(0, 0.004):.6f}")


def _branch(rng: random.Random, kind: Rubro) -> tuple[NuevaDireccion, ...]:
    if not kind.titulos[0] or rng.random() > 0.15:
        return ()
    return (_address(rng, principal=False),)


def _slug(name: str) -> str:
    return ".".join(normalise_search(name).split())
