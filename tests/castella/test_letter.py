"""Every route of dialect E against the contract's printed examples, asked as it prints them: a bare token, no body.

The shapes are taken from the printed JSON, never from the product's own schemas.
"""

import re
import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.cast import Cast, Persona
from tests.castella.printed import ANSWERS, MORE, RATING, REFUSALS, REGISTRATION
from tests.identidad.mailroom import quiet, work_off
from tests.postventa.conftest import Office, ago
from tests.tools.addresses import fresh_address
from tests.tools.database import Database

__all__ = ["quiet"]

_ID = re.compile(r"[0-9a-f]{24}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
_MONTH = re.compile(r"\d{6}")
_KINDS = (("id", _ID), ("instant", _INSTANT), ("month", _MONTH))


def shape(value: Any, more: frozenset[str] | set[str] = frozenset()) -> Any:
    """What a JSON value is made of; keys of `more` do not count."""
    if isinstance(value, dict):
        return {key: shape(inner, more) for key, inner in value.items() if key not in more}
    if isinstance(value, list):
        return [shape(value[0], more)] if value else []
    if isinstance(value, str):
        return next((name for name, form in _KINDS if form.fullmatch(value)), "text")
    return "boolean" if isinstance(value, bool) else "number" if isinstance(value, int | float) else value


class Application:
    """A customer's or the office's application, as the contract's curl lines are: with a bare token, or none."""

    def __init__(self, url: str, token: str | None) -> None:
        # Each from an address of its own: five wrong passwords shut one out.
        self._client = httpx.Client(
            base_url=f"{url}/api",
            headers={"Authorization": token} if token else {},
            timeout=20,
            transport=httpx.HTTPTransport(local_address=fresh_address()),
        )

    def send(self, method: str, path: str, body: Any = None) -> httpx.Response:
        """Send a request with the printed headers; the content type also where there is no body."""
        if body is None:
            return self._client.request(method, path, headers={"Content-Type": "application/json"})
        return self._client.request(method, path, json=body)

    def close(self) -> None:
        self._client.close()


class Told:
    """Everything that was asked, by the name of its row."""

    def __init__(self, cast: Cast, database: Database) -> None:
        self.cast, self.database = cast, database
        self.office = Office(cast)
        self.answers: dict[str, httpx.Response] = {}
        self.nobody = Application(cast.base_url, None)
        self.admin = Application(cast.base_url, cast.admin.token)
        self.juan = self._registered()
        self.other = Application(cast.base_url, cast.otra_cliente.token)
        self.tecnico = Application(cast.base_url, cast.tecnica.token)

    def keep(self, name: str, answer: httpx.Response) -> Any:
        """Remember an answer; returns its body."""
        self.answers[name] = answer
        return answer.json()

    def _registered(self) -> Application:
        said = self.keep("1 registrar", self.nobody.send("POST", "/registrar-cliente", REGISTRATION))
        self.person = Persona(self.cast.base_url, said["token"]).learn()
        return Application(self.cast.base_url, said["token"])

    def close(self) -> None:
        for application in (self.nobody, self.admin, self.juan, self.other, self.tecnico):
            application.close()


@pytest.fixture(scope="module")
def told(quiet: tuple[Cast, Database]) -> Iterator[Told]:
    """The contract's flow and its refusals, once; the tests look at what was answered."""
    found = Told(*quiet)
    for part in (_accounts, _guarantees, _ratings, _maintenance):
        part(found)
    yield found
    found.close()


def _without(body: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name not in names}


def _accounts(told: Told) -> None:
    send = told.nobody.send
    path = "/registrar-cliente"
    for name in ("nombre", "celular", "correo", "contrasenia"):
        told.keep(f"1 sin {name}", send("POST", path, _without(REGISTRATION, name)))
    told.keep("1 con nada", send("POST", path))
    told.keep("1 correo repetido", send("POST", path, REGISTRATION | {"celular": "7555-9999"}))
    told.keep("1 celular repetido", send("POST", path, REGISTRATION | {"correo": "otro@example.com"}))
    login = {"correo": REGISTRATION["correo"], "contrasenia": REGISTRATION["contrasenia"]}
    path = "/login-client"
    told.keep("2 login gethash true", send("POST", path, login | {"gethash": True}))
    told.keep("2 login gethash false", send("POST", path, login | {"gethash": False}))
    told.keep("2 sin correo", send("POST", path, _without(login, "correo")))
    told.keep("2 sin contrasenia", send("POST", path, _without(login, "contrasenia")))
    told.keep("2 otra contrasenia", send("POST", path, login | {"contrasenia": "otra cosa"}))
    told.keep("2 nadie", send("POST", path, login | {"correo": "nadie@example.com"}))
    told.keep("2 gethash extraño", send("POST", path, login | {"gethash": "quizás"}))
    path = "/cliente/forgot-password"
    told.keep("3 forgot", send("POST", path, {"correo": REGISTRATION["correo"]}))
    told.keep("3 sin correo", send("POST", path, {}))
    (token,) = work_off(told.database)
    reset = {"token": token, "nuevaContrasenia": "newSecurePassword123"}
    path = "/cliente/reset-password"
    told.keep("4 sin token", send("POST", path, _without(reset, "token")))
    told.keep("4 sin contrasenia", send("POST", path, _without(reset, "nuevaContrasenia")))
    told.keep("4 token inventado", send("POST", path, reset | {"token": "reset-token-from-email"}))
    told.keep("4 reset", send("POST", path, reset))
    told.keep("4 token usado", send("POST", path, reset))
    # A reset ended the session of the registration.
    told.juan.close()
    fresh = login | {"contrasenia": reset["nuevaContrasenia"], "gethash": True}
    told.juan = Application(told.cast.base_url, send("POST", "/login-client", fresh).json()["token"])


def _guarantees(told: Told) -> None:
    office, juan, admin = told.office, told.juan, told.admin
    done = office.hecha(told.person)["id"]
    path = f"/orden/{done}/solicitar-garantia"
    told.keep("5 ajena", told.other.send("POST", path))
    made = told.keep("5 solicitar garantia", juan.send("POST", path))["ordenId"]
    told.keep("5 segunda", juan.send("POST", path))
    told.keep(
        "5 sin finalizar", juan.send("POST", f"/orden/{office.orden(told.person)['id']}/solicitar-garantia")
    )
    old = office.hecha(told.person, ejecutada=ago(days=400))["id"]
    told.keep("5 vencida", juan.send("POST", f"/orden/{old}/solicitar-garantia"))
    told.keep("5 inexistente", juan.send("POST", "/orden/507f1f77bcf86cd799439010/solicitar-garantia"))
    told.keep("6 pendientes", admin.send("GET", "/garantias/pendientes"))
    told.keep("6 cliente", juan.send("GET", "/garantias/pendientes"))
    told.keep("6 sin token", told.nobody.send("GET", "/garantias/pendientes"))
    for page in ("0", "abc"):
        told.keep(f"6 pagina {page}", admin.send("GET", f"/garantias/pendientes/{page}"))
    path = f"/garantia/{made}/asignar-tecnico"
    who = {"tecnicoId": told.cast.tecnica.usuario_id}
    told.keep("7 cliente", juan.send("PUT", path, who))
    told.keep("7 sin tecnico", admin.send("PUT", path, {}))
    told.keep("7 tecnico inexistente", admin.send("PUT", path, {"tecnicoId": "507f1f77bcf86cd799439013"}))
    told.keep("7 garantia inexistente", admin.send("PUT", f"/garantia/{uuid.uuid4()}/asignar-tecnico", who))
    told.keep("7 asignar", admin.send("PUT", path, who))


def _ratings(told: Told) -> None:
    juan, admin = told.juan, told.admin
    order = told.office.hecha(told.person, tecnico_id=told.cast.tecnica.usuario_id)["id"]
    path = f"/orden/{order}/calificar"
    told.keep("9 sin calificar", juan.send("GET", f"/orden/{order}/calificacion"))
    told.keep("8 cero estrellas", juan.send("POST", path, RATING | {"estrellas": 0}))
    told.keep("8 seis estrellas", juan.send("POST", path, RATING | {"estrellas": 6}))
    told.keep("8 sin estrellas", juan.send("POST", path, _without(RATING, "estrellas")))
    told.keep("8 calificar", juan.send("POST", path, RATING))
    told.keep("8 otra vez", juan.send("POST", path, RATING))
    told.keep("9 calificacion", juan.send("GET", f"/orden/{order}/calificacion"))
    told.keep("9 ajena", told.other.send("GET", f"/orden/{order}/calificacion"))
    path = f"/calificaciones-tecnico/{told.cast.tecnica.usuario_id}"
    told.keep("10 tecnico", admin.send("GET", path))
    told.keep("10 cliente", juan.send("GET", path))
    told.keep("10 inexistente", admin.send("GET", "/calificaciones-tecnico/507f1f77bcf86cd799439013"))


def _maintenance(told: Told) -> None:
    juan, admin = told.juan, told.admin
    order = told.office.hecha(told.person, ejecutada=ago(days=170), tecnico_id=told.cast.tecnica.usuario_id)
    path = f"/orden/{order['id']}/mantenimiento-config"
    told.keep("11 cliente", juan.send("PUT", path, {"periodicidadMeses": 6}))
    told.keep("11 cero meses", told.tecnico.send("PUT", path, {"periodicidadMeses": 0}))
    told.keep("11 sin meses", told.tecnico.send("PUT", path, {}))
    told.keep("11 mantenimiento", told.tecnico.send("PUT", path, {"periodicidadMeses": 6}))
    path = f"/mantenimientos-cliente/{told.person.cliente_id}"
    told.keep("12 mantenimientos", juan.send("GET", path))
    told.keep("12 ajeno", told.other.send("GET", path))
    told.keep("12 inexistente", admin.send("GET", f"/mantenimientos-cliente/{uuid.uuid4()}"))
    told.keep("13 overview", admin.send("GET", "/dashboard/overview"))
    told.keep("13 cliente", juan.send("GET", "/dashboard/overview"))
    told.keep("13 sin token", told.nobody.send("GET", "/dashboard/overview"))


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_has_the_printed_shape(told: Told, name: str) -> None:
    status, printed = ANSWERS[name]
    answer = told.answers[name]
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"].partition(";")[0] == "application/json"
    assert shape(answer.json(), MORE.get(name, set())) == shape(printed)


@pytest.mark.parametrize(
    "name", [name for name, (_, printed) in ANSWERS.items() if set(printed) == {"mensaje"}]
)
def test_a_sentence_is_the_printed_one(told: Told, name: str) -> None:
    assert told.answers[name].json() == ANSWERS[name][1]


def test_what_was_told_comes_back(told: Told) -> None:
    customer = told.answers["2 login gethash false"].json()["cliente"]
    assert customer == _without(REGISTRATION, "contrasenia") | {"_id": told.person.cliente_id}
    rating = told.answers["8 calificar"].json()["calificacion"]
    assert rating.items() >= RATING.items()
    assert told.answers["11 mantenimiento"].json()["orden"]["periodicidadMeses"] == 6


@pytest.mark.parametrize("name", REFUSALS)
def test_a_refusal_says_why_in_mensaje(told: Told, name: str) -> None:
    status, sentence = REFUSALS[name]
    answer = told.answers[name]
    body = answer.json()
    assert answer.status_code == status, answer.text
    assert body["mensaje"] == (sentence or body["mensaje"])
    assert body["mensaje"].strip()
    more = {"ordenId"} if name == "5 segunda" else set()
    assert set(body) - {"errors"} == {"mensaje", "code", "request_id"} | more
    if status == 401:
        assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_every_row_was_asked(told: Told) -> None:
    assert set(told.answers) == set(ANSWERS) | set(REFUSALS)


@pytest.mark.parametrize(
    "path", ["/garantias/pendientes", "/garantias/pendientes/1", "/garantias/pendientes/2"]
)
def test_a_page_is_optional_and_a_slash_too(told: Told, path: str) -> None:
    plain, slashed = told.admin.send("GET", path), told.admin.send("GET", f"{path}/")
    assert (plain.status_code, slashed.status_code) == (200, 200)
    assert plain.json() == slashed.json()
    assert plain.json()["page"] == (2 if path.endswith("2") else 1)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/registrar-cliente", 400),
        ("POST", "/login-client", 400),
        ("POST", "/cliente/forgot-password", 400),
        ("POST", "/cliente/reset-password", 400),
        ("POST", "/orden/{id}/solicitar-garantia", 401),
        ("GET", "/garantias/pendientes", 401),
        ("GET", "/garantias/pendientes/3", 401),
        ("PUT", "/garantia/{id}/asignar-tecnico", 401),
        ("POST", "/orden/{id}/calificar", 401),
        ("GET", "/orden/{id}/calificacion", 401),
        ("GET", "/calificaciones-tecnico/{id}", 401),
        ("PUT", "/orden/{id}/mantenimiento-config", 401),
        ("GET", "/mantenimientos-cliente/{id}", 401),
        ("GET", "/dashboard/overview", 401),
    ],
)
def test_both_forms_of_every_path_are_there(told: Told, method: str, path: str, status: int) -> None:
    for form in (path, f"{path}/"):
        answer = told.nobody.send(method, form.replace("{id}", "507f1f77bcf86cd799439010"))
        assert (answer.status_code, "mensaje" in answer.json()) == (status, True)


def test_control_another_shape_is_seen() -> None:
    printed = ANSWERS["8 calificar"][1]["calificacion"]
    assert shape(printed) != shape(printed | {"cliente": {"_id": printed["cliente"]}})
    assert shape(printed) != shape(printed | {"estrellas": "5"})
    assert shape(printed) != shape(printed | {"fecha": "2023-12-15 10:30:00"})
    assert shape(printed) != shape(_without(printed, "comentario"))
    assert shape(printed) != shape(printed | {"id": 1})
