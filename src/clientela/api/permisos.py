"""The permission matrix: one row per route, enforced for every call (CONTRACT §3).

A route without a row does not start. `tests/authz_matrix.yaml` says the same independently, from the contract.
"""

from collections.abc import Mapping
from typing import Literal

import msgspec

from clientela.core.actor import Actor
from clientela.core.errors import Forbidden
from clientela.core.ids import parse_uuid

CLIENTE = frozenset({"cliente"})
VENDEDOR = frozenset({"vendedor"})
TECNICO = frozenset({"tecnico"})
SOPORTE = frozenset({"soporte"})
ADMIN = frozenset({"admin"})
PERSONAL = VENDEDOR | TECNICO | SOPORTE | ADMIN
TODOS = CLIENTE | PERSONAL

Alcance = Literal["publico", "libre", "cliente_del_path", "servicio"]


class Regla(msgspec.Struct, frozen=True):
    """Who may call a route.

    `alcance`: `publico` needs no token; `libre` the role suffices; `cliente_del_path` the customer's own
    `cliente_id` must be in the path (admins: anybody's); `servicio` the service looks at the object. `area` is
    the ability that a personal access token needs (`area`, `area:leer` or `area:escribir`). `muro`: allowed
    while the password must be changed.
    """

    roles: frozenset[str]
    area: str
    alcance: Alcance = "servicio"
    muro: bool = False


PUBLICO = Regla(frozenset(), "publico", "publico")

REGLAS: dict[str, Regla] = {
    # Operation
    "GET /healthz": PUBLICO,
    "GET /readyz": PUBLICO,
    "GET /metrics": Regla(ADMIN, "operacion", "publico"),
    "GET /openapi.json": PUBLICO,
    "GET /docs": PUBLICO,
    "GET /docs/{archivo}": PUBLICO,
    # Catalogue and organisation
    "GET /api/v1/productos": Regla(TODOS, "productos", "libre"),
    "POST /api/v1/productos": Regla(ADMIN, "productos", "libre"),
    "GET /api/v1/productos/{producto_id}": Regla(TODOS, "productos"),
    "PATCH /api/v1/productos/{producto_id}": Regla(ADMIN, "productos", "libre"),
    "GET /api/v1/organizacion": Regla(PERSONAL, "organizacion", "libre"),
    "PUT /api/v1/organizacion": Regla(ADMIN, "organizacion", "libre"),
}


def check(rule: Regla, actor: Actor, method: str, path: Mapping[str, str]) -> None:
    """Refuse with 403 whoever the row does not let in."""
    if actor.debe_cambiar and not rule.muro:
        raise Forbidden("debe_cambiar_contrasenia")
    if actor.rol not in rule.roles:
        raise Forbidden
    if actor.habilidades is not None:
        _check_ability(rule, actor.habilidades, method)
    if rule.alcance == "cliente_del_path" and not actor.es_admin:
        asked = parse_uuid(path["cliente_id"])
        if asked is None or asked != actor.cliente_id:
            raise Forbidden


def _check_ability(rule: Regla, abilities: frozenset[str], method: str) -> None:
    verb = "leer" if method in {"GET", "HEAD"} else "escribir"
    if abilities.isdisjoint({"*", rule.area, f"{rule.area}:{verb}"}):
        raise Forbidden("habilidad_insuficiente")
