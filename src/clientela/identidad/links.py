"""Signed links: an address that somebody may open for five minutes without a header, as the session that asked for it.

A browser shows an image by its address alone. Such an address carries who asked (his session, or his personal token),
until when it is good, and a signature over both and the path. It opens what that session may open at that moment, and
nothing once the session has ended.
"""

import hmac
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

from clientela.core.actor import Actor
from clientela.core.errors import Forbidden, Unauthenticated
from clientela.core.ids import parse_uuid
from clientela.identidad import signing

LIFE: Final = timedelta(minutes=5)
_PURPOSE: Final = b"clientela: enlaces firmados"
_FIELDS: Final = ["firma", "sesion", "vence"]


def sign(actor: Actor, path: str, now: datetime) -> str:
    """Return the path with what opens it for five minutes; Forbidden for an actor behind no token at all."""
    asked = actor.sesion_id or actor.token_id
    if asked is None:
        raise Forbidden("requiere_sesion")
    until = str(int((now + LIFE).timestamp()))
    query = {"firma": _signature(path, str(asked), until), "sesion": str(asked), "vence": until}
    return f"{path}?{urlencode(query)}"


def read(path: str, query: str, now: datetime) -> UUID | int:
    """Verify a signed address and return who asked for it: a session, or a personal token by its number.

    Unauthenticated unless `sign` made exactly this, at most five minutes ago.
    """
    pairs = parse_qsl(query, keep_blank_values=True) if query.count("&") == len(_FIELDS) - 1 else []
    if sorted(name for name, _ in pairs) != _FIELDS:
        raise Unauthenticated
    said = dict(pairs)
    signature = _signature(path, said["sesion"], said["vence"])
    if not hmac.compare_digest(signature.encode(), said["firma"].encode()):
        raise Unauthenticated
    # What is signed was written by us, so these are what they should be.
    if int(said["vence"]) <= now.timestamp():
        raise Unauthenticated
    return parse_uuid(said["sesion"]) or int(said["sesion"])


def _signature(path: str, asked: str, until: str) -> str:
    return signing.seal(_PURPOSE, f"{path}\n{asked}\n{until}")
