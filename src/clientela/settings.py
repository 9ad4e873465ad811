"""All settings: `CLIENTELA_…` environment variables, read once at start and handed down (CONTRACT §11, §12)."""

from functools import lru_cache
from pathlib import Path
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, ValidationError, field_validator
from pydantic_core import ErrorDetails, PydanticCustomError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict


class Settings(BaseSettings):
    """The installation's settings; immutable once read."""

    model_config = SettingsConfigDict(env_prefix="CLIENTELA_", frozen=True, extra="ignore")

    data_dir: Path = Field(
        default=Path("datos"), description="Directory of everything the server keeps: database, files, keys."
    )
    database_url: str | None = Field(
        default=None,
        description="URL of an external PostgreSQL (15 or newer). Unset: the embedded one is used.",
    )
    url: str = Field(
        default="http://localhost:3977", description="Public base of every link that is sent out."
    )
    origenes: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Browser origins allowed for CORS and sockets, by commas; `http://localhost:*` is any port.",
    )
    proxies: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Addresses of proxies whose `X-Forwarded-For` is believed, separated by commas.",
    )
    zona_horaria: str = Field(
        default="America/La_Paz",
        description="Zone of dates and wall-clock times until the organisation sets its own.",
    )
    pais: str = Field(default="BO", description="Country (ISO 3166) in which a phone without prefix is read.")
    secreto: str | None = Field(
        default=None, description="Key that signs tokens, at least 32 bytes. Unset: generated once and kept."
    )
    token_dias: int = Field(default=30, ge=1, le=3650, description="Life of a session's token, in days.")
    bcrypt_costo: int = Field(
        default=12, ge=4, le=16, description="Cost of password hashes (bcrypt rounds, log2)."
    )
    carrito_dias: int = Field(
        default=90,
        ge=1,
        le=3650,
        description="Days after which a cart that nobody touched is emptied; for 30 more it can be asked back.",
    )
    eventos_dias: int = Field(
        default=90,
        ge=31,
        le=3650,
        description="Days for which a device that was away finds what it missed. Timelines are kept for ever.",
    )
    registros_por_hora: int = Field(
        default=0,
        ge=0,
        description="Customers that one address may register in any hour. 0: no limit.",
    )
    subidas_por_hora: int = Field(
        default=0, ge=0, description="Files that one user may upload in any hour. 0: no limit."
    )
    clave_inicial: Literal["telefono", "aleatoria"] = Field(
        default="telefono",
        description="Initial password of logins made by staff: the phone, or a random code.",
    )
    politica_credito: Literal["avisar", "bloquear"] = Field(
        default="avisar",
        description="Orders on credit beyond a client's limit: accepted with a warning, or refused (409).",
    )
    credito_dias: int = Field(
        default=30,
        ge=0,
        le=3650,
        description="Days in which an invoice is to be paid, from the day on which its order was delivered.",
    )
    entrega_velocidad: float = Field(
        default=20.0,
        gt=0,
        le=200,
        description="Mean speed of deliveries as the crow flies, in km/h, by which routes are planned.",
    )
    entrega_minutos: int = Field(
        default=10, ge=0, le=480, description="Minutes that a delivery takes at its stop, for planned routes."
    )
    doble_reserva: Literal["avisar", "bloquear"] = Field(
        default="avisar",
        description="A technician's second visit at the same time: accepted with a warning, or refused (409).",
    )
    aviso_mantenimiento_dias: int = Field(
        default=7,
        ge=0,
        le=90,
        description="Days before a maintenance visit on which its client is reminded of it. 0: nobody is.",
    )
    smtp_url: str | None = Field(
        default=None,
        description="SMTP server (`smtp://user:password@host:587`, `smtps://…`). Unset: mails become files.",
    )
    correo_remitente: str = Field(
        default="Clientela <no-responder@localhost>", description="Sender of the mails that leave."
    )
    conexiones: int = Field(default=16, ge=2, le=90, description="Database connections of each process.")
    sentencia_segundos: float = Field(
        default=2.5, gt=0, le=60, description="Longest time that one database statement may take, in seconds."
    )
    cuerpo_segundos: float = Field(
        default=30.0, gt=0, description="Time in which the body of a request must have arrived, in seconds."
    )
    s3_bucket: str | None = Field(
        default=None,
        description="Bucket for files on an S3-compatible server. Unset: they lie under the data directory.",
    )
    s3_url: str | None = Field(
        default=None, description="Address of that server (`https://minio.example:9000`). Unset: Amazon S3."
    )
    s3_region: str = Field(default="us-east-1", description="Region of the bucket.")
    s3_acceso: str | None = Field(
        default=None,
        description="Access key of the bucket. Unset: as `AWS_…` variables or the machine's own role say.",
    )
    s3_secreto: str | None = Field(default=None, description="Secret of the access key.")
    trabajos: bool = Field(
        default=True, description="Whether `serve` runs jobs and mail itself; `--sin-trabajos` turns it off."
    )
    log: Literal["auto", "json", "consola"] = Field(
        default="auto",
        description="Form of the log: `json`, `consola`, or `auto` (by whether a terminal is there).",
    )

    @field_validator("origenes", "proxies", mode="before")
    @classmethod
    def split_commas(cls, value: object) -> object:
        """Read a comma-separated list."""
        return tuple(p.strip() for p in value.split(",") if p.strip()) if isinstance(value, str) else value

    @field_validator("zona_horaria")
    @classmethod
    def known_zone(cls, value: str) -> str:
        """Refuse a zone that the system does not know."""
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise PydanticCustomError(
                "propio", "no es una zona conocida (ejemplo: America/La_Paz)"
            ) from error
        return value

    @field_validator("smtp_url")
    @classmethod
    def known_mail_server(cls, value: str | None) -> str | None:
        """Refuse what cannot be the address of a mail server."""
        if value is None:
            return None
        parts = urlsplit(value)
        if parts.scheme not in {"smtp", "smtp+starttls", "smtps"} or not parts.hostname:
            raise PydanticCustomError(
                "propio", "debe ser smtp://, smtp+starttls:// o smtps:// con un servidor"
            )
        return value

    @field_validator("url")
    @classmethod
    def without_slash(cls, value: str) -> str:
        """Links are made as `url + "/path"`."""
        return value.rstrip("/")

    @field_validator("secreto")
    @classmethod
    def long_enough(cls, value: str | None) -> str | None:
        """Refuse a short key: it can be guessed from one token."""
        if value is not None and len(value.encode()) < 32:
            raise PydanticCustomError("propio", "debe tener al menos 32 bytes")
        return value


