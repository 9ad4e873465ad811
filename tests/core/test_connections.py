"""The process's connections: never more than allowed, first come first served, no place lost."""

import asyncio
from typing import Any

import pytest

from clientela.core.connections import Connections, Deadlines

pytestmark = pytest.mark.anyio


class Line:
    """What the pool needs to know of a connection."""

    def __init__(self) -> None:
        self.closed = False

    def is_closed(self) -> bool:
        return self.closed

    def terminate(self) -> None:
        self.closed = True

    async def close(self, timeout: float) -> None:  # noqa: ASYNC109 - the driver's own signature
        self.closed = timeout > 0


class Maker:
    """Opens lines, as long as it is not told to fail."""

    def __init__(self) -> None:
        self.made: list[Line] = []
        self.failing = False

    async def __call__(self) -> Any:
        await asyncio.sleep(0)
        if self.failing:
            raise OSError("refused")
        self.made.append(Line())
        return self.made[-1]


@pytest.fixture
def maker() -> Maker:
    return Maker()


async def test_free_connections_are_used_again_the_latest_first(maker):
    pool = Connections(maker, 3, 1.0)
    first, second = await pool.take(), await pool.take()
    pool.give(first)
    pool.give(second)
    assert await pool.take() is second
    assert len(maker.made) == 2
    assert pool.in_use == 1


async def test_never_more_than_the_limit_and_everybody_is_served(maker):
    pool = Connections(maker, 4, 5.0)
    highest = 0

    async def work() -> None:
        nonlocal highest
        for _ in range(20):
            connection = await pool.take()
            highest = max(highest, pool.in_use)
            await asyncio.sleep(0)
            pool.give(connection)

    await asyncio.gather(*(work() for _ in range(50)))
    assert highest == 4
    assert len(maker.made) == 4
    assert pool.in_use == 0


async def test_the_line_is_served_in_order(maker):
    pool = Connections(maker, 1, 5.0)
    held = await pool.take()
    served: list[int] = []

    async def wait(number: int) -> None:
        connection = await pool.take()
        served.append(number)
        pool.give(connection)

    tasks = [asyncio.create_task(wait(number)) for number in range(5)]
    await asyncio.sleep(0.01)
    pool.give(held)
    await asyncio.gather(*tasks)
    assert served == [0, 1, 2, 3, 4]


async def test_who_waits_too_long_is_told_and_the_rest_go_on(maker):
    pool = Connections(maker, 1, 0.05)
    held = await pool.take()
    with pytest.raises(TimeoutError):
        await pool.take()
    later = asyncio.create_task(pool.take())
    await asyncio.sleep(0.01)
    pool.give(held)
    assert await later is held


async def test_a_closed_connection_frees_its_place(maker):
    pool = Connections(maker, 1, 1.0)
    held = await pool.take()
    waiting = asyncio.create_task(pool.take())
    await asyncio.sleep(0.01)
    held.terminate()
    pool.give(held)
    fresh = await waiting
    assert fresh is not held
    fresh.terminate()
    pool.give(fresh)
    assert (await pool.take()).closed is False


async def test_one_that_was_closed_while_it_lay_free_is_not_lent(maker):
    pool = Connections(maker, 1, 1.0)
    held = await pool.take()
    pool.give(held)
    held.terminate()
    assert await pool.take() is not held


async def test_a_refused_connect_loses_no_place(maker):
    pool = Connections(maker, 1, 1.0)
    maker.failing = True
    tries = [asyncio.create_task(pool.take()) for _ in range(3)]
    results = await asyncio.gather(*tries, return_exceptions=True)
    assert [type(result) for result in results] == [OSError] * 3
    maker.failing = False
    assert await pool.take() is maker.made[0]


@pytest.mark.parametrize("close_first", [False, True])
async def test_who_goes_away_while_he_is_served_passes_it_on(maker, close_first):
    pool = Connections(maker, 1, 1.0)
    held = await pool.take()
    gone, patient = asyncio.create_task(pool.take()), asyncio.create_task(pool.take())
    await asyncio.sleep(0.01)
    if close_first:
        held.terminate()
    pool.give(held)
    gone.cancel()
    assert (await patient).closed is False
    assert pool.in_use == 1
    assert gone.cancelled()


async def test_closing_waits_for_those_at_work_and_then_cuts_them(maker):
    pool = Connections(maker, 2, 1.0)
    busy, free = await pool.take(), await pool.take()
    pool.give(free)
    await pool.close(0.05)
    assert busy.closed
    assert free.closed


async def test_a_statement_that_takes_too_long_is_cut_and_no_other():
    deadlines = Deadlines(0.05)
    slow, quick, later = Line(), Line(), Line()
    deadlines.begin(slow)
    deadlines.begin(quick)
    deadlines.end(quick)
    await asyncio.sleep(0.03)
    deadlines.begin(later)
    await asyncio.sleep(0.04)
    assert [slow.closed, quick.closed, later.closed] == [True, False, False]
    deadlines.end(slow)
    await asyncio.sleep(0.04)
    assert later.closed
