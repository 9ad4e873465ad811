"""Daily work of the carts: what nobody touches is emptied, and forgotten when nobody asks it back."""

from datetime import date, time, timedelta
from typing import Final

from clientela.carritos import recovery
from clientela.core.db import Db
from clientela.core.jobs import Daily

# Of each in one transaction.
CARTS: Final = 100
LINES: Final = 1000


async def _sweep(db: Db, _: date) -> bool:
    untouched = timedelta(days=db.settings.carrito_dias)
    emptied = await recovery.empty_untouched(db, untouched, CARTS)
    purged = await recovery.purge(db, LINES)
    return emptied == CARTS or purged == LINES


DIARIAS: Final = (Daily("carritos_abandonados", time(3, 30), _sweep),)
