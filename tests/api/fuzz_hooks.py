"""What the fuzzer's process does before each request (imported by it through SCHEMATHESIS_HOOKS).

Data that are valid by the schema get the few words that only this installation knows: an own client, products that
exist, fresh e-mails. Invalid data go out untouched.
"""

import itertools
import json
import os
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import requests
import schemathesis
from schemathesis import Case, GenerationMode, HookContext

KNOWN: dict[str, Any] = json.loads(os.environ["FUZZ_KNOWN"])
# These end the session that calls them.
ENDING = frozenset(
    {
        "POST /api/v1/auth/logout",
        "DELETE /api/v1/auth/sesiones",
        "POST /api/v1/auth/contrasenia",
        "DELETE /api/v1/auth/sesiones/{sesion_id}",
    }
)
POSTPONING = "POST /api/v1/visitas/{visita_id}/posponer"
# Their body may be absent, which the fuzzer takes for a wrong one; a visit that is not there answers both alike.
WITHOUT_BODY = frozenset({"POST /api/v1/visitas/{visita_id}/orden", "POST /api/v1/visitas/{visita_id}/hecha"})
MOVING = "POST /api/v1/visitas/enlace/mover"
VISITS = "GET /api/v1/visitas"
PICTURES = frozenset({"foto_perfil", "ci_anverso", "ci_reverso", "foto"})
IMPORTING = "POST /api/v1/importaciones"
SHEETS = {
    "clientes": "nombre,nit\nDe la prueba,778899\n",
    "productos": "codigo,nombre,precio\nFUZZ-1,De la prueba,1.50\n",
    "ordenes": "referencia\n",
}
PRESENCE = "PUT /api/v1/chat/presencia"
ORDERING = "POST /api/v1/ordenes"
HISTORY = ("estado", "fecha_ejecucion", "tipo", "garantia_de", "ultimo_movimiento_en")
REGISTERING = "POST /api/registrar-cliente"
CHANGING = "PATCH /api/v1/usuarios/{usuario_id}"
# These end the client whom they are about: a record that nobody else needs.
PARTING = frozenset(
    {"POST /api/v1/clientes/{cliente_id}/anonimizar", "POST /api/v1/clientes/{cliente_id}/fusionar"}
)
_products: Iterator[str] = itertools.cycle(KNOWN["productos"])
_numbers = itertools.count(int.from_bytes(os.urandom(3)))
_WORDS: dict[str, Callable[[], Any]] = {
    "correo": lambda: f"{uuid.uuid4().hex}@example.com",
    "celular": lambda: f"6{next(_numbers) % 10_000_000:07}",
    "usernick": lambda: f"nick{uuid.uuid4().hex[:12]}",
    "codigo": lambda: uuid.uuid4().hex[:12],
    "contrasenia": lambda: f"clave {uuid.uuid4().hex[:12]}",
    "nuevaContrasenia": lambda: f"clave {uuid.uuid4().hex[:12]}",
    "itemId": lambda: next(_products),
    # Deliveries lie in the future, and their two ways must not contradict each other.
    "fecha_entrega_requerida": lambda: "2099-03-02",
    "hora_entrega_requerida": lambda: None,
    "fecha_entrega_solicitada": lambda: "2099-03-02T12:00:00Z",
    # Orders of the fuzzer's own, and work orders, are not made up.
    "pedido_id": lambda: None,
    "orden_id": lambda: None,
    "sessionId": lambda: KNOWN["ruta"]["chat_id"],
    "servicio_id": lambda: KNOWN["ruta"]["servicio_id"],
    "tecnico_id": lambda: KNOWN["ruta"]["tecnico_id"],
    "tecnicoId": lambda: KNOWN["ruta"]["tecnico_id"],
    # The link of a visit opens that visit, for whoever has it.
    "enlace": lambda: KNOWN["enlace"],
    # A visit is put off to a day that is still to come.
    "fecha_programada": lambda: "2099-03-02T12:00:00Z",
    "agente_id": lambda: KNOWN["agente"],
    "atajo": lambda: uuid.uuid4().hex[:12],
    "habilidades": lambda: ["productos:leer"],
    # A client's record: what must not be somebody's already, and what must exist or be a picture.
    "email": lambda: f"{uuid.uuid4().hex}@example.com",
    "telefono": lambda: f"6{next(_numbers) % 10_000_000:07}",
    "fecha_nacimiento": lambda: "1990-02-28",
    "limite_credito": lambda: 150.5,
    # Campaigns that a line could take, and products that one could be for, are not made up.
    "campania_aplicada_id": lambda: None,
    "productos": list,
    "placa": lambda: uuid.uuid4().hex[:12],
    "chofer_id": lambda: None,
    "salida": lambda: "08:00",
    "regreso": lambda: "18:00",
    "localidad_id": lambda: None,
    "vendedor_asignado_id": lambda: None,
    "vendedor_id": lambda: None,
    "clientes": lambda: [KNOWN["ruta"]["cliente_id"]],
    "categorias_ids": list,
    "ventanas_entrega": lambda: [{"dia_semana": 1, "hora_inicio": "08:00", "hora_fin": "12:00"}],
}


