"""The link by which a client answers the reminder of a visit: signed, and good for that visit on that date only.

What it says is the visit and the date that its mail told. So a visit that is moved leaves every older link behind, and
nothing has to be kept of those that were sent.
"""

import hmac
import re
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec

from clientela.core.errors import NotFound
from clientela.identidad import signing

LIFE: Final = timedelta(days=1)
"""How long after its visit's date a link is still opened."""
PATH: Final = "/visita"
_PURPOSE: Final = b"clientela: enlaces de visitas"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
# No more digits than the year 9999 has.
_SHAPE: Final = re.compile(r"([0-9a-f]{32})\.([1-9][0-9]{0,17})\.([\w-]{43})", re.ASCII)


class Enlace(msgspec.Struct, frozen=True):
    """What a link opens: a visit, as long as it has this date."""

    visita_id: UUID
    fecha: datetime


def sign(visita_id: UUID, fecha: datetime) -> str:
    """Make the token of a visit's link for a date after 1970."""
    said = f"{visita_id.hex}.{(fecha - _EPOCH) // _MICROSECOND}"
    return f"{said}.{signing.seal(_PURPOSE, said)}"


def read(token: str, now: datetime) -> Enlace:
    """Verify a token; NotFound `enlace_invalido` for one that `sign` did not make, `enlace_vencido` after its life."""
    shape = _SHAPE.fullmatch(token)
    if shape is None or not hmac.compare_digest(
        signing.seal(_PURPOSE, f"{shape[1]}.{shape[2]}").encode(), shape[3].encode()
    ):
        raise NotFound("enlace_invalido")
    # What is signed was written by us, so these are what they should be.
    found = Enlace(UUID(shape[1]), _EPOCH + int(shape[2]) * _MICROSECOND)
    if now >= found.fecha + LIFE:
        raise NotFound("enlace_vencido")
    return found
