"""What hostile images are built from: pictures, chunks, segments, headers that somebody wrote by hand."""

import io
import random
import struct
import zipfile
import zlib
from collections.abc import Iterator
from functools import lru_cache

from PIL import Image

MARK = b"<?php evil();?><script>evil()</script>"
MEGA = 1 << 20


@lru_cache(maxsize=32)
def picture(mode: str = "RGB", size: tuple[int, int] = (64, 48)) -> Image.Image:
    """A small picture with some structure in it."""
    count = len(Image.new(mode, (1, 1)).tobytes()) * size[0] * size[1] if mode != "1" else 0
    if mode == "1":
        return Image.effect_noise(size, 60).convert("1")
    return Image.frombytes(mode, size, random.Random(mode).randbytes(count))


def encoded(kind: str, image: Image.Image | None = None, **options: object) -> bytes:
    """An image in a format of Pillow's."""
    out = io.BytesIO()
    (image or picture()).save(out, kind, **options)
    return out.getvalue()


def chunk(kind: bytes, data: bytes, crc: int | None = None) -> bytes:
    """A chunk of PNG."""
    check = zlib.crc32(kind + data) if crc is None else crc
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)


def png(
    width: int,
    height: int,
    *,
    depth: int = 8,
    colour: int = 0,
    before: bytes = b"",
    after: bytes = b"",
    raw: bytes | None = None,
    level: int = 9,
) -> bytes:
    """A PNG made by hand; black unless `raw` (rows with their filter bytes) says otherwise."""
    channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour]
    row = 1 + (width * channels * depth + 7) // 8
    body = zlib.compress(raw, level) if raw is not None else black(row * height)
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + before
        + chunk(b"IDAT", body)
        + after
        + chunk(b"IEND", b"")
    )


def black(count: int) -> bytes:
    """So many zeros, compressed, without holding them in memory."""
    packer = zlib.compressobj(9)
    out = [packer.compress(bytes(min(MEGA, count - done))) for done in range(0, count, MEGA)]
    return b"".join([*out, packer.flush()])


def segment(marker: int, data: bytes) -> bytes:
    """A segment of JPEG."""
    return struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data


def with_segments(*segments: bytes, base: bytes | None = None) -> bytes:
    """A JPEG with more segments right after its beginning."""
    jpeg = base or encoded("JPEG")
    return jpeg[:2] + b"".join(segments) + jpeg[2:]


def webp(*chunks: tuple[bytes, bytes]) -> bytes:
    """A WebP of these chunks."""
    body = b"WEBP" + b"".join(
        kind + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2) for kind, data in chunks
    )
    return b"RIFF" + struct.pack("<I", len(body)) + body


def webp_canvas(width: int, height: int, flags: int) -> tuple[bytes, bytes]:
    """The chunk that says how large an extended WebP is."""
    sides = struct.pack("<I", width - 1)[:3] + struct.pack("<I", height - 1)[:3]
    return b"VP8X", struct.pack("<I", flags) + sides


def webp_frame(image: Image.Image) -> bytes:
    """The bitstream chunk of a lossless WebP, header included."""
    return encoded("WEBP", image, lossless=True)[12:]


def exif(orientation: int | None = None) -> Image.Exif:
    """EXIF with a place, a serial number and the mark; and perhaps an orientation."""
    made = Image.Exif()
    if orientation is not None:
        made[0x0112] = orientation
    made[0x010E] = MARK.decode()
    made[0x013B] = MARK.decode()
    made.get_ifd(0x8769).update({0xA431: "SERIAL-" + MARK.decode(), 0x927C: MARK})
    made.get_ifd(0x8825).update({1: "S", 2: (17.0, 47.0, 0.0), 3: "W", 4: (63.0, 10.0, 55.0)})
    return made


def exif_with_thumbnail() -> bytes:
    """EXIF of a camera: the main directory, and a second one with a little JPEG in it."""
    thumbnail = with_segments(segment(0xFE, MARK))
    entries = [(0x0103, 3, 1, 6), (0x0201, 4, 1, 0), (0x0202, 4, 1, len(thumbnail))]
    first = struct.pack("<HHHII", 1, 0x0112, 3, 1, 1)
    begins = 8 + len(first) + 4
    offset = begins + 2 + 12 * len(entries) + 4
    entries[1] = (0x0201, 4, 1, offset)
    second = struct.pack("<H", len(entries)) + b"".join(struct.pack("<HHII", *entry) for entry in entries)
    tiff = b"II*\0" + struct.pack("<I", 8) + first + struct.pack("<I", begins) + second + b"\0\0\0\0"
    return b"Exif\0\0" + tiff + thumbnail


def zipped() -> bytes:
    """An archive with the mark in it, uncompressed."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("evil.php", MARK)
    return out.getvalue()


def without_adobe(jpeg: bytes) -> bytes:
    """A JPEG without its APP14 segment."""
    at = jpeg.index(b"\xff\xee")
    return jpeg[:at] + jpeg[at + 2 + int.from_bytes(jpeg[at + 2 : at + 4], "big") :]


def resized(jpeg: bytes, height: int, width: int) -> bytes:
    """A JPEG whose header claims another size."""
    at = jpeg.index(b"\xff\xc0") + 5
    return jpeg[:at] + struct.pack(">HH", height, width) + jpeg[at + 4 :]


def bitstream() -> tuple[tuple[bytes, bytes]]:
    """The one image chunk of a WebP, as `webp` takes it."""
    found = webp_frame(picture())
    size = int.from_bytes(found[4:8], "little")
    return ((found[:4], found[8 : 8 + size]),)


def seams(data: bytes) -> Iterator[int]:
    """Where the parts of an image begin: segments up to the scan of a JPEG, chunks of the others."""
    at = {b"\xff": 2, b"\x89": 8, b"R": 12}[data[:1]]
    while at < len(data) - 4:
        yield at
        if data.startswith(b"\xff"):
            if data[at + 1] == 0xDA:
                return
            at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        elif data.startswith(b"R"):
            size = int.from_bytes(data[at + 4 : at + 8], "little")
            at += 8 + size + size % 2
        else:
            at += 12 + int.from_bytes(data[at : at + 4], "big")
