"""What comes in: strict bodies and lenient queries, their common types, and their errors in Spanish."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Annotated, Any, Final, TypeVar
from urllib.parse import parse_qsl
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    InstanceOf,
    StringConstraints,
    ValidationError,
    WithJsonSchema,
)
from pydantic_core import CoreSchema, ErrorDetails, PydanticCustomError
from pydantic_core.core_schema import no_info_after_validator_function, no_info_before_validator_function

from clientela.core.errors import BadRequest, Invalid
from clientela.core.ids import parse_uuid
from clientela.core.textos import CAMPOS
from clientela.core.values import text_is_safe

_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_HOUR: Final = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")
_SIX_PLACES: Final = Decimal("0.000001")
_PLAIN_DECIMAL: Final = re.compile(r"-?[0-9]{1,20}(?:\.[0-9]{1,20})?")

M = TypeVar("M", bound=BaseModel)


class Entrada(BaseModel):
    """A body of one of the five published contracts: strict types, unknown fields ignored."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True, str_strip_whitespace=False)


class EntradaV1(BaseModel):
    """A body of v1: strict types, unknown fields refused."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class Consulta(BaseModel):
    """A query string: texts that are read as what they mean; unknown parameters are ignored."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class Pagina(Consulta):
    """The page of a list: `page` from 1, `per_page` from 1 to 100."""

    page: int = Field(1, ge=1, le=1_000_000)
    per_page: int = Field(20, ge=1, le=100)

    @property
    def offset(self) -> int:
        """How many rows come before this page."""
        return (self.page - 1) * self.per_page


def _number(value: Any) -> Any:
    # `loads` gives ints and Decimals; strict validation knows only the latter as a decimal.
    return Decimal(value) if type(value) is int else value


def number_or_text(value: Any) -> Any:
    """Read a decimal of v1: a number, or its plain digits as a text (no exponent, no separators)."""
    if isinstance(value, str):
        if not _PLAIN_DECIMAL.fullmatch(value.strip()):
            raise PydanticCustomError("decimal_type", "")
        return Decimal(value.strip())
    return _number(value)


def _instant(value: Any) -> Any:
    if not isinstance(value, str):
        raise PydanticCustomError("datetime_type", "")
    try:
        read = datetime.fromisoformat(value)
    except ValueError as error:
        raise PydanticCustomError("datetime_type", "") from error
    return read


def _date(value: Any) -> Any:
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        raise PydanticCustomError("date_type", "")
    try:
        read = date.fromisoformat(value)
    except ValueError as error:
        raise PydanticCustomError("date_type", "") from error
    if not 1900 <= read.year <= 9000:
        raise PydanticCustomError("fuera_de_rango", "")
    return read


def _instant_or_day(value: Any) -> Any:
    if isinstance(value, str) and _DATE.fullmatch(value):
        return _date(value)
    return _in_range(_instant(value))


def _in_range(value: datetime) -> datetime:
    if not 1900 <= value.year <= 9000:
        raise PydanticCustomError("fuera_de_rango", "")
    return value.astimezone(UTC) if value.tzinfo else value


def _not_blank(value: str) -> str:
    if not value.strip():
        raise PydanticCustomError("en_blanco", "")
    return value


def _trimmed(value: Any) -> Any:
    """Take the blanks around a text away; a text of blanks is none at all."""
    return (value.strip() or None) if isinstance(value, str) else value


def _uuid(value: Any) -> Any:
    found = parse_uuid(value) if isinstance(value, str) else None
    if found is None:
        raise PydanticCustomError("uuid_parsing", "")
    return found


def _hour(value: Any) -> Any:
    found = _HOUR.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise PydanticCustomError("hora", "Debe ser una hora HH:mm")
    return time(int(found[1]), int(found[2]))


_NOT_BLANK: Final = r"[^\s\x1c-\x1f\x85]"


