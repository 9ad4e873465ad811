"""What goes out of `/api/v1/ordenes/{orden_id}/fotos`."""

from datetime import datetime
from uuid import UUID

import msgspec

from clientela.postventa.model import Foto, Persona


class FotoSalida(msgspec.Struct, frozen=True):
    """A photo of a work order; `url` opens it for five minutes as the session that asked, None once it is gone."""

    id: UUID
    orden_id: UUID
    url: str | None
    descripcion: str | None
    ancho: int
    alto: int
    subida_por: Persona
    creado_en: datetime

    @classmethod
    def of(cls, foto: Foto, url: str | None) -> "FotoSalida":
        """Show a photo."""
        return cls(
            foto.id,
            foto.orden_id,
            url,
            foto.descripcion,
            foto.ancho,
            foto.alto,
            foto.subida_por,
            foto.creado_en,
        )


class FotosPagina(msgspec.Struct, frozen=True):
    """One page of photos."""

    items: tuple[FotoSalida, ...]
    total: int
    page: int
    per_page: int
