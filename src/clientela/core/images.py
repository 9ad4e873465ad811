"""Images that strangers send: each is decoded in a limited process of its own and comes back as a new, plain JPEG.

What is stored is never what was sent, so that nothing hidden in a file (a script, a place, a serial number) is ever
served again. Decoders are where the defects are: they run in `image_worker`, never here.
"""

import asyncio
import fcntl
import os
import random
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from signal import SIGKILL, SIGXCPU
from typing import Final

import msgspec

from clientela.core import children, image_worker
from clientela.core.errors import Invalid, Unavailable
from clientela.core.logs import get_logger
from clientela.core.textos import CAMPOS

MAX_BYTES: Final = 5 * 1024 * 1024
# So many may wait for their turn in one process; whoever comes then is told to try again.
MAX_WAITING: Final = 16
WAIT_SECONDS: Final = 20.0
# By the clock on the wall; the worker limits its own work.
WORK_SECONDS: Final = 40.0
_MAX_RESULT: Final = 48 << 20
_WORKER: Final = ("-I", "-B", "-m", "clientela.core.image_worker")
_BEGINNINGS: Final = ((b"\xff\xd8\xff", "JPEG"), (b"\x89PNG\r\n\x1a\n", "PNG"), (b"RIFF", "WEBP"))
# Two decode at a time on this machine, however many processes serve: each holds one of these files locked. Any two
# files that are always there will do, and the kernel lets go of the lock of whoever dies.
_PLACES: Final = (Path(__file__), Path(image_worker.__file__))

_log = get_logger(__name__)


class Imagen(msgspec.Struct, frozen=True):
    """A clean image, ready to be stored: its bytes, its width and height in pixels, its media type."""

    data: bytes
    ancho: int
    alto: int
    tipo: str = "image/jpeg"


class _Line:
    """How many wait in this process."""

    waiting = 0


async def normalise(data: bytes | Imagen, campo: str = "imagen") -> Imagen:
    """Return a clean image made from one of JPEG, PNG or WebP, told by its content; a clean one as it is.

    Raises Invalid `imagen_invalida` on the field `campo` for whatever cannot be decoded within 5 MiB, 40 megapixels,
    12,000 pixels a side, 512 MiB of memory and 10 s of work; Unavailable `servicio_ocupado` when too many wait.
    """
    if isinstance(data, Imagen):
        return data
    kind = _kind(data)
    if len(data) > MAX_BYTES:
        raise refusal(campo, too_large=True)
    if kind is None:
        raise refusal(campo)
    async with _place() as place:
        status, answer = await _work(data, kind, place)
    if status == 0:
        width, height = image_worker.HEADER.unpack_from(answer)
        return Imagen(answer[image_worker.HEADER.size :], width, height)
    if status == image_worker.REFUSED:
        raise refusal(campo, too_large=answer == image_worker.TOO_LARGE)
    if status in {-SIGKILL, 1}:
        # Not the file's doing: the kernel was out of memory, or the worker cannot even start.
        _log.error("image_worker_failed", status=status)
        raise Unavailable
    if status != -SIGXCPU:
        _log.warning("image_decoder_crashed", status=status, kind=kind)
    raise refusal(campo)


async def normalise_all(found: Mapping[str, bytes | Imagen]) -> dict[str, Imagen]:
    """Return the clean images by field; one Invalid names every field that does not pass."""
    made: dict[str, Imagen] = {}
    wrong: dict[str, list[str]] = {}
    for campo, data in found.items():
        try:
            made[campo] = await normalise(data, campo)
        except Invalid as error:
            wrong |= error.errors or {}
    if wrong:
        raise Invalid(wrong, code="imagen_invalida")
    return made


def refusal(campo: str, *, too_large: bool = False) -> Invalid:
    """Return the error that refuses an image, on its field."""
    text = CAMPOS["imagen_grande" if too_large else "imagen_ilegible"]
    return Invalid({campo: [text]}, code="imagen_invalida")


def _kind(data: bytes) -> str | None:
    """Tell which decoder shall try; files that begin like none of the three need not be tried."""
    for beginning, kind in _BEGINNINGS:
        if data.startswith(beginning) and (kind != "WEBP" or data[8:12] == b"WEBP"):
            return kind
    return None


@asynccontextmanager
async def _place() -> AsyncIterator[int]:
    """Wait for one of the places to decode at; it is held as long as this process or its worker lives."""
    if _Line.waiting >= MAX_WAITING:
        raise Unavailable("servicio_ocupado")
    _Line.waiting += 1
    try:
        place = await _lock_any()
    finally:
        _Line.waiting -= 1
    try:
        yield place
    finally:
        os.close(place)


async def _lock_any() -> int:
    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        for path in _PLACES:
            place = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            try:
                fcntl.flock(place, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(place)
            else:
                return place
        if time.monotonic() > deadline:
            raise Unavailable("servicio_ocupado")
        await asyncio.sleep(random.uniform(0.01, 0.04))  # noqa: S311


async def _work(data: bytes, kind: str, place: int) -> tuple[int, bytes]:
    """Run the worker on one image; return its exit status and what it wrote."""
    try:
        return await children.run(
            (*_WORKER, kind), data, seconds=WORK_SECONDS, max_answer=_MAX_RESULT, kept=(place,)
        )
    except TimeoutError as error:
        raise Unavailable("servicio_ocupado") from error
