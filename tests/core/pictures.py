"""What the tests of images share."""

from clientela.core import images
from clientela.core.errors import Invalid
from clientela.core.images import Imagen


async def attempt(data: bytes) -> Imagen | None:
    """The clean image, or None when it was refused as it must be."""
    try:
        return await images.normalise(data, "foto_perfil")
    except Invalid as error:
        if (error.code, list(error.errors or {})) != ("imagen_invalida", ["foto_perfil"]):
            raise
        return None
