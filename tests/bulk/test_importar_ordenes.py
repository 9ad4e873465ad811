"""Work orders from a sheet: a business moves in with its history, and nothing comes in twice."""

import itertools
import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from clientela.core.importing import BATCH
from tests.bulk.test_importar_clientes import imported, problems, send, sheet
from tests.cast import Cast, Persona
from tests.postventa.conftest import ORDERS, Office, ago

Row = dict[str, str]
HEAD = "referencia,cliente_id,servicio,tecnico,fecha_programada,fecha_ejecucion,estado"


def ref() -> str:
    return f"OT-{uuid.uuid4().hex[:10]}"


@pytest.fixture
def cliente(new_cliente: Callable[..., Persona]) -> Persona:
    return new_cliente()


@pytest.fixture
def tecnico(cast: Cast) -> Persona:
    return cast.new_usuario("tecnico")


@pytest.fixture
def servicio(cast: Cast) -> str:
    return str(Office(cast).servicio()["nombre"])


@pytest.fixture
def row(cliente: Persona, tecnico: Persona, servicio: str, cast: Cast) -> Row:
    """A finished order of two months ago with four stars."""
    correo = cast.db.fetchval("SELECT correo FROM usuarios WHERE id = $1", uuid.UUID(tecnico.usuario_id))
    return {
        "referencia": ref(),
        "cliente_id": str(cliente.cliente_id),
        "cliente_nit": "",
        "cliente_telefono": "",
        "servicio": servicio,
        "tecnico": correo,
        "estado": "FINALIZADO",
        "descripcion": "No enfría",
        "fecha_programada": "2026-03-04 09:30",
        "fecha_ejecucion": "04/03/2026 11:15",
        "ultimo_movimiento_en": "",
        "periodicidad_meses": "",
        "mantenida_hasta": "",
        "garantia_de": "",
        "estrellas": "4",
        "comentario": "Bien",
        "calificada_en": "",
    }


def bring(cast: Cast, *rows: Row, **fields: str) -> dict[str, Any]:
    return imported(cast.admin, sheet(*rows), tipo="ordenes", **fields)


def wrong(cast: Cast, *rows: Row) -> list[tuple[int, str]]:
    return problems(send(cast.admin, sheet(*rows), tipo="ordenes"))


def order(cast: Cast, referencia: str) -> dict[str, Any]:
    """An order by its reference, as the API shows it."""
    found = cast.db.fetchval("SELECT id FROM ordenes_trabajo WHERE referencia = $1", referencia)
    shown: dict[str, Any] = cast.admin.get(f"{ORDERS}/{found}").json()
    return shown


def count(cast: Cast, cliente: Persona) -> int:
    sql = "SELECT count(*) FROM ordenes_trabajo WHERE cliente_id = $1"
    return int(cast.db.fetchval(sql, uuid.UUID(cliente.cliente_id)))


def test_a_finished_order_comes_in_whole_and_once(
    cast: Cast, cliente: Persona, tecnico: Persona, row: Row
) -> None:
    told = bring(cast, row)
    assert (told["filas"], told["creados"], told["aplicado"]) == (1, 1, True)
    made = order(cast, row["referencia"])
    assert {name: made[name] for name in ("estado", "tipo", "fecha_programada", "fecha_ejecucion")} == {
        "estado": "FINALIZADO",
        "tipo": "NORMAL",
        # La Paz is four hours behind.
        "fecha_programada": "2026-03-04T13:30:00Z",
        "fecha_ejecucion": "2026-03-04T15:15:00Z",
    }
    assert made["ultimo_movimiento_en"] == made["fecha_ejecucion"]
    assert [each["accion"] for each in made["movimientos"]] == ["creada"]
    stars = cast.admin.get(f"/api/calificaciones-tecnico/{tecnico.usuario_id}").json()
    assert (stars["total"], stars["promedio"]) == (1, 4)
    rating = cliente.get(f"/api/orden/{made['id']}/calificacion").json()["calificacion"]
    assert (rating["comentario"], rating["fecha"]) == ("Bien", made["fecha_ejecucion"])
    again = bring(cast, row)
    assert (again["creados"], again["sin_cambios"]) == (0, 1)
    assert count(cast, cliente) == 1
    told_of = cast.admin.get(f"/api/v1/clientes/{cliente.cliente_id}/linea-de-tiempo").json()["items"]
    assert [each["tipo"] for each in told_of].count("work_order.updated") == 1
    actions = cast.admin.get("/api/v1/auditoria", params={"accion": "importacion.ordenes"}).json()["items"]
    assert made["id"] in json.dumps(actions)


