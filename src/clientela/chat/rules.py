"""Pure decisions of the chat (CONTRACT §9, §12)."""

from typing import Final

from clientela.core.actor import Actor
from clientela.core.errors import Forbidden
from clientela.identidad.model import Rol

MAX_TEXT: Final = 500
"""How many code points a message may have."""
MAX_CLIENT_ID: Final = 100
"""How long the name may be that a device gives its message."""
PER_MINUTE: Final = 10
"""How many messages a customer may send within sixty seconds."""
LATEST: Final = 500
"""How many messages are shown to who does not say, and the most that one page holds."""
PAGE: Final = 100
"""How many messages a page holds, and how many come with the open session."""

_SUPPORT: Final = frozenset({Rol.SOPORTE, Rol.ADMIN})


def is_support(actor: Actor) -> bool:
    """Tell whether somebody talks for the house; Forbidden for who is neither that nor a customer."""
    if actor.rol in _SUPPORT:
        return True
    if actor.rol != Rol.CLIENTE:
        raise Forbidden
    return False


def text_problem(texto: str) -> str | None:
    """Name what is wrong with a message's text, its blanks around taken away; None where nothing is."""
    if not texto:
        return "mensaje_vacio"
    return "mensaje_largo" if len(texto) > MAX_TEXT else None
