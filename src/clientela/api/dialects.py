"""The six voices: which contract a path belongs to, and how that contract says an error (CONTRACT §1)."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Final

import msgspec

from clientela.core import values
from clientela.core.errors import AppError
from clientela.core.textos import MENSAJES_CHAT

Body = dict[str, Any]


class Dialect(msgspec.Struct, frozen=True):
    """A contract's habits: its validation status, its JSON numbers, its error body."""

    nombre: str
    invalid_status: int
    encoder: msgspec.json.Encoder
    render: Callable[[AppError, int], Body]
    error_type: str = "application/json"


def _panel(error: AppError, _: int) -> Body:
    return {"message": error.message}


def _clientes(error: AppError, _: int) -> Body:
    return {"success": False, "message": error.message}


def _chat(error: AppError, status: int) -> Body:
    if status != HTTPStatus.BAD_REQUEST:
        return {"success": False, "message": MENSAJES_CHAT.get(error.code, error.message)}
    texts = [text for texts in (error.errors or {}).values() for text in texts]
    return {"success": False, "message": texts or [error.message]}


def _pedidos(error: AppError, status: int) -> Body:
    return {"statusCode": status, "message": error.message, "error": HTTPStatus(status).phrase}


def _castella(error: AppError, _: int) -> Body:
    # This contract has no list of fields to look at, so its one sentence is the first field's.
    if error.code == "datos_invalidos" and error.errors:
        return {"mensaje": next(iter(error.errors.values()))[0]}
    return {"mensaje": error.message}


def _v1(error: AppError, status: int) -> Body:
    return {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": error.message,
    }


PANEL = Dialect("panel", 422, values.NUMBERS, _panel)
CLIENTES = Dialect("clientes", 422, values.NUMBERS, _clientes)
CHAT = Dialect("chat", 400, values.NUMBERS, _chat)
PEDIDOS = Dialect("pedidos", 400, values.NUMBERS, _pedidos)
CASTELLA = Dialect("castella", 400, values.NUMBERS, _castella)
V1 = Dialect("v1", 422, values.STRINGS, _v1, "application/problem+json")

# The first prefix that fits, on whole segments, decides.
_PREFIXES: tuple[tuple[str, Dialect], ...] = (
    ("/api/v1", V1),
    ("/api/clientes", CLIENTES),
    ("/api/chat", CHAT),
    ("/api", CASTELLA),
    ("/clientes", PANEL),
    ("/auth/clientes", PANEL),
    ("/reclamos", PANEL),
    ("/soporte", PANEL),
    ("/orders", PEDIDOS),
    ("/internal/clients", PEDIDOS),
)
ALL: tuple[Dialect, ...] = (PANEL, CLIENTES, CHAT, PEDIDOS, CASTELLA, V1)


def for_path(path: str) -> Dialect:
    """Return the dialect that a path belongs to; whatever no contract claims is v1's."""
    for prefix, dialect in _PREFIXES:
        if path.startswith(prefix) and (len(path) == len(prefix) or path[len(prefix)] == "/"):
            return dialect
    return V1


# That a key was used for something else is no judgement on fields: 422 in every dialect (CONTRACT §7).
_ALWAYS_422: Final = frozenset({"clave_idempotencia_reusada"})


def status_of(dialect: Dialect, status: int, code: str) -> int:
    """Return what a dialect makes of an error's own status: three of them say 400 of fields that do not pass."""
    judged = status == HTTPStatus.UNPROCESSABLE_ENTITY and code not in _ALWAYS_422
    return dialect.invalid_status if judged else status


def error_status(dialect: Dialect, error: AppError) -> int:
    """Return the status that this dialect gives an error."""
    return status_of(dialect, error.status, error.code)


def error_body(dialect: Dialect, error: AppError, request_id: str) -> bytes:
    """Write an error as this dialect says it; every one also carries `code` and `request_id`."""
    body = dialect.render(error, error_status(dialect, error))
    if error.errors:
        body["errors"] = error.errors
    extra: Mapping[str, Any] = {k: v for k, v in error.data.items() if k not in body}
    return dialect.encoder.encode({**body, **extra, "code": error.code, "request_id": request_id})
