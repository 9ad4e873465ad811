"""Sheets are read however a spreadsheet wrote them, and written so that no spreadsheet runs them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clientela.api.bulk import cells
from clientela.core import spreadsheet
from clientela.core.errors import Invalid
from clientela.core.spreadsheet import guard, read, unguard, write

MOST = 1000
PLAIN = "Nombre,NIT\r\nTienda Ñandú,123\r\n"


@pytest.mark.parametrize(
    "raw",
    [
        PLAIN.encode(),
        PLAIN.encode("utf-8-sig"),
        PLAIN.encode("cp1252"),
        PLAIN.encode("utf-16"),
        PLAIN.replace(",", ";").encode(),
        PLAIN.replace(",", "\t").encode("utf-16"),
        ("sep=;\r\n" + PLAIN.replace(",", ";")).encode(),
        PLAIN.replace("\r\n", "\n").encode(),
        b"\r\n\r\n" + PLAIN.encode(),
        PLAIN.replace("\r\n", ",,,\r\n").encode(),
        PLAIN.encode() + b",\r\n , \r\n",
        PLAIN.replace("Nombre", '" NÓMBRE "').encode(),
    ],
)
def test_however_it_was_written_it_is_the_same_sheet(raw: bytes) -> None:
    sheet = read(raw, MOST)
    assert sheet.columnas == ("nombre", "nit")
    assert [row.celdas for row in sheet.filas] == [("Tienda Ñandú", "123")]


def test_rows_are_numbered_as_a_spreadsheet_shows_them() -> None:
    sheet = read(b'a,b\n1,"dos\nlineas"\n\n3,4\n', MOST)
    assert [row.numero for row in sheet.filas] == [2, 4]
    assert sheet.filas[0].celdas == ("1", "dos\nlineas")


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\xef\xbb\xbf",
        b"\n\n",
        b'a,b\n1,"sin cerrar\n',
        b'a,b\n1,"x"y\n',
        b"a,a\n1,2\n",
        b"a,,b\n1,2,3\n",
        b"a,b\n1,\x00\n",
        b"a,b\n1,\x81\x8d\n",
        b"\xff\xfea",
        b"PK\x03\x04" + bytes(range(256)),
        ",".join(f"c{n}" for n in range(101)).encode(),
        b"a\n" + b"1\n" * (MOST + 1),
        b"a\n" + b"x" * 200_000,
    ],
)
def test_what_is_no_sheet_is_refused_on_its_field(raw: bytes) -> None:
    with pytest.raises(Invalid) as refused:
        read(raw, MOST)
    assert list(refused.value.errors or {}) == ["archivo"]


@given(st.binary(max_size=300))
def test_no_bytes_at_all_are_more_than_refused(raw: bytes) -> None:
    try:
        read(raw, MOST)
    except Invalid as refused:
        said = refused.errors or {}
    else:
        said = {"archivo": []}
    assert list(said) == ["archivo"]


DANGEROUS = ["=1+1", "+59170000001", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1+1", "'=1", "''@x"]


@pytest.mark.parametrize("text", DANGEROUS)
def test_a_formula_is_guarded_and_comes_back(text: str) -> None:
    assert guard(text)[0] == "'"
    assert unguard(guard(text)) == text


@pytest.mark.parametrize("text", ["-17.7833", "-5", "0", "'tis", "Tienda =", "a@b.com", ""])
def test_what_is_no_formula_stays_as_it_is(text: str) -> None:
    assert guard(text) == text
    assert unguard(text) == text


@given(
    st.lists(
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), min_size=2, max_size=2
    )
)
def test_every_text_comes_back_as_it_was(texts: list[str]) -> None:
    raw = write(("a", "b"), [["x", *texts[:1]], ["y", *texts[1:]]], head=True)
    sheet = read(raw, MOST)
    assert [row.celdas for row in sheet.filas] == [("x", texts[0]), ("y", texts[1])]


def test_a_sheet_without_guards_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreadsheet, "guard", lambda text: text)
    assert b"\r\n=1+1" in write(("a",), [["=1+1"]], head=True)


@pytest.mark.parametrize(
    ("cell", "separator", "expected"),
    [
        ("1234", ",", "1234"),
        ("-17,5", ";", "-17.5"),
        ("-17.783300", ",", "-17.783300"),
        ("1.234,56", ";", "1234.56"),
        ("1,234.56", ",", "1234.56"),
        ("1.234.567", ";", "1234567"),
        ("1 234,5", ";", "1234.5"),
        ("0.450", ",", "0.450"),
        ("0,450", ";", "0.450"),
        ("12,5", ",", "12.5"),
        ("12.5", "\t", "12.5"),
    ],
)
def test_numbers_are_read_as_they_were_meant(cell: str, separator: str, expected: str) -> None:
    assert cells.decimal(cell, separator) == expected


@pytest.mark.parametrize(
    ("cell", "separator"),
    [
        ("1.234", ";"),
        ("1,234", ","),
        ("1,2,3", ","),
        ("1.2.3", ";"),
        ("uno", ","),
        ("1e5", ","),
        ("--1", ","),
        (".", ","),
    ],
)
def test_a_doubtful_number_is_never_guessed(cell: str, separator: str) -> None:
    with pytest.raises(cells.Ilegible):
        cells.decimal(cell, separator)


def test_what_excel_does_to_codes() -> None:
    assert cells.code("70000001.0", ",") == "70000001"
    assert cells.code(" 700-00001 ", ",") == "700-00001"
    assert cells.code("12E4567890", ",") == "12E4567890"
    with pytest.raises(cells.Ilegible):
        cells.code("5,91E+10", ";")


@pytest.mark.parametrize("cell", ["2001-02-03", "03/02/2001", "3-2-2001", "2001-02-03 00:00:00"])
def test_dates_begin_with_the_year_or_the_day(cell: str) -> None:
    assert cells.date(cell, ",") == "2001-02-03"


@pytest.mark.parametrize("cell", ["03/02/01", "ayer", "2001/2/3"])
def test_other_dates_are_refused(cell: str) -> None:
    with pytest.raises(cells.Ilegible):
        cells.date(cell, ",")


@pytest.mark.parametrize(
    ("cell", "expected"), [("Sí", True), ("VERDADERO", True), ("0", False), ("Falso", False)]
)
def test_yes_and_no(cell: str, expected: bool) -> None:
    assert cells.boolean(cell, ",") is expected
