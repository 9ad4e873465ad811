"""Waiting for something that becomes true, with a deadline and a reason."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def wait_for(check: Callable[[], T], what: str, *, seconds: float = 10.0, every: float = 0.02) -> T:
    """Call `check` until it returns something true, and return that; AssertionError naming `what` when late."""
    deadline = time.monotonic() + seconds
    while True:
        value = check()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not happen within {seconds} s")
        time.sleep(every)
