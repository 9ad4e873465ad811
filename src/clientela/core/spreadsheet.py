"""Sheets as CSV: read however a spreadsheet wrote them, written so that no spreadsheet runs what is in them.

Reading takes UTF-8 (with a mark or without), UTF-16 with a mark and Windows-1252; commas, semicolons or tabs; and the
line `sep=;` that Excel likes. Writing puts an apostrophe before what a spreadsheet would take for a formula, and
reading takes it away again, so a sheet that was exported comes back as it was.
"""

import codecs
import csv
import io
import re
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from clientela.core.errors import Invalid
from clientela.core.text import normalise_search
from clientela.core.textos import CAMPOS
from clientela.core.values import text_is_safe

DELIMITERS: Final = (",", ";", "\t")
# What a spreadsheet takes for the beginning of a formula; apostrophes before it are ours or somebody's own.
_FORMULA: Final = re.compile(r"'*[=+\-@\t\r\n\uff0b\uff0d\uff1d\uff20]")
_GUARDED: Final = re.compile(r"'+[=+\-@\t\r\n\uff0b\uff0d\uff1d\uff20]")
# A plain number begins nothing but itself.
_NUMBER: Final = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_SEPARATOR_LINE: Final = re.compile(r"sep=([,;\t])\r?\n", re.IGNORECASE)
_NOT_WORD: Final = re.compile("[^a-z0-9]+")
MAX_COLUMNS: Final = 100


class Fila(msgspec.Struct, frozen=True):
    """One row of a sheet: its number as a spreadsheet shows it, and its cells in the order of the columns."""

    numero: int
    celdas: tuple[str, ...]


class Hoja(msgspec.Struct, frozen=True):
    """A sheet: the names of its columns, its separator, and its rows that are not blank."""

    columnas: tuple[str, ...]
    separador: str
    filas: tuple[Fila, ...]


def read(raw: bytes, most_rows: int) -> Hoja:
    """Read a whole sheet; its first row names the columns (accents, case and blanks do not count).

    Raises Invalid on `archivo` for what is no such sheet or has more rows than that. Rows of the wrong length come
    as they are: whoever knows what the columns mean says what is wrong with them.
    """
    text, separator = _separated(_decoded(raw))
    filas: list[Fila] = []
    columns: tuple[str, ...] | None = None
    source = io.StringIO(text, newline="")
    try:
        for number, cells in enumerate(csv.reader(source, delimiter=separator, strict=True), 1):
            if not any(cell.strip() for cell in cells):
                continue
            if columns is None:
                columns = _names(cells)
                continue
            if len(filas) >= most_rows:
                raise Invalid.of("archivo", CAMPOS["archivo_largo"].format(maximo=most_rows))
            filas.append(Fila(number, tuple(map(unguard, _without_blank_end(cells, columns)))))
    except csv.Error as error:
        raise Invalid.of("archivo", CAMPOS["archivo_ilegible"]) from error
    if columns is None:
        raise Invalid.of("archivo", CAMPOS["archivo_vacio"])
    return Hoja(columns, separator, tuple(filas))


def _decoded(raw: bytes) -> str:
    marked = raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    for encoding in ("utf-16",) if marked else ("utf-8-sig", "cp1252"):
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if text_is_safe(text):
            return text
    raise Invalid.of("archivo", CAMPOS["archivo_ilegible"])


def _separated(text: str) -> tuple[str, str]:
    """Return the sheet without Excel's first line, and its separator: the one that splits the names most often."""
    said = _SEPARATOR_LINE.match(text)
    if said is not None:
        return text[said.end() :], said[1]
    head = text.lstrip("\r\n").split("\n", 1)[0]
    return text, max(DELIMITERS, key=head.count)


def _names(cells: Sequence[str]) -> tuple[str, ...]:
    names = [_NOT_WORD.sub("_", normalise_search(cell)).strip("_") for cell in cells]
    while names and not names[-1]:
        names.pop()
    repeated = sorted({name for name in names if names.count(name) > 1})
    if not all(names) or repeated or len(names) > MAX_COLUMNS:
        raise Invalid.of("archivo", CAMPOS["columnas_ilegibles"])
    return tuple(names)


def _without_blank_end(cells: Sequence[str], columns: Sequence[str]) -> Sequence[str]:
    """Drop empty cells beyond the last column: spreadsheets pad their rows."""
    extra = cells[len(columns) :]
    return cells if any(cell.strip() for cell in extra) else cells[: len(columns)]


def guard(text: str) -> str:
    """Return a cell that no spreadsheet takes for a formula; `unguard` gives it back."""
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text


def unguard(text: str) -> str:
    """Return what a guarded cell held."""
    return text[1:] if _GUARDED.match(text) else text


def write(columns: Sequence[str], rows: Iterable[Sequence[str]], *, head: bool) -> bytes:
    """Write rows as CSV with commas; `head` puts the mark of UTF-8 and the names of the columns before them."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    if head:
        out.write("\ufeff")
        writer.writerow(columns)
    writer.writerows([guard(cell) for cell in row] for row in rows)
    return out.getvalue().encode()