@schemathesis.hook
def before_call(context: HookContext, case: Case, **kwargs: Any) -> None:
    """Fill in what only this installation knows; keep the throttles and the session out of the way."""
    headers = case.headers
    # Attempts count by address; behind the proxy that the server trusts every request comes from another one.
    headers["X-Forwarded-For"] = f"10.{next(_numbers) % 250}.{next(_numbers) % 250}.{next(_numbers) % 250}"
    if "Idempotency-Key" in headers and _is_valid(case):
        headers["Idempotency-Key"] = uuid.uuid4().hex
    if case.operation.label in ENDING and KNOWN["identificador"]:
        headers["Authorization"] = f"Bearer {_login()}"
    if case.operation.label == CHANGING:
        # A number or a link may lead to somebody who fuzzes, and who could then not log in again.
        case.path_parameters["usuario_id"] = KNOWN["ruta"]["usuario_id"]
    if _is_valid(case):
        _use_known_path(case)
        if "fecha" in (case.query or {}):
            # A date of the Romans is a date, and no day on which anything is delivered.
            case.query["fecha"] = "2031-05-07"
        if case.operation.label in PARTING:
            case.path_parameters["cliente_id"] = KNOWN["ficha"]
        case.body = _with_words(case.body)
        if isinstance(case.body, dict):
            case.body = _meant(case.operation.label, case.body)
        if case.media_type == "multipart/form-data" and isinstance(case.body, dict):
            case.body = dict(_form_fields({n: v for n, v in case.body.items() if n not in PICTURES}))
    _look_at_no_visit(case)


def _look_at_no_visit(case: Case) -> None:
    """Keep visits apart that are there, and dates of the Romans, where the fuzzer would misjudge the answer."""
    label = case.operation.label
    # What is wrong with a postponement may be its path, and the fuzzer puts a visit there that it has seen.
    if label in WITHOUT_BODY or (label == POSTPONING and not _is_valid(case)):
        case.path_parameters["visita_id"] = str(uuid.uuid4())
    if label == VISITS and _is_valid(case):
        case.query.update({name: "2031-05-07T10:00:00Z" for name in ("desde", "hasta") if name in case.query})


def _meant(label: str, body: dict[str, Any]) -> dict[str, Any]:
    """Take out of a body what no schema says is wrong together."""
    if label == REGISTERING:
        # No record waits for its owner, so no code is on its way to anybody.
        return {name: value for name, value in body.items() if name != "codigo"}
    if label == ORDERING:
        # A history must not contradict itself.
        return {name: value for name, value in body.items() if name not in HISTORY}
    if label == PRESENCE:
        # Whoever becomes present gets the sessions of other tests.
        return body | {"estado": "ausente"}
    if label == MOVING and "fecha_programada" in body:
        # Not further than a client may go.
        return body | {"fecha_programada": KNOWN["fecha_visita"]}
    if label == IMPORTING:
        # No schema says what a sheet is.
        return body | {"archivo": SHEETS.get(str(body.get("tipo")), SHEETS["clientes"])}
    return body


def _is_valid(case: Case) -> bool:
    return case.meta is not None and case.meta.generation.mode == GenerationMode.POSITIVE


def _use_known_path(case: Case) -> None:
    for name, value in KNOWN["ruta"].items():
        # Half of the identifiers stay as they were generated: not found, or found by a link.
        if name in (case.path_parameters or {}) and (name == "cliente_id" or next(_numbers) % 2):
            case.path_parameters[name] = value


def _with_words(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            _readable(name): _WORDS[name]() if name in _WORDS and part is not None else _with_words(part)
            for name, part in value.items()
        }
    if isinstance(value, list):
        return [_with_words(part) for part in value]
    return _readable(value)


def _form_fields(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Write a body as a form's fields: `a[0][b]`. The fuzzer itself would write null as "None", and lists as JSON.

    Names that only JSON can say (`[`, nothing at all) are left out; `test_forms` has what becomes of them.
    """
    if isinstance(value, dict):
        for key, part in value.items():
            if not key.isidentifier():
                continue
            yield from _form_fields(part, f"{name}[{key}]" if name else key)
    elif isinstance(value, list):
        for number, part in enumerate(value):
            yield from _form_fields(part, f"{name}[{number}]")
    elif value is not None:
        yield name, value


def _readable(value: Any) -> Any:
    """Leave out what the values layer refuses anywhere and no schema says: NUL, and numbers that no column holds."""
    if isinstance(value, str):
        return value.replace("\x00", "x")
    if isinstance(value, int | float) and value != 0:
        return value if 1e-30 < abs(value) < 9e18 else 1
    return value


def _login() -> str:
    body = {"identificador": KNOWN["identificador"], "contrasenia": KNOWN["contrasenia"]}
    answer = requests.post(f"{KNOWN['url']}/api/v1/auth/login", json=body, timeout=20)
    assert answer.ok, answer.text
    return str(answer.json()["token"])
