"""Values that break programs, and how they get into every field of every route (T-FZ-2).

All of it is deterministic: the same list against the same routes in every run.
"""

import gzip
import json
from collections.abc import Iterator, Mapping
from copy import deepcopy
from itertools import pairwise
from typing import Any, Final

from pydantic import BaseModel

_MARK: Final = "@@valor@@"

# As JSON text, because most of them cannot be written by a JSON library that behaves.
TEXTS: Final = tuple(
    json.dumps(text)
    for text in (
        "",
        " ",
        "\x00",
        "a\x00b",
        "\u202egirado\u202c",
        "\u200d\u200d",
        "👩‍👩‍👧‍👦" * 20,
        "😀" * 300,
        "\ufeffbom",
        "\uffff",
        "n\u0303" * 60,
        "ñ" * 73,
        "ﷺ" * 200,
        "x" * 10_001,
        "x" * 200_000,
        "\r\nX-Inyectada: 1",
        "\x1b[31mrojo",
        "'; DROP TABLE usuarios; --",
        "' OR '1'='1",
        "*)(uid=*))(|(uid=*",
        "%s%n{0}{codigo}${7*7}",
        "${jndi:ldap://127.0.0.1/x}",
        "../../../../etc/passwd",
        "<script>alert(1)</script>",
        "NaN",
        "Infinity",
        "1e400",
        "1e1000000",
        "0x10",
        "1_000",
        "١٢٣",
        "-0",
        "5",
        "true",
        "null",
        "0001-01-01T00:00:00-14:00",
        "9999-12-31T23:59:59+14:00",
        "9999-12-31",
        "0000-00-00",
        "2026-02-30",
        "2026-01-01T00:00:00",
        "2026-06-30T23:59:60Z",
        "24:00",
        "1700000000",
        "00000000-0000-0000-0000-000000000000",
        "{00000000-0000-0000-0000-000000000000}",
        "http://[::1",
        "a@b@c",
        '"@"@example.com',
    )
)
RAW_TEXTS: Final = ('"\\ud800"', '"\\udc00\\ud800"', '"a\\ud83dz"', '"\\u0000"', '"\\u0000\\ud800"')
NUMBERS: Final = (
    "0",
    "-1",
    "-0",
    "-0.0",
    "0.0001",
    "1.5",
    "2147483648",
    "-2147483649",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775809",
    "18446744073709551616",
    "99999999999999.99",
    "10000000000.001",
    "0.1000000000000000055511151231257827",
    "1e308",
    "1e999",
    "-1e999",
    "1e-400",
    "1e1000000",
    "1e-1000000",
    "1e9999999999999999999",
    "1e-9999999999999999999",
    "0e9999999999999999999",
    "1E+2",
    "9" * 5000,
    "0." + "3" * 5000,
    "1700000000000",
)
# Not JSON by its grammar.
MALFORMED: Final = ("NaN", "Infinity", "-Infinity", "01", "+1", ".5", "1.", "0x10", "'x'", "undefined", "")
SHAPES: Final = (
    "null",
    "true",
    "false",
    "[]",
    "{}",
    "[[]]",
    "[null]",
    '{"a": 1}',
    '{"": ""}',
    '{"\\u0000": 1}',
    '{"\\ud800": 1}',
    '{"__proto__": {"admin": true}}',
    "[" * 33 + "]" * 33,
    '{"a":' * 64 + "1" + "}" * 64,
    "[" * 500 + "]" * 500,
    "[" * 100_000 + "]" * 100_000,
    "[" + ",".join(["1"] * 20_000) + "]",
)
# What no reader of JSON has to understand as a value: wrong by grammar, or deeper than any parser goes.
NO_VALUES: Final = frozenset({*MALFORMED, *(shape for shape in SHAPES if shape.count("[") > 10_000)})
VALUES: Final = TEXTS + RAW_TEXTS + NUMBERS + MALFORMED + SHAPES

