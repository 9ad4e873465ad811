"""How an endpoint is declared (`route`), what its handler sees (`Call`) and what it answers (`Reply`).

`endpoint` serves what is declared here.
"""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from inspect import signature
from typing import Any, Final, TypeVar
from uuid import UUID

from pydantic import BaseModel

from clientela.api.auth import Gatekeeper
from clientela.api.devices.board import Board
from clientela.api.dialects import Dialect, for_path
from clientela.api.forms import Upload
from clientela.core.actor import Actor
from clientela.core.db import Db
from clientela.core.errors import (
    BadRequest,
    NotFound,
)
from clientela.core.ids import parse_uuid
from clientela.core.images import Imagen
from clientela.core.metrics import Metrics
from clientela.settings import Settings

# A bare number is taken too: front ends send the `version` that they read in the body.
_VERSION: Final = re.compile(r'(?:W/)?"([0-9]{1,18})"|([0-9]{1,18})')

Scope = Any
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
Handler = Callable[..., Awaitable["Reply"]]
H = TypeVar("H", bound=Handler)
RawHeaders = list[tuple[bytes, bytes]]


class Reply:
    """What a handler answers: data for the dialect's encoder, or the body itself, as bytes or in pieces."""

    __slots__ = ("content_type", "data", "headers", "status")

    def __init__(
        self,
        data: Any = None,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        content_type: str = "application/json",
    ) -> None:
        self.data = data
        self.status = status
        self.headers = headers
        self.content_type = content_type


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Route:
    """One row of the route table: what is served, and what its documentation says."""

    method: str
    path: str
    handler: Handler
    dialect: Dialect
    summary: str
    body: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    body_optional: bool = False
    missing_code: str | None = None
    response: Any = None
    status: int = 200
    also: tuple[int, Any] | None = None
    errors: tuple[str, ...] = ()
    example: Any = None
    body_example: Any = None
    secret: bool = False
    multipart: bool = False
    files: tuple[str, ...] = ()
    media_type: str = "image/jpeg"
    images: tuple[str, ...] = ()
    parameters: frozenset[str] = field(default_factory=frozenset)

    @property
    def key(self) -> str:
        """Method and path: the name of the route in the permission matrix."""
        return f"{self.method} {self.path}"


ROUTES: dict[str, Route] = {}


def route(
    method: str,
    path: str,
    *,
    summary: str,
    body: type[BaseModel] | None = None,
    query: type[BaseModel] | None = None,
    body_optional: bool = False,
    missing_code: str | None = None,
    response: Any = None,
    status: int = 200,
    also: tuple[int, Any] | None = None,
    errors: Sequence[str] = (),
    example: Any = None,
    body_example: Any = None,
    secret: bool = False,
    multipart: bool = False,
    files: Sequence[str] = (),
    media_type: str = "image/jpeg",
    images: Sequence[str] = (),
) -> Callable[[H], H]:
    """Declare an endpoint; the handler names what it takes among `call`, `body` and `query`.

    `status` and `response` are those of a success, `also` those of another one. `errors` are the codes it can
    give besides the general ones; `missing_code` replaces the error for absent required fields; `secret` routes take no
    `Idempotency-Key`; `multipart` routes also take a form, whose texts the same model reads leniently and whose
    files are `call.files`; those of the fields `files` are meant, and of `images`, which are pictures. `media_type` is
    that of a `response` of bytes.
    """

    def register(handler: H) -> H:
        made = Route(
            method=method,
            path=path,
            handler=handler,
            dialect=for_path(path),
            summary=summary,
            body=body,
            query=query,
            body_optional=body_optional,
            missing_code=missing_code,
            response=response,
            status=status,
            also=also,
            errors=tuple(errors),
            example=example,
            body_example=body_example,
            secret=secret,
            multipart=multipart or bool(files or images),
            files=(*files, *images),
            media_type=media_type,
            images=tuple(images),
            parameters=frozenset(signature(handler).parameters),
        )
        if made.key in ROUTES:
            raise ValueError(f"{made.key} is declared twice")
        ROUTES[made.key] = made
        return handler

    return register


