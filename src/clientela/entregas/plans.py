"""The plan of a day: made once for what there is to deliver, and again when that has changed."""

import asyncio
import time
from collections.abc import Collection
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from clientela.core.db import Db
from clientela.core.errors import Unavailable
from clientela.core.ids import uuid7
from clientela.entregas import planner, rules, store
from clientela.entregas.model import Plan, PlanGuardado, Problema

# So long one waits for somebody else's plan; nobody waits for a planner that died longer than it could have taken.
WAIT_SECONDS: Final = 8.5
LEASE: Final = timedelta(seconds=planner.WAIT_SECONDS + planner.WORK_SECONDS + 3)
_PAUSE: Final = 0.2


async def stored(db: Db, fecha: date) -> PlanGuardado | None:
    """Return the plan that a day has, whatever it was made for."""
    return await store.read_plan(db, fecha)


async def plan_day(db: Db, fecha: date, problem: Problema, out: Collection[str]) -> PlanGuardado | None:
    """Return the plan for this problem: the stored one, else a new one, which takes seconds; None: ask again.

    Of several that ask at once, on whatever process, one plans. `out`: the stops on their way or delivered; the routes
    that they are in stay as they were. Not to be called in a transaction.
    """
    mark = rules.fingerprint(problem)
    if not problem.paradas:
        # Days of which nobody wants anything leave no trace, however many are asked for.
        return PlanGuardado(mark, Plan((), {}, 0, 0), db.now())
    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        found = await store.read_plan(db, fecha)
        if found is not None and found.huella == mark:
            return found
        reserva = uuid7()
        if await store.reserve_plan(db, fecha, reserva, db.now() + LEASE, db.now()):
            return await _plan(db, fecha, problem, out, reserva)
        if time.monotonic() > deadline:
            return None
        await asyncio.sleep(_PAUSE)


async def _plan(
    db: Db, fecha: date, problem: Problema, out: Collection[str], reserva: UUID
) -> PlanGuardado | None:
    mark = rules.fingerprint(problem)
    try:
        # Somebody may have finished between our look and our turn.
        found = await store.read_plan(db, fecha)
        if found is not None and found.huella == mark:
            return found
        kept = rules.under_way(found.plan if found else None, out)
        made = await planner.plan(rules.rest(problem, kept, out))
        saved = PlanGuardado(mark, rules.joined(problem, kept, made, out), db.now())
        await store.write_plan(db, fecha, reserva, saved)
    except Unavailable:
        return None
    else:
        return saved
    finally:
        # After it was written this finds nothing to do.
        await store.release_plan(db, fecha, reserva)
