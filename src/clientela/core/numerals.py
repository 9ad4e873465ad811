"""Numbers as they are written in Spanish: for papers that people read, never for machines."""

from datetime import date
from decimal import Decimal
from typing import Final

_UNITS: Final = (
    "cero", "un", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve", "diez", "once", "doce", "trece",
    "catorce", "quince", "dieciséis", "diecisiete", "dieciocho", "diecinueve", "veinte", "veintiún", "veintidós",
    "veintitrés", "veinticuatro", "veinticinco", "veintiséis", "veintisiete", "veintiocho", "veintinueve",
)  # fmt: skip
_TENS: Final = ("treinta", "cuarenta", "cincuenta", "sesenta", "setenta", "ochenta", "noventa")
_HUNDREDS: Final = (
    "ciento", "doscientos", "trescientos", "cuatrocientos", "quinientos", "seiscientos", "setecientos", "ochocientos",
    "novecientos",
)  # fmt: skip
_MONTHS: Final = (
    "enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre",
    "diciembre",
)  # fmt: skip
_MILLION: Final = 1_000_000


def amount(value: Decimal) -> str:
    """Write an amount with two decimals as `1.234,50`."""
    return _european(f"{value:,.2f}")


def quantity(value: Decimal) -> str:
    """Write a quantity with the decimals that it has: `1.234`, `0,3`."""
    return _european(f"{value.normalize():,f}")


def _european(text: str) -> str:
    return text.translate(str.maketrans(",.", ".,"))


def day(value: date) -> str:
    """Write a day as `20 de noviembre de 2026`."""
    return f"{value.day} de {_MONTHS[value.month - 1]} de {value.year}"


def amount_in_words(value: Decimal) -> str:
    """Write an amount as cheques and invoices do: `Mil doscientos treinta y cuatro 50/100`, below a million million."""
    whole, cents = divmod(int(value * 100), 100)
    words = in_words(whole)
    # At the end of a number it is "uno"; only before a noun it is shorter.
    if words.endswith(("un", "ún")):
        words = f"{words[:-2]}uno"
    return f"{words[0].upper()}{words[1:]} {cents:02}/100"


def in_words(number: int) -> str:
    """Write a whole number below a million million in words that stand before a noun: `veintiún`, `un millón`."""
    millions, rest = divmod(number, _MILLION)
    thousands, units = divmod(rest, 1000)
    parts = []
    if millions:
        parts.append("un millón" if millions == 1 else f"{in_words(millions)} millones")
    if thousands:
        parts.append("mil" if thousands == 1 else f"{_below_thousand(thousands)} mil")
    if units or not parts:
        parts.append(_below_thousand(units))
    return " ".join(parts)


def _below_thousand(number: int) -> str:
    if number == 100:
        return "cien"
    hundreds, rest = divmod(number, 100)
    if not hundreds:
        return _below_hundred(rest)
    return _HUNDREDS[hundreds - 1] + (f" {_below_hundred(rest)}" if rest else "")


def _below_hundred(number: int) -> str:
    if number < 30:
        return _UNITS[number]
    tens, units = divmod(number, 10)
    return _TENS[tens - 3] + (f" y {_UNITS[units]}" if units else "")
