"""tests/authz_matrix.yaml as calls: every cell of the table becomes one request with the status that it must get."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

PATH = Path(__file__).parent.parent / "authz_matrix.yaml"
OBJECT_CASES = ("propio", "inexistente", "imposible")
# Answers without an end: of these the head is asked for, which the same gate lets through. tests/ws reads them.
ENDLESS = frozenset({"GET /api/chat/events"})
_PARAMETER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Case:
    """One line of a row: how the path and the body are filled, and the status for each principal."""

    name: str
    path: Mapping[str, str]
    body: Any
    expected: tuple[int, ...]


@dataclass(frozen=True)
class Row:
    """One route: its cases, the status for each state of a token, the keys that its answers may hold."""

    key: str
    cases: tuple[Case, ...]
    states: tuple[int, ...]
    fields: frozenset[str] | None
    body: Any
    fresh_person: bool
    upload: str | None = None

    @property
    def method(self) -> str:
        return self.key.partition(" ")[0]

    @property
    def asked_by(self) -> str:
        """The method by which a test asks; another one where the answer has no end."""
        return "HEAD" if self.key in ENDLESS else self.method

    @property
    def template(self) -> str:
        return self.key.partition(" ")[2]

    @property
    def shape(self) -> str:
        """The route without the names of its parameters, which belong to the code."""
        return shape_of(self.key)

    @property
    def cells(self) -> int:
        return sum(len(case.expected) for case in self.cases) + len(self.states)


@dataclass(frozen=True)
class Matrix:
    """The whole table."""

    principals: tuple[str, ...]
    states: tuple[str, ...]
    rows: Mapping[str, Row]

    @property
    def cells(self) -> int:
        return sum(row.cells for row in self.rows.values())


def shape_of(key: str) -> str:
    """`GET /x/{id}` → `GET /x/{}`."""
    return _PARAMETER.sub("{}", key)


@lru_cache(maxsize=1)
def matrix() -> Matrix:
    """Read and check the table; a row of the wrong length or with an unknown word is an error here."""
    document = yaml.safe_load(PATH.read_text())
    principals, states = tuple(document["principales"]), tuple(document["estados"])
    rows = {key: _row(key, found, document["objetos"]) for key, found in document["rutas"].items()}
    for row in rows.values():
        assert len(row.states) == len(states), f"{row.key}: estados"
        for case in row.cases:
            assert len(case.expected) == len(principals), f"{row.key}: {case.name}"
    return Matrix(principals, states, rows)


def _row(key: str, found: Mapping[str, Any], objects: Mapping[str, Mapping[str, str]]) -> Row:
    unknown = found.keys() - {
        "ruta",
        "propio",
        "inexistente",
        "imposible",
        "casos",
        "estados",
        "campos",
        "cuerpo",
        "persona",
        "archivo",
    }
    assert not unknown, f"{key}: {unknown}"
    body = found.get("cuerpo")
    fields = frozenset(found["campos"]) if "campos" in found else None
    cases = tuple(_cases(key, found, objects, body))
    return Row(
        key,
        cases,
        tuple(found["estados"]),
        fields,
        body,
        found.get("persona") == "nueva",
        found.get("archivo"),
    )


def _cases(
    key: str, found: Mapping[str, Any], objects: Mapping[str, Mapping[str, str]], body: Any
) -> Iterator[Case]:
    names = _PARAMETER.findall(key)
    # A row may name an object of its own where its calls change it for others.
    own = {name: str(found.get("ruta", {}).get(name, objects[name]["propio"])) for name in names}
    for kind in OBJECT_CASES:
        if kind in found:
            # Only the first identifier of a path goes wrong: it is the object.
            wrong = {names[0]: str(objects[names[0]][kind])} if kind != "propio" else {}
            yield Case(kind, own | wrong, body, tuple(found[kind]))
    for name, case in found.get("casos", {}).items():
        yield Case(name, own | case.get("ruta", {}), case.get("cuerpo", body), tuple(case["espera"]))