def test_what_came_in_lives_on_here(cast: Cast, cliente: Persona, tecnico: Persona, row: Row) -> None:
    opened = row | {"estado": "", "fecha_ejecucion": "", "estrellas": "", "comentario": ""}
    bring(cast, opened | {"ultimo_movimiento_en": "2026-03-05"})
    made = order(cast, row["referencia"])
    assert (made["estado"], made["ultimo_movimiento_en"]) == ("ASIGNADA", "2026-03-05T04:00:00Z")
    assert tecnico.post(f"{ORDERS}/{made['id']}/iniciar").status_code == 200
    assert bring(cast, opened)["sin_cambios"] == 1
    assert order(cast, row["referencia"])["estado"] == "EN_EJECUCION"


def test_a_rehearsal_writes_nothing(cast: Cast, cliente: Persona, row: Row) -> None:
    told = bring(cast, row, ensayo="1")
    assert (told["creados"], told["aplicado"]) == (1, False)
    assert count(cast, cliente) == 0


def test_clients_are_named_in_every_way(cast: Cast, row: Row) -> None:
    nit, phone = str(uuid.uuid4().int % 10**9), f"6{uuid.uuid4().int % 10**7:07}"
    made = cast.admin.post("/api/clientes", json={"nombre": "Uno", "nit": nit, "telefono": phone}).json()
    client = made["data"]["cliente"]
    for named in (
        {"cliente_id": str(client["id"])},
        {"cliente_id": client["uuid"]},
        {"cliente_id": "", "cliente_nit": f"{nit[:3]}-{nit[3:]}"},
        {"cliente_id": "", "cliente_telefono": f"+591 {phone}"},
    ):
        each = row | named | {"referencia": ref()}
        assert bring(cast, each)["creados"] == 1, named
        assert order(cast, each["referencia"])["cliente_id"] == client["uuid"]


def test_services_and_technicians_are_named_as_people_write_them(
    cast: Cast, tecnico: Persona, row: Row
) -> None:
    office = Office(cast)
    name = f"Revisión {uuid.uuid4().hex[:8]}"
    service = office.servicio(nombre=name)
    nick = cast.db.fetchval("SELECT usernick FROM usuarios WHERE id = $1", uuid.UUID(tecnico.usuario_id))
    for servicio in (name, name.upper().replace("Ó", "O"), str(service["numero"])):
        each = row | {"referencia": ref(), "servicio": servicio, "tecnico": nick or row["tecnico"]}
        bring(cast, each)
        assert order(cast, each["referencia"])["servicio_id"] == service["id"]
    office.servicio(nombre=name.replace("ó", "o"))
    assert wrong(cast, row | {"servicio": name.upper()}) == [(2, "servicio")]
    assert bring(cast, row | {"servicio": name})["creados"] == 1


def test_a_technician_who_left_is_known(cast: Cast, tecnico: Persona, row: Row) -> None:
    cast.admin.patch(f"/api/v1/usuarios/{tecnico.usuario_id}", json={"activo": False})
    assert bring(cast, row)["creados"] == 1


def test_every_row_is_looked_at_and_every_error_has_its_place(
    cast: Cast, cliente: Persona, servicio: str, row: Row
) -> None:
    future = ago(days=-3)
    rows = [
        (row, {}),
        (row | {"cliente_id": str(uuid.uuid4())}, {"cliente_id"}),
        (row | {"cliente_id": "999999999999"}, {"cliente_id"}),
        (row | {"cliente_id": ""}, {"cliente_nit"}),
        (row | {"cliente_id": "", "cliente_nit": "4.59E+11"}, {"cliente_nit"}),
        (row | {"servicio": "Nada"}, {"servicio"}),
        (row | {"tecnico": "nadie@example.com"}, {"tecnico"}),
        (row | {"tecnico": "vendedora@example.com"}, {"tecnico"}),
        (row | {"estado": "HECHA"}, {"estado"}),
        (row | {"estado": "FINALIZADO", "fecha_ejecucion": ""}, {"fecha_ejecucion"}),
        (row | {"estado": "PENDIENTE", "fecha_ejecucion": ""}, {"tecnico", "estrellas"}),
        (row | {"fecha_ejecucion": "ayer"}, {"fecha_ejecucion"}),
        (row | {"fecha_ejecucion": "31/02/2026"}, {"fecha_ejecucion"}),
        (row | {"fecha_ejecucion": "2026-03-04 25:00"}, {"fecha_ejecucion"}),
        (row | {"fecha_ejecucion": future}, {"fecha_ejecucion"}),
        (row | {"calificada_en": future}, {"calificada_en"}),
        (row | {"fecha_programada": ""}, {"fecha_programada"}),
        (row | {"estrellas": "6"}, {"estrellas"}),
        (row | {"estrellas": "4,5"}, {"estrellas"}),
        (row | {"estrellas": ""}, {"comentario"}),
        (row | {"comentario": "x" * 2001}, {"comentario"}),
        (row | {"periodicidad_meses": "0"}, {"periodicidad_meses"}),
        (row | {"periodicidad_meses": "121"}, {"periodicidad_meses"}),
        (row | {"mantenida_hasta": "2026-04-01"}, {"mantenida_hasta"}),
        (
            row | {"periodicidad_meses": "1", "fecha_ejecucion": "1950-01-01", "estrellas": "", "comentario": ""},
            {"mantenida_hasta"},
        ),
        (row | {"garantia_de": ref()}, {"garantia_de"}),
        (row | {"descripcion": "x" * 10_001}, {"descripcion"}),
        (row | {"referencia": "x" * 101}, {"referencia"}),
        (row | {"servicio": ""}, {"servicio"}),
    ]  # fmt: skip
    sent = [
        each | {"referencia": each["referencia"] if each["referencia"] == "x" * 101 else ref()}
        for each, _ in rows
    ]
    sent = [each if "," not in each["estrellas"] else each | {"estrellas": '"4,5"'} for each in sent]
    answer = send(cast.admin, sheet(*sent), tipo="ordenes")
    expected = {(place, column) for place, (_, columns) in enumerate(rows, 2) for column in columns}
    assert set(problems(answer)) == expected
    assert all(error["mensaje"] for error in answer.json()["errores"])
    assert count(cast, cliente) == 0
    # Whoever wants the valid rows alone gets them.
    partly = bring(cast, *sent, solo_validas="1")
    assert (partly["creados"], partly["con_error"]) == (1, len(rows) - 1)
    assert count(cast, cliente) == 1


