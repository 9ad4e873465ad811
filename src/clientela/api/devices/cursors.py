"""The place of a device in its streams: what `id` says, and `after` asks for."""

import re
from collections.abc import Sequence
from typing import Final

from clientela.core.actor import Actor
from clientela.core.errors import Invalid
from clientela.core.events import role_stream, user_stream

_CURSOR: Final = re.compile(r"([0-9]{1,18})(?:-([0-9]{1,18}))?", re.ASCII)


def streams_of(actor: Actor) -> tuple[str, ...]:
    """Name the streams that a caller's devices follow: his own, and for staff that of his role."""
    own = user_stream(actor.usuario_id)
    return (own, role_stream(actor.rol)) if actor.es_personal else (own,)


def write(places: Sequence[int]) -> int | str:
    """Write a place: a number for one stream, `12-340` for two. It grows with every event."""
    return places[0] if len(places) == 1 else "-".join(map(str, places))


def read(text: str | None, streams: int) -> tuple[int | None, ...]:
    """Read a place, one number a stream; all None for "from now on". Invalid names `after` when it is none.

    One number alone is the place in one's own stream; `0` is the beginning of all.
    """
    if text is None or text == "":
        return (None,) * streams
    found = _CURSOR.fullmatch(text)
    if found is None:
        raise Invalid.of("after", "Debe ser el id del último evento recibido")
    return (int(found[1]), int(found[2] or 0))[:streams]
