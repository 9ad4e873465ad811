"""Write the references under `docs/` from the code: settings, errors, events, audit, routes, OpenAPI.

`python -m tools.generate_docs` writes the files; `GENERATED` says how each is made, for the test that they are
current. An event type or an action that is named on one side only raises `OutdatedSourceError`.
"""

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from types import NoneType
from typing import Any, get_args

import yaml
from pydantic.fields import FieldInfo

from clientela.api import permisos
from clientela.api.call import ROUTES
from clientela.api.permisos import REGLAS, Regla
from clientela.app import document as openapi_document
from clientela.core.acciones import ACCIONES
from clientela.core.codigos import ESTADOS
from clientela.core.textos import MENSAJES
from clientela.settings import Settings
from tools import inventory

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
_NOTE = "<!-- Written by `make docs` from the code; do not edit. -->"
_ROLES = ("cliente", "vendedor", "tecnico", "soporte", "admin")
_SCOPES = {
    "publico": "anybody",
    "libre": "",
    "cliente_del_path": "customers only with their own `cliente_id`",
    "servicio": "the service looks at the object",
    "enlace": "the service looks at the object; a signed link will do",
    "pase": "a pass will do",
}

_TOKENS = """\
Integrations come with a personal access token, `Authorization: Bearer <n>|<secret>`. An administrator makes it at
`POST /api/v1/tokens {nombre, habilidades, expira_en?}`; it acts as that administrator, and is shown this once.
`habilidades` bound what it may do:

- `*`: whatever its owner's role may do;
- `area`: all routes of an area of the table; `area:leer`: those that only read; `area:escribir`: the others.

A token without the ability gets 403 `habilidad_insuficiente`. Whatever its abilities, a token can neither end
sessions, change a password, touch a second factor nor make tokens: 403 `requiere_sesion`. Any other ability is
refused when the token is made. Routes that need no token are in no area."""


class OutdatedSourceError(Exception):
    """`docs/sources` and the code disagree about which names exist."""


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    lines = [list(head), ["---"] * len(list(head)), *(list(row) for row in rows)]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def _described(name: str, used: set[str]) -> dict[str, Any]:
    """Read the descriptions of one source file, checked against the names that the code uses."""
    texts: dict[str, Any] = yaml.safe_load((DOCS / "sources" / f"{name}.yaml").read_text(encoding="utf-8"))
    missing, unknown = used - texts.keys(), texts.keys() - used
    if missing or unknown:
        raise OutdatedSourceError(
            f"docs/sources/{name}.yaml: missing {sorted(missing)}, unused {sorted(unknown)}"
        )
    return texts


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.default
    if value is None or value == ():
        return ""
    return f"`{value}`"


def _type(field: FieldInfo) -> str:
    kinds = [kind for kind in get_args(field.annotation) or (field.annotation,) if kind is not NoneType]
    return " or ".join(
        f"`{kind}`" if isinstance(kind, str) else getattr(kind, "__name__", "text") for kind in kinds
    )


def settings() -> str:
    """`docs/settings.md`: every setting with its default and meaning."""
    rows = [
        (f"`CLIENTELA_{name.upper()}`", _type(field), _default(field), field.description or "")
        for name, field in Settings.model_fields.items()
    ]
    intro = "All settings are environment variables, read once at start."
    return f"# Settings\n\n{_NOTE}\n\n{intro}\n\n{_table(('Name', 'Kind', 'Default', 'Meaning'), rows)}\n"


def errors() -> str:
    """`docs/errors.md`: every code with its statuses and its Spanish text."""
    used = inventory.error_codes()
    rows = [
        (f"`{code}`", ", ".join(map(str, sorted(used.get(code, {ESTADOS[code]})))), text)
        for code, text in MENSAJES.items()
    ]
    intro = (
        "Every error body carries a stable `code` and a `request_id`; programs compare the code, people read the\n"
        "text. Validation (422) is 400 in the dialects of chat, orders and Castella."
    )
    return f"# Errors\n\n{_NOTE}\n\n{intro}\n\n{_table(('Code', 'Status', 'Text'), rows)}\n"


