"""Clients from a sheet: all rows or none, never a guess, and nothing twice."""

import csv
import io
import itertools
import time
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from tests.cast import Cast, Persona

PATH = "/api/v1/importaciones"
_numbers = itertools.count(1)


def fresh() -> str:
    """Digits that no other test uses, as a NIT or the end of a phone."""
    return f"{time.time_ns() % 10**9}{next(_numbers):04}"


def phone() -> str:
    return f"6{uuid.uuid4().int % 10**7:07}"


def sheet(*rows: dict[str, str]) -> str:
    """Rows as a sheet with the columns of the first."""
    columns = list(rows[0])
    return "\n".join([",".join(columns), *(",".join(row[c] for c in columns) for row in rows)]) + "\n"


def send(admin: Persona, content: str | bytes, tipo: str = "clientes", **fields: str) -> Any:
    raw = content.encode() if isinstance(content, str) else content
    return admin.post(PATH, data={"tipo": tipo, **fields}, files={"archivo": ("hoja.csv", raw, "text/csv")})


def rows_with(exported: str, nit: str) -> str:
    """The head of an export and its rows of one NIT, cell by cell as they were."""
    lines = list(csv.reader(io.StringIO(exported)))
    text = io.StringIO()
    csv.writer(text).writerows([lines[0], *(line for line in lines if nit in line)])
    return text.getvalue()


def imported(admin: Persona, content: str | bytes, **fields: str) -> dict[str, Any]:
    answer = send(admin, content, **fields)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def problems(answer: Any) -> list[tuple[int, str]]:
    assert (answer.status_code, answer.json()["code"]) == (422, "importacion_con_errores"), answer.text
    return [(error["fila"], error["columna"]) for error in answer.json()["errores"]]


def client_of(cast: Cast, nit: str) -> dict[str, Any]:
    rows = cast.db.fetch("SELECT * FROM clientes WHERE nit = $1", nit)
    assert len(rows) == 1
    return dict(rows[0])


def test_rows_are_made_then_changed_then_left_alone(cast: Cast) -> None:
    nit = fresh()
    row = {
        "nombre": "Tienda Rosa",
        "nit": nit,
        "telefono": phone(),
        "limite_credito": "10.50",
        "activo": "sí",
    }
    made = imported(cast.admin, sheet(row))
    assert (made["filas"], made["creados"], made["aplicado"]) == (1, 1, True)
    client = client_of(cast, nit)
    assert (str(client["limite_credito"]), client["telefono_e164"]) == ("10.50", f"+591{row['telefono']}")
    again = imported(cast.admin, sheet(row))
    assert (again["creados"], again["actualizados"], again["sin_cambios"]) == (0, 0, 1)
    assert client_of(cast, nit)["version"] == client["version"]
    changed = imported(cast.admin, sheet(row | {"limite_credito": "20"}))
    assert (changed["actualizados"], changed["sin_cambios"]) == (1, 0)
    after = client_of(cast, nit)
    assert (str(after["limite_credito"]), after["version"]) == ("20.00", client["version"] + 1)
    shown = cast.admin.get(f"/api/clientes/{client['id']}").json()["data"]["cliente"]
    assert (shown["nombre"], shown["user"]) == ("Tienda Rosa", None)


def test_a_key_answers_again_what_was_answered(cast: Cast) -> None:
    body = {"tipo": "clientes", "archivo": sheet({"nombre": "Una", "nit": fresh()})}
    key = {"Idempotency-Key": uuid.uuid4().hex}
    first, second = (cast.admin.post(PATH, json=body, headers=key) for _ in range(2))
    assert (first.status_code, first.json()["creados"]) == (200, 1)
    assert second.content == first.content
    assert second.headers["idempotency-replayed"] == "true"


def test_a_rehearsal_writes_nothing(cast: Cast) -> None:
    nit = fresh()
    told = imported(cast.admin, sheet({"nombre": "Ensayada", "nit": nit}), ensayo="true")
    assert (told["creados"], told["aplicado"], told["ensayo"]) == (1, False, True)
    assert cast.db.fetchval("SELECT count(*) FROM clientes WHERE nit = $1", nit) == 0


