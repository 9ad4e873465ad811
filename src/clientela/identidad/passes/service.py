"""Passes (CONTRACT §9): a browser opens a socket or an event stream by its address alone, where no token belongs.

A pass is asked for with the token, is good once and for thirty seconds, and opens what its asker may open.
"""

import secrets
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from clientela.core.actor import Actor
from clientela.core.db import Db
from clientela.core.errors import Forbidden, Unauthenticated
from clientela.identidad import rules
from clientela.identidad.passes import store

LIFE: Final = timedelta(seconds=30)
BYTES: Final = 32


async def issue(db: Db, actor: Actor) -> str:
    """Make a pass of the caller's: 43 letters, digits, `-` and `_`. Forbidden for an actor behind no token at all."""
    if actor.sesion_id is None and actor.token_id is None:
        raise Forbidden("requiere_sesion")
    text = secrets.token_urlsafe(BYTES)
    await store.keep(db, rules.digest(text), actor.sesion_id, actor.token_id, db.now() + LIFE)
    return text


async def redeem(db: Db, text: str, now: datetime) -> UUID | int:
    """Use a pass up; return the session, or the personal token's number, that asked for it.

    Unauthenticated for one that was used, is too old, or was never made. Of many who try at once one succeeds.
    """
    asked = await store.take(db, rules.digest(text), now)
    if asked is None:
        raise Unauthenticated
    return asked


async def purge(db: Db, limit: int) -> bool:
    """Forget a batch of passes that nobody used; True while there may be more."""
    return await store.purge(db, db.now(), limit) == limit
