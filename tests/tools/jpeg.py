"""Reading a JPEG segment by segment, to see that nothing is in it but the picture."""

import struct
from collections.abc import Iterator

# Tables, frame, scan: what a decoder needs.
PICTURE = {0xDB, 0xC0, 0xC4, 0xDA}
JFIF = b"JFIF\0"


def segments(jpeg: bytes) -> Iterator[tuple[int, bytes]]:
    """Every segment before the scan (marker, content), then 0 with whatever follows the end of the picture."""
    assert jpeg[:2] == b"\xff\xd8"
    at = 2
    while True:
        assert jpeg[at] == 0xFF
        marker, size = jpeg[at + 1], struct.unpack_from(">H", jpeg, at + 2)[0]
        yield marker, jpeg[at + 4 : at + 2 + size]
        at += 2 + size
        if marker == 0xDA:
            break
    end = jpeg.index(b"\xff\xd9", at)
    yield 0, jpeg[end + 2 :]


def strangers(jpeg: bytes) -> list[str]:
    """Whatever a plain JPEG has no need of: every tag, comment, profile, thumbnail or trailer."""
    found = []
    for marker, content in segments(jpeg):
        plain_header = (
            marker == 0xE0 and content.startswith(JFIF) and len(content) == 14 and content[12:] == b"\0\0"
        )
        if marker == 0 and content:
            found.append(f"{len(content)} bytes behind the end")
        elif marker and marker not in PICTURE and not plain_header:
            found.append(f"{marker:02x}: {content[:40]!r}")
    return found