def test_one_wrong_row_stops_all_and_every_row_is_looked_at(cast: Cast) -> None:
    nits = [fresh() for _ in range(5)]
    row = {
        "nombre": "Tienda",
        "nit": "",
        "email": "",
        "limite_credito": "1",
        "activo": "1",
        "fecha_nacimiento": "",
    }
    rows = [
        row | {"nit": nits[0]},
        row | {"nit": nits[1], "email": "no es", "limite_credito": "-1"},
        row | {"nit": nits[2], "activo": "quizá"},
        row | {"nit": nits[3], "nombre": ""},
        row | {"nit": nits[4], "fecha_nacimiento": "31/12/2999"},
    ]
    answer = send(cast.admin, sheet(*rows))
    assert problems(answer) == [
        (3, "email"), (3, "limite_credito"), (4, "activo"), (5, "nombre"), (6, "fecha_nacimiento"),
    ]  # fmt: skip
    assert cast.db.fetchval("SELECT count(*) FROM clientes WHERE nit = ANY ($1::text[])", nits) == 0
    told = imported(cast.admin, sheet(*rows), solo_validas="true")
    assert (told["filas"], told["creados"], told["con_error"], told["aplicado"]) == (5, 1, 4, True)
    assert cast.db.fetchval("SELECT nit FROM clientes WHERE nit = ANY ($1::text[])", nits) == nits[0]


@pytest.mark.parametrize("column", ["nit", "telefono"])
def test_two_rows_of_one_client_are_an_error(cast: Cast, column: str) -> None:
    keys = {"nit": fresh(), "telefono": phone()}
    other = {"nit": fresh(), "telefono": phone()} | {column: keys[column]}
    answer = send(cast.admin, sheet({"nombre": "Una"} | keys, {"nombre": "Otra"} | other))
    assert problems(answer) == [(3, column)]


def test_two_rows_that_mean_one_client_are_an_error(cast: Cast) -> None:
    nit, number = fresh(), phone()
    imported(cast.admin, sheet({"nombre": "Una", "nit": nit, "telefono": number}))
    twice = sheet(
        {"nombre": "Una", "nit": nit, "telefono": ""}, {"nombre": "Una", "nit": "", "telefono": number}
    )
    assert problems(send(cast.admin, twice)) == [(3, "telefono")]


def test_nit_of_one_and_phone_of_another_is_an_error(cast: Cast) -> None:
    first = {"nombre": "Una", "nit": fresh(), "telefono": phone()}
    second = {"nombre": "Dos", "nit": fresh(), "telefono": phone()}
    imported(cast.admin, sheet(first, second))
    crossed = first | {"telefono": second["telefono"]}
    answer = send(cast.admin, sheet(crossed))
    assert problems(answer) == [(2, "telefono")]
    stranger = second | {"nit": fresh()}
    assert problems(send(cast.admin, sheet(stranger))) == [(2, "telefono")]


def test_several_clients_of_one_phone_are_told_apart_by_nit_alone(cast: Cast) -> None:
    number, nit = phone(), fresh()
    for body in ({"nombre": "Una", "telefono": number, "nit": nit}, {"nombre": "Dos", "telefono": number}):
        assert cast.admin.post("/api/clientes", json=body).status_code == 201
    assert problems(send(cast.admin, sheet({"nombre": "X", "telefono": number}))) == [(2, "telefono")]
    told = imported(cast.admin, sheet({"nombre": "Una nueva", "nit": nit, "telefono": number}))
    assert told["actualizados"] == 1
    assert client_of(cast, nit)["nombre"] == "Una nueva"


def test_nit_is_compared_without_its_punctuation(cast: Cast) -> None:
    nit = fresh()
    imported(cast.admin, sheet({"nombre": "Una", "nit": nit}))
    told = imported(cast.admin, sheet({"nombre": "Una", "nit": f"{nit[:3]}.{nit[3:]}-"}))
    assert (told["creados"], told["actualizados"]) == (0, 1)


def test_a_client_found_by_phone_gets_his_nit(cast: Cast) -> None:
    number, nit = phone(), fresh()
    imported(cast.admin, sheet({"nombre": "Una", "telefono": number}))
    told = imported(cast.admin, sheet({"telefono": f"+591 {number}", "nit": nit}))
    assert (told["creados"], told["actualizados"]) == (0, 1)
    assert client_of(cast, nit)["nombre"] == "Una"


