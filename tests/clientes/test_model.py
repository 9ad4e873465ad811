"""Any changes, by JSON or form, in any order: what was sent is there, null cleared, the rest stayed (CONTRACT §4)."""

import json
from datetime import date
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.cast import Cast
from tests.clientes.test_creating import PATH
from tests.clientes.test_forms import cliente, send

Change = dict[str, Any]

# One line of any script; blanks around it are taken away, and nothing but blanks is nothing.
lines = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn", "Co"]), min_size=1, max_size=20
)
names = lines.filter(lambda text: bool(text.strip()))
degrees = st.decimals(-80, 80, places=6)
hours = st.lists(st.integers(0, 1439), min_size=2, max_size=2, unique=True).map(sorted)


def clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


windows = st.lists(
    st.builds(
        lambda day, span, active: {
            "dia_semana": day,
            "hora_inicio": clock(span[0]),
            "hora_fin": clock(span[1]),
            "activo": active,
        },
        st.integers(0, 6),
        hours,
        st.booleans(),
    ),
    max_size=4,
    unique_by=lambda window: (window["dia_semana"], window["hora_inicio"], window["hora_fin"]),
)
# Places in the fixtures' categories; the test puts their identifiers there.
places = st.lists(st.integers(0, 2), max_size=3, unique=True)
changes = st.fixed_dictionaries(
    {},
    optional={
        "nombre": names,
        "razon_social": st.none() | lines,
        "nit": st.none() | lines,
        "email": st.none() | st.sampled_from(["ana@example.com", "Ana.P@EXAMPLE.bo"]),
        "telefono": st.none() | st.sampled_from(["70000001", "+591 70000002", "pedir a Ana"]),
        "whatsapp": st.none() | st.just("70000003"),
        "fecha_nacimiento": st.none() | st.dates(date(1900, 1, 1), date(2020, 1, 1)).map(str),
        "genero": st.none() | st.sampled_from("FMX"),
        "limite_credito": st.none() | st.decimals(0, 99_999, places=2),
        "latitud": st.none() | degrees,
        "longitud": st.none() | degrees,
        "observaciones": st.none() | names,
        "activo": st.booleans(),
        "ventanas_entrega": st.none() | windows,
        "categorias_ids": st.none() | places,
    },
)


def expected(change: Change) -> Change:
    """What a record shows once this was sent."""
    shown: Change = {}
    for name, value in change.items():
        if name == "ventanas_entrega":
            order = sorted(value or [], key=lambda window: (window["dia_semana"], window["hora_inicio"]))
            # Windows that begin together stand in the order in which they were sent.
            shown[name] = order
        elif name == "categorias_ids":
            shown[name] = sorted(value or [])
        elif name == "limite_credito":
            shown[name] = float(value or 0)
        elif isinstance(value, Decimal):
            shown[name] = float(value)
        elif name == "email" and value:
            shown[name] = value.partition("@")[0] + "@" + value.partition("@")[2].lower()
        elif isinstance(value, str) and name != "observaciones":
            shown[name] = value.strip() or None
        else:
            shown[name] = value
    return shown


def shown(client: Change) -> Change:
    """The same of what the server answers."""
    windows = [{k: v for k, v in window.items() if k != "id"} for window in client["ventanas_entrega"]]
    ids = [category["id"] for category in client["categorias"]]
    return client | {"ventanas_entrega": windows, "categorias_ids": ids}


def as_form(change: Change) -> list[tuple[str, str]]:
    """Write a change as a form does."""
    fields: list[tuple[str, str]] = []
    for name, value in change.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            fields += [
                (f"{name}[{number}][{key}]", said(part))
                for number, item in enumerate(value)
                for key, part in item.items()
            ]
        elif isinstance(value, list) and value:
            fields += [(f"{name}[]", said(item)) for item in value]
        else:
            fields.append((name, said(value or None) if isinstance(value, list) else said(value)))
    return fields


def said(value: Any) -> str:
    """One value as a text."""
    if value is None:
        return ""
    return {True: "on", False: "0"}[value] if isinstance(value, bool) else str(value)


def as_json(change: Change) -> bytes:
    """The same as JSON, with its decimals exact."""
    texts = json.dumps(change, default=lambda number: f"#{number:f}#")
    return texts.replace('"#', "").replace('#"', "").encode()


@given(st.lists(st.tuples(changes, st.booleans()), min_size=1, max_size=5))
@settings(max_examples=40)
def test_a_record_is_what_was_last_said_of_each_field(
    cast: Cast, categorias: list[dict[str, Any]], told: list[tuple[Change, bool]]
) -> None:
    made = cliente(cast.admin.post(PATH, json={"nombre": "Tienda"}))
    path, ids = f"{PATH}/{made['id']}", sorted(category["id"] for category in categorias)
    model, version = shown(made), 1
    for change, by_form in told:
        if change.get("categorias_ids"):
            change["categorias_ids"] = [ids[place] for place in change["categorias_ids"]]
        if by_form:
            answer = send(cast.admin, path, [("_method", "PUT"), *as_form(change)])
        else:
            headers = {"Content-Type": "application/json"}
            answer = cast.admin.put(path, content=as_json(change), headers=headers)
        after = shown(cliente(answer))
        model |= expected(change)
        assert {name: after[name] for name in expected(change)} == expected(change)
        version += any(shown(made)[name] != value for name, value in expected(change).items())
        assert after["version"] == version
        made = cliente(answer)
        volatile = {"version", "fecha_actualizacion", "categorias", "direcciones"}
        assert {k: v for k, v in after.items() if k not in volatile} == {
            k: v for k, v in model.items() if k not in volatile
        }
    assert cliente(cast.admin.get(path)) == made