BODIES: Final[Mapping[str, bytes]] = {
    "nothing but blanks": b"   ",
    "null": b"null",
    "a number": b"7",
    "a text": b'"x"',
    "a list": b"[]",
    "a list of lists": b"[[1],[2]]",
    "true": b"true",
    "an empty object": b"{}",
    "half an object": b'{"items": [',
    "two documents": b"{}{}",
    "a comma too many": b'{"a": 1,}',
    "single quotes": b"{'a': 1}",
    "a comment": b'{"a": 1 /* b */}',
    "byte order mark": b"\xef\xbb\xbf{}",
    "utf-16": '{"a": "ñ"}'.encode("utf-16"),
    "utf-32": '{"a": "ñ"}'.encode("utf-32"),
    "latin-1": '{"nombre": "ñ"}'.encode("latin-1"),
    "invalid utf-8": b'{"a": "\xff\xfe"}',
    "overlong utf-8": b'{"a": "\xc0\xaf"}',
    "surrogate in utf-8": b'{"a": "\xed\xa0\x80"}',
    "raw control characters": b'{"a": "\x01\x02\n"}',
    "nul bytes": b"\x00" * 64,
    "depth of a hundred thousand": b"[" * 100_000,
    "depth of objects": b'{"a":' * 50_000,
    "a form": b"a=1&b=2",
    "xml": b"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY y SYSTEM 'file:///etc/passwd'>]><x>&y;</x>",
    "gzip": gzip.compress(b"{}", mtime=0),
    "the same key twice": b'{"a": 1, "a": 2}',
    "many keys": json.dumps({f"k{i}": i for i in range(20_000)}).encode(),
    "a very long key": json.dumps({"k" * 300_000: 1}).encode(),
}
QUERY_VALUES: Final = (
    "",
    "%00",
    "a%00b",
    "%ff",
    "%ed%a0%80",
    "%c0%af",
    "%25",
    "%",
    "%zz",
    "+",
    "%20",
    "0",
    "-1",
    "-5",
    "1.5",
    "9e99",
    "1e1000000",
    "99999999999999999999",
    "9" * 5000,
    "NaN",
    "Infinity",
    "abc",
    "%D9%A1%D9%A2",
    "1_0",
    "true",
    "null",
    "%F0%9F%98%80" * 50,
    "1%0d%0aX-Inyectada:%201",
    "%27%20OR%20%271%27=%271",
    "%3Cscript%3E",
    "%3A%2A%20%26%20%7C%20%21%20%28",
    "x" * 3000,
    "a%20%26%20b%20%7C%20%21",
    "[]",
    "{}",
    "%5C%5C%25_",
)
PATH_VALUES: Final = (
    "%00",
    "a%00b",
    "%ff",
    "%c0%af",
    "%ed%a0%80",
    "..",
    "..%2f..%2fetc%2fpasswd",
    "%2e%2e%2f",
    "%25",
    "%",
    "%zz",
    "%20",
    "'",
    "0",
    "-1",
    "1.5",
    "1e5",
    "9" * 18,
    "9" * 30,
    "9" * 5000,
    "%D9%A1",
    "NaN",
    "null",
    "%F0%9F%98%80",
    "00000000-0000-0000-0000-000000000000",
    "%7B00000000-0000-0000-0000-000000000000%7D",
    "00000000000000000000000000000000",
    "ffffffff-ffff-ffff-ffff-ffffffffffff",
    "urn:uuid:00000000-0000-0000-0000-000000000000",
    "x" * 3000,
    "a%0d%0aX-Inyectada:%201",
    ";a=b",
    "@",
    "a:b",
)
HEADERS: Final[tuple[tuple[str, str | bytes], ...]] = (
    ("If-Match", ""),
    ("If-Match", "abc"),
    ("If-Match", '"'),
    ("If-Match", '""'),
    ("If-Match", '"-1"'),
    ("If-Match", '"' + "9" * 30 + '"'),
    ("If-Match", 'W/"1"'),
    ("If-Match", '"1", "2"'),
    ("If-Match", "*"),
    ("If-Match", b"\xff\xfe"),
    ("If-Match", "١"),
    ("Idempotency-Key", ""),
    ("Idempotency-Key", "x" * 255),
    ("Idempotency-Key", "x" * 256),
    ("Idempotency-Key", b"\xff\x80"),
    ("Idempotency-Key", "a\tb"),
    ("Idempotency-Key", "'; DROP TABLE usuarios; --"),
    ("X-Request-Id", "x" * 4000),
    ("X-Request-Id", b"\xff\x1b[31m"),
    ("X-Forwarded-For", "127.0.0.1, ::1, ' OR 1=1"),
    ("X-Forwarded-Host", "malo.example"),
    ("X-Http-Method-Override", "DELETE"),
    ("Forwarded", "for=malo;host=malo.example"),
    ("Accept", "text/html;q=0.9, */*;q=0"),
    ("Accept", b"\xff"),
    ("Accept-Encoding", "gzip;q=nan"),
    ("Accept-Language", "x" * 5000),
    ("Origin", "null"),
    ("Origin", b"\xff"),
    ("Referer", "x" * 8000),
    ("User-Agent", b"\xff\xfe\x1b[2J"),
    ("User-Agent", "x" * 8000),
    ("Cookie", "a=" + "b" * 8000),
    ("Range", "bytes=0-0,-1,5-2," + "1-2," * 500),
    ("If-None-Match", "*"),
    ("If-Modified-Since", "yesterday"),
    ("Expect", "200-maybe"),
    ("Upgrade", "h2c"),
    ("Connection", "x-request-id, authorization"),
    ("TE", "trailers"),
)
CONTENT_TYPES: Final[tuple[str | bytes | None, ...]] = (
    None,
    "",
    ";",
    "json",
    "text/plain",
    "text/json",
    "application/xml",
    "application/x-www-form-urlencoded",
    "multipart/form-data",
    "multipart/form-data; boundary=x",
    "application/problem+json",
    "application/json; charset=latin-1",
    "application/json; charset=utf-16",
    "application/json; charset=",
    "application/json; charset=utf-8; charset=utf-7",
    "application/json;;;",
    "APPLICATION/JSON; CHARSET=UTF-8",
    'application/json; charset="utf-8"',
    "application/json, text/plain",
    b"application/json\xff",
    "x" * 3000,
)