@dataclass(slots=True)
class Runtime:
    """What the process shares among its requests."""

    settings: Settings
    db: Db
    gatekeeper: Gatekeeper
    metrics: Metrics
    board: Board


class Call:
    """One request as a handler sees it."""

    def __init__(self, runtime: Runtime, scope: Scope, request_id: str, headers: RawHeaders) -> None:
        self.runtime = runtime
        self.scope = scope
        self.request_id = request_id
        self.headers = headers
        self.receive: Receive | None = None
        """What the connection says after the request; for answers that go on until the caller leaves."""
        self.path: dict[str, str] = scope.get("path_params") or {}
        self.db: Db = runtime.db
        self.files: dict[str, Upload] = {}
        # Those of the files that were decoded before the handler's turn.
        self.images: dict[str, Imagen] = {}
        self._actor: Actor | None = None

    @property
    def actor(self) -> Actor:
        """The verified caller; public routes have none."""
        if self._actor is None:
            raise RuntimeError("a public route asked for its caller")
        return self._actor

    @actor.setter
    def actor(self, actor: Actor) -> None:
        self._actor = actor

    def image(self, name: str) -> bytes | Imagen:
        """Return the picture that was sent in a field: clean already, or as it came."""
        return self.images.get(name) or self.files[name].data

    def header(self, name: bytes) -> str | None:
        """Return a header (name in lower case), the last one if it is repeated."""
        found = None
        for key, value in self.headers:
            if key == name:
                found = value
        return None if found is None else found.decode("latin-1")

    def path_uuid(self, name: str) -> UUID:
        """Read an identifier from the path; one that cannot exist is 404."""
        value = parse_uuid(self.path[name])
        if value is None:
            raise NotFound
        return value

    def path_int(self, name: str) -> int:
        """Read a whole number from the path; one that cannot exist is 404."""
        text = self.path[name]
        if not (text.isascii() and text.isdigit() and len(text) < 19):
            raise NotFound
        return int(text)

    def path_id(self, name: str) -> UUID | int:
        """Read an identifier that may be a UUID or a `numero`."""
        return parse_uuid(self.path[name]) or self.path_int(name)

    @property
    def has_key(self) -> bool:
        """Whether the caller says by an `Idempotency-Key` which of his requests are one."""
        return self.header(b"idempotency-key") is not None

    @property
    def if_match(self) -> int | None:
        """The version that `If-Match` asks for; None for none or `*`."""
        text = self.header(b"if-match")
        if text is None or text.strip() == "*":
            return None
        found = _VERSION.fullmatch(text.strip())
        if found is None:
            raise BadRequest(
                "cabecera_invalida", errors={"If-Match": ["Debe ser la versión recibida en ETag"]}
            )
        return int(found[1] or found[2])

    @cached_property
    def ip(self) -> str:
        """The caller's address; `X-Forwarded-For` counts only as far as believed proxies wrote it."""
        client = self.scope.get("client")
        address = client[0] if client else "unknown"
        trusted = self.runtime.settings.proxies
        if address in trusted:
            forwarded = self.header(b"x-forwarded-for") or ""
            for hop in reversed([part.strip() for part in forwarded.split(",") if part.strip()]):
                address = hop
                if hop not in trusted:
                    break
        return str(address)[:64]

    @property
    def user_agent(self) -> str:
        """What the caller's program calls itself."""
        return (self.header(b"user-agent") or "")[:300]


def etag(version: int) -> dict[str, str]:
    """Make the header by which a caller knows a version again; `Call.if_match` reads it."""
    return {"ETag": f'"{version}"'}


def authorization(headers: RawHeaders) -> bytes | None:
    """Return the one `Authorization` header; two of them are as good as none."""
    found: bytes | None = None
    for name, value in headers:
        if name == b"authorization":
            if found is not None:
                return b","
            found = value
    return found
