"""`multipart/form-data`: bracketed fields become the object that JSON would have been, files stay apart.

`ventanas_entrega[0][dia_semana]`, `categorias_ids[]`, `nombre`. Every value is a text, so its model reads it
leniently; an empty text is an explicit null. Limits: 500 parts, 64 KiB a text, 20 MiB in all; how large a file may be,
who takes it says.
"""

import re
from typing import Any, Final

import msgspec
import multipart  # type: ignore[import-untyped]

from clientela.core.errors import BadRequest, Invalid
from clientela.core.values import MAX_DEPTH, text_is_safe

MAX_FORM: Final = 20 * 1024 * 1024
MAX_TEXT: Final = 64 * 1024
MAX_PARTS: Final = 500
MAX_ITEMS: Final = 500
_NAME: Final = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")


class Upload(msgspec.Struct, frozen=True):
    """A file as it was sent; neither its name nor its declared type is ever believed, so neither is kept."""

    data: bytes


class Form(msgspec.Struct):
    """What a form held: the object of its fields, and its files by field."""

    fields: dict[str, Any] = {}
    files: dict[str, Upload] = {}


def parse(raw: bytes, content_type: str) -> Form:
    """Read a whole form. Raises BadRequest `formulario_invalido` for a malformed one, Invalid for its values."""
    _, options = multipart.parse_options_header(content_type)
    boundary = options.get("boundary", "")
    if not 1 <= len(boundary) <= 200:
        raise BadRequest("formulario_invalido")
    form = Form()
    parser = multipart.PushMultipartParser(
        boundary, content_length=len(raw), max_header_count=8, max_segment_count=MAX_PARTS
    )
    try:
        with parser:
            _read_parts(parser, raw, form)
    except (multipart.MultipartError, UnicodeError, LookupError) as error:
        raise BadRequest("formulario_invalido") from error
    form.fields = _lists(form.fields)
    return form


def _read_parts(parser: Any, raw: bytes, form: Form) -> None:
    segment: Any = None
    content = bytearray()
    for event in parser.parse(raw):
        if isinstance(event, multipart.MultipartSegment):
            segment, content = event, bytearray()
        elif event:
            content += event
        elif segment is not None:
            _keep(form, segment, bytes(content))
            segment = None
    for _ in parser.parse(b""):
        raise BadRequest("formulario_invalido")


def _keep(form: Form, segment: Any, content: bytes) -> None:
    name = segment.name
    if not text_is_safe(name) or len(name) > 200:
        raise BadRequest("formulario_invalido")
    if segment.filename is not None:
        # A browser sends an empty part for a file field that was left alone.
        if content or segment.filename:
            form.files[name] = Upload(content)
        return
    if len(content) > MAX_TEXT:
        raise Invalid.of(_dotted(name), "El texto es demasiado largo")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Invalid.of(_dotted(name), "Contiene caracteres no admitidos") from error
    if not text_is_safe(text):
        raise Invalid.of(_dotted(name), "Contiene caracteres no admitidos")
    _put(form.fields, _path(name), text or None)


def _path(name: str) -> list[str]:
    found = _NAME.fullmatch(name)
    if found is None:
        raise BadRequest("formulario_invalido")
    path = [found[1], *re.findall(r"\[([^\[\]]*)\]", found[2])]
    if len(path) > MAX_DEPTH:
        raise BadRequest("formulario_invalido")
    return path


def _dotted(name: str) -> str:
    return name.replace("[", ".").replace("]", "").strip(".")


def _put(fields: dict[str, Any], path: list[str], value: str | None) -> None:
    """Put a value at its place; `[]` is the number after the last one."""
    here = fields
    for step, after in zip(path, [*path[1:], None], strict=True):
        key = step or str(_next_number(here))
        if after is None:
            here[key] = value
            return
        below = here.setdefault(key, {})
        if not isinstance(below, dict):
            # `categorias_ids` empty and `categorias_ids[]` both: the items win.
            below = here[key] = {}
        here = below


def _next_number(here: dict[str, Any]) -> int:
    return max((int(key) for key in here if _is_number(key)), default=-1) + 1


def _is_number(key: str) -> bool:
    return key.isascii() and key.isdigit() and len(key) < 6


def _lists(value: Any, *, top: bool = True) -> Any:
    """Turn objects whose keys are all numbers into lists, in the order of the numbers."""
    if not isinstance(value, dict):
        return value
    below = {key: _lists(item, top=False) for key, item in value.items()}
    if top or not below or not all(map(_is_number, below)):
        return below
    if len(below) > MAX_ITEMS:
        raise BadRequest("formulario_invalido")
    return [below[key] for key in sorted(below, key=int)]
