"""The token cache: quick while the lease holds, never trusted beyond it, never ahead of a revocation."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from clientela.api.auth import Gatekeeper, token_of
from clientela.core.actor import Actor
from clientela.core.errors import Unauthenticated

pytestmark = pytest.mark.anyio
TOKEN = b"aaa.bbb.ccc"


class Lease:
    def __init__(self, seconds: float = 60) -> None:
        self.lease_until = time.monotonic() + seconds


class Database:
    """Resolves every token to one user; counts how often it is asked, and may be revoked meanwhile."""

    def __init__(self, usuario: UUID, seconds: float = 60) -> None:
        self.actor = Actor(usuario, 1, "cliente", "cliente", uuid4(), "Ana", None)
        self.expires = datetime.now(UTC) + timedelta(seconds=seconds)
        self.asked = 0
        self.meanwhile = lambda: None

    async def resolve(self, token: str) -> tuple[Actor, datetime]:
        assert token == TOKEN.decode()
        self.asked += 1
        self.meanwhile()
        return self.actor, self.expires


async def test_a_verified_token_is_not_read_again_while_the_lease_holds() -> None:
    database = Database(uuid4())
    keeper = Gatekeeper(database.resolve, Lease())
    assert [await keeper.actor(TOKEN) for _ in range(3)] == [database.actor] * 3
    assert database.asked == 1


async def test_without_a_lease_the_database_is_asked_every_time() -> None:
    database = Database(uuid4())
    keeper = Gatekeeper(database.resolve, Lease(-1))
    for _ in range(3):
        await keeper.actor(TOKEN)
    assert database.asked == 3


async def test_a_revocation_drops_what_is_remembered() -> None:
    usuario = uuid4()
    database = Database(usuario)
    keeper = Gatekeeper(database.resolve, Lease())
    await keeper.actor(TOKEN)
    keeper.forget(uuid4())
    await keeper.actor(TOKEN)
    assert database.asked == 1
    keeper.forget(usuario)
    await keeper.actor(TOKEN)
    assert database.asked == 2


async def test_a_revocation_seen_while_the_database_answers_keeps_the_token_out_of_the_cache() -> None:
    usuario = uuid4()
    database = Database(usuario)
    keeper = Gatekeeper(database.resolve, Lease())
    database.meanwhile = lambda: keeper.forget(usuario)
    await keeper.actor(TOKEN)
    database.meanwhile = lambda: None
    await keeper.actor(TOKEN)
    assert database.asked == 2


async def test_an_expired_token_is_refused_although_it_is_remembered() -> None:
    database = Database(uuid4(), seconds=0.05)
    keeper = Gatekeeper(database.resolve, Lease())
    await keeper.actor(TOKEN)
    await asyncio.sleep(0.06)
    with pytest.raises(Unauthenticated):
        await keeper.actor(TOKEN)


@pytest.mark.parametrize(
    "header", [b"Bearer aaa.bbb.ccc", b"bearer aaa.bbb.ccc", b"aaa.bbb.ccc", b"BEARER 7|" + b"x" * 43]
)
def test_the_forms_of_the_header_that_are_accepted(header: bytes) -> None:
    assert token_of(header) in {"aaa.bbb.ccc", "7|" + "x" * 43}


@pytest.mark.parametrize(
    "header",
    [
        b"",
        b"Bearer",
        b"Bearer ",
        b"Bearer  aaa.bbb.ccc",
        b"Basic aaa.bbb.ccc",
        b"Token aaa.bbb.ccc",
        b"aaa.bbb.ccc,aaa.bbb.ccc",
        b"Bearer\taaa.bbb.ccc",
        b"aaa.bbb",
        b"aaa.bbb.ccc.ddd",
        b"aaa.bbb.\xc3\xb1",
        b"x" * 5000,
    ],
)
def test_every_other_form_is_refused(header: bytes) -> None:
    with pytest.raises(Unauthenticated):
        token_of(header)
