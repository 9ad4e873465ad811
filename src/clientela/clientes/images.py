"""A client's images: where they lie, and who may look at them (CONTRACT §4, §12)."""

from typing import Final
from uuid import UUID

from clientela.core.actor import Actor

FOLDER: Final = "clientes"
# The two sides of an identity card.
CARDS: Final = frozenset({"ci_anverso", "ci_reverso"})


def may_see(actor: Actor, cliente_id: UUID, campo: str) -> bool:
    """Tell whether somebody who may read a client may see this image of his.

    An identity card is its owner's and the administrators'; a seller hands it in and does not get it back.
    """
    return campo not in CARDS or actor.es_admin or actor.cliente_id == cliente_id


def address(cliente_id: UUID, campo: str) -> str:
    """Return the path at which an image is served."""
    return f"/api/clientes/{cliente_id}/imagenes/{campo}"
