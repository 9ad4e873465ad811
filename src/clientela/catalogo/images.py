"""Pictures of products: how a stored one is addressed, inside and outside (CONTRACT §5).

A product's list of images holds addresses that somebody typed, and for each uploaded picture the path at which it is
served. Our own address is put before the path when it leaves, so that a new `CLIENTELA_URL` leaves no old one behind.
"""

from collections.abc import Iterable, Sequence
from typing import Final
from uuid import UUID

from clientela.core import files

FOLDER: Final = "productos"
# An upload that would make it more is refused.
MAX_IMAGES: Final = 8
_PATHS: Final = "/api/v1/productos/"
_BETWEEN: Final = "/imagenes/"


def path_of(key: str) -> str:
    """Return the path at which a stored picture is served."""
    _, owner, name = key.split("/")
    return f"{_PATHS}{owner}{_BETWEEN}{name}"


def key_of(product_id: UUID, name: str) -> str | None:
    """Return the key of a product's picture by the last part of its path; None for what can be none."""
    key = f"{FOLDER}/{product_id}/{name}"
    return key if files.is_key(key) else None


def stored(product_id: UUID, addresses: Iterable[str]) -> list[str]:
    """Return the keys of those addresses that are uploaded pictures of this product."""
    beginning = f"{_PATHS}{product_id}{_BETWEEN}"
    found = (key_of(product_id, a.removeprefix(beginning)) for a in addresses if a.startswith(beginning))
    return [key for key in found if key is not None]


def outward(url: str, addresses: Sequence[str]) -> tuple[str, ...]:
    """Return the addresses as a browser anywhere can open them."""
    return tuple(url + address if address.startswith(_PATHS) else address for address in addresses)


def inward(url: str, sent: Sequence[str], present: Sequence[str]) -> tuple[str, ...]:
    """Return addresses as they are stored, where they are ours: also one that bears an older `CLIENTELA_URL`."""
    return tuple(
        next((own for own in present if own.startswith(_PATHS) and address.endswith(own)), None)
        or (address.removeprefix(url) if address.startswith(url + _PATHS) else address)
        for address in sent
    )