def test_columns_that_are_not_there_stay_and_blank_cells_clear(cast: Cast) -> None:
    nit = fresh()
    imported(
        cast.admin, sheet({"nombre": "Una", "nit": nit, "razon_social": "Una SRL", "observaciones": "Timbre"})
    )
    imported(cast.admin, sheet({"nit": nit, "razon_social": ""}))
    after = client_of(cast, nit)
    assert (after["nombre"], after["razon_social"], after["observaciones"]) == ("Una", None, "Timbre")


def test_a_row_without_anything_to_know_it_by_is_an_error(cast: Cast) -> None:
    row = {"nombre": "Nadie", "nit": "", "telefono": "interno"}
    assert problems(send(cast.admin, sheet(row))) == [(2, "nit")]
    assert problems(send(cast.admin, sheet({"nit": fresh(), "email": "a@example.com"}))) == [(2, "nombre")]


def test_what_a_row_names_must_exist(cast: Cast) -> None:
    row = {
        "nombre": "Una",
        "nit": fresh(),
        "localidad": "NO-HAY",
        "categorias": "NO|HAY",
        "vendedor_asignado_id": "",
    }
    wrong = row | {"vendedor_asignado_id": cast.tecnica.usuario_id}
    answer = send(cast.admin, sheet(wrong))
    assert problems(answer) == [(2, "localidad"), (2, "categorias"), (2, "vendedor_asignado_id")]


def test_locality_categories_seller_and_address(cast: Cast) -> None:
    code = uuid.uuid4().hex[:8].upper()
    for path, body in (
        ("localidades", {"nombre": "Montero", "codigo": code}),
        ("categorias-cliente", {"clave": f"{code}-A", "nombre": "A"}),
        ("categorias-cliente", {"clave": f"{code}-B", "nombre": "B"}),
    ):
        assert cast.admin.post(f"/api/v1/{path}", json=body).status_code == 201
    nit = fresh()
    row = {
        "nombre": "Una", "nit": nit, "localidad": code.lower(), "categorias": f"{code}-A|{code}-B",
        "vendedor_asignado_id": cast.vendedora.usuario_id, "direccion": "Av. Uno 1", "ciudad": "Montero",
    }  # fmt: skip
    imported(cast.admin, sheet(row))
    client_id = client_of(cast, nit)["id"]

    def shown() -> dict[str, Any]:
        found: dict[str, Any] = cast.admin.get(f"/api/clientes/{client_id}").json()["data"]["cliente"]
        return found

    first = shown()
    assert first["localidad"]["codigo"] == code
    assert [c["clave"] for c in first["categorias"]] == [f"{code}-A", f"{code}-B"]
    assert [(d["direccion"], d["es_principal"]) for d in first["direcciones"]] == [("Av. Uno 1", True)]
    assert imported(cast.admin, sheet(row))["sin_cambios"] == 1
    changed = row | {"categorias": f"{code}-B", "direccion": "Av. Dos 2"}
    assert imported(cast.admin, sheet(changed))["actualizados"] == 1
    after = shown()
    assert [c["clave"] for c in after["categorias"]] == [f"{code}-B"]
    assert [d["direccion"] for d in after["direcciones"]] == ["Av. Dos 2"]
    assert [d["id"] for d in after["direcciones"]] == [d["id"] for d in first["direcciones"]]


def test_deactivating_by_sheet_ends_the_login(cast: Cast, new_cliente: Callable[..., Persona]) -> None:
    customer = new_cliente()
    row = {"id": customer.cliente_id, "activo": "no"}
    assert imported(cast.admin, sheet(row))["actualizados"] == 1
    time.sleep(1)
    assert customer.get("/api/v1/auth/yo").status_code == 401


def test_a_formula_is_text_and_leaves_as_text(cast: Cast) -> None:
    nit = fresh()
    imported(cast.admin, f'nombre,nit\n"=HYPERLINK(""http://x"")",{nit}\n')
    assert client_of(cast, nit)["nombre"] == '=HYPERLINK("http://x")'
    exported = cast.admin.get("/api/v1/exportaciones/clientes").text
    assert "'=HYPERLINK" in exported
    assert ",=HYPERLINK" not in exported
    assert '"=HYPERLINK' not in exported


