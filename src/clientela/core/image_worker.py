"""The process in which one hostile image is decoded: `python -m clientela.core.image_worker JPEG|PNG|WEBP`.

It limits itself before it reads anything, takes the image from standard input and writes a clean one to standard
output. Pillow is imported nowhere else, and nothing else of the product is imported here: what a defect of a decoder
can reach is a process that writes no file and has half a gigabyte and ten seconds.
"""

import io
import resource
import struct
import sys
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from PIL.Image import Image, Transpose

MAX_MEMORY: Final = 512 << 20
MAX_CPU_SECONDS: Final = 10
MAX_PIXELS: Final = 40_000_000
# The decoder of WebP holds four copies of the picture, and of a larger one they do not fit into the memory.
MAX_WEBP_PIXELS: Final = 25_000_000
MAX_SIDE: Final = 12_000
# Texts inside a PNG, unpacked: nobody reads them.
MAX_TEXTS: Final = 4 << 20
QUALITY: Final = 88

# Exit status of a refusal; its reason is on standard output. A crash of a decoder has another status.
REFUSED: Final = 3
TOO_LARGE: Final = b"grande"
UNREADABLE: Final = b"ilegible"
# What precedes a clean image: its width and its height.
HEADER: Final = struct.Struct(">II")

_ORIENTATION: Final = 0x0112


class TooLargeError(Exception):
    """More pixels than we decode."""


def limit() -> None:
    """Take from this process what decoding does not need; the second CPU limit is the kernel's last word."""
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (MAX_CPU_SECONDS, MAX_CPU_SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def clean(data: bytes, kind: str) -> tuple[bytes, int, int]:
    """Decode an image and encode it anew; return the JPEG, its width and its height.

    Of several pictures the first is taken. Its orientation is applied, sixteen bits become eight, CMYK becomes RGB,
    and what is transparent becomes white. No metadata goes along, not even a comment or a colour profile. Raises
    TooLargeError by its header, before anything is decoded, or whatever the decoder raises.
    """
    # Opening a WebP would load every plugin there is, were its own not loaded already.
    from PIL import Image, PngImagePlugin, WebPImagePlugin  # noqa: F401, PLC0415

    # Its own limit only warns, or comes as an error among others; ours follows at once.
    Image.MAX_IMAGE_PIXELS = None
    PngImagePlugin.MAX_TEXT_MEMORY = MAX_TEXTS
    image: Image.Image = Image.open(io.BytesIO(data), formats=[kind])
    width, height = image.size
    if max(width, height) > MAX_SIDE or width * height > (MAX_WEBP_PIXELS if kind == "WEBP" else MAX_PIXELS):
        raise TooLargeError
    image.load()
    turn = _turn(image)
    image = _plain(image)
    if turn is not None:
        image = image.transpose(turn)
    # Pillow would write down again a comment that it finds here.
    image.info.clear()
    written = io.BytesIO()
    image.save(written, "JPEG", quality=QUALITY)
    return written.getvalue(), *image.size


def _turn(image: "Image") -> "Transpose | None":
    """Tell how the picture must be turned to stand upright."""
    from PIL.Image import Transpose  # noqa: PLC0415

    turns = {
        2: Transpose.FLIP_LEFT_RIGHT,
        3: Transpose.ROTATE_180,
        4: Transpose.FLIP_TOP_BOTTOM,
        5: Transpose.TRANSPOSE,
        6: Transpose.ROTATE_270,
        7: Transpose.TRANSVERSE,
        8: Transpose.ROTATE_90,
    }
    try:
        return turns.get(image.getexif().get(_ORIENTATION, 1))
    except Exception:  # noqa: BLE001 - metadata that cannot be read say nothing
        return None


def _plain(image: "Image") -> "Image":
    """Return the picture as JPEG can hold it: eight bits a channel, grey or RGB, nothing transparent."""
    from PIL.Image import new  # noqa: PLC0415

    if image.mode.startswith("I"):
        # Sixteen bits: converting alone would cut off what is brighter than 255.
        return image.point(lambda value: value / 257.0).convert("L")
    if not image.has_transparency_data:
        return image if image.mode == "L" else image.convert("RGB")
    layered = image.convert("RGBA")
    flat = new("RGB", layered.size, "white")
    flat.paste(layered, mask=layered.getchannel("A"))
    return flat


def main() -> int:
    """Clean the image on standard input."""
    limit()
    data = sys.stdin.buffer.read()
    try:
        written, width, height = clean(data, sys.argv[1])
    except (TooLargeError, MemoryError):
        sys.stdout.buffer.write(TOO_LARGE)
        return REFUSED
    except Exception:  # noqa: BLE001 - whatever a decoder raises, the file is to blame
        sys.stdout.buffer.write(UNREADABLE)
        return REFUSED
    sys.stdout.buffer.write(HEADER.pack(width, height) + written)
    return 0


if __name__ == "__main__":
    sys.exit(main())
