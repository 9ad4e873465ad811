"""Forged tokens: none is accepted, whatever it claims and however it is signed (T-AU-5, M16)."""

import base64
import hashlib
import hmac
import json
import time
import uuid
from collections.abc import Callable
from typing import Any

import httpx
import jwt
import pytest

from tests.cast import Cast
from tests.tools.database import Database
from tests.tools.planted import program
from tests.tools.server import SECRET, Server

HEADER = {"alg": "HS256", "typ": "JWT"}


def b64(value: Any) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def signed(header: Any, claims: Any, key: str = SECRET, digest: Any = hashlib.sha256) -> str:
    """A token with a genuine signature over any header and claims."""
    head = f"{b64(header)}.{b64(claims)}"
    return f"{head}.{b64(hmac.new(key.encode(), head.encode(), digest).digest())}"


def claims_of(token: str) -> dict[str, Any]:
    found: dict[str, Any] = jwt.decode(token, SECRET, algorithms=["HS256"])
    return found


def wrong_headers(claims: dict[str, Any]) -> dict[str, str]:
    """Tokens whose header lies."""
    head, body = b64(HEADER), b64(claims)
    good = signed(HEADER, claims).rsplit(".", 1)[1]
    made: dict[str, str] = {}
    for alg in ("none", "None", "NONE", "nOnE", "", None, 0, ["HS256"], {"a": 1}, "hs256", "HS256 ", "HS1"):
        made[f"alg {alg!r}, unsigned"] = f"{b64({'alg': alg, 'typ': 'JWT'})}.{body}."
        made[f"alg {alg!r}, signature of another"] = f"{b64({'alg': alg, 'typ': 'JWT'})}.{body}.{good}"
        made[f"alg {alg!r}, signed"] = signed({"alg": alg, "typ": "JWT"}, claims)
    for alg, digest in (("HS384", hashlib.sha384), ("HS512", hashlib.sha512), ("HS256", hashlib.sha512)):
        made[f"{alg} with another digest"] = signed({"alg": alg, "typ": "JWT"}, claims, digest=digest)
    for alg in ("RS256", "ES256", "PS256", "EdDSA"):
        made[f"{alg} signed as HS256"] = signed({"alg": alg, "typ": "JWT"}, claims)
    made["what looks like RS256"] = f"{b64({'alg': 'RS256', 'typ': 'JWT'})}.{body}.{b64(bytes(range(256)))}"
    for extra in (
        {"kid": "../../../../dev/null"},
        {"kid": "' UNION SELECT 'x' --"},
        {"kid": SECRET},
        {"kid": None},
        {"jku": "http://127.0.0.1:1/keys"},
        {"x5u": "http://127.0.0.1:1/cert"},
        {"jwk": {"kty": "oct", "k": b64(b"k" * 32)}},
        {"x5c": ["AAAA"]},
        {"crit": ["exp"]},
        {"crit": ["b64"], "b64": False},
        {"zip": "DEF"},
        {"cty": "JWT"},
        {"typ": "at+jwt"},
        {"typ": "JWE"},
        {"typ": None},
    ):
        made[f"header with {extra}"] = signed(HEADER | extra, claims)
    made["no typ"] = signed({"alg": "HS256"}, claims)
    made["alg twice"] = raw_token(b'{"alg":"none","alg":"HS256","typ":"JWT","typ":"JWT","kid":"a"}', claims)
    for odd in (b"[]", b"null", b'"HS256"', b"{", b"\xff\xfe", b""):
        made[f"header {odd!r}"] = raw_token(odd, claims)
    made["header not base64"] = f"!!!.{body}.{good}"
    made["padded parts"] = f"{head}=.{body}.{good}"
    return made


def raw_token(header: bytes, claims: Any) -> str:
    return signed(header, claims)


