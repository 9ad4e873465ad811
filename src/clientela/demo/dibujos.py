"""Small pictures of products and of a shop, drawn by code: the demo company brings no photographs along."""

import colorsys
import struct
import zlib
from collections.abc import Iterator
from functools import lru_cache
from typing import Final, TypeAlias

SIDE: Final = 240
# A figure is a tone and, for each row from the first to the last, where it begins and ends: straight edges between
# the ends given for its first and for its last row. All in hundredths of the side.
Trapecio: TypeAlias = tuple[str, float, float, float, float, float, float]

_BOTELLA: Final[tuple[Trapecio, ...]] = (
    ("oscuro", 12, 20, 43, 57, 43, 57),
    ("medio", 20, 32, 44, 56, 44, 56),
    ("medio", 32, 44, 44, 56, 32, 68),
    ("medio", 44, 90, 32, 68, 32, 68),
    ("claro", 54, 76, 32, 68, 32, 68),
    ("oscuro", 61, 65, 38, 62, 38, 62),
    ("oscuro", 69, 71, 42, 58, 42, 58),
)
_LATA: Final[tuple[Trapecio, ...]] = (
    ("oscuro", 18, 22, 34, 66, 30, 70),
    ("medio", 22, 86, 30, 70, 30, 70),
    ("oscuro", 86, 90, 30, 70, 34, 66),
    ("claro", 38, 66, 30, 70, 30, 70),
    ("oscuro", 47, 51, 37, 63, 37, 63),
    ("oscuro", 55, 57, 41, 59, 41, 59),
)
_CAJA: Final[tuple[Trapecio, ...]] = (
    ("oscuro", 22, 34, 30, 70, 18, 82),
    ("medio", 34, 86, 18, 82, 18, 82),
    ("claro", 34, 48, 45, 55, 45, 55),
    ("claro", 62, 78, 26, 58, 26, 58),
    ("oscuro", 67, 70, 30, 54, 30, 54),
)
_BOLSA: Final[tuple[Trapecio, ...]] = (
    ("oscuro", 14, 19, 30, 70, 30, 70),
    ("medio", 19, 56, 32, 68, 25, 75),
    ("medio", 56, 90, 25, 75, 28, 72),
    ("claro", 40, 72, 34, 66, 34, 66),
    ("oscuro", 50, 54, 39, 61, 39, 61),
    ("oscuro", 59, 61, 43, 57, 43, 57),
)
_ROLLO: Final[tuple[Trapecio, ...]] = (
    ("medio", 22, 38, 40, 60, 22, 78),
    ("medio", 38, 66, 22, 78, 22, 78),
    ("medio", 66, 82, 22, 78, 40, 60),
    ("claro", 40, 50, 48, 52, 40, 60),
    ("claro", 50, 60, 40, 60, 48, 52),
    ("oscuro", 78, 84, 50, 92, 50, 92),
)
_PIEZA: Final[tuple[Trapecio, ...]] = (
    ("oscuro", 44, 60, 14, 86, 14, 86),
    ("medio", 20, 40, 44, 56, 26, 74),
    ("medio", 40, 64, 26, 74, 26, 74),
    ("medio", 64, 84, 26, 74, 44, 56),
    ("claro", 44, 60, 42, 58, 42, 58),
)
_TIENDA: Final[tuple[Trapecio, ...]] = (
    ("medio", 40, 88, 14, 86, 14, 86),
    ("oscuro", 22, 40, 16, 84, 8, 92),
    ("claro", 22, 40, 30, 43, 27, 43),
    ("claro", 22, 40, 57, 70, 57, 73),
    ("claro", 50, 74, 22, 54, 22, 54),
    ("oscuro", 50, 88, 62, 78, 62, 78),
    ("claro", 68, 71, 64, 67, 64, 67),
)
# What a product is sold in, how that looks, and the hue of it.
_ENVASES: Final = (
    (("botella", "bidón", "botellón", "galón", "litro"), _BOTELLA, 0.0),
    (("lata", "pote", "frasco", "balde", "cilindro", "cartucho", "tubo"), _LATA, 0.58),
    (("caja", "paquete", "fardo", "maple", "juego", "barra", "pan", "tableta"), _CAJA, 0.09),
    (("bolsa", "sachet", "sobre", "doypack", "saco", "quintal", "kg", "blíster"), _BOLSA, 0.33),
    (("rollo", "m", "varilla", "plancha", "pliego"), _ROLLO, 0.14),
)
_DIBUJOS: Final = {unit: (figures, hue) for units, figures, hue in _ENVASES for unit in units}


def of_product(unit: str) -> bytes:
    """Draw what a product is sold in (`botella`), or else a piece of it, as a PNG."""
    return _draw(*_DIBUJOS.get(unit, (_PIEZA, 0.5)))


def of_shop() -> bytes:
    """Draw the front of a shop, as a PNG."""
    return _draw(_TIENDA, 0.06)


@lru_cache(maxsize=16)
def _draw(figures: tuple[Trapecio, ...], hue: float) -> bytes:
    tones = {
        "medio": _colour(hue, 0.62, 0.80),
        "oscuro": _colour(hue, 0.75, 0.45),
        "claro": _colour(hue, 0.08, 1.0),
    }
    background = _colour(hue, 0.12, 0.96)
    rows = [bytearray(background * SIDE) for _ in range(SIDE)]
    for tone, *shape in figures:
        for y, left, right in _spans(*(value * SIDE / 100 for value in shape)):
            rows[y][3 * left : 3 * right] = tones[tone] * (right - left)
    return _png(rows)


def _spans(
    top: float, bottom: float, left: float, right: float, left_below: float, right_below: float
) -> Iterator[tuple[int, int, int]]:
    for y in range(round(top), round(bottom)):
        down = (y - top) / (bottom - top)
        yield y, round(left + (left_below - left) * down), round(right + (right_below - right) * down)


def _colour(hue: float, saturation: float, value: float) -> bytes:
    return bytes(round(255 * part) for part in colorsys.hsv_to_rgb(hue, saturation, value))


def _png(rows: list[bytearray]) -> bytes:
    head = struct.pack(">IIBBBBB", SIDE, len(rows), 8, 2, 0, 0, 0)
    packed = zlib.compress(b"".join(b"\0" + row for row in rows))
    chunks = ((b"IHDR", head), (b"IDAT", packed), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
