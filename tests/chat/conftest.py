"""What the tests of the chat share: sessions of customers, words of both sides."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.cast import Cast, Persona
from tests.tools.database import Database

SESSION = "/api/chat/session"
MESSAGE = "/api/chat/message"
SESIONES = "/api/v1/chat/sesiones"


class Talk:
    """A customer's session, and what both sides do in it."""

    def __init__(self, cliente: Persona, soporte: Persona) -> None:
        self.cliente, self.soporte = cliente, soporte
        answer = cliente.post(SESSION)
        assert answer.status_code == 201, answer.text
        self.session: dict[str, Any] = answer.json()["data"]
        self.id: str = self.session["id"]
        self.path = f"{SESSION}/{self.id}"

    def say(self, text: str = "Hola, necesito ayuda", **fields: Any) -> Any:
        """The customer writes."""
        return self.cliente.post(MESSAGE, json={"message": text} | fields)

    def reply(self, text: str = "¿En qué le ayudo?", who: Persona | None = None, **fields: Any) -> Any:
        """Support answers."""
        return (who or self.soporte).post(f"{SESIONES}/{self.id}/mensajes", json={"message": text} | fields)

    def close(self, who: Persona | None = None) -> Any:
        """Somebody closes it, the customer unless told."""
        return (who or self.cliente).patch(f"{self.path}/close")

    def log(self, who: Persona | None = None, **query: Any) -> list[dict[str, Any]]:
        """The messages as somebody reads them, the customer unless told."""
        answer = (who or self.cliente).get(f"{self.path}/messages", params=query)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["data"]
        return found

    def active(self) -> Any:
        """The customer's open session."""
        return self.cliente.get(f"{SESSION}/active").json()["data"]


@pytest.fixture
def new_talk(cast: Cast) -> Callable[..., Talk]:
    """Factory of sessions, each of a customer of its own."""

    def make(cliente: Persona | None = None, soporte: Persona | None = None) -> Talk:
        return Talk(cliente or cast.new_cliente(), soporte or cast.soporte)

    return make


@pytest.fixture
def talk(new_talk: Callable[..., Talk]) -> Talk:
    """A fresh session of a fresh customer."""
    return new_talk()


@pytest.fixture(autouse=True)
def quiet_house(request: pytest.FixtureRequest) -> None:
    """Nobody is present and the house says nothing by itself, whatever tests of other things left behind."""
    if "db" in request.fixturenames:
        silence(request.getfixturevalue("db"))


def silence(db: Database) -> None:
    """Have no agent present, no greeting and no away message."""
    db.execute("UPDATE chat_agentes SET estado = 'ausente'")
    db.execute("UPDATE organizacion SET saludo = NULL, mensaje_ausente = NULL")