def test_one_reference_is_one_order(cast: Cast, new_cliente: Callable[..., Persona], row: Row) -> None:
    assert wrong(cast, row, row) == [(3, "referencia")]
    assert wrong(cast, row | {"referencia": " "}) == [(2, "referencia")]
    bring(cast, row)
    other = row | {"cliente_id": str(new_cliente().cliente_id)}
    assert wrong(cast, other) == [(2, "referencia")]


def test_a_revision_names_its_order_in_the_sheet_or_here(cast: Cast, cliente: Persona, row: Row) -> None:
    first, second, third, late = ref(), ref(), ref(), ref()
    opened = {"estado": "PENDIENTE", "tecnico": "", "fecha_ejecucion": "", "estrellas": "", "comentario": ""}
    # The one that is named may stand below.
    rows = [
        row | {"referencia": third, "garantia_de": second, "fecha_programada": ""} | opened,
        row | {"referencia": second, "garantia_de": first},
        row | {"referencia": first},
    ]
    assert bring(cast, *rows)["creados"] == 3
    root = order(cast, first)
    for reference, of in ((second, first), (third, second)):
        found = order(cast, reference)
        assert (found["tipo"], found["raiz_id"]) == ("REVISION", root["id"])
        assert found["garantia_de"]["id"] == order(cast, of)["id"]
    refused = cliente.post(f"/api/orden/{root['id']}/solicitar-garantia")
    assert refused.status_code in {400, 409}
    # One revision of a family is open, wherever its order is named.
    again = row | {"referencia": late, "garantia_de": first, "fecha_programada": ""} | opened
    assert wrong(cast, again) == [(2, "garantia_de")]
    assert bring(cast, again | {"garantia_de": first, "estado": "CANCELADA"})["creados"] == 1


def test_what_no_revision_can_be_of(cast: Cast, new_cliente: Callable[..., Persona], row: Row) -> None:
    one, other, foreign = ref(), ref(), ref()
    mine = row | {"referencia": one, "garantia_de": other}
    assert wrong(cast, mine, row | {"referencia": other, "garantia_de": one}) == [
        (2, "garantia_de"), (3, "garantia_de"),
    ]  # fmt: skip
    assert wrong(cast, mine | {"garantia_de": one}) == [(2, "garantia_de")]
    theirs = row | {"referencia": foreign, "cliente_id": str(new_cliente().cliente_id)}
    assert wrong(cast, theirs, mine | {"garantia_de": foreign}) == [(3, "garantia_de")]
    cancelled = row | {
        "referencia": other, "estado": "CANCELADA", "fecha_ejecucion": "", "estrellas": "", "comentario": "",
    }  # fmt: skip
    assert wrong(cast, cancelled, mine) == [(3, "garantia_de")]
    assert wrong(cast, row | {"referencia": other, "servicio": "Nada"}, mine) == [
        (2, "servicio"), (3, "garantia_de"),
    ]  # fmt: skip


