"""Texts compare without accents and case, the same in Python and in SQL; phones have one key."""

import sys
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clientela.core import text

LATIN = [
    chr(code)
    for code in range(0x20, sys.maxunicode)
    if unicodedata.name(chr(code), "").startswith(("LATIN ", "MODIFIER LETTER", "COMBINING", "FULLWIDTH"))
]


@pytest.mark.parametrize(
    ("typed", "searched"),
    [
        ("José PÉREZ", "jose perez"),
        ("Ñandú  de\tla Sierra ", "nandu de la sierra"),
        ("Jose\u0301", "jose"),
        ("Straße", "strasse"),
        ("ŒUVRE Łódź Þór", "oeuvre lodz thor"),
        ("AB\u00a0C", "ab c"),
        ("ﬁn ÅNGSTRÖM", "fin angstrom"),
        ("", ""),
        ("Привет", "Привет"),
    ],
)
def test_search_ignores_accents_and_case(typed, searched):
    assert text.normalise_search(typed) == searched


def test_sql_and_python_agree_on_every_latin_letter(db):
    rows = db.fetch("SELECT t, normalizar(t) AS n FROM unnest($1::text[]) AS t", LATIN)
    assert len(rows) > 1400
    assert [row["t"] for row in rows if row["n"] != text.normalise_search(row["t"])] == []


@settings(max_examples=200, deadline=None)
@given(st.text(st.sampled_from([*LATIN, *" \t\r\n\v\f\u00a0\u2003"]), max_size=60))
def test_sql_and_python_agree_on_texts(db, typed):
    assert db.fetchval("SELECT normalizar($1::text)", typed) == text.normalise_search(typed)


@settings(max_examples=200, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs", "Cn"], exclude_characters="\x00"), max_size=60))
def test_sql_and_python_agree_on_any_assigned_character(db, typed):
    assert db.fetchval("SELECT normalizar($1::text)", typed) == text.normalise_search(typed)


@given(st.text(max_size=60))
def test_normalising_twice_changes_nothing(typed):
    once = text.normalise_search(typed)
    assert text.normalise_search(once) == once


def test_the_sql_function_may_stand_in_an_index(db):
    assert db.fetchval("SELECT provolatile FROM pg_proc WHERE proname = 'normalizar'") == b"i"


@pytest.mark.parametrize(
    ("typed", "pais", "e164"),
    [
        ("70012345", "BO", "+59170012345"),
        ("700-12345", "BO", "+59170012345"),
        ("(591) 7001 2345", "BO", "+59170012345"),
        ("+591 70012345", "SV", "+59170012345"),
        ("00591 70012345", "BO", "+59170012345"),
        ("7001\u20112345", "BO", "+59170012345"),
        ("\uff0b591\uff17\uff10\uff10\uff11\uff12\uff13\uff14\uff15", "BO", "+59170012345"),
        ("7777-7777", "SV", "+50377777777"),
        ("+1 650 253 0000", "BO", "+16502530000"),
        ("123", "BO", None),
        ("1234567", "BO", None),
        ("vendedor1", "BO", None),
        ("1-800-FLOWERS", "US", None),
        ("+999 123456789", "BO", None),
        ("", "BO", None),
        ("7" * 40, "BO", None),
        ("()()()()", "BO", None),
    ],
)
def test_phones_have_one_form(typed, pais, e164):
    assert text.phone_e164(typed, pais) == e164


@given(st.text(max_size=50))
def test_any_text_is_a_phone_or_is_not(typed):
    result = text.phone_e164(typed, "BO")
    assert result is None or (result.startswith("+") and result[1:].isdigit())


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        (" Ana@Example.COM ", "ana@example.com"),
        ("JOSE\u0301@x.bo", "jos\u00e9@x.bo"),
        ("70012345", "+59170012345"),
        ("+591 700-12345", "+59170012345"),
        ("María.Ñ", "mar\u00eda.\u00f1"),
        ("STRASSE", "strasse"),
    ],
)
def test_logins_share_one_namespace(typed, key):
    assert text.clave_acceso(typed, "BO") == key