def wrong_signatures(claims: dict[str, Any], genuine: str) -> dict[str, str]:
    """Tokens whose signature is missing, damaged or of another key."""
    head, body, signature = genuine.split(".")
    made = {
        "no signature": f"{head}.{body}.",
        "two parts": f"{head}.{body}",
        "one part": head,
        "four parts": f"{genuine}.{signature}",
        "five parts": f"{genuine}.{signature}.{signature}",
        "half a signature": f"{head}.{body}.{signature[:21]}",
        "one sign short": genuine[:-1],
        "one sign more": genuine + "A",
        "turned signature": f"{head}.{body}.{signature[::-1]}",
        "signature of other claims": f"{head}.{b64(claims | {'rol': 'admin'})}.{signature}",
        "swapped parts": f"{body}.{head}.{signature}",
        "a megabyte": f"{head}.{'A' * 1_000_000}.{signature}",
        "sixteen kilobytes": f"{head}.{'A' * 12_000}.{signature}",
        "letters beyond ASCII": f"{head}.{body}.{signature[:-1]}\u00f1",
        "a NUL": f"{head}.{body}.{signature}%00",
        "dots only": "..",
        "many dots": "." * 50,
    }
    for key in (
        "",
        "secret",
        "clientela",
        SECRET[::-1],
        SECRET[:-1],
        SECRET + "\n",
        SECRET.upper(),
        "k" * 64,
    ):
        made[f"key {key[:12]!r}…"] = signed(HEADER, claims, key=key)
    return made


def wrong_claims(claims: dict[str, Any], other: dict[str, Any]) -> dict[str, str]:
    """Tokens signed with the real key whose claims are none that we ever wrote."""
    now = int(time.time())
    made: dict[str, str] = {}
    for name in claims:
        made[f"without {name}"] = signed(HEADER, {k: v for k, v in claims.items() if k != name})
        values: tuple[Any, ...] = ("", 0, [], {}, True, -1, 1e400 if name in {"iat", "exp"} else "x")
        for value in values:
            made[f"{name} = {value!r}"] = signed(HEADER, claims | {name: value})
    for extra in (
        {"aud": "otra"}, {"iss": "otra"}, {"nbf": now + 3600}, {"nbf": now - 10}, {"sid": claims["jti"]},
        {"admin": True}, {"iat": now + 3600, "exp": now + 7200},
    ):  # fmt: skip
        made[f"with {extra}"] = signed(HEADER, claims | extra)
    for change in (
        {"exp": now - 1}, {"exp": now}, {"exp": now - 86_400}, {"exp": claims["exp"] + 1}, {"exp": 2**31 - 1},
        {"exp": 2**63}, {"exp": str(claims["exp"])}, {"exp": claims["exp"] + 0.5}, {"iat": claims["iat"] - 1},
        {"tipo": "usuario"}, {"rol": "admin"}, {"tipo": "usuario", "rol": "admin", "cliente_id": None},
        {"rol": "soporte", "tipo": "usuario"}, {"cliente_id": other["cliente_id"]}, {"cliente_id": None},
        {"sub": other["sub"]}, {"sub": other["sub"], "cliente_id": other["cliente_id"]}, {"jti": other["jti"]},
        {"jti": str(uuid.uuid4())}, {"jti": claims["jti"].upper()}, {"jti": claims["jti"].replace("-", "")},
        {"jti": "{" + claims["jti"] + "}"}, {"jti": claims["jti"] + "'--"}, {"sub": claims["sub"].upper()},
        {"sub": [claims["sub"]]}, {"jti": {"$ne": None}},
    ):  # fmt: skip
        made[f"changed {change}"] = signed(HEADER, claims | change)
    doubled = json.dumps(claims)[:-1] + ', "rol": "admin", "tipo": "usuario"}'
    made["claims twice"] = signed(HEADER, doubled.encode())
    for odd in (b"[]", b"null", b"7", b'"x"', b"{", b"\xff", b"", b'{"a":' * 3000):
        made[f"claims {odd[:8]!r}"] = signed(HEADER, odd)
    return made


def forged(token: str, other: str) -> dict[str, str]:
    """Every forgery made out of one customer's genuine token, with another's to borrow from."""
    claims, borrowed = claims_of(token), claims_of(other)
    return wrong_headers(claims) | wrong_signatures(claims, token) | wrong_claims(claims, borrowed)


