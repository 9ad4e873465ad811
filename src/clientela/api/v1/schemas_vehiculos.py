"""What comes in and goes out of `/api/v1/vehiculos`."""

from datetime import time
from decimal import Decimal
from typing import Annotated, Any, Literal

import msgspec
from pydantic import BeforeValidator, Field, StringConstraints, WithJsonSchema

from clientela.api.body import (
    LINEA,
    RECORTADA,
    EntradaV1,
    Hora,
    NoVacio,
    Pagina,
    UuidONulo,
    absent,
    blank_is_default,
    number_or_text,
)
from clientela.entregas.model import CambiosVehiculo, NuevoVehiculo, Vehiculo

Placa = Annotated[str, StringConstraints(strip_whitespace=True, max_length=20, pattern=LINEA), NoVacio]
Nombre = Annotated[Annotated[str, StringConstraints(max_length=100, pattern=LINEA)] | None, RECORTADA]
Capacidad = Annotated[
    Decimal,
    BeforeValidator(number_or_text),
    Field(gt=0, le=Decimal(100_000), max_digits=9, decimal_places=3),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "exclusiveMinimum": 0, "maximum": 100_000, "multipleOf": 0.001},
                {"type": "string", "pattern": r"^\s*(?!0+(\.0+)?\s*$)0{0,9}[0-9]{1,5}(\.[0-9]{1,3})?\s*$"},
            ]
        }
    ),
]


class VehiculoEntrada(EntradaV1):
    """A new vehicle; hours are those of the organisation's wall clock."""

    placa: Placa
    capacidad_kg: Capacidad
    nombre: Nombre = None
    salida: Hora = time(8)
    regreso: Hora = time(18)
    chofer_id: UuidONulo = None
    activo: bool = True

    def as_new(self) -> NuevoVehiculo:
        """Say it in the deliveries' words."""
        return NuevoVehiculo(**_plain(self))


class VehiculoCambios(EntradaV1):
    """Some fields of a vehicle; `null` clears its name or its driver."""

    placa: Placa = Field(default_factory=absent)
    capacidad_kg: Capacidad = Field(default_factory=absent)
    nombre: Nombre = Field(default_factory=absent)
    salida: Hora = Field(default_factory=absent)
    regreso: Hora = Field(default_factory=absent)
    chofer_id: UuidONulo = Field(default_factory=absent)
    activo: bool = Field(default_factory=absent)

    def as_changes(self) -> CambiosVehiculo:
        """Say it in the deliveries' words."""
        return CambiosVehiculo(**_plain(self))


def _plain(body: EntradaV1) -> dict[str, Any]:
    return {name: _said(getattr(body, name)) for name in body.model_fields_set}


def _said(value: Any) -> Any:
    return f"{value:%H:%M}" if isinstance(value, time) else value


class VehiculosConsulta(Pagina):
    """Which vehicles a list holds: `activo=1` those in use, `activo=0` the others."""

    activo: Annotated[Literal["1", "0"] | None, blank_is_default(None)] = None

    @property
    def active(self) -> bool | None:
        """Which it asks for; None for all."""
        return None if self.activo is None else self.activo == "1"


class VehiculosPagina(msgspec.Struct):
    """One page of vehicles."""

    items: tuple[Vehiculo, ...]
    total: int
    page: int
    per_page: int
