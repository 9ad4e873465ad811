"""What comes in and goes out of spec 3."""

from typing import Annotated, Any

import msgspec
from pydantic import ConfigDict, Field

from clientela.api.body import Consulta, Entrada, blank_is_default, recortado, texto
from clientela.chat import rules
from clientela.chat.model import MensajeChat, Sesion

_Texto: Any = recortado(rules.MAX_TEXT, rules.text_problem)
_Nombre: Any = texto(rules.MAX_CLIENT_ID, minimo=1)


def _required(schema: dict[str, Any]) -> None:
    # Its default only makes the validator speak of a message that is missing as of one that is empty.
    schema["required"] = ["message"]


class MensajeEntrada(Entrada):
    """A message, to the caller's open session unless another is named."""

    model_config = ConfigDict(json_schema_extra=_required)

    message: _Texto = Field(default="", validate_default=True)
    session_id: str | None = Field(default=None, alias="sessionId")
    client_message_id: _Nombre | None = Field(default=None, alias="clientMessageId")


class MensajesConsulta(Consulta):
    """Which messages: those after a seq, or the latest."""

    after: Annotated[int | None, blank_is_default(None)] = Field(None, ge=0, le=2**63 - 1)
    limit: Annotated[int | None, blank_is_default(None)] = Field(None, ge=1, le=rules.LATEST)


class SesionSalida(msgspec.Struct):
    """A session with its latest messages, or none."""

    data: Sesion | None
    message: str
    success: bool = True


class SesionCreada(msgspec.Struct):
    """The session that was opened."""

    data: Sesion
    message: str
    success: bool = True


class MensajesSalida(msgspec.Struct):
    """Messages, oldest first."""

    data: tuple[MensajeChat, ...]
    message: str
    success: bool = True


class MensajeSalida(msgspec.Struct):
    """The message that was sent."""

    data: MensajeChat
    message: str
    success: bool = True


class Hecho(msgspec.Struct):
    """That something was done."""

    message: str
    success: bool = True
