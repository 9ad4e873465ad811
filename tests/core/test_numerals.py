"""Numbers on paper: as they are written in Spanish."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clientela.core import numerals


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("0.00", "Cero 00/100"), ("1.00", "Uno 00/100"), ("16.05", "Dieciséis 05/100"), ("21.50", "Veintiuno 50/100"),
        ("31.00", "Treinta y uno 00/100"), ("40.00", "Cuarenta 00/100"), ("100.00", "Cien 00/100"),
        ("101.00", "Ciento uno 00/100"), ("555.55", "Quinientos cincuenta y cinco 55/100"), ("1000.00", "Mil 00/100"),
        ("1001.00", "Mil uno 00/100"), ("1234.50", "Mil doscientos treinta y cuatro 50/100"),
        ("21000.00", "Veintiún mil 00/100"), ("100000.00", "Cien mil 00/100"), ("1000000.00", "Un millón 00/100"),
        ("1000001.00", "Un millón uno 00/100"), ("21000021.99", "Veintiún millones veintiuno 99/100"),
        ("999000999000.99", "Novecientos noventa y nueve mil millones novecientos noventa y nueve mil 99/100"),
    ],
)  # fmt: skip
def test_amounts_in_words(value: str, written: str) -> None:
    assert numerals.amount_in_words(Decimal(value)) == written


@given(st.integers(0, 999_999), st.integers(0, 999_999))
def test_two_amounts_are_never_written_alike(one: int, two: int) -> None:
    assert (numerals.in_words(one) == numerals.in_words(two)) == (one == two)


@pytest.mark.parametrize(
    ("value", "written"),
    [("0.00", "0,00"), ("9.5", "9,50"), ("1234.50", "1.234,50"), ("999999999999.99", "999.999.999.999,99")],
)
def test_amounts(value: str, written: str) -> None:
    assert numerals.amount(Decimal(value)) == written


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("2", "2"),
        ("2.000", "2"),
        ("0.300", "0,3"),
        ("1200.125", "1.200,125"),
        ("100", "100"),
        ("1E+3", "1.000"),
    ],
)
def test_quantities(value: str, written: str) -> None:
    assert numerals.quantity(Decimal(value)) == written


def test_days() -> None:
    assert numerals.day(date(2026, 9, 1)) == "1 de septiembre de 2026"
