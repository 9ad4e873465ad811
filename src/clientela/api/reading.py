"""The body of a request: received within its bounds and its time, then read as JSON or as a form."""

import asyncio
import hashlib
from typing import Any, Final

from pydantic import BaseModel

from clientela.api.body import read_body, read_query
from clientela.api.call import Call, RawHeaders, Receive, Route
from clientela.api.forms import parse
from clientela.core import images
from clientela.core.errors import BadRequest, TooLarge, UnsupportedMedia
from clientela.core.values import loads

MAX_JSON: Final = 1024 * 1024


class ClientGone(Exception):
    """The caller went away before his request was complete; nobody is left to answer."""


async def read_raw(call: Call, receive: Receive, limit: int, seconds: float) -> bytes:
    """Receive the body, at most so many bytes and within the deadline."""
    length = call.header(b"content-length")
    if length is not None and length.isdigit() and int(length[:18]) > limit:
        raise TooLarge("cuerpo_demasiado_grande")
    try:
        async with asyncio.timeout(seconds):
            return await _receive_all(receive, limit)
    except TimeoutError as error:
        raise BadRequest("cuerpo_incompleto", headers={"Connection": "close"}) from error


async def _receive_all(receive: Receive, limit: int) -> bytes:
    message = await receive()
    if message["type"] == "http.disconnect":
        raise ClientGone
    first: bytes = message.get("body", b"")
    if not message.get("more_body"):
        if len(first) > limit:
            raise TooLarge("cuerpo_demasiado_grande")
        return first
    parts = bytearray(first)
    while message.get("more_body"):
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        parts += message.get("body", b"")
        if len(parts) > limit:
            raise TooLarge("cuerpo_demasiado_grande", headers={"Connection": "close"})
    return bytes(parts)


def check_content(headers: RawHeaders) -> None:
    """Refuse whatever is not plain UTF-8 JSON by its headers."""
    for name, value in headers:
        if name == b"content-type":
            kind, _, rest = value.lower().partition(b";")
            charset = rest.strip().removeprefix(b"charset=").strip(b'"')
            if kind.strip() != b"application/json" or charset not in {b"", b"utf-8", b"utf8"}:
                raise UnsupportedMedia("tipo_no_admitido")
        elif name == b"content-encoding" and value.lower() != b"identity":
            raise UnsupportedMedia("codificacion_no_admitida")


def form_type(call: Call) -> str | None:
    """Return the content type of a form; None for anything else."""
    kind = call.header(b"content-type") or ""
    return kind if kind.lower().startswith("multipart/form-data") else None


def read_arguments(route: Route, call: Call, raw: bytes) -> tuple[dict[str, Any], Any]:
    """Read what the handler takes, and what an idempotency key is bound to."""
    arguments: dict[str, Any] = {}
    if "call" in route.parameters:
        arguments["call"] = call
    if route.query is not None and "query" in route.parameters:
        arguments["query"] = read_query(route.query, call.scope["query_string"])
    kind = form_type(call) if route.multipart else None
    if kind is not None:
        return arguments, _read_form(route, call, arguments, raw, kind)
    if raw:
        check_content(call.headers)
    # Malformed JSON is refused everywhere, also where nothing is read from it.
    data: Any = loads(raw) if raw else None
    if route.body is not None:
        arguments["body"] = _read_json(route, raw, data)
    return arguments, raw if data is None else data


def _read_form(route: Route, call: Call, arguments: dict[str, Any], raw: bytes, kind: str) -> Any:
    form = parse(raw, kind)
    call.files = form.files
    if route.body is not None:
        arguments["body"] = read_body(route.body, form.fields, route.missing_code, lenient=True)
    return [form.fields, {name: hashlib.sha256(file.data).hexdigest() for name, file in form.files.items()}]


def _read_json(route: Route, raw: bytes, data: Any) -> BaseModel | None:
    assert route.body is not None  # noqa: S101
    if not raw:
        if route.body_optional:
            return None
        if route.missing_code is None:
            raise BadRequest("cuerpo_requerido")
        data = {}
    return read_body(route.body, data, route.missing_code)


async def clean_images(route: Route, call: Call) -> None:
    """Decode the pictures of a form at once; errors as `images.normalise_all`.

    Without this the handler has them decoded where it needs them. Within the transaction of an `Idempotency-Key` that
    would be too late: a queue of uploads before the decoder would hold as many connections.
    """
    call.images = await images.normalise_all(
        {name: call.files[name].data for name in route.images if name in call.files}
    )