class SettingsError(ValueError):
    """Settings that do not pass: one Spanish sentence for each, never with the value (it may be a secret)."""


_FAULTS: Final = {
    "int_parsing": "debe ser un número entero",
    "float_parsing": "debe ser un número",
    "bool_parsing": "debe ser true o false",
    "greater_than": "debe ser mayor que {gt}",
    "greater_than_equal": "debe ser {ge} o más",
    "less_than_equal": "debe ser {le} o menos",
    "literal_error": "debe ser {expected}",
}


def load_settings() -> Settings:
    """Read the settings from the environment; SettingsError says what is wrong with which of them."""
    try:
        return Settings()
    except ValidationError as error:
        raise SettingsError("; ".join(_fault(detail) for detail in error.errors())) from None


def _fault(detail: ErrorDetails) -> str:
    name = "CLIENTELA_" + str(detail["loc"][0]).upper()
    context = {key: str(value).replace(" or ", " o ") for key, value in detail.get("ctx", {}).items()}
    kind = detail["type"]
    text = detail["msg"] if kind == "propio" else _FAULTS.get(kind, "no es válido").format_map(context)
    return f"{name} {text}"


@lru_cache(maxsize=1)
def read_settings() -> Settings:
    """Read the settings from the environment, once per process."""
    return load_settings()
