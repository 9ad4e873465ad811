"""The forms of the `Authorization` header (T-AU-6, D-5)."""

from collections.abc import Callable

import pytest

from tests.cast import Cast, Persona
from tests.tools.wire import Wire

YO = "/api/v1/auth/yo"


def ask(server: str, *headers: tuple[str, str], path: str = YO) -> int:
    with Wire(server) as wire:
        return wire.request("GET", path, headers=headers).status


@pytest.mark.parametrize("form", ["Bearer {}", "bearer {}", "BEARER {}", "{}"])
def test_accepted_forms(cast: Cast, server: str, form: str) -> None:
    assert cast.cliente.token
    assert ask(server, ("Authorization", form.format(cast.cliente.token))) == 200
    assert ask(server, ("AUTHORIZATION", form.format(cast.cliente.token))) == 200


@pytest.mark.parametrize(
    "form",
    [
        "Basic {}", "Token {}", "JWT {}", "Bearer", "Bearer ", "", " ", "Bearer  {}", "Bearer {} x", "{} {}",
        "Bearer {},Bearer {}", "{},{}", "{};", "Bearer,{}", "Bearer:{}", "Bearer\t{}", '"{}"', "Bearer <{}>",
        "Bearer null", "Bearer undefined", "Bearer {}\u00e9", "Bearer {}=", "Bearer {}%20", "bearer bearer {}",
    ],
)  # fmt: skip
def test_refused_forms(cast: Cast, server: str, form: str) -> None:
    assert ask(server, ("Authorization", form.replace("{}", cast.cliente.token or ""))) == 401


def test_two_headers_are_as_good_as_none(cast: Cast, server: str) -> None:
    good = ("Authorization", f"Bearer {cast.cliente.token}")
    assert ask(server, good, good) == 401
    assert ask(server, good, ("authorization", "Bearer x")) == 401


def test_a_token_elsewhere_is_no_token(cast: Cast, server: str) -> None:
    token = cast.cliente.token
    assert ask(server) == 401
    assert ask(server, path=f"{YO}?token={token}&access_token={token}&authorization={token}") == 401
    assert ask(server, ("Cookie", f"token={token}; Authorization=Bearer {token}")) == 401
    assert (
        ask(server, ("X-Authorization", f"Bearer {token}"), ("Proxy-Authorization", f"Bearer {token}")) == 401
    )


def test_a_line_break_reaches_nobody(cast: Cast, server: str) -> None:
    with Wire(server) as wire:
        raw = f"GET {YO} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer\r\n {cast.cliente.token}\r\n\r\n"
        assert wire.exchange(raw.encode()).status in {0, 400, 401}


def test_every_401_says_how(cast: Cast, new_cliente: Callable[..., Persona]) -> None:
    for path in (YO, f"/clientes/{cast.cliente.cliente_id}/carrito", "/api/v1/usuarios", "/reclamos"):
        answer = cast.anon.request("POST" if path == "/reclamos" else "GET", path)
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert answer.json()["code"] == "no_autenticado"