@pytest.mark.parametrize(
    ("content", "fields"),
    [
        ("", {}),
        ("nombre,nit,color\nUna,1,rojo\n", {}),
        ("nombre,email\nUna,a@example.com\n", {}),
        ("nombre,nit\nUna,1\n", {"tipo": "pedidos"}),
    ],
)
def test_a_sheet_that_means_nothing_is_refused_whole(
    cast: Cast, content: str, fields: dict[str, str]
) -> None:
    answer = send(cast.admin, content, **fields)
    assert (answer.status_code, answer.json()["code"]) == (422, "datos_invalidos")


def test_rows_of_the_wrong_length_are_errors(cast: Cast) -> None:
    content = f"nombre,nit,telefono\nUna,{fresh()}\nDos,{fresh()},{phone()},sobra\n"
    assert problems(send(cast.admin, content)) == [(2, "telefono"), (3, "telefono")]


def test_each_client_has_his_event_and_the_import_its_audit(cast: Cast) -> None:
    nit = fresh()
    imported(cast.admin, sheet({"nombre": "Una", "nit": nit}))
    client_id = str(client_of(cast, nit)["id"])
    events = cast.db.fetch("SELECT tipo, principal FROM eventos WHERE cliente_id = $1::uuid", client_id)
    assert [(event["tipo"], event["principal"]) for event in events] == [("client.created", True)]
    items = cast.admin.get("/api/v1/auditoria", params={"accion": "importacion.clientes"}).json()["items"]
    assert items[0]["datos"]["creados"] == [client_id]
    assert items[0]["actor_id"] == cast.admin.usuario_id


def test_an_export_comes_back_as_it_left(cast: Cast) -> None:
    code = uuid.uuid4().hex[:8].upper()
    assert (
        cast.admin.post("/api/v1/categorias-cliente", json={"clave": code, "nombre": "A"}).status_code == 201
    )
    nit = fresh()
    odd = {
        "nombre": '"=Coma, ""comillas"" y\nÑandú"', "nit": nit, "telefono": "+591 70000009", "latitud": "-17.783300",
        "categorias": code, "observaciones": '"dos\nlineas; y tab\t"', "direccion": "'@Casa", "activo": "no",
    }  # fmt: skip
    odd["nombre"] = '"=Coma, ""comillas"" Ñandú"'
    imported(cast.admin, sheet(odd))
    exported = cast.admin.get("/api/v1/exportaciones/clientes")
    assert exported.headers["content-type"] == "text/csv; charset=utf-8"
    # Its own row alone: the others belong to tests that are changing them meanwhile.
    told = imported(cast.admin, rows_with(exported.text, nit))
    assert told["sin_cambios"] == told["filas"] == 1
    assert (
        cast.db.fetchval(
            "SELECT direccion FROM direcciones WHERE cliente_id = $1", client_of(cast, nit)["id"]
        )
        == "@Casa"
    )


def test_an_unknown_identifier_is_kept_unless_the_client_is_here_under_another(cast: Cast) -> None:
    nit, known, stranger = fresh(), str(uuid.uuid4()), str(uuid.uuid4())
    row = {"id": known, "nombre": "Venida de otra parte", "nit": nit}
    assert imported(cast.admin, sheet(row))["creados"] == 1
    assert str(client_of(cast, nit)["id"]) == known
    assert imported(cast.admin, sheet(row))["sin_cambios"] == 1
    assert problems(send(cast.admin, sheet(row | {"id": stranger}))) == [(2, "id")]
    assert imported(cast.admin, sheet(row | {"id": ""}))["sin_cambios"] == 1


def test_an_export_fills_an_empty_installation(cast: Cast, start_server, new_database) -> None:
    exported = cast.admin.get("/api/v1/exportaciones/productos").content
    database = new_database()
    other = start_server(database.dsn, workers=1)
    fresh_cast = Cast(other.url, database, other.data_dir)
    told = imported(fresh_cast.admin, exported, tipo="productos")
    assert told["creados"] == told["filas"]
    assert fresh_cast.admin.get("/api/v1/exportaciones/productos").content.count(b"\n") == exported.count(
        b"\n"
    )
