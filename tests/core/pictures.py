"""What the tests of images share."""

import io
from collections.abc import Iterator

from PIL import Image

from clientela.core import images
from clientela.core.errors import Invalid
from clientela.core.images import Imagen
from tests.tools.hostile_images import Case
from tests.tools.image_bricks import MARK
from tests.tools.jpeg import strangers


async def attempt(data: bytes) -> Imagen | None:
    """The clean image, or None when it was refused as it must be."""
    try:
        return await images.normalise(data, "foto_perfil")
    except Invalid as error:
        if (error.code, list(error.errors or {})) != ("imagen_invalida", ["foto_perfil"]):
            raise
        return None


def decoded(data: bytes) -> Image.Image:
    """A picture, whole."""
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def defects(case: Case, stored: bytes | None) -> Iterator[str]:
    """What is wrong with what is stored of one file; None: it was refused."""
    if case.taken is not None and (stored is not None) != case.taken:
        yield f"{case.name}: {'taken' if stored else 'refused'}"
    if stored is None:
        return
    if any(part in stored for part in (MARK, b"<?php", b"<script", b"evil(")):
        yield f"{case.name}: the mark is stored"
    if not stored.startswith(b"\xff\xd8") or decoded(stored).format != "JPEG":
        yield f"{case.name}: no JPEG is stored"
        return
    yield from (f"{case.name}: {what}" for what in strangers(stored))
