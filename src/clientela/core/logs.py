"""The log: one JSON object a line in production, readable on a terminal, never with a secret in it (T-LG-2).

Everything goes to standard error through one chain, the libraries' records too. Control characters never reach
a terminal raw, so no text that somebody sent can forge a line or colour the screen.
"""

import logging
import re
import sys
from collections.abc import Mapping
from contextvars import ContextVar
from types import MappingProxyType
from typing import Any, Final, Literal

from clientela.core.lean import absent

with absent("rich", "better_exceptions", "greenlet"):
    import structlog
    from structlog.typing import EventDict, Processor

Form = Literal["auto", "json", "consola"]

HIDDEN: Final = "[oculto]"
_SECRET_KEYS: Final = re.compile(
    r"authorization|cookie|contrasenia|contraseña|password|passwd|secret|token|clave|codigo_|api_?key|dsn|database_url"
    r"|smtp_url|cuerpo|destinatario",
    re.IGNORECASE,
)
# What a secret looks like wherever it stands: signed tokens, personal tokens, credentials in URLs and queries.
_SECRET_TEXTS: Final = (
    (re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]*"), HIDDEN),
    (re.compile(r"\b\d+\|[A-Za-z0-9_\-]{20,}"), HIDDEN),
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/|=-]+"), rf"\1 {HIDDEN}"),
    (re.compile(r"(?i)([?&](?:token|ticket|firma|codigo|password|contrasenia)=)[^&\s\"']+"), rf"\1{HIDDEN}"),
    (re.compile(r"(\b[a-z][a-z0-9+.-]*://[^\s:/@]*:)[^\s@/]+@"), rf"\1{HIDDEN}@"),
    (re.compile(r"\$(?:2[aby]|argon2\w*)\$[^\s\"']+"), HIDDEN),
    # PostgreSQL quotes the offending row: `Key (correo)=(…)`, `Failing row contains (…)`.
    (re.compile(r"(Key \([^)]*\)=)\(.*?\)(?= )"), rf"\1({HIDDEN})"),
    (re.compile(r"(Failing row contains )\(.*\)"), rf"\1({HIDDEN})"),
)
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")
_LINES: Final = re.compile(r"[\n\t]")


def hide(value: Any) -> Any:
    """Return a value without secrets: by the names of keys, and by what tokens and passwords look like."""
    if isinstance(value, str):
        for pattern, replacement in _SECRET_TEXTS:
            value = pattern.sub(replacement, value)
        return value
    if isinstance(value, Mapping):
        return {k: HIDDEN if _SECRET_KEYS.search(str(k)) else hide(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [hide(item) for item in value]
    if isinstance(value, bytes | bytearray):
        return f"<{len(value)} bytes>"
    return value


# One variable for all of a request: structlog's own, one for each key, cost every request twenty times as much.
_bound: ContextVar[Mapping[str, Any]] = ContextVar("bound", default=MappingProxyType({}))


def _add_bound(_logger: Any, _method: str, event: EventDict) -> EventDict:
    for name, value in _bound.get().items():
        event.setdefault(name, value)
    return event


def _hide_secrets(_logger: Any, _method: str, event: EventDict) -> EventDict:
    return {k: HIDDEN if _SECRET_KEYS.search(k) and v is not None else hide(v) for k, v in event.items()}


def _escape_controls(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """Make control characters visible; only a traceback may span several lines."""
    return {k: _escaped(v, lines=k in {"exception", "stack"}) for k, v in event.items()}


def _escaped(value: Any, *, lines: bool) -> Any:
    if not isinstance(value, str):
        return value
    text = _CONTROL.sub(lambda m: m.group().encode("unicode_escape").decode(), value)
    return text if lines else _LINES.sub(lambda m: m.group().encode("unicode_escape").decode(), text)


def configure(form: Form = "auto", level: str = "INFO") -> None:
    """Set the process's log up; `auto` is readable on a terminal and JSON elsewhere."""
    pretty = form == "consola" or (form == "auto" and sys.stderr.isatty())
    shared: list[Processor] = [
        _add_bound,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    last: list[Processor] = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        structlog.processors.format_exc_info,
        _hide_secrets,
        _escape_controls,
        structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
        if pretty
        else structlog.processors.JSONRenderer(ensure_ascii=False),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=last))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "litestar", "aiosmtplib", "alembic"):
        library = logging.getLogger(name)
        library.handlers = []
        library.propagate = True
    # Requests are logged and counted by ourselves; libraries speak up only when something is wrong.
    logging.getLogger("uvicorn.access").setLevel(logging.WARNING)
    logging.getLogger("alembic").setLevel(logging.WARNING)


def get_logger(name: str) -> Any:
    """Return a module's logger: `_log.warning("event_in_snake_case", key=value)`."""
    return structlog.get_logger(name)


def bind_request(request_id: str, **values: Any) -> None:
    """Give every following line of this request its id (and other values); what was bound before is gone."""
    _bound.set({"request_id": request_id, **values})
