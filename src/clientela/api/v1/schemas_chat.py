"""What comes in and goes out of `/api/v1/chat`."""

from typing import Any

from pydantic import Field

from clientela.api.body import EntradaV1, recortado, texto
from clientela.chat import rules

_Texto: Any = recortado(rules.MAX_TEXT, rules.text_problem)
_Nombre: Any = texto(rules.MAX_CLIENT_ID, minimo=1)


class RespuestaEntrada(EntradaV1):
    """What support answers."""

    message: _Texto
    client_message_id: _Nombre | None = Field(None, alias="clientMessageId")
