"""Talks of the test's own: a customer with an open session, and somebody of support who answers it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.cast import Cast, Persona
from tests.tools.database import Database


@dataclass
class Talk:
    """A session of a customer's, held by an agent once `take` was called."""

    cliente: Persona
    soporte: Persona
    id: str

    def write(self, text: str, **fields: Any) -> dict[str, Any]:
        """The customer writes."""
        answer = self.cliente.post("/api/chat/message", json={"message": text, **fields})
        assert answer.status_code in {200, 201}, answer.text
        written: dict[str, Any] = answer.json()["data"]
        return written

    def answer(self, text: str) -> dict[str, Any]:
        """Support answers."""
        answer = self.soporte.post(f"/api/v1/chat/sesiones/{self.id}/mensajes", json={"message": text})
        assert answer.status_code == 201, answer.text
        written: dict[str, Any] = answer.json()
        return written


@pytest.fixture(autouse=True, scope="module")
def quiet_house(db: Database) -> None:
    """Whatever other tests had the house say by itself is not said in these talks."""
    db.execute("UPDATE organizacion SET saludo = NULL, mensaje_ausente = NULL")


@pytest.fixture
def new_talk(cast: Cast) -> Callable[..., Talk]:
    """Factory of talks; `soporte` is the shared agent unless another is named."""

    def make(soporte: Persona | None = None) -> Talk:
        cliente = cast.new_cliente()
        made = cliente.post("/api/chat/session")
        assert made.status_code == 201, made.text
        return Talk(cliente, soporte or cast.soporte, made.json()["data"]["id"])

    return make