class _NotBlank:
    """A text that is not only blanks; the description of the API says so too."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return no_info_after_validator_function(_not_blank, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        described = handler(schema)
        own = {"pattern": _NOT_BLANK}
        return {**described, "allOf": [own]} if "pattern" in described else {**described, **own}


Dinero = Annotated[
    Decimal,
    BeforeValidator(_number),
    Field(ge=0, le=Decimal("999999999.99"), max_digits=11, decimal_places=2),
    WithJsonSchema({"type": "number", "minimum": 0, "maximum": 999999999.99, "multipleOf": 0.01}),
]
DineroV1 = Annotated[
    Decimal,
    BeforeValidator(number_or_text),
    Field(ge=0, le=Decimal("999999999.99"), max_digits=11, decimal_places=2),
]
Cantidad = Annotated[
    Decimal, BeforeValidator(_number), Field(gt=0, le=Decimal(999_999), max_digits=9, decimal_places=3)
]
CantidadV1 = Annotated[
    Decimal,
    BeforeValidator(number_or_text),
    Field(gt=0, le=Decimal(999_999), max_digits=9, decimal_places=3),
]
# An instant with an offset arrives in UTC; one without is naive and belongs to the organisation's zone.
Instante = Annotated[datetime, BeforeValidator(_instant), AfterValidator(_in_range)]
Fecha = Annotated[date, BeforeValidator(_date)]
# Either of them: ISO 8601 says a whole day by its date alone. A datetime is an instant, a date a day.
InstanteODia = Annotated[
    InstanceOf[date],
    BeforeValidator(_instant_or_day),
    WithJsonSchema(
        {"anyOf": [{"type": "string", "format": "date-time"}, {"type": "string", "format": "date"}]}
    ),
]
Hora = Annotated[
    time, BeforeValidator(_hour), WithJsonSchema({"type": "string", "pattern": f"^{_HOUR.pattern}$"})
]
# The identifier of a small catalogue's row.
Id = Annotated[int, Field(ge=1, le=2**63 - 1)]
_UUID_SCHEMA: Final = {"type": "string", "format": "uuid"}
Uuid = Annotated[UUID, BeforeValidator(_uuid), WithJsonSchema(_UUID_SCHEMA)]
UuidONulo = Annotated[
    UUID | None,
    BeforeValidator(lambda value: None if value is None else _uuid(value)),
    WithJsonSchema({"anyOf": [_UUID_SCHEMA, {"type": "null"}]}),
]
# Degrees, kept to six decimals: a tenth of a metre, which no receiver in a pocket knows better.
_SIX_DECIMALS: Final = AfterValidator(lambda value: value.quantize(_SIX_PLACES))
Latitud = Annotated[
    Decimal,
    BeforeValidator(_number),
    Field(ge=-90, le=90),
    _SIX_DECIMALS,
    WithJsonSchema({"type": "number", "minimum": -90, "maximum": 90}),
]
Longitud = Annotated[
    Decimal,
    BeforeValidator(_number),
    Field(ge=-180, le=180),
    _SIX_DECIMALS,
    WithJsonSchema({"type": "number", "minimum": -180, "maximum": 180}),
]
NoVacio = _NotBlank()
# One line without control characters; optional ones are trimmed, and a blank is null.
LINEA: Final = r"^[^\x00-\x1f\x7f]*$"
RECORTADA: Final = BeforeValidator(_trimmed)


def texto(maximo: int, *, minimo: int = 0, vacio: bool = True) -> Any:
    """Make the type of a text of at most so many code points; `vacio=False` refuses blanks."""
    limits = StringConstraints(max_length=maximo, min_length=minimo)
    return Annotated[str, limits] if vacio else Annotated[str, limits, NoVacio]


def recortado(maximo: int, problem: Callable[[str], str | None]) -> Any:
    """Make the type of a text whose blanks around it do not count; `problem` says what of `CAMPOS` is wrong with it."""

    def read(value: Any) -> str:
        told = "" if value is None else value
        if not isinstance(told, str):
            raise PydanticCustomError("string_type", "")
        found = problem(told.strip())
        if found is not None:
            raise PydanticCustomError("campo", CAMPOS[found])
        return told.strip()

    # Blanks around it make it longer than what is counted, so its length says nothing of a wrong one.
    schema = {"type": "string", "minLength": 1, "maxLength": maximo, "pattern": _NOT_BLANK}
    return Annotated[str, BeforeValidator(read), WithJsonSchema(schema)]


def absent() -> Any:
    """Make the default of a field that stays as it is when it is not sent; null is another thing."""
    return msgspec.UNSET


def in_zone(moment: datetime, zone: ZoneInfo) -> datetime:
    """Read an `Instante` that came without an offset in the organisation's zone; in UTC."""
    return moment if moment.tzinfo else moment.replace(tzinfo=zone).astimezone(UTC)


def day_begins(day: date, zone: ZoneInfo) -> datetime:
    """Return the instant at which a day begins in the organisation's zone; in UTC."""
    return datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC)


class _BlankIsDefault:
    """A parameter of a query that may be sent empty; the description of the API says so too."""

    def __init__(self, default: Any) -> None:
        self._default = default

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return no_info_before_validator_function(
            lambda value: self._default if value == "" else value, handler(source)
        )

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {"anyOf": [handler(schema), {"type": "string", "maxLength": 0}]}


def blank_is_default(default: Any) -> Any:
    """Make the reader of a query's parameter that may be sent empty."""
    return _BlankIsDefault(default)


