"""Decisions about the organisation's settings: no database, no clock."""

from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Any
from zoneinfo import available_timezones

import msgspec

from clientela.organizacion.model import CambiosOrganizacion, Horario, Organizacion


@lru_cache(maxsize=1)
def known_zones() -> frozenset[str]:
    """Every zone this system knows (asking it reads the disk, so once is enough)."""
    return frozenset(available_timezones())


def check_zone(zona: str) -> dict[str, list[str]]:
    """Tell what is wrong with a zone's name, by field."""
    return {} if zona in known_zones() else {"zona": ["Zona horaria desconocida"]}


def check_hours(horarios: Sequence[Horario]) -> dict[str, list[str]]:
    """Tell what is wrong with opening hours, by field.

    Each must begin before it ends, and no two of one day may overlap; one may begin where another ends.
    """
    errors: dict[str, list[str]] = {}
    for index, hours in enumerate(horarios):
        if hours.inicio >= hours.fin:
            errors[f"horarios.{index}.fin"] = ["Debe ser posterior a inicio"]
    in_order = sorted(enumerate(horarios), key=lambda pair: (pair[1].dia_semana, pair[1].inicio, pair[0]))
    for (_, before), (index, hours) in pairwise(in_order):
        if before.dia_semana == hours.dia_semana and hours.inicio < before.fin:
            errors.setdefault(f"horarios.{index}.inicio", ["Se superpone con otro horario del mismo día"])
    return errors


def apply_changes(current: Organizacion, changes: CambiosOrganizacion) -> Organizacion:
    """Return the settings as they will be: hours in the week's order, each holiday once, in order."""
    fields: dict[str, Any] = msgspec.structs.asdict(changes)
    wanted = {name: value for name, value in fields.items() if value is not msgspec.UNSET}
    if "horarios" in wanted:
        wanted["horarios"] = tuple(sorted(wanted["horarios"], key=lambda h: (h.dia_semana, h.inicio)))
    if "feriados" in wanted:
        wanted["feriados"] = tuple(sorted(set(wanted["feriados"])))
    return msgspec.structs.replace(current, **wanted)


def changed_fields(before: Organizacion, after: Organizacion) -> list[str]:
    """Name the fields that differ, in the order of the model."""
    return [f for f in Organizacion.__struct_fields__ if getattr(before, f) != getattr(after, f)]