def events() -> str:
    """`docs/events.md`: every event type with who hears it and what it carries."""
    texts = _described("events", inventory.event_types())
    rows = [(f"`{kind}`", text["hears"], text["data"], text["when"]) for kind, text in sorted(texts.items())]
    intro = (
        "Events are rows, written in the transaction of the change that they tell of. Each stream has its own\n"
        "`seq` without gaps, which is the cursor of whoever follows it. Events carry ids and codes only, never texts,\n"
        "names or addresses: a reader fetches what he may see."
    )
    return f"# Events\n\n{_NOTE}\n\n{intro}\n\n{_table(('Type', 'Who hears it', 'Data', 'When'), rows)}\n"


def audit() -> str:
    """`docs/audit.md`: every action of the audit log."""
    used = inventory.audited_actions()
    if used != ACCIONES.keys():
        raise OutdatedSourceError(
            f"core.acciones.ACCIONES and the code differ in {sorted(used ^ ACCIONES.keys())}"
        )
    rows = [(f"`{action}`", text) for action, text in sorted(ACCIONES.items())]
    intro = (
        "The audit log is append-only and chained by hashes; its rows are written in the transaction of the action\n"
        "and hold ids and codes only. Administrators read it at `GET /api/v1/auditoria`, with these texts."
    )
    return f"# Audited actions\n\n{_NOTE}\n\n{intro}\n\n{_table(('Action', 'Text'), rows)}\n"


def _who(rule: Regla) -> str:
    if rule.alcance == "publico" and not rule.roles:
        return _SCOPES["publico"]
    roles = ", ".join(rol for rol in _ROLES if rol in rule.roles)
    return roles + (f" ({_SCOPES[rule.alcance]})" if _SCOPES[rule.alcance] else "")


def routes() -> str:
    """`docs/routes.md`: every route with who may call it."""
    rows = [
        (f"`{key}`", _who(REGLAS[key]), f"`{REGLAS[key].area}`", route.summary)
        for key, route in sorted(ROUTES.items(), key=lambda item: (item[1].path, item[1].method))
    ]
    intro = "The details of each are in `openapi.json`, which a running server also shows at `/docs`."
    return f"# Routes\n\n{_NOTE}\n\n{intro}\n\n{_table(('Route', 'Who', 'Ability', 'What'), rows)}\n"


def tokens() -> str:
    """`docs/tokens.md`: what a personal access token may be made for."""
    by_area: dict[str, dict[str, list[str]]] = {area: {} for area in sorted(permisos.areas())}
    for key, route in sorted(ROUTES.items(), key=lambda item: (item[1].path, item[1].method)):
        if REGLAS[key].roles:
            by_area[REGLAS[key].area].setdefault(permisos.verb_of(route.method), []).append(f"`{key}`")
    rows = [
        (f"`{area}`", *("<br>".join(found.get(verb, [])) for verb in ("leer", "escribir")))
        for area, found in by_area.items()
    ]
    head = ("Area", "`area:leer` opens", "`area:escribir` opens")
    return f"# Personal access tokens\n\n{_NOTE}\n\n{_TOKENS}\n\n{_table(head, rows)}\n"


def openapi() -> str:
    """`docs/openapi.json`: what `clientela openapi` prints."""
    return json.dumps(json.loads(openapi_document()), indent=1, ensure_ascii=False) + "\n"


GENERATED = {
    DOCS / "settings.md": settings,
    DOCS / "errors.md": errors,
    DOCS / "events.md": events,
    DOCS / "audit.md": audit,
    DOCS / "routes.md": routes,
    DOCS / "tokens.md": tokens,
    DOCS / "openapi.json": openapi,
}


def main() -> int:
    """Write every file that is not current."""
    for path, make in GENERATED.items():
        text = make()
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            print(f"written: {path.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
