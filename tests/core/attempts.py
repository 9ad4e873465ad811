"""A process of its own that makes attempts against the limiter; run with `python -m tests.core.attempts`.

Arguments: address of the database, `exact` or `naive`, subject, number of attempts. Prints how many were let in.
"""

import asyncio
import sys
from datetime import timedelta

from clientela.core import limits
from clientela.core.db import Db, Pool
from clientela.core.errors import TooManyRequests
from clientela.settings import Settings

MAXIMUM = 5
WINDOW = timedelta(minutes=10)


async def _exact(db: Db, subject: str) -> bool:
    """One attempt that fails after the work of a password check."""
    try:
        place = await limits.reserve(db, limits.Limit("prueba", subject, MAXIMUM, WINDOW), wait=0.3)
    except TooManyRequests:
        return False
    await asyncio.sleep(0.02)
    await place.keep()
    return True


async def _naive(db: Db, subject: str) -> bool:
    """The negative control: look first, count afterwards."""
    seen = await db.fetchval("SELECT count(*) FROM limites WHERE clave = $1", subject)
    if seen >= MAXIMUM:
        return False
    await asyncio.sleep(0.02)
    await db.execute(
        """INSERT INTO limites (clave, reserva, en_curso, ocurrido_en, vence_en)
           VALUES ($1, gen_random_uuid(), false, now(), now())""",
        subject,
    )
    return True


async def main(dsn: str, kind: str, subject: str, number: int) -> int:
    """Make all attempts at once; return how many were let in."""
    pool = await Pool(Settings(secreto="s" * 32, conexiones=8, sentencia_segundos=20), lambda: dsn).open()
    attempt = _exact if kind == "exact" else _naive
    try:
        return sum(await asyncio.gather(*(attempt(pool.db, subject) for _ in range(number))))
    finally:
        await pool.close()


if __name__ == "__main__":
    print(asyncio.run(main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))))  # noqa: T201
