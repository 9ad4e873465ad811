"""What comes in and goes out of `/api/v1/organizacion`."""

import re
from decimal import Decimal
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from clientela.api.body import EntradaV1, Fecha, NoVacio, absent
from clientela.organizacion.model import CambiosOrganizacion, Deposito, Horario

_HOUR: Final = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]")


def _hour(value: str) -> str:
    if not _HOUR.fullmatch(value):
        raise PydanticCustomError("hora", "Debe ser una hora HH:mm")
    return value


def _degrees(value: Any) -> Any:
    # Bodies are read with exact numbers; a coordinate is stored as a float.
    return float(value) if type(value) in {int, Decimal} else value


Hora = Annotated[str, StringConstraints(max_length=5), AfterValidator(_hour)]
Texto = Annotated[str, StringConstraints(max_length=1000)]


class HorarioEntrada(EntradaV1):
    """Opening hours of one weekday, 0 = Sunday."""

    dia_semana: int = Field(ge=0, le=6)
    inicio: Hora
    fin: Hora


class DepositoEntrada(EntradaV1):
    """Where deliveries start from."""

    lat: Annotated[float, BeforeValidator(_degrees), Field(ge=-90, le=90)]
    lng: Annotated[float, BeforeValidator(_degrees), Field(ge=-180, le=180)]


class OrganizacionEntrada(EntradaV1):
    """The organisation's settings: an absent field stays, `null` clears a text or the depot."""

    nombre: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200), NoVacio] = Field(
        default_factory=absent
    )
    zona: Annotated[str, StringConstraints(max_length=64)] = Field(default_factory=absent)
    moneda: Annotated[str, StringConstraints(pattern="^[A-Z]{3}$")] = Field(default_factory=absent)
    horarios: Annotated[list[HorarioEntrada], Field(max_length=100)] = Field(default_factory=absent)
    feriados: Annotated[list[Fecha], Field(max_length=1000)] = Field(default_factory=absent)
    mensaje_ausente: Texto | None = Field(default_factory=absent)
    saludo: Texto | None = Field(default_factory=absent)
    deposito: DepositoEntrada | None = Field(default_factory=absent)
    # What GET shows may be sent back: the version asks as `If-Match` does, the instant is ours to set.
    version: int | None = Field(None, ge=0)
    actualizado_en: Annotated[str, StringConstraints(max_length=40)] | None = None

    def as_changes(self) -> CambiosOrganizacion:
        """Say it in the organisation's words."""
        names = self.model_fields_set - {"version", "actualizado_en"}
        sent: dict[str, Any] = {name: getattr(self, name) for name in names}
        if "horarios" in sent:
            sent["horarios"] = tuple(Horario(h.dia_semana, h.inicio, h.fin) for h in sent["horarios"])
        if "feriados" in sent:
            sent["feriados"] = tuple(sent["feriados"])
        if sent.get("deposito") is not None:
            sent["deposito"] = Deposito(sent["deposito"].lat, sent["deposito"].lng)
        return CambiosOrganizacion(**sent)
