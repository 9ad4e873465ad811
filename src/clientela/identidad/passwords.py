"""Passwords: hashed by bcrypt in at most two threads, behind a bounded queue, with the same work for everybody.

A check costs a quarter of a second of one core (cost 12), so a flood of them must neither occupy every core nor
wait in an endless line: who finds the line full is told 503 at once.
"""

import asyncio
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from importlib.resources import files
from typing import Final, TypeVar

from pwdlib.hashers.bcrypt import BcryptHasher

from clientela.core.errors import Invalid, Unavailable
from clientela.core.textos import MENSAJES
from clientela.identidad import rules

THREADS: Final = 2
QUEUE: Final = 20

T = TypeVar("T")


class _Kitchen:
    """The threads that hash, and how much they have before them."""

    def __init__(self) -> None:
        self._executor = ThreadPoolExecutor(THREADS, thread_name_prefix="bcrypt")
        self._lock = threading.Lock()
        self._orders = 0

    async def run(self, work: Callable[..., T], *args: object) -> T:
        """Run `work` in a thread; Unavailable when the line is full."""
        with self._lock:
            if self._orders >= THREADS + QUEUE:
                raise Unavailable("servicio_ocupado", headers={"Retry-After": "2"})
            self._orders += 1
        future = self._executor.submit(work, *args)
        # Counted until the thread is really done: a caller who goes away does not free his place early.
        future.add_done_callback(self._done)
        return await asyncio.wrap_future(future)

    def _done(self, _: object) -> None:
        with self._lock:
            self._orders -= 1


_kitchen: Final = _Kitchen()


@lru_cache(maxsize=1)
def common_passwords() -> frozenset[str]:
    """Return the passwords that are refused because everybody tries them, casefolded."""
    text = files("clientela.identidad").joinpath("contrasenias_comunes.txt").read_text("utf-8")
    return frozenset(line for line in text.splitlines() if not line.startswith("# "))


def require_good(field: str, password: str, own: Iterable[str | None]) -> None:
    """Raise Invalid, naming `field`, when a new password does not pass (CONTRACT §2).

    `own` are the owner's name, e-mail, phone (as typed and E.164) and nick, none of which may be the password.
    """
    problem = rules.password_problem(password, own, common_passwords())
    if problem is not None:
        raise Invalid({field: [MENSAJES[problem]]}, code=problem)


async def hash_password(password: str, cost: int) -> str:
    """Hash a password that has passed; `cost` is bcrypt's, log2 of the rounds."""
    return await _kitchen.run(BcryptHasher(cost).hash, rules.normal_password(password))


async def verify(password: str, stored: str | None, cost: int) -> bool:
    """Tell whether a password is the one behind `stored`.

    Without a stored hash, and for a password that cannot be anybody's, the same work is done against a hash
    that nobody's password has: time does not tell who exists.
    """
    raw = rules.normal_password(password).encode()
    fits = stored is not None and len(raw) <= rules.MAX_BYTES
    matches = await _kitchen.run(_check, raw[: rules.MAX_BYTES], stored or nobodys(cost), cost)
    return matches and fits


def _check(raw: bytes, stored: str, cost: int) -> bool:
    matches = BcryptHasher(cost).verify(raw, stored)
    # A hash from before the cost was raised is cheaper to check. Work doubles with each step, so checks at its
    # own cost and at every one below the live one make up exactly what is missing.
    for missing in range(int(stored[4:6]), cost):
        BcryptHasher(cost).verify(raw, nobodys(missing))
    return matches


def needs_rehash(stored: str, cost: int) -> bool:
    """Tell whether a hash was made with another cost than the live one."""
    return BcryptHasher(cost).check_needs_rehash(stored)


def nobodys(cost: int) -> str:
    """Return a well-formed hash of the live cost whose digest was never computed from any password."""
    return f"$2b${cost:02d}$" + "." * 22 + "." * 31