_MESSAGES: Final[Mapping[str, str]] = {
    "missing": "Este campo es obligatorio",
    "en_blanco": "Este campo es obligatorio",
    "extra_forbidden": "Campo desconocido",
    "string_type": "Debe ser un texto",
    "string_too_long": "Debe tener como máximo {max_length} {caracteres}",
    "string_too_short": "Debe tener al menos {min_length} {caracteres}",
    "string_pattern_mismatch": "No tiene el formato esperado",
    "int_type": "Debe ser un número entero",
    "int_parsing": "Debe ser un número entero",
    "int_parsing_size": "Número fuera de rango",
    "int_from_float": "Debe ser un número entero",
    "float_type": "Debe ser un número",
    "float_parsing": "Debe ser un número",
    "decimal_type": "Debe ser un número",
    "decimal_parsing": "Debe ser un número",
    "is_instance_of": "Debe ser un número",
    "finite_number": "Debe ser un número",
    "decimal_max_digits": "Número fuera de rango",
    "decimal_max_places": "Debe tener como máximo {decimal_places} decimales",
    "decimal_whole_digits": "Número fuera de rango",
    "greater_than": "Debe ser mayor que {gt}",
    "greater_than_equal": "Debe ser mayor o igual que {ge}",
    "less_than": "Debe ser menor que {lt}",
    "less_than_equal": "Debe ser menor o igual que {le}",
    "bool_type": "Debe ser verdadero o falso",
    "bool_parsing": "Debe ser verdadero o falso",
    "list_type": "Debe ser una lista",
    "tuple_type": "Debe ser una lista",
    "too_long": "Debe tener como máximo {max_length} {elementos}",
    "too_short": "Debe tener al menos {min_length} {elementos}",
    "dict_type": "Debe ser un objeto",
    "model_type": "Debe ser un objeto",
    "model_attributes_type": "Debe ser un objeto",
    "literal_error": "Debe ser uno de: {expected}",
    "enum": "Debe ser uno de: {expected}",
    "uuid_type": "Debe ser un identificador válido",
    "uuid_parsing": "Debe ser un identificador válido",
    "date_type": "Debe ser una fecha (AAAA-MM-DD)",
    "date_parsing": "Debe ser una fecha (AAAA-MM-DD)",
    "date_from_datetime_parsing": "Debe ser una fecha (AAAA-MM-DD)",
    "datetime_type": "Debe ser una fecha y hora ISO 8601",
    "datetime_parsing": "Debe ser una fecha y hora ISO 8601",
    "fuera_de_rango": "Fuera de rango",
}


_PLURALS: Final = {"caracteres": "caracteres", "elementos": "elementos"}


def message_for(error: ErrorDetails) -> str:
    """Say one validation error in Spanish; a validator of ours brings its own sentence as its message."""
    kind = error["type"]
    context = error.get("ctx", {})
    if kind in _MESSAGES:
        words = {name: _spoken(value) for name, value in context.items()}
        one = 1 in {context.get("max_length"), context.get("min_length")}
        words |= {"caracteres": "carácter", "elementos": "elemento"} if one else _PLURALS
        return _MESSAGES[kind].format_map(words)
    return str(error["msg"]).removeprefix("Value error, ") or "Valor no válido"


def _spoken(value: Any) -> str:
    text = str(value).removeprefix("Decimal('").removesuffix("')")
    return text.replace(" or ", " o ")


def errors_of(error: ValidationError, model: type[BaseModel]) -> dict[str, list[str]]:
    """Gather all messages by their dotted field, called as it is sent even where it was not."""
    sent = {name: field.alias or name for name, field in model.model_fields.items()}
    found: dict[str, list[str]] = {}
    for detail in error.errors(include_url=False, include_input=False):
        first, *rest = map(str, detail["loc"] or ("cuerpo",))
        found.setdefault(".".join([sent.get(first, first), *rest])[:200], []).append(message_for(detail))
    return found


def read_body(model: type[M], data: Any, missing_code: str | None = None, *, lenient: bool = False) -> M:
    """Validate a decoded body; Invalid names every field that does not pass.

    `lenient`: every value is a text of a form, read as what it means. With `missing_code`, absent, null or blank
    required fields raise 400 with that code instead.
    """
    try:
        return model.model_validate(data, strict=False if lenient else None)
    except ValidationError as error:
        found = errors_of(error, model)
        missing = [detail for detail in error.errors(include_url=False) if _is_missing(detail)]
        if missing_code and missing:
            # A null is missing there, whatever type its field has.
            found |= {str(d["loc"][0]): [_MESSAGES["missing"]] for d in missing if d["loc"]}
            raise BadRequest(missing_code, errors=found) from error
        raise Invalid(found) from error


def _is_missing(detail: ErrorDetails) -> bool:
    blank = detail["type"] in {"missing", "en_blanco", "model_type"}
    return blank or (detail["input"] is None and len(detail["loc"]) == 1)


def read_query(model: type[M], raw: bytes) -> M:
    """Validate a query string; of a repeated parameter the last one counts."""
    try:
        # Bytes that are no UTF-8 become lone surrogates, which are refused below with the parameter's name.
        text = raw.decode("ascii", "surrogateescape")
        pairs = dict(parse_qsl(text, keep_blank_values=True, errors="surrogateescape", max_num_fields=100))
    except ValueError as error:
        raise Invalid.of("consulta", "La consulta no es válida") from error
    for name, value in pairs.items():
        if not text_is_safe(value) or not text_is_safe(name):
            raise Invalid.of(name if text_is_safe(name) else "consulta", "Contiene caracteres no admitidos")
    try:
        return model.model_validate(pairs)
    except ValidationError as error:
        raise Invalid(errors_of(error, model)) from error
