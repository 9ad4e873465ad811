"""Signed links: five minutes, one path, as the session that asked (T-UP-5)."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlencode
from uuid import UUID, uuid4

import pytest

from clientela.core.actor import Actor
from clientela.core.errors import Forbidden, Unauthenticated
from clientela.identidad import links, signing
from tests.tools.server import SECRET

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
PATH = "/api/clientes/0190a6b2-7c1e-7d3a-9b5f-2f4c6d8e0a12/imagenes/ci_anverso"


@pytest.fixture(autouse=True)
def keyring(monkeypatch: pytest.MonkeyPatch) -> signing.Keyring:
    """The key of the tests' servers."""
    fresh = signing.Keyring()
    fresh.load(SECRET)
    monkeypatch.setattr(signing, "keyring", fresh)
    return fresh


def somebody(*, sesion: UUID | None = None, token: int | None = None) -> Actor:
    return Actor(uuid4(), 1, "usuario", "admin", None, "Ana", None, sesion_id=sesion, token_id=token)


def query_of(address: str) -> str:
    return address.partition("?")[2]


def test_a_link_says_who_asked_for_it() -> None:
    session = uuid4()
    address = links.sign(somebody(sesion=session), PATH, NOW)
    assert address.startswith(PATH + "?firma=")
    assert links.read(PATH, query_of(address), NOW) == session
    assert links.read(PATH, query_of(links.sign(somebody(token=37), PATH, NOW)), NOW) == 37
    with pytest.raises(Forbidden):
        links.sign(somebody(), PATH, NOW)


def test_a_link_lives_for_five_minutes() -> None:
    query = query_of(links.sign(somebody(token=1), PATH, NOW))
    assert links.read(PATH, query, NOW + timedelta(minutes=4, seconds=59)) == 1
    with pytest.raises(Unauthenticated):
        links.read(PATH, query, NOW + timedelta(minutes=5))


def tampered(query: str) -> dict[str, str]:
    """One link, changed in every way."""
    pairs = dict(parse_qsl(query))
    soon = str(int(pairs["vence"]) + 60)
    return {
        "nothing": "",
        "other session": urlencode(pairs | {"sesion": str(uuid4())}),
        "a token instead": urlencode(pairs | {"sesion": "1"}),
        "longer life": urlencode(pairs | {"vence": soon}),
        "huge life": urlencode(pairs | {"vence": "9" * 400}),
        "no number": urlencode(pairs | {"vence": "nunca"}),
        "another spelling": urlencode(pairs | {"vence": f"0{pairs['vence']}"}),
        "spelt in capitals": urlencode(pairs | {"sesion": pairs["sesion"].upper()}),
        "no signature": urlencode({name: pairs[name] for name in ("sesion", "vence")}),
        "empty signature": urlencode(pairs | {"firma": ""}),
        "short signature": urlencode(pairs | {"firma": pairs["firma"][:-1]}),
        "padded signature": urlencode(pairs | {"firma": pairs["firma"] + "="}),
        "not even ASCII": urlencode(pairs | {"firma": "ñ" * 43}),
        "twice": query + "&" + query,
        "one more": query + "&x=1",
        "one twice": urlencode([*pairs.items(), ("firma", pairs["firma"])]),
        "moved digits": urlencode(
            pairs | {"sesion": pairs["sesion"] + "\n" + pairs["vence"][:1], "vence": pairs["vence"][1:]}
        ),
    }


def test_a_link_that_was_changed_opens_nothing() -> None:
    query = query_of(links.sign(somebody(sesion=uuid4()), PATH, NOW))
    for name, changed in tampered(query).items():
        with pytest.raises(Unauthenticated):
            pytest.fail(f"{name}: {links.read(PATH, changed, NOW)}")
    for path in (PATH.replace("anverso", "reverso"), PATH + "/", PATH.upper(), "/", ""):
        with pytest.raises(Unauthenticated):
            links.read(path, query, NOW)


def test_a_link_of_another_installation_opens_nothing(keyring: signing.Keyring) -> None:
    query = query_of(links.sign(somebody(token=1), PATH, NOW))
    keyring.load("x" * 32)
    with pytest.raises(Unauthenticated):
        links.read(PATH, query, NOW)
