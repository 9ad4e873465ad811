"""One internal error: a status, a stable code, per-field messages and data; each dialect renders it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Self

from clientela.core.textos import MENSAJES

type_by_status: dict[int, type["AppError"]] = {}


class AppError(Exception):
    """An error that a caller is told about.

    `code` is stable and machine-readable, its Spanish text lies in `core.textos`. `errors` maps a dotted field
    (`items.0.cantidad`) to its messages; `data` is merged into the body (`lineas`, `carrito`, …).
    """

    status: ClassVar[int] = 500

    def __init__(
        self,
        code: str,
        *,
        errors: Mapping[str, Sequence[str]] | None = None,
        data: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.errors = {k: list(v) for k, v in errors.items()} if errors else None
        self.data = dict(data or {})
        self.headers = dict(headers or {})

    def __init_subclass__(cls) -> None:
        """Let a status find its class (errors that SQL functions raise arrive by status)."""
        type_by_status.setdefault(cls.status, cls)

    @property
    def message(self) -> str:
        """The Spanish text of the code."""
        text = MENSAJES[self.code]
        return text.format_map(self.data) if "{" in text else text


class BadRequest(AppError):
    """400: the request cannot be read."""

    status = 400


class Unauthenticated(AppError):
    """401: no token, or one that is good nowhere."""

    status = 401

    def __init__(self, code: str = "no_autenticado", **kw: Any) -> None:
        super().__init__(code, **kw)
        self.headers.setdefault("WWW-Authenticate", "Bearer")


class Forbidden(AppError):
    """403: known, but not allowed."""

    status = 403

    def __init__(self, code: str = "prohibido", **kw: Any) -> None:
        super().__init__(code, **kw)


class NotFound(AppError):
    """404: there is no such thing."""

    status = 404

    def __init__(self, code: str = "no_encontrado", **kw: Any) -> None:
        super().__init__(code, **kw)


class MethodNotAllowed(AppError):
    """405: the path exists, the method does not; `Allow` names those that do."""

    status = 405


class Conflict(AppError):
    """409: the state forbids it."""

    status = 409


class UniqueViolation(Conflict):
    """409: a UNIQUE constraint refused a row; `constraint` is its name."""

    def __init__(self, constraint: str) -> None:
        super().__init__("ya_existe")
        self.constraint = constraint


class PreconditionFailed(AppError):
    """412: `If-Match` names a version that is no longer the current one."""

    status = 412


class TooLarge(AppError):
    """413: the body is larger than its limit."""

    status = 413


class UriTooLong(AppError):
    """414: the address is longer than its bound."""

    status = 414


class UnsupportedMedia(AppError):
    """415: a body of a kind that this route does not read."""

    status = 415


class Invalid(AppError):
    """Fields that do not pass: 422, or 400 in the dialects that say so."""

    status = 422

    def __init__(
        self,
        errors: Mapping[str, Sequence[str]] | str | None = None,
        *,
        code: str = "datos_invalidos",
        **kw: Any,
    ) -> None:
        if isinstance(errors, str):
            super().__init__(errors, **kw)
        else:
            super().__init__(code, errors=errors, **kw)

    @classmethod
    def of(cls, field: str, message: str) -> Self:
        """Refuse one field."""
        return cls({field: [message]})


def check_together(*checks: Callable[[], object]) -> None:
    """Make several checks of fields and raise one Invalid that names every field that does not pass.

    What only one check refuses keeps its own code.
    """
    found: list[Invalid] = []
    for check in checks:
        try:
            check()
        except Invalid as error:
            found.append(error)
    if len(found) == 1:
        raise found[0]
    if found:
        raise Invalid({field: texts for error in found for field, texts in (error.errors or {}).items()})


class TooManyRequests(AppError):
    """429: over a limit; `Retry-After` says when there is room again."""

    status = 429

    def __init__(self, code: str = "demasiadas_peticiones", *, retry_after: int, **kw: Any) -> None:
        super().__init__(code, **kw)
        self.headers["Retry-After"] = str(max(1, retry_after))


class HeadersTooLarge(AppError):
    """431: the headers are more or larger than their bound."""

    status = 431


class Unavailable(AppError):
    """503: a part that is needed does not answer; worth trying again."""

    status = 503

    def __init__(self, code: str = "servicio_no_disponible", **kw: Any) -> None:
        super().__init__(code, **kw)
        self.headers.setdefault("Retry-After", "2")


class StorageFull(AppError):
    """507: there is no room left to store anything."""

    status = 507


def from_status(
    status: int, code: str, errors: Mapping[str, Sequence[str]] | None, data: Mapping[str, Any] | None
) -> AppError:
    """Build the error that a SQL function raised with `fn.fallo`."""
    if status == TooManyRequests.status:
        retry = int((data or {}).get("retry_after", 1))
        return TooManyRequests(code, retry_after=retry, errors=errors, data=data)
    if status == Invalid.status:
        return Invalid(errors, code=code, data=data)
    return type_by_status[status](code, errors=errors, data=data)
