"""What a device says over its socket: one model and one use case for each type of frame (CONTRACT §9, §12)."""

import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any, Final, NamedTuple

from pydantic import Field, StringConstraints

from clientela.api import permisos
from clientela.api.body import Entrada, Uuid, UuidONulo, read_body
from clientela.api.devices.frames import MESSAGE
from clientela.api.devices.listener import Listener
from clientela.chat import service as chat
from clientela.core import events, values
from clientela.core.db import Db
from clientela.core.errors import AppError, BadRequest

# Nobody types faster than his listeners need to know.
TYPING_SECONDS: Final = 1.0


class Envio(Entrada):
    """`message.send`: a text, and what makes a repeated sending the same message; staff name the session."""

    message: str
    sessionId: UuidONulo = None  # noqa: N815 - the contract's spelling
    clientMessageId: Annotated[str, StringConstraints(min_length=1, max_length=100)] | None = None  # noqa: N815


class Lectura(Entrada):
    """`messages.read`: everything of the other side up to `hasta` (a `seq`), or all there is."""

    sessionId: Uuid  # noqa: N815
    hasta: Annotated[int, Field(ge=0, le=2**53)] | None = None


class Escritura(Entrada):
    """`typing`."""

    sessionId: Uuid  # noqa: N815


async def send(db: Db, listener: Listener, data: Envio) -> None:
    """Send a message. The sender hears of it as everybody does; of a repeated one he alone, without an id."""
    sent = await chat.send(
        db,
        listener.actor,
        data.message,
        session_id=data.sessionId,
        client_message_id=data.clientMessageId,
    )
    if not sent.created:
        listener.outlet.write(MESSAGE, None, values.NUMBERS.encode(sent.message))


async def read(db: Db, listener: Listener, data: Lectura) -> None:
    """Mark what the other side wrote as read."""
    await chat.mark_read(db, listener.actor, data.sessionId, data.hasta)


async def typing(db: Db, listener: Listener, data: Escritura) -> None:
    """Tell the other side, if it listens at this moment, that somebody types."""
    now = time.monotonic()
    if now - listener.typed < TYPING_SECONDS:
        return
    listener.typed = now
    streams = await chat.typing(db, listener.actor, data.sessionId)
    who = "support" if listener.actor.es_personal else "user"
    await events.signal(db, "typing", flujos=streams, datos={"sessionId": data.sessionId, "sender": who})


async def pong(_db: Db, _listener: Listener, _data: Entrada) -> None:
    """Hear that the device is there; that it spoke was noted already."""


class Command(NamedTuple):
    """What a type of frame carries and does."""

    model: type[Entrada]
    run: Callable[[Db, Listener, Any], Awaitable[None]]


COMMANDS: Final[Mapping[str, Command]] = {
    "message.send": Command(Envio, send),
    "messages.read": Command(Lectura, read),
    "typing": Command(Escritura, typing),
    "pong": Command(Entrada, pong),
}


async def obey(db: Db, listener: Listener, text: str) -> None:
    """Do what one frame asks; whatever is wrong with it is told in an `error` frame, and changes nothing."""
    data: Any = None
    try:
        frame = values.loads(text.encode())
        if not isinstance(frame, dict) or not isinstance(frame.get("type"), str):
            raise BadRequest("marco_ilegible")
        data = frame.get("data", {})
        command = COMMANDS.get(frame["type"])
        if command is None:
            raise BadRequest("marco_desconocido")
        permisos.check(permisos.MARCOS[f"WS {frame['type']}"], listener.actor, "WS", {})
        await command.run(db, listener, read_body(command.model, data))
    except AppError as error:
        listener.outlet.write("error", None, error_data(error, data))


def error_data(error: AppError, data: Any) -> bytes:
    """Say what was wrong, and with which message, if it had a name."""
    said: dict[str, Any] = {**error.data, "code": error.code, "message": error.message}
    if error.errors:
        said["errors"] = error.errors
    if "Retry-After" in error.headers:
        said["retry_after"] = int(error.headers["Retry-After"])
    if isinstance(data, dict) and isinstance(data.get("clientMessageId"), str):
        said["clientMessageId"] = data["clientMessageId"][:100]
    return values.NUMBERS.encode(said)
