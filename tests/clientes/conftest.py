"""What the tests of client records share: numbers that nobody has, and records as the API makes them."""

import itertools
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from tests.cast import Cast, Persona

_numbers = itertools.count(uuid.uuid4().int % 9_000_000)


def new_phone() -> str:
    """A phone that no other test has."""
    return f"6{next(_numbers) % 10_000_000:07}"


def new_email() -> str:
    """An e-mail that no other test has."""
    return f"ficha-{uuid.uuid4().hex[:12]}@example.com"


@pytest.fixture
def new_record(cast: Cast) -> Callable[..., dict[str, Any]]:
    """Factory: `new_record(telefono="7…")` is the client that POST /api/clientes answers; `who` makes it."""

    def make(who: Persona | None = None, **fields: Any) -> dict[str, Any]:
        answer = (who or cast.admin).post("/api/clientes", json={"nombre": "Tienda La Esquina"} | fields)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()["data"]["cliente"]
        return made

    return make


@pytest.fixture(scope="session")
def localidad(cast: Cast) -> dict[str, Any]:
    """A locality of this run."""
    body = {"nombre": "Santa Cruz", "codigo": f"SCZ-{uuid.uuid4().hex[:8]}"}
    made: dict[str, Any] = cast.admin.post("/api/v1/localidades", json=body).json()
    return made


@pytest.fixture(scope="session")
def categorias(cast: Cast) -> list[dict[str, Any]]:
    """Three categories of this run, by identifier."""
    found = []
    for nombre in ("VIP", "Mayorista", "Moroso"):
        body = {"nombre": nombre, "clave": f"{nombre.upper()}-{uuid.uuid4().hex[:8]}"}
        found.append(cast.admin.post("/api/v1/categorias-cliente", json=body).json())
    return found
