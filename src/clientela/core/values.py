"""The one layer against hostile values: strict JSON in, exact JSON out.

Whatever passes `loads` is safe for the rest of the code: UTF-8, no NUL, no lone surrogate, no NaN or infinity,
integers within int64, decimals of sane size, at most 32 levels deep.
"""

import json
import math
from decimal import Decimal
from typing import Any, Final

import msgspec

from clientela.core.errors import BadRequest, Invalid

MAX_DEPTH: Final = 32
INT64: Final = 2**63
MAX_DIGITS: Final = 40

NUMBERS: Final = msgspec.json.Encoder(decimal_format="number")
STRINGS: Final = msgspec.json.Encoder(decimal_format="string")


class _Refused(ValueError):
    """A value that JSON's grammar allows and we do not."""


def _refuse_constant(name: str) -> Any:
    raise _Refused(name)


def _integer(text: str) -> int:
    # Twenty digits always hold an int64; longer texts would cost quadratic time to read. `check` refuses
    # the stand-in, because only it knows the field.
    return int(text) if len(text) <= 20 else INT64


def _decimal(text: str) -> Decimal | float:
    if len(text) > MAX_DIGITS:
        return math.inf
    try:
        value = Decimal(text)
    except ArithmeticError:
        # The exponent alone is longer than the arithmetic can hold.
        return math.inf
    return value if not value or abs(value.adjusted()) <= MAX_DIGITS else math.inf


_decoder = json.JSONDecoder(
    parse_float=_decimal, parse_int=_integer, parse_constant=_refuse_constant, strict=True
)


def _plain_decimal(text: str) -> Decimal:
    value = _decimal(text)
    if isinstance(value, float):
        raise _Refused(text)
    return value


_quick: Final = msgspec.json.Decoder(float_hook=_plain_decimal)
# An int64 has up to nineteen digits; looking for so many zeros in a row is ten times as fast as a pattern.
_ZEROS: Final = bytes(ord("0") if chr(byte).isdigit() and byte < 128 else 0 for byte in range(256))
_LONG_NUMBER: Final = b"0" * 19


def loads(raw: bytes) -> Any:
    """Read a JSON document strictly.

    Raises BadRequest `json_invalido` for what is no JSON and Invalid, naming the field, for values that no
    column can hold.
    """
    try:
        value = _quick.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError):
        return _loads_carefully(raw)
    # Where nothing is escaped there is neither NUL nor lone surrogate, and a document of few brackets is not deep.
    if (
        b"\\u" in raw
        or raw.count(b"{") + raw.count(b"[") > MAX_DEPTH
        or _LONG_NUMBER in raw.translate(_ZEROS)
    ):
        check(value)
    return value


def _loads_carefully(raw: bytes) -> Any:
    """Read what the quick decoder refused: slower, and able to say what is wrong."""
    try:
        value = _decoder.decode(raw.decode("utf-8"))
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError, _Refused) as error:
        raise BadRequest("json_invalido") from error
    check(value)
    return value


def check(value: Any, path: str = "", depth: int = 0) -> None:
    """Walk a decoded document and refuse what storage cannot hold (see the module)."""
    kind = type(value)
    if kind is str:
        if not text_is_safe(value):
            raise Invalid.of(path or "cuerpo", "Contiene caracteres no admitidos")
    elif kind is float or (kind is int and not -INT64 <= value < INT64):
        raise Invalid.of(path or "cuerpo", "Número fuera de rango")
    elif kind is dict or kind is list:
        if depth >= MAX_DEPTH:
            raise Invalid.of(path.split(".", maxsplit=1)[0] or "cuerpo", "Demasiados niveles de anidamiento")
        for key, item in value.items() if kind is dict else enumerate(value):
            if isinstance(key, str) and not text_is_safe(key):
                raise Invalid.of(path or "cuerpo", "Contiene caracteres no admitidos")
            check(item, f"{path}.{key}" if path else str(key), depth + 1)


def text_is_safe(text: str) -> bool:
    """Tell whether a text can be stored: no NUL and no lone surrogate."""
    if text.isascii():
        return "\x00" not in text
    if "\x00" in text:
        return False
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def dumps(value: Any) -> str:
    """Write JSON for a `jsonb` parameter; decimals as numbers."""
    return NUMBERS.encode(value).decode()
