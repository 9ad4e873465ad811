"""`GET /api/v1/auditoria`: the log as administrators read it."""

from typing import Any

import pytest

from tests.cast import Cast
from tests.tools.database import Database

ROOT = "/api/v1/auditoria"


def test_pages_follow_each_other_without_gap(cast: Cast, db: Database) -> None:
    for n in range(5):
        cast.admin.patch(f"/api/v1/usuarios/{cast.otra_cliente.usuario_id}", json={"nombre": f"Olga {n}"})
    query: dict[str, Any] = {"objeto_tipo": "usuario", "objeto_id": cast.otra_cliente.usuario_id, "limit": 2}
    seen: list[int] = []
    while True:
        page = cast.admin.get(ROOT, params=query).json()
        seen += [item["id"] for item in page["items"]]
        if page["next"] is None:
            break
        query["after"] = page["next"]
    rows = db.fetch(
        "SELECT id FROM auditoria WHERE objeto_tipo = 'usuario' AND objeto_id = $1 ORDER BY id DESC",
        cast.otra_cliente.usuario_id,
    )
    assert seen == [row["id"] for row in rows]
    assert len(seen) >= 5


def test_it_is_found_by_actor_and_by_action(cast: Cast) -> None:
    for params, check in (
        ({"actor_id": cast.admin.usuario_id}, lambda item: item["actor_id"] == cast.admin.usuario_id),
        ({"accion": "usuario.creado"}, lambda item: item["tipo"] == "usuario.creado"),
        ({}, lambda _: True),
    ):
        page = cast.admin.get(ROOT, params=params)
        assert page.status_code == 200
        assert page.json()["items"]
        assert all(check(item) for item in page.json()["items"])
        assert all(item["resumen"] and item["fecha"].endswith("Z") for item in page.json()["items"])


@pytest.mark.parametrize(
    "params",
    [{"after": 0}, {"after": "x"}, {"limit": 0}, {"limit": 101}, {"actor_id": "x"}, {"accion": "x" * 101}],
)
def test_wrong_questions_are_422(cast: Cast, params: dict[str, Any]) -> None:
    answer = cast.admin.get(ROOT, params=params)
    assert answer.status_code == 422
    assert set(answer.json()["errors"]) == set(params)


def test_nobody_but_admins_reads_it(cast: Cast) -> None:
    for person in (cast.cliente, cast.vendedora, cast.tecnica, cast.soporte):
        assert person.get(ROOT).status_code == 403
    assert cast.anon.get(ROOT).status_code == 401
