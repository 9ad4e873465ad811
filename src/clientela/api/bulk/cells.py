"""Cells of a sheet as the texts that the models read: decimal commas, dates, yes and no, and what Excel spoils."""

import re
from collections.abc import Callable
from typing import Final, TypeAlias

from clientela.core.text import normalise_search
from clientela.core.textos import CAMPOS

_DAY_FIRST: Final = re.compile(r"([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]([0-9]{4})")
_INSTANT: Final = re.compile(
    r"(?P<day>[0-9/.-]{8,10})(?:[ T](?P<hour>[0-9]{1,2}):(?P<rest>[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?)"
    r" ?(?P<offset>Z|[+-][0-9]{2}:[0-9]{2})?)?"
)
_YEAR_FIRST: Final = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[ T]00:00(?::00)?)?")
# Spreadsheets write the sign; a code that only looks like such a number (12E4567890) has none.
_SPOILT: Final = re.compile(r"[0-9](?:[.,][0-9]+)?[eE][+][0-9]+")
_WHOLE: Final = re.compile(r"([0-9]{5,})[.,]0+")
_PLAIN: Final = re.compile(r"-?[0-9]+")
_GROUPED: Final = {
    ",": re.compile(r"-?[0-9]{1,3}(?:\.[0-9]{3})+(?:,[0-9]+)?"),
    ".": re.compile(r"-?[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?"),
}
_MILLIONS: Final = re.compile(r"-?[0-9]{1,3}(?:(?:\.[0-9]{3}){2,}|(?:,[0-9]{3}){2,})")
_YES: Final = frozenset({"si", "s", "1", "true", "verdadero", "x", "activo", "yes"})
_NO: Final = frozenset({"no", "n", "0", "false", "falso", "inactivo"})


class Ilegible(ValueError):
    """A cell that cannot mean what its column asks for; its text is the sentence for the person who typed it."""


Reader: TypeAlias = Callable[[str, str], str | bool]
"""Reads a cell that is not blank, in a sheet with this separator."""


def text(cell: str, _separator: str) -> str:
    """Take a text as it is."""
    return cell


def code(cell: str, _separator: str) -> str:
    """Take digits that are no quantity (a phone, a NIT, a code); refuse what a spreadsheet has rounded."""
    found = cell.strip().replace("\u00a0", " ")
    if _SPOILT.fullmatch(found):
        raise Ilegible(CAMPOS["celda_redondeada"])
    whole = _WHOLE.fullmatch(found)
    return whole[1] if whole else found


def decimal(cell: str, separator: str) -> str:
    """Read a number with a decimal comma or point, as plain digits with a point.

    Where commas separate the cells the point is the decimal one; elsewhere `1.234` may be either, and is refused.
    """
    found = cell.strip().replace("\u00a0", "").replace(" ", "")
    if _PLAIN.fullmatch(found):
        return found
    for mark in (",", "."):
        other = "." if mark == "," else ","
        if other in found and mark in found and _GROUPED[mark].fullmatch(found):
            return found.replace(other, "").replace(mark, ".")
    if _MILLIONS.fullmatch(found):
        return re.sub("[.,]", "", found)
    usual = "." if separator == "," else ","
    if found.count(usual) == 1 and re.fullmatch(rf"-?[0-9]*\{usual}[0-9]+", found):
        return found.replace(",", ".")
    if re.fullmatch(r"-?[0-9]+[.,]([0-9]{1,2}|[0-9]{4,})", found):
        return found.replace(",", ".")
    raise Ilegible(
        CAMPOS["numero_dudoso"] if re.fullmatch(r"-?[0-9.,]+", found) else CAMPOS["numero_ilegible"]
    )


def date(cell: str, _separator: str) -> str:
    """Read a date as ISO 8601, also one that begins with the day."""
    found = cell.strip()
    year_first = _YEAR_FIRST.fullmatch(found)
    if year_first:
        return year_first[1]
    day_first = _DAY_FIRST.fullmatch(found)
    if day_first is None:
        raise Ilegible(CAMPOS["fecha_ilegible"])
    return f"{day_first[3]}-{int(day_first[2]):02}-{int(day_first[1]):02}"


def instant(cell: str, separator: str) -> str:
    """Read a date with an hour, or without one, as ISO 8601; a day alone is its beginning."""
    found = _INSTANT.fullmatch(cell.strip())
    if found is None:
        raise Ilegible(CAMPOS["instante_ilegible"])
    hour, rest, offset = int(found["hour"] or 0), found["rest"] or "00", found["offset"] or ""
    return f"{date(found['day'], separator)}T{hour:02}:{rest}{offset}"


def boolean(cell: str, _separator: str) -> bool:
    """Read yes or no."""
    found = normalise_search(cell)
    if found in _YES:
        return True
    if found in _NO:
        return False
    raise Ilegible(CAMPOS["si_o_no"])