def test_plans_go_on_where_they_stood(cast: Cast, cliente: Persona, row: Row) -> None:
    done = {"fecha_ejecucion": "2026-01-31 10:00", "fecha_programada": "2026-01-31 10:00"}
    kept = row | done | {"periodicidad_meses": "1", "mantenida_hasta": "2026-04-15"}
    bring(cast, kept)
    visits = cast.db.fetch(
        """SELECT v.ciclo, v.estado, v.fecha_programada FROM visitas_mantenimiento v
             JOIN ordenes_trabajo o ON o.id = v.orden_id WHERE o.referencia = $1 ORDER BY ciclo""",
        kept["referencia"],
    )
    assert [tuple(each)[:2] for each in visits[:2]] == [(2, "HECHA"), (3, "PENDIENTE")]
    assert visits[1][2].isoformat() == "2026-04-30T14:00:00+00:00"
    listed = cliente.get(f"/api/mantenimientos-cliente/{cliente.cliente_id}").json()["mantenimientos"]
    assert [(each["fechaProgramada"], each["vencido"]) for each in listed] == [("2026-04-30T14:00:00Z", True)]
    # The control: of whom nobody says until when, everything since is due.
    late = row | done | {"referencia": ref(), "periodicidad_meses": "1"}
    bring(cast, late)
    first = """SELECT min(v.ciclo) FROM visitas_mantenimiento v JOIN ordenes_trabajo o ON o.id = v.orden_id
                WHERE o.referencia = $1"""
    assert cast.db.fetchval(first, late["referencia"]) == 1


def test_a_row_may_mean_more_than_was_said(cast: Cast, row: Row) -> None:
    """What nobody says is what an order that is made here would have."""
    opened = row | {"estado": "", "fecha_ejecucion": "", "estrellas": "", "comentario": ""}
    bring(cast, opened, opened | {"referencia": f"{opened['referencia']}-2", "tecnico": ""})
    assert order(cast, opened["referencia"])["estado"] == "ASIGNADA"
    assert order(cast, f"{opened['referencia']}-2")["estado"] == "PENDIENTE"


def test_only_administrators_do_it(cast: Cast, row: Row) -> None:
    for who in (cast.soporte, cast.tecnica, cast.cliente):
        assert send(who, sheet(row), tipo="ordenes").status_code == 403
        assert who.get("/api/v1/exportaciones/ordenes").status_code == 403
    assert cast.anon.get("/api/v1/exportaciones/ordenes").status_code == 401


def test_a_hostile_sheet_harms_nobody(cast: Cast, cliente: Persona, row: Row) -> None:
    formula = f"=HYPERLINK({uuid.uuid4().hex})"
    evil = row | {
        "referencia": formula, "descripcion": "'; DROP TABLE ordenes_trabajo; --", "comentario": "=1+1",
    }  # fmt: skip
    bring(cast, evil)
    made = order(cast, formula)
    assert made["descripcion"] == evil["descripcion"]
    exported = cast.admin.get("/api/v1/exportaciones/ordenes").text
    (line,) = [each for each in exported.splitlines() if formula in each]
    assert line.startswith(f"'{formula},")
    assert ",'=1+1," in line
    for content in (
        b"\x00\xff\xfe",
        b"referencia,referencia\n1,1\n",
        b"nombre\nx\n",
        b"referencia,otra\n1,2\n",
    ):
        answer = send(cast.admin, content, tipo="ordenes")
        assert (answer.status_code, set(answer.json()["errors"])) == (422, {"archivo"})
    # A chain of a thousand revisions in the wrong order is one pass, not a thousand.
    names = [ref() for _ in range(BATCH + 20)]
    chain = [row | {"referencia": names[0]}]
    chain += [row | {"referencia": name, "garantia_de": of} for of, name in itertools.pairwise(names)]
    assert bring(cast, *reversed(chain))["creados"] == len(names)
    assert (
        cast.db.fetchval(
            "SELECT count(DISTINCT raiz_id) FROM ordenes_trabajo WHERE referencia = ANY ($1)", names
        )
        == 1
    )


def test_what_goes_out_comes_in_again(cast: Cast, cliente: Persona, tecnico: Persona, row: Row) -> None:
    """Here nothing happens twice; an order that was made here goes out under its identifier."""
    office = Office(cast)
    made = office.hecha(cliente, tecnico_id=tecnico.usuario_id, descripcion='Dos\nlíneas, "comillas"')
    cliente.post(f"/api/orden/{made['id']}/calificar", json={"estrellas": 5, "comentario": "Muy bien"})
    cliente.post(f"/api/orden/{made['id']}/solicitar-garantia")
    bring(cast, row)
    exported = cast.admin.get("/api/v1/exportaciones/ordenes").content.decode("utf-8-sig")
    assert made["id"] in exported
    assert row["referencia"] in exported
    before = count(cast, cliente)
    told = imported(cast.admin, exported, tipo="ordenes", solo_validas="1")
    assert told["creados"] == 0
    assert told["sin_cambios"] >= 3
    assert count(cast, cliente) == before
