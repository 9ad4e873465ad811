"""What the tests of claiming share: records without login, registrations, codes as the mail brings them."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.cast import Persona
from tests.clientes.conftest import new_email, new_phone
from tests.identidad.test_registro import PATH
from tests.identidad.test_reset import mails_to
from tests.tools.burst import Request
from tests.tools.database import Database
from tests.tools.server import Server
from tests.tools.wait import wait_for

CODE = re.compile(r"^([0-9]{8})\s*$", re.MULTILINE)

Record = dict[str, Any]
Make = Callable[..., Record]


@pytest.fixture
def shop(new_record: Make) -> Record:
    """A record with a phone and an e-mail, without a login."""
    return new_record(telefono=new_phone(), email=new_email())


@pytest.fixture
def stranger(client_from: Callable[..., Persona], fresh_ip: str) -> Persona:
    """Somebody who is not logged in, at an address of his own."""
    return client_from(fresh_ip)


def ask(person: Persona, sent: dict[str, Any], code: str | None = None) -> tuple[int, str]:
    """Register, with a code or without; return the status and the error's code."""
    answer = person.post(PATH, json=sent | ({} if code is None else {"codigo": code}))
    return answer.status_code, answer.json().get("code", "")


def codes_to(serving: Server, address: str, count: int = 1) -> list[str]:
    """The codes that have been sent to an address, once there are so many."""
    wait_for(lambda: len(mails_to(serving, address)) >= count, f"mail {count} to {address}")
    return [CODE.findall(message.get_content())[0] for message in mails_to(serving, address)]


def code_for(person: Persona, sent: dict[str, Any], serving: Server, address: str) -> str:
    """Ask for a code and read the newest one from the mail."""
    before = len(mails_to(serving, address))
    assert ask(person, sent) == (409, "verificacion_requerida")
    return codes_to(serving, address, before + 1)[-1]


def another(code: str) -> str:
    """A code that is not this one."""
    return f"{(int(code) + 1) % 10**8:08}"


def login_of(db: Database, record: Record) -> Any:
    """The principal user of a record."""
    return db.fetchrow(
        "SELECT u.* FROM usuarios u JOIN clientes c ON c.usuario_principal_id = u.id WHERE c.id = $1::uuid",
        record["uuid"],
    )


def holders(db: Database, sent: dict[str, Any]) -> int:
    """How many records have the e-mail or the phone of a registration."""
    return int(
        db.fetchval(
            "SELECT count(*) FROM clientes WHERE lower(email) = lower($1) OR telefono_e164 = '+591' || $2",
            sent["correo"],
            sent["celular"],
        )
    )


def guess(sent: dict[str, Any], code: str, ip: str) -> Request:
    """One guess."""
    return Request("POST", PATH, json=sent | {"codigo": code}, source_ip=ip)
