"""`clientela chat`: a talk in a terminal, over the same socket and routes as every front end (docs/realtime.md).

It shows what a good client does: it keeps its place and comes back with it, calls each message by a name and says it
again until it hears of it, and passes over what it has shown. Nothing is lost when the cable is pulled or the server
starts anew; what is typed meanwhile is said once the line is back.
"""

import asyncio
import contextlib
import json
import random
import sys
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException

PATIENCE: Final = 3.0
LONGEST_PAUSE: Final = 5.0
GOODBYE_SECONDS: Final = 15.0
NO_CREDENTIAL: Final = 4401
NOT_ALLOWED: Final = 4403

CUSTOMER_HELP: Final = "Escriba y pulse Intro. /cerrar termina la conversación, /salir deja el programa."
AGENT_HELP: Final = "/bandeja muestra quién espera, /abrir N elige, /cerrar termina, /salir deja el programa."


class TalkError(Exception):
    """Something that ends the program, in one sentence."""


@dataclass
class Api:
    """The server's routes, by one person's token."""

    url: str
    token: str = ""

    async def call(self, method: str, path: str, body: Any = None) -> Any:
        """Return the answer's JSON; TalkError with the server's own words for a refusal, OSError without a line."""
        return await asyncio.to_thread(self._call, method, path, body)

    def _call(self, method: str, path: str, body: Any) -> Any:
        if not self.url.startswith(("http://", "https://")):
            raise TalkError("La dirección del servidor debe empezar con http:// o https://")
        headers = {"Content-Type": "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        data = None if body is None else json.dumps(body).encode()
        request = Request(self.url + path, data, headers, method=method)  # noqa: S310 - looked at above
        try:
            with urlopen(request, timeout=10) as answer:  # noqa: S310
                return json.loads(answer.read() or b"null")
        except HTTPError as error:
            raise TalkError(_words_of(error)) from error
        except URLError as error:
            raise OSError(str(error.reason)) from error


def _words_of(error: HTTPError) -> str:
    try:
        said = json.loads(error.read())
    except ValueError:
        return f"El servidor respondió {error.code}"
    message = said.get("detail") or said.get("message") or said.get("mensaje")
    return ". ".join(message) if isinstance(message, list) else str(message)


@dataclass
class Unsaid:
    """A line that nobody has heard of yet."""

    session: str
    text: str
    name: str = field(default_factory=lambda: str(uuid.uuid4()))


class Talk:
    """One person at a terminal; `staff` may choose among sessions, a customer has his own."""

    def __init__(self, api: Api, me: dict[str, Any]) -> None:
        self.api = api
        self.staff = me["rol"] in {"soporte", "admin"}
        self.session: str | None = None
        self.cursor: int | str | None = None
        self.shown: dict[str, int] = {}
        self.numbers: dict[str, int] = {}
        self.unsaid: list[Unsaid] = []
        self.socket: ClientConnection | None = None

    async def begin(self) -> None:
        """Open or find the conversation; staff see who waits."""
        if self.staff:
            tell(AGENT_HELP)
            await self.show_inbox()
            return
        found = (await self.api.call("GET", "/api/chat/session/active"))["data"]
        if found is None:
            found = (await self.api.call("POST", "/api/chat/session"))["data"]
        self.session = found["id"]
        tell(CUSTOMER_HELP)

    async def show_inbox(self) -> None:
        """List the open sessions that staff may take."""
        page = await self.api.call("GET", "/api/v1/chat/bandeja")
        self.numbers |= {item["id"]: item["numero"] for item in page["items"]}
        for item in page["items"]:
            waits = "espera" if item["status"] == "pending" else "en curso"
            tell(f"  n.º {item['numero']}  {item['cliente']['nombre']}  ({waits})")
        if not page["items"]:
            tell("  Nadie espera.")

    async def type(self, lines: AsyncIterator[str]) -> None:
        """Do what is typed, until there is no more or `/salir`; then wait for what is unsaid."""
        async for line in lines:
            text = line.strip()
            if text == "/salir":
                break
            try:
                await self.obey(text)
            except TalkError as error:
                tell(f"  {error}")
            except OSError:
                tell("  Sin conexión; intente de nuevo.")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(GOODBYE_SECONDS):
                while self.unsaid:  # noqa: ASYNC110 - what is unsaid becomes less from several sides
                    await asyncio.sleep(0.05)

    async def obey(self, text: str) -> None:
        """Do one typed line: a command, or a message."""
        if text == "":
            return
        if text == "/bandeja" and self.staff:
            await self.show_inbox()
        elif text.startswith("/abrir ") and self.staff:
            await self.choose(text.removeprefix("/abrir ").strip())
        elif text == "/cerrar" and self.session is not None:
            await self.api.call("PATCH", f"/api/chat/session/{self.session}/close")
        elif text.startswith("/"):
            tell("  " + (AGENT_HELP if self.staff else CUSTOMER_HELP))
        elif self.session is None:
            tell("  Elija primero una conversación: /abrir N")
        else:
            line = Unsaid(self.session, text)
            self.unsaid.append(line)
            await self.say(line)

    async def choose(self, number: str) -> None:
        """Turn to a session by its number."""
        by_number = {str(found): session for session, found in self.numbers.items()}
        if number not in by_number:
            await self.show_inbox()
            by_number = {str(found): session for session, found in self.numbers.items()}
        if number not in by_number:
            tell("  No hay tal conversación abierta.")
            return
        self.session = by_number[number]
        await self.catch_up()

    async def say(self, line: Unsaid) -> None:
        """Send a line if there is a connection; it stays unsaid until it is heard of."""
        if self.socket is None:
            return
        data = {"message": line.text, "sessionId": line.session, "clientMessageId": line.name}
        with contextlib.suppress(ConnectionClosed):
            await self.socket.send(json.dumps({"type": "message.send", "data": data}))

    async def stay_connected(self) -> None:
        """Listen, and come back whenever the line breaks; ends only when the credential is no good any more."""
        pause = 0.2
        while True:
            try:
                async with self.connection() as socket:
                    self.socket = socket
                    pause = 0.2
                    await self.listen(socket)
            except (OSError, WebSocketException, TimeoutError):
                pass
            finally:
                self.socket = None
            tell("  (sin conexión; se reintenta)")
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311
            pause = min(pause * 2, LONGEST_PAUSE)

    def connection(self) -> connect:
        """Open the socket where we left off."""
        address = self.api.url.replace("http", "ws", 1) + "/api/chat/ws"
        if self.cursor is not None:
            address += f"?after={self.cursor}"
        headers = {"Authorization": f"Bearer {self.api.token}"}
        return connect(address, additional_headers=headers, compression=None, open_timeout=5, close_timeout=2)

    async def listen(self, socket: ClientConnection) -> None:
        """Show what comes; what was missed before there was a place is read first, after the socket stands."""
        await self.catch_up()
        repeating = asyncio.create_task(self.repeat())
        try:
            async for frame in socket:
                await self.hear(json.loads(frame), socket)
        finally:
            repeating.cancel()
        if socket.close_code in {NO_CREDENTIAL, NOT_ALLOWED}:
            raise TalkError("La sesión terminó; vuelva a entrar")

    async def repeat(self) -> None:
        """Say again what nobody has heard of for a while; it has a name, so it is written once."""
        while True:
            for line in list(self.unsaid):
                await self.say(line)
            await asyncio.sleep(PATIENCE)

    async def catch_up(self) -> None:
        """Show the messages of the present session that were not shown yet."""
        if self.session is not None:
            after = self.shown.get(self.session)
            query = "" if after is None else f"?after={after}&limit=500"
            found = await self.api.call("GET", f"/api/chat/session/{self.session}/messages{query}")
            for message in found["data"]:
                self.show(message)

    async def hear(self, frame: dict[str, Any], socket: ClientConnection) -> None:
        """Take one frame in."""
        data = frame["data"]
        self.cursor = frame.get("id", self.cursor)
        if frame["type"] == "ping":
            await socket.send('{"type":"pong"}')
        elif frame["type"] == "message.created":
            self.show(data)
        elif frame["type"] == "session.updated":
            self.turn(data)
        elif frame["type"] == "resync":
            await self.catch_up()
        elif frame["type"] == "error":
            self.complain(data)

    def show(self, message: dict[str, Any]) -> None:
        """Write a message down, once."""
        name = message.get("clientMessageId")
        self.unsaid = [line for line in self.unsaid if line.name != name]
        session = message["sessionId"]
        if message["seq"] <= self.shown.get(session, 0):
            return
        self.shown[session] = message["seq"]
        where = "" if session == self.session else f"[n.º {self.numbers.get(session, '?')}] "
        who = "soporte" if message["sender"] == "support" else "cliente"
        tell(f"{where}{who}: {message['message']}")

    def turn(self, session: dict[str, Any]) -> None:
        """Tell what became of a session."""
        if session["id"] == self.session and session["status"] == "closed":
            tell("  La conversación terminó.")
        elif self.staff and session["status"] == "pending":
            tell("  Alguien espera: /bandeja")

    def complain(self, error: dict[str, Any]) -> None:
        """Tell why a message was refused; it is not said again, unless it only has to wait."""
        tell(f"  {error['message']}")
        if "retry_after" not in error:
            name = error.get("clientMessageId")
            self.unsaid = [line for line in self.unsaid if line.name != name]


def tell(text: str) -> None:
    """Write a line to the person."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


async def typed() -> AsyncIterator[str]:
    """Yield what is typed, line by line."""
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    while line := await reader.readline():
        yield line.decode(errors="replace")


async def talk(url: str, name: str, password: str) -> None:
    """Log in and talk until the person leaves. Raises TalkError, and OSError where there is no server at all."""
    api = Api(url.rstrip("/"))
    made = await api.call("POST", "/api/v1/auth/login", {"identificador": name, "contrasenia": password})
    api.token = made["token"]
    one = Talk(api, made)
    await one.begin()
    work = {asyncio.create_task(one.type(typed())), asyncio.create_task(one.stay_connected())}
    done, pending = await asyncio.wait(work, return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
    await asyncio.gather(*pending, return_exceptions=True)
    for task in done:
        task.result()
