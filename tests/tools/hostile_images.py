"""The corpus of images that a hostile or careless stranger might send (T-UP-1…3), made anew by this script.

`python -m tests.tools.hostile_images DIRECTORY` writes it to files, to try it on something else. Every file carries
`MARK` wherever its kind has room for it; whatever is stored of it must not.
"""

import struct
import sys
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from PIL import Image, PngImagePlugin

from tests.tools.image_bricks import (
    MARK,
    MEGA,
    bitstream,
    black,
    chunk,
    encoded,
    exif,
    exif_with_thumbnail,
    picture,
    png,
    resized,
    seams,
    segment,
    webp,
    webp_canvas,
    webp_frame,
    with_segments,
    without_adobe,
    zipped,
)


@dataclass(frozen=True)
class Case:
    """One file: whether it must be taken (cleaned), refused, or may be either (None)."""

    name: str
    data: bytes
    taken: bool | None


def plain() -> Iterator[Case]:
    """What everybody sends."""
    for kind in ("JPEG", "PNG", "WEBP"):
        yield Case(f"plain-{kind}", encoded(kind), taken=True)
    yield Case("progressive", encoded("JPEG", progressive=True), taken=True)
    yield Case("grey-jpeg", encoded("JPEG", picture("L")), taken=True)
    yield Case("cmyk-jpeg", encoded("JPEG", picture("CMYK")), taken=True)
    yield Case("cmyk-without-adobe", without_adobe(encoded("JPEG", picture("CMYK"))), taken=True)
    for mode in ("1", "L", "LA", "RGBA", "P"):
        yield Case(f"png-{mode}", encoded("PNG", picture(mode)), taken=True)
    yield Case(
        "png-palette-transparent", encoded("PNG", picture("P"), transparency=b"\x80\0\xff"), taken=True
    )
    for colour, channels in ((0, 1), (2, 3), (4, 2), (6, 4)):
        row = b"\0" + bytes(range(256)) * ((16 * channels * 2) // 256 + 1)
        raw = row[: 1 + 16 * channels * 2] * 16
        yield Case(f"png-16-bit-{colour}", png(16, 16, depth=16, colour=colour, raw=raw), taken=True)
    yield Case("webp-rgba", encoded("WEBP", picture("RGBA")), taken=True)
    yield Case("webp-lossless", encoded("WEBP", lossless=True), taken=True)
    two = encoded("MPO", save_all=True, append_images=[picture("RGB", (32, 32))])
    yield Case("several-pictures-jpeg", two, taken=True)


def polyglots() -> Iterator[Case]:
    """Files that are an image and something else."""
    jpeg, gif = encoded("JPEG"), encoded("GIF")
    page = b"<!doctype html><html>" + MARK + b"</html>"
    yield Case("jpeg-then-html", jpeg + page, taken=True)
    yield Case("jpeg-with-html-comment", with_segments(segment(0xFE, page)), taken=True)
    yield Case("jpeg-with-js", with_segments(segment(0xFE, b"*/=1;" + MARK + b"/*")), taken=True)
    yield Case("jpeg-with-pdf", with_segments(segment(0xFE, b"%PDF-1.7\n" + MARK)), taken=True)
    yield Case("jpeg-then-zip", jpeg + zipped(), taken=True)
    yield Case("jpeg-with-many-app-segments", with_segments(*[segment(0xE5, MARK * 1000)] * 40), taken=True)
    yield Case("zip-then-jpeg", zipped() + jpeg, taken=False)
    yield Case("pdf-then-jpeg", b"%PDF-1.7\n1 0 obj\nstream\n" + MARK + jpeg + b"\nendstream", taken=False)
    yield Case("html-then-jpeg", page + jpeg, taken=False)
    yield Case("space-then-jpeg", b" " + jpeg, taken=False)
    yield Case("gif-with-js", b"GIF89a" + MARK + gif[6 + len(MARK) :], taken=False)
    yield Case("gif-then-js", gif + b"/*" + MARK, taken=False)
    yield Case("png-then-php", encoded("PNG") + MARK, taken=True)
    yield Case("png-with-private-chunk", png(8, 8, before=chunk(b"evIl", MARK)), taken=True)
    # Bytes of the picture itself, stored uncompressed, spell the mark.
    rows = (b"\0" + (MARK * 3)[:99]) * 99
    yield Case("png-pixels-spell-php", png(99, 99, raw=rows, level=0), taken=True)
    yield Case("webp-then-html", encoded("WEBP") + page, taken=None)
    yield Case(
        "webp-with-unknown-chunk", webp(webp_canvas(64, 48, 0), *bitstream(), (b"EVIL", MARK)), taken=True
    )


def other_kinds() -> Iterator[Case]:
    """Whatever else a browser or Pillow would open."""
    svg = b'<svg xmlns="http://www.w3.org/2000/svg" onload="evil()">' + MARK + b"</svg>"
    for name, data in {
        "svg": svg,
        "svg-with-declaration": b'<?xml version="1.0"?>' + svg,
        "html": b"<html>" + MARK,
        "php": MARK,
        "javascript": b"evil()//" + MARK,
        "gif": encoded("GIF"),
        "bmp": encoded("BMP"),
        "tiff": encoded("TIFF"),
        "ico": encoded("ICO"),
        "ppm": encoded("PPM"),
        "jpeg-2000": encoded("JPEG2000"),
        "eps": encoded("EPS"),
        "pcx": encoded("PCX"),
        "tga": encoded("TGA"),
        "icns": encoded("ICNS", picture("RGBA", (64, 64))),
        "psd": b"8BPS\0\1" + bytes(6) + struct.pack(">HIIHH", 3, 48, 64, 8, 3) + bytes(64 * 48 * 3),
        "fits": (b"SIMPLE  =                    T" + b" " * 50 + b"END").ljust(2880) + bytes(2880),
        "heic": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + MARK,
        "avif": b"\0\0\0\x18ftypavif\0\0\0\0mif1avif" + MARK,
        "wav": b"RIFF\x24\0\0\0WAVEfmt " + MARK,
        "elf": b"\x7fELF" + MARK,
        "nothing": b"",
        "one-byte": b"\xff",
        "zeros": bytes(10_000),
    }.items():
        yield Case(f"other-{name}", data, taken=False)


def broken() -> Iterator[Case]:
    """Files that are cut short or contradict themselves."""
    jpeg, lossless = encoded("JPEG"), encoded("WEBP", lossless=True)
    whole = encoded("PNG", picture("RGB", (200, 200)))
    for name, data in {
        "jpeg-magic-only": b"\xff\xd8\xff",
        "png-magic-only": b"\x89PNG\r\n\x1a\n",
        "webp-magic-only": b"RIFF\0\0\0\0WEBP",
        "jpeg-half": jpeg[: len(jpeg) // 2],
        "jpeg-without-scan": jpeg[: jpeg.index(b"\xff\xda")],
        "png-half": whole[: len(whole) // 2],
        "webp-half": lossless[: len(lossless) // 2],
        "png-wrong-checksum": b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", bytes(13), crc=1),
        "png-no-data": png(8, 8).replace(b"IDAT", b"iDAt"),
        "png-no-pixels": png(0, 8),
        "png-unknown-colour": png(8, 8).replace(b"\x08\x00\x00\x00\x00", b"\x08\x05\x00\x00\x00"),
        "png-not-deflated": b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", 8, 8, 8, 0, 0, 0, 0))
        + chunk(b"IDAT", MARK)
        + chunk(b"IEND", b""),
        "jpeg-no-height": resized(jpeg, 0, 64),
        "jpeg-garbage-tables": with_segments(segment(0xDB, b"\xff" * 200)),
        "webp-negative-length": b"RIFF\xff\xff\xff\xffWEBPVP8 \xff\xff\xff\xff" + MARK,
        "webp-canvas-without-image": webp(webp_canvas(64, 48, 0)),
    }.items():
        yield Case(f"broken-{name}", data, taken=False)


def cut_short() -> Iterator[Case]:
    """Each kind, cut where one of its parts begins, a little behind that, and within the picture."""
    for name, data in {
        "jpeg": encoded("JPEG", exif=exif(), comment=MARK),
        "progressive": encoded("JPEG", progressive=True),
        "png": encoded("PNG", exif=exif()),
        "webp": encoded("WEBP", exif=exif(), xmp=MARK),
        "lossless": encoded("WEBP", lossless=True),
    }.items():
        cuts = {at + more for at in seams(data) for more in (0, 1, 4)}
        cuts |= {len(data) * eighth // 8 for eighth in range(1, 8)} | {len(data) - 1}
        # What is missing behind the pixels of a PNG, nobody misses.
        needed = len(data) - 20 if name == "png" else len(data)
        for cut in sorted(cuts):
            yield Case(f"cut-{name}-{cut}", data[:cut], taken=False if cut < needed else None)


def lies() -> Iterator[Case]:
    """Whole files whose headers say what is not so."""
    jpeg, frame = encoded("JPEG"), encoded("JPEG").index(b"\xff\xc0")
    rows = (b"\0" + bytes(8)) * 8
    canvas = webp_canvas(8, 8, 0x02), (b"ANIM", bytes(6))
    still = webp_frame(picture("RGB", (8, 8)))
    far = struct.pack("<I", 1000)[:3] * 2 + struct.pack("<I", 7)[:3] * 2 + b"\x0a\0\0\0"
    for name, data, taken in (
        ("jpeg-wider", resized(jpeg, 48, 640), None),
        ("jpeg-smaller", resized(jpeg, 8, 8), None),
        ("jpeg-twelve-bits", jpeg[: frame + 4] + b"\x0c" + jpeg[frame + 5 :], False),
        ("jpeg-no-components", jpeg[: frame + 9] + b"\0" + jpeg[frame + 10 :], False),
        ("jpeg-lossless", jpeg[: frame + 1] + b"\xc3" + jpeg[frame + 2 :], False),
        ("jpeg-arithmetic", jpeg[: frame + 1] + b"\xc9" + jpeg[frame + 2 :], None),
        ("jpeg-two-frames", jpeg[:frame] + jpeg[frame : frame + 19] + jpeg[frame:], None),
        ("png-more-rows", png(8, 800, raw=rows), None),
        ("png-wider", png(800, 8, raw=rows), False),
        ("png-more-bits", png(8, 8, depth=16, colour=6, raw=rows), False),
        ("png-palette-without-colours", png(8, 8, colour=3, raw=rows), None),
        (
            "png-two-heads",
            png(8, 8, before=chunk(b"IHDR", struct.pack(">IIBBBBB", 9, 9, 8, 0, 0, 0, 0))),
            None,
        ),
        ("png-damaged", png(8, 8, before=chunk(b"PLTE", MARK[:36], crc=7)), False),
        ("webp-no-length", b"RIFF\0\0\0\0" + encoded("WEBP")[8:], None),
        ("webp-frame-outside", webp(*canvas, (b"ANMF", far + still)), False),
        ("webp-small-canvas", webp(webp_canvas(8, 8, 0), *bitstream()), None),
        ("webp-wants-alpha", webp(webp_canvas(64, 48, 0x10), *bitstream()), None),
    ):
        yield Case(f"lie-{name}", data, taken)


def bombs() -> Iterator[Case]:
    """Small files that want to be large."""
    yield Case("bomb-png-13000", png(13_000, 13_000, depth=1), taken=False)
    yield Case("bomb-png-178-megapixels", png(11_900, 15_000), taken=False)
    yield Case("bomb-png-just-too-many", png(8_000, 5_001), taken=False)
    yield Case("bomb-png-just-too-wide", png(12_001, 2), taken=False)
    yield Case("bomb-png-just-too-high", png(2, 12_001), taken=False)
    yield Case("bomb-png-sixteen-bits-rgba", png(7_000, 5_700, depth=16, colour=6), taken=None)
    yield Case("large-but-allowed", png(8_000, 5_000), taken=True)
    yield Case("wide-but-allowed", png(12_000, 3), taken=True)
    yield Case(
        "bomb-png-claims-the-moon", png(8, 8).replace(bytes([0, 0, 0, 8]), b"\x7f\xff\xff\xff"), taken=False
    )
    yield Case("bomb-jpeg-claims-the-moon", resized(encoded("JPEG"), 65_500, 65_500), taken=False)
    yield Case("bomb-webp-claims-the-moon", webp(webp_canvas(16_383, 16_383, 0), *bitstream()), taken=False)
    wide = encoded("WEBP", Image.new("RGB", (6_500, 4_000)), quality=0, method=0)
    yield Case("bomb-webp-26-megapixels", wide, taken=False)
    text = black(200 * MEGA)
    for name, data in {
        "ztxt": chunk(b"zTXt", b"Comment\0\0" + text),
        "itxt": chunk(b"iTXt", b"Comment\0\1\0\0\0" + text),
        "iccp": chunk(b"iCCP", b"icc\0\0" + text),
    }.items():
        yield Case(f"bomb-{name}", png(8, 8, before=data), taken=None)
        yield Case(f"bomb-{name}-behind", png(8, 8, after=data), taken=None)
    yield Case(
        "bomb-many-ztxt", png(8, 8, before=chunk(b"zTXt", b"C\0\0" + black(MEGA - 1)) * 200), taken=None
    )
    row = b"\0" + bytes(8)
    yield Case("bomb-more-rows-than-said", png(8, 8, raw=row * 8 + bytes(50 * MEGA)), taken=None)
    yield from animations()


def animations(frames: int = 10_000) -> Iterator[Case]:
    """Thousands of pictures in one."""
    tiny = picture("RGB", (8, 8))
    gif = encoded("GIF", tiny)
    frame = gif[gif.index(b"\x2c") : -1]
    yield Case("animated-gif", gif[:-1] + frame * frames + b";", taken=False)
    still = webp_frame(tiny)
    place = bytes(6) + struct.pack("<I", 7)[:3] * 2 + b"\x0a\0\0\0"
    anim = (b"ANIM", bytes(6))
    many = [(b"ANMF", place + still)] * frames
    yield Case("animated-webp", webp(webp_canvas(8, 8, 0x02), anim, *many), taken=True)
    control = struct.pack(">IIIIHHBB", 8, 8, 0, 0, 1, 100, 0, 0)
    pixels = zlib.compress((b"\0" + bytes(8)) * 8)
    later = b"".join(
        chunk(b"fcTL", struct.pack(">I", 2 * n - 1) + control)
        + chunk(b"fdAT", struct.pack(">I", 2 * n) + pixels)
        for n in range(1, frames)
    )
    first = chunk(b"acTL", struct.pack(">II", frames, 0)) + chunk(b"fcTL", struct.pack(">I", 0) + control)
    yield Case("animated-png", png(8, 8, before=first, after=later), taken=True)


def scan_bomb(scans: int = 3_000) -> bytes:
    """A progressive JPEG of 39 megapixels whose scans, a hundred bytes each, go over all of it again and again."""
    image = encoded("JPEG", Image.new("L", (6_400, 6_160)), progressive=True)
    at = image.rindex(b"\xff\xda")
    return image[:at] + image[at:-2] * scans + image[-2:]


def metadata() -> Iterator[Case]:
    """Photos that say where, when, by whom and with what they were taken."""
    xmp = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>" + MARK + b"</x:xmpmeta>"
    profile = b"\0\0\0\x80" + bytes(124) + MARK
    yield Case("exif-jpeg", encoded("JPEG", exif=exif(), comment=MARK), taken=True)
    yield Case("exif-thumbnail", with_segments(segment(0xE1, exif_with_thumbnail())), taken=True)
    yield Case("xmp-jpeg", with_segments(segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + xmp)), taken=True)
    photoshop = b"Photoshop 3.0\x008BIM\x04\x04\0\0" + struct.pack(">I", len(MARK)) + MARK
    yield Case("iptc-jpeg", with_segments(segment(0xED, photoshop)), taken=True)
    yield Case("icc-jpeg", encoded("JPEG", icc_profile=profile), taken=True)
    yield Case("comment-jpeg", with_segments(segment(0xFE, MARK)), taken=True)
    yield Case(
        "exif-broken", with_segments(segment(0xE1, b"Exif\0\0II*\0\xff\xff\xff\x7f" + MARK)), taken=True
    )
    loop = b"Exif\0\0II*\0\x08\0\0\0\x01\0" + struct.pack("<HHII", 0x8769, 4, 1, 8) + struct.pack("<I", 8)
    yield Case("exif-loop", with_segments(segment(0xE1, loop + MARK)), taken=True)
    many = b"Exif\0\0II*\0\x08\0\0\0\x01\0" + struct.pack("<HHII", 0x0112, 3, 0xFFFFFFFF, 8) + bytes(4)
    yield Case("exif-four-billion-orientations", with_segments(segment(0xE1, many + MARK)), taken=True)
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Comment", MARK.decode())
    texts.add_text("Packed", MARK.decode(), zip=True)
    texts.add_itxt("XML:com.adobe.xmp", xmp.decode())
    yield Case("texts-png", encoded("PNG", pnginfo=texts, exif=exif(), icc_profile=profile), taken=True)
    yield Case("exif-webp", encoded("WEBP", exif=exif(), xmp=xmp, icc_profile=profile), taken=True)


FAMILIES = {
    made.__name__: made for made in (plain, polyglots, other_kinds, broken, cut_short, lies, bombs, metadata)
}


@lru_cache(maxsize=8)
def family(name: str) -> tuple[Case, ...]:
    """The files of one family."""
    return tuple(FAMILIES[name]())


@lru_cache(maxsize=1)
def corpus() -> dict[str, Case]:
    """Every file by its name."""
    cases = [case for name in FAMILIES for case in family(name)]
    found = {case.name: case for case in cases}
    assert len(found) == len(cases), "two cases of one name"
    return found


def main() -> None:
    """Write the corpus into a directory."""
    directory = Path(sys.argv[1])
    directory.mkdir(parents=True, exist_ok=True)
    for case in corpus().values():
        (directory / case.name).write_bytes(case.data)


if __name__ == "__main__":
    main()