# --- where the values go ----------------------------------------------------------------------------------


def fields(model: type[BaseModel]) -> list[tuple[str | int, ...]]:
    """The path of every field of a model, at any depth; the first element of a list stands for all."""
    schema = model.model_json_schema()
    return list(_walk(schema, schema.get("$defs", {}), (), 0))


def _walk(
    schema: Mapping[str, Any], definitions: Mapping[str, Any], path: tuple[str | int, ...], depth: int
) -> Iterator[tuple[str | int, ...]]:
    if depth > 8:
        return
    for branch in _branches(schema, definitions):
        for name, part in branch.get("properties", {}).items():
            yield (*path, name)
            yield from _walk(part, definitions, (*path, name), depth + 1)
        if isinstance(branch.get("items"), dict):
            yield (*path, 0)
            yield from _walk(branch["items"], definitions, (*path, 0), depth + 1)


def _branches(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    if "$ref" in schema:
        yield from _branches(definitions[schema["$ref"].rpartition("/")[2]], definitions)
        return
    yield schema
    for word in ("anyOf", "oneOf", "allOf"):
        for part in schema.get(word, ()):
            yield from _branches(part, definitions)


def with_value(body: Any, path: tuple[str | int, ...], value: str) -> bytes:
    """A body whose one field holds a raw JSON text; what lies on the way and is absent is made."""
    whole = deepcopy(body) if isinstance(body, dict) else {}
    place: Any = whole
    for step, following in pairwise(path):
        empty: Any = [] if following == 0 else {}
        if isinstance(step, int):
            if not place:
                place.append(empty)
            elif not isinstance(place[0], type(empty)):
                place[0] = empty
            place = place[0]
        else:
            if not isinstance(place.get(step), type(empty)):
                place[step] = empty
            place = place[step]
    last = path[-1]
    if isinstance(last, int):
        place[:1] = [_MARK]
    else:
        place[last] = _MARK
    return json.dumps(whole).replace(json.dumps(_MARK), value).encode()


def dotted(path: tuple[str | int, ...]) -> str:
    """`items.0.cantidad`."""
    return ".".join(str(part) for part in path)
