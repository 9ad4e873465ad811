"""Decisions about the lines of a cart: no database, no clock."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from clientela.carritos.model import LineaPedida, LineaSumada
from clientela.core.textos import CAMPOS

# Which field of a line each refusal of the database is about.
_FIELDS: Mapping[str, str] = {
    "producto_desconocido": "itemId",
    "producto_retirado": "itemId",
    "cantidad_entera": "cantidad",
    "cantidad_excesiva": "cantidad",
}


class LineArrays(NamedTuple):
    """Lines as the functions of the database take them: three arrays of one length."""

    productos: list[str | None]
    cantidades: list[Decimal]
    fracciones: list[bool]


def add_up(lines: Iterable[LineaPedida]) -> list[LineaSumada]:
    """Sum the lines of each product, in the order in which the products first appear.

    Lines without a possible identifier stay apart, so that each can be named.
    """
    groups: dict[str | int, list[tuple[int, LineaPedida]]] = {}
    for place, line in enumerate(lines):
        groups.setdefault(line.producto_id or place, []).append((place, line))
    return [_sum(group) for group in groups.values()]


def _sum(group: Sequence[tuple[int, LineaPedida]]) -> LineaSumada:
    place, first = group[0]
    if len(group) == 1:
        return LineaSumada(first.producto_id, first.cantidad, first.cantidad % 1 != 0, (place,))
    amounts = [line.cantidad for _, line in group]
    return LineaSumada(
        producto_id=first.producto_id,
        cantidad=sum(amounts[1:], amounts[0]),
        fraccion=any(amount % 1 != 0 for amount in amounts),
        lugares=tuple(place for place, _ in group),
    )


def arrays(lines: Sequence[LineaSumada]) -> LineArrays:
    """Write lines as arrays."""
    return LineArrays(
        [line.producto_id for line in lines],
        [line.cantidad for line in lines],
        [line.fraccion for line in lines],
    )


def line_errors(
    refused: Mapping[str, Sequence[int]], lines: Sequence[LineaSumada], prefix: str = "items"
) -> dict[str, list[str]]:
    """Name every field (`items.N.itemId`, `items.N.cantidad`) of the lines that the database refused.

    `refused` maps a reason to positions in `lines`; a product sent in several lines is named in each of them.
    """
    errors: dict[str, list[str]] = {}
    for reason, field in _FIELDS.items():
        for position in refused.get(reason, ()):
            line = lines[position]
            which = f": {line.producto_id}" if field == "itemId" and line.producto_id else ""
            for place in line.lugares:
                errors.setdefault(f"{prefix}.{place}.{field}", []).append(CAMPOS[reason] + which)
    return errors
