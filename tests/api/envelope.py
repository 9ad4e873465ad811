"""How each contract says an error, written from CONTRACT.md §1, and whether an answer does."""

import json
from http import HTTPStatus
from typing import Any

from tests.tools.burst import Answer

PREFIXES = (
    ("/api/v1", "v1"),
    ("/api/clientes", "clientes"),
    ("/api/chat", "chat"),
    ("/api", "castella"),
    ("/clientes", "panel"),
    ("/auth/clientes", "panel"),
    ("/reclamos", "panel"),
    ("/soporte", "panel"),
    ("/orders", "pedidos"),
    ("/internal/clients", "pedidos"),
)
INVALID_STATUS = {"panel": 422, "clientes": 422, "chat": 400, "pedidos": 400, "castella": 400, "v1": 422}


def dialect_of(path: str) -> str:
    """The contract that a path belongs to; nobody's paths are v1's."""
    return next((name for prefix, name in PREFIXES if path == prefix or path.startswith(prefix + "/")), "v1")


def defects(dialect: str, answer: Answer) -> list[str]:
    """What is wrong with an answer as such: dropped, 5xx, or an error that is not said as the contract says."""
    if answer.status == 0:
        return ["the connection was dropped"]
    if answer.status >= 500:
        return [f"{answer.status}: {answer.body[:200]!r}"]
    if answer.status < 400:
        return []
    wanted = "application/problem+json" if dialect == "v1" else "application/json"
    if answer.headers.get("content-type") != wanted:
        return [
            f"{answer.status} with content type {answer.headers.get('content-type')}: {answer.body[:80]!r}"
        ]
    body = json.loads(answer.body)
    found = [] if isinstance(body, dict) else ["no object"]
    return found or [*_common(body, answer), *_voice(dialect, body, answer.status)]


def _common(body: dict[str, Any], answer: Answer) -> list[str]:
    found = []
    if not isinstance(body.get("code"), str) or not body["code"]:
        found.append("no code")
    if not body.get("request_id") or body["request_id"] != answer.headers.get("x-request-id"):
        found.append("no request_id, or another one than X-Request-Id")
    errors = body.get("errors")
    if errors is not None and not _is_errors(errors):
        found.append(f"errors is {errors!r}")
    if answer.status == 401 and "www-authenticate" not in answer.headers:
        found.append("401 without WWW-Authenticate")
    if answer.status == 429 and not answer.headers.get("retry-after", "").isdigit():
        found.append("429 without Retry-After")
    if answer.status == 405 and not answer.headers.get("allow"):
        found.append("405 without Allow")
    return found


def _is_errors(errors: Any) -> bool:
    return (
        isinstance(errors, dict)
        and bool(errors)
        and all(
            isinstance(v, list) and v and all(isinstance(t, str) and t for t in v) for v in errors.values()
        )
    )


def _voice(dialect: str, body: dict[str, Any], status: int) -> list[str]:
    phrase = HTTPStatus(status).phrase
    fits = {
        "panel": lambda: _is_text(body.get("message")),
        "clientes": lambda: body.get("success") is False and _is_text(body.get("message")),
        "chat": lambda: (
            body.get("success") is False and (isinstance(body.get("message"), list) == (status == 400))
        ),
        "pedidos": lambda: (
            body.get("statusCode") == status and body.get("error") == phrase and _is_text(body.get("message"))
        ),
        "castella": lambda: _is_text(body.get("mensaje")),
        "v1": lambda: (
            body.get("status") == status
            and _is_text(body.get("type"))
            and _is_text(body.get("title"))
            and _is_text(body.get("detail"))
        ),
    }[dialect]()
    return [] if fits else [f"{dialect} does not say {status} as {json.dumps(body)[:200]}"]


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def named_field(answer: Answer, field: str) -> bool:
    """Whether a refusal of values names the field, or a part or the whole that it belongs to.

    A body that is no JSON at all has no fields.
    """
    body = json.loads(answer.body)
    if body.get("code") != "datos_invalidos" and not body.get("errors"):
        return True
    names = body.get("errors", {})
    return any(
        name == field or name.startswith(field + ".") or field.startswith(name + ".") for name in names
    )
