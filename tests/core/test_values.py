"""The one layer against hostile values: what passes, what is refused, and with which field named."""

import contextlib
import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clientela.core import values
from clientela.core.errors import BadRequest, Invalid

NO_JSON = [
    b"",
    b"{",
    b"nul",
    b"\xef\xbb\xbf{}",
    b'"\xff"',
    b'{"a": NaN}',
    b'{"a": Infinity}',
    b'{"a": -Infinity}',
    b"[" * 100_000,
    b'{"a": 01}',
    b"{'a': 1}",
    b'{"a": "\n"}',
]
NO_VALUE = [
    (b'{"a": "x\\u0000y"}', "a"),
    (b'{"a": ["ok", "\\ud800"]}', "a.1"),
    (b'{"a": {"b": 9223372036854775808}}', "a.b"),
    (b'{"a": -9223372036854775809}', "a"),
    (b'{"a": ' + b"9" * 5000 + b"}", "a"),
    (b'{"a": 1e999}', "a"),
    (b'{"a": 1e1000000}', "a"),
    (b'{"a": 0.' + b"1" * 5000 + b"}", "a"),
    (b'{"a": ' + b"[" * 32 + b"]" * 32 + b"}", "a"),
]


@pytest.mark.parametrize("raw", NO_JSON)
def test_what_is_no_json_is_refused_as_such(raw: bytes) -> None:
    with pytest.raises(BadRequest) as caught:
        values.loads(raw)
    assert caught.value.code == "json_invalido"


@pytest.mark.parametrize(("raw", "field"), NO_VALUE)
def test_a_value_that_cannot_be_stored_is_refused_by_its_field(raw: bytes, field: str) -> None:
    with pytest.raises(Invalid) as caught:
        values.loads(raw)
    assert list(caught.value.errors or {}) == [field]


def test_the_deepest_document_that_passes_has_32_levels() -> None:
    assert values.loads(b"[" * 32 + b"]" * 32)
    with pytest.raises(Invalid):
        values.loads(b"[" * 33 + b"]" * 33)


def test_decimals_keep_every_digit() -> None:
    assert values.loads(b'{"precio": 12.10}') == {"precio": Decimal("12.10")}
    assert values.NUMBERS.encode({"precio": Decimal("12.10")}) == b'{"precio":12.10}'
    assert values.STRINGS.encode({"precio": Decimal("12.10")}) == b'{"precio":"12.10"}'


storable = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text("abcñé", max_size=3), inner),
    max_leaves=20,
)


@given(storable)
def test_everything_storable_comes_through_unchanged(value: object) -> None:
    assert values.loads(json.dumps(value).encode()) == value


@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_but_an_error_of_ours(raw: bytes) -> None:
    with contextlib.suppress(BadRequest, Invalid):
        values.loads(raw)


_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.decimals(allow_nan=False, allow_infinity=False).map(lambda d: float(d) if abs(d) < 10**300 else 0.5)
    | st.text(st.characters(exclude_categories=()), max_size=20)
)
_DOCUMENTS = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
)


def outcome(read, raw):
    try:
        return "read", repr(read(raw))
    except (BadRequest, Invalid) as error:
        return type(error).__name__, error.errors


@given(_DOCUMENTS, st.booleans(), st.integers(0, 40))
def test_the_quick_way_reads_exactly_what_the_careful_one_does(document, ascii_only, depth):
    text = "[" * depth + json.dumps(document, ensure_ascii=ascii_only) + "]" * depth
    raw = text.encode("utf-8", "surrogatepass")
    assert outcome(values.loads, raw) == outcome(values._loads_carefully, raw)


@given(st.binary(max_size=30) | st.text('[]{}",:0123456789eE+-.truefalsnl\\u ', max_size=30).map(str.encode))
def test_the_quick_way_refuses_exactly_what_the_careful_one_does(raw):
    assert outcome(values.loads, raw) == outcome(values._loads_carefully, raw)
