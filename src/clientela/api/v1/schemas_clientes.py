"""What comes in and goes out of the client register's part of v1: localities, categories, addresses."""

from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from msgspec import structs
from pydantic import BeforeValidator, Field, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

from clientela.api.body import (
    LINEA,
    RECORTADA,
    Consulta,
    EntradaV1,
    Latitud,
    Longitud,
    NoVacio,
    Uuid,
    UuidONulo,
    absent,
)
from clientela.clientes.model import (
    CambiosCategoria,
    CambiosDireccion,
    CambiosLocalidad,
    Categoria,
    Direccion,
    Localidad,
    NuevaDireccion,
)
from clientela.core.ids import parse_uuid

# So many clients change hands at once; each is a change of its own, audited and told of.
MAX_ASSIGNED: Final = 200
_LAST_NUMBER: Final = 2**63 - 1


def _reference(value: Any) -> Any:
    found = parse_uuid(value) if isinstance(value, str) else value
    if not isinstance(found, UUID) and (type(found) is not int or not 1 <= found <= _LAST_NUMBER):
        raise PydanticCustomError("uuid_parsing", "")
    return found


Referencia = Annotated[
    UUID | int,
    BeforeValidator(_reference),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "format": "uuid"},
                {"type": "integer", "minimum": 1, "maximum": _LAST_NUMBER},
            ]
        }
    ),
]
Codigo = Annotated[str, StringConstraints(strip_whitespace=True, max_length=40, pattern=LINEA), NoVacio]
Nombre = Annotated[str, StringConstraints(strip_whitespace=True, max_length=100, pattern=LINEA), NoVacio]
Calle = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500), NoVacio]
Linea20 = Annotated[Annotated[str, StringConstraints(max_length=20, pattern=LINEA)] | None, RECORTADA]
Linea100 = Annotated[Annotated[str, StringConstraints(max_length=100, pattern=LINEA)] | None, RECORTADA]


class LocalidadEntrada(EntradaV1):
    """A new locality."""

    nombre: Nombre
    codigo: Codigo


class LocalidadCambios(EntradaV1):
    """Changes of a locality; an absent field stays."""

    nombre: Nombre = Field(default_factory=absent)
    codigo: Codigo = Field(default_factory=absent)

    def as_changes(self) -> CambiosLocalidad:
        """Say it in the register's words."""
        return CambiosLocalidad(self.nombre, self.codigo)


class LocalidadesPagina(msgspec.Struct):
    """One page of localities, by name."""

    items: tuple[Localidad, ...]
    total: int
    page: int
    per_page: int


class CategoriaEntrada(EntradaV1):
    """A new client category."""

    clave: Codigo
    nombre: Nombre
    activo: bool = True


class CategoriaCambios(EntradaV1):
    """Changes of a client category; an absent field stays."""

    clave: Codigo = Field(default_factory=absent)
    nombre: Nombre = Field(default_factory=absent)
    activo: bool = Field(default_factory=absent)

    def as_changes(self) -> CambiosCategoria:
        """Say it in the register's words."""
        return CambiosCategoria(self.clave, self.nombre, self.activo)


class CategoriasPagina(msgspec.Struct):
    """One page of client categories, by name."""

    items: tuple[Categoria, ...]
    total: int
    page: int
    per_page: int


class AsignacionEntrada(EntradaV1):
    """Whose the clients are to be, by identifier or number; null is nobody's."""

    clientes: Annotated[list[Referencia], Field(min_length=1, max_length=MAX_ASSIGNED)]
    vendedor_id: UuidONulo


class TraspasoEntrada(EntradaV1):
    """Whose clients are to be whose; null is nobody's."""

    de_vendedor_id: Uuid
    vendedor_id: UuidONulo


class AsignacionSalida(msgspec.Struct):
    """How many clients are the seller's now; `restantes` are still with the one who leaves them."""

    vendedor_id: UUID | None
    asignados: int
    restantes: int


class DireccionEntrada(EntradaV1):
    """A new address; with coordinates it is a branch."""

    direccion: Calle
    ciudad: Linea100 = None
    departamento: Linea100 = None
    codigo_postal: Linea20 = None
    latitud: Latitud | None = None
    longitud: Longitud | None = None
    es_principal: bool = False
    activa: bool = True

    def as_new(self) -> NuevaDireccion:
        """Say it in the register's words."""
        return NuevaDireccion(**{name: getattr(self, name) for name in NuevaDireccion.__struct_fields__})


class DireccionCambios(EntradaV1):
    """Changes of an address; an absent field stays, null clears."""

    direccion: Calle = Field(default_factory=absent)
    ciudad: Linea100 = Field(default_factory=absent)
    departamento: Linea100 = Field(default_factory=absent)
    codigo_postal: Linea20 = Field(default_factory=absent)
    latitud: Latitud | None = Field(default_factory=absent)
    longitud: Longitud | None = Field(default_factory=absent)
    es_principal: bool = Field(default_factory=absent)
    activa: bool = Field(default_factory=absent)

    def as_changes(self) -> CambiosDireccion:
        """Say it in the register's words."""
        return CambiosDireccion(**{name: getattr(self, name) for name in CambiosDireccion.__struct_fields__})


class DireccionSalida(msgspec.Struct):
    """An address; coordinates are numbers, for they are no money."""

    id: int
    uuid: UUID
    direccion: str
    ciudad: str | None
    departamento: str | None
    codigo_postal: str | None
    latitud: float | None
    longitud: float | None
    es_principal: bool
    activa: bool


class DireccionesPagina(msgspec.Struct):
    """One page of a client's addresses, oldest first."""

    items: list[DireccionSalida]
    total: int
    page: int
    per_page: int


def shown(address: Direccion) -> DireccionSalida:
    """Show an address."""
    found = structs.asdict(address)
    degrees = {name: None if found[name] is None else float(found[name]) for name in ("latitud", "longitud")}
    return DireccionSalida(**{**found, **degrees})


class LineaConsulta(Consulta):
    """Which part of a timeline: what came before the cursor `after`, at most `limit` events."""

    after: Annotated[int, Field(ge=1, le=2**62)] | None = None
    limit: Annotated[int, Field(ge=1, le=100)] = 20