def routes(cast: Cast) -> list[tuple[str, str]]:
    """Twelve routes of all kinds."""
    own = cast.cliente.panel
    return [
        ("GET", "/api/v1/auth/yo"),
        ("GET", "/api/v1/auth/sesiones"),
        ("POST", "/api/v1/auth/logout"),
        ("POST", "/api/v1/auth/contrasenia"),
        ("GET", f"{own}/carrito"),
        ("PUT", f"{own}/carrito"),
        ("GET", f"{own}/preferencias"),
        ("POST", "/reclamos"),
        ("GET", "/api/v1/productos"),
        ("GET", "/api/v1/usuarios"),
        ("POST", "/api/v1/tokens"),
        ("GET", "/api/v1/auditoria"),
    ]


def accepted(
    url: str, cast: Cast, tokens: dict[str, str], paths: list[tuple[str, str]]
) -> list[tuple[str, str, int]]:
    """The forgeries that anything but a 401 answered (431 for a header over its bounds)."""
    found = []
    with httpx.Client(base_url=url, timeout=20) as client:
        for why, token in tokens.items():
            raw = f"Bearer {token}".encode("latin-1")
            for method, path in paths:
                try:
                    status = client.request(method, path, headers=[(b"Authorization", raw)]).status_code
                except httpx.TransportError:
                    # The parser closes the connection on a head of a megabyte.
                    status = 0
                if status != 401 and not (len(raw) > 16_000 and status in {0, 400, 431}):
                    found.append((why, f"{method} {path}", status))
    return found


def test_no_forged_token_is_accepted_anywhere(cast: Cast, server: str) -> None:
    assert cast.cliente.token
    assert cast.otra_cliente.token
    tokens = forged(cast.cliente.token, cast.otra_cliente.token)
    assert len(tokens) >= 120
    with httpx.Client(base_url=server) as client:
        genuine = client.get(
            "/api/v1/auth/yo", headers={"Authorization": signed(HEADER, claims_of(cast.cliente.token))}
        )
    assert genuine.status_code == 200, "the forger's tools must be able to make a good one"
    assert accepted(server, cast, tokens, routes(cast)) == []
    assert cast.cliente.get("/api/v1/auth/yo").status_code == 200


def test_control_a_lax_verifier_is_caught(
    cast: Cast, db: Database, start_server: Callable[..., Server]
) -> None:
    planted = start_server(db.dsn, workers=1, program=program("tests.identidad.plants:lax_tokens"))
    tokens = forged(cast.cliente.token or "", cast.otra_cliente.token or "")
    found = accepted(planted.url, cast, tokens, [("GET", "/api/v1/auth/yo")])
    assert len({why for why, _, _ in found}) >= 10, found


def test_a_rotated_key_ends_every_token(
    cast: Cast, db: Database, start_server: Callable[..., Server]
) -> None:
    rotated = start_server(db.dsn, workers=1, secreto="otra-clave-de-pruebas-de-mas-de-32-bytes")
    answer = httpx.get(f"{rotated.url}/api/v1/auth/yo", headers={"Authorization": cast.cliente.token or ""})
    assert answer.status_code == 401


def test_an_expired_session_is_over_to_the_second(cast: Cast, db: Database, server: str) -> None:
    customer = cast.new_cliente()
    claims = claims_of(customer.token or "")
    ends = int(time.time()) + 2
    db.execute("UPDATE sesiones SET expira_en = to_timestamp($2) WHERE id = $1::uuid", claims["jti"], ends)
    token = signed(HEADER, claims | {"exp": ends})
    ask = {"Authorization": token}
    with httpx.Client(base_url=server) as client:
        assert client.get("/api/v1/auth/yo", headers=ask).status_code == 200
        time.sleep(max(0.0, ends - time.time()))
        assert client.get("/api/v1/auth/yo", headers=ask).status_code == 401


@pytest.mark.parametrize("short", ["x", "k" * 31, "ñ" * 15])
def test_a_short_key_is_refused_at_start(short: str) -> None:
    from clientela.settings import Settings  # noqa: PLC0415

    with pytest.raises(ValueError, match="32 bytes"):
        Settings(secreto=short)
