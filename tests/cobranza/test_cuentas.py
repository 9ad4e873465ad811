"""Debts: written by administrators, seen by whoever may read the client, annulled and never changed."""

import json
import uuid
from datetime import UTC, datetime, timedelta

import pytest

from tests.cobranza.books import CUENTAS, PAGOS, owe, pay

TODAY = datetime.now(UTC).date()


@pytest.fixture
def cliente(cast, new_cliente):
    """A customer of the seller `vendedora`."""
    made = new_cliente()
    cast.assign(made, cast.vendedora)
    return made


def test_a_debt_is_written_as_it_was_said(cast, cliente):
    made = owe(cast.admin, cliente, "1250.00", saldo_pendiente="800.5", fecha_vencimiento="2031-12-15")
    assert made | {"id": 0, "numero": 0, "creado_en": 0, "actualizado_en": 0} == {
        "id": 0,
        "numero": 0,
        "cliente_id": cliente.cliente_id,
        "concepto": "Saldo inicial",
        "monto": "1250.00",
        "saldo_pendiente": "800.50",
        "fecha_vencimiento": "2031-12-15",
        "vencida": False,
        "anulada_en": None,
        "motivo_anulacion": None,
        "version": 1,
        "creado_en": 0,
        "actualizado_en": 0,
        "pagos": [],
    }
    for ref in (made["id"], made["numero"]):
        assert cliente.get(f"{CUENTAS}/{ref}").json() == made


def test_without_a_balance_all_of_it_is_open(cast, cliente):
    assert owe(cast.admin, cliente, 99)["saldo_pendiente"] == "99.00"
    assert owe(cast.admin, cliente, "99.00", saldo_pendiente=0)["saldo_pendiente"] == "0.00"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("monto", "0"), ("monto", "-1"), ("monto", "0.001"), ("monto", "1000000000.00"), ("monto", "1e2"),
        ("monto", None), ("saldo_pendiente", "-0.01"), ("saldo_pendiente", "10.01"), ("saldo_pendiente", "1.001"),
        ("concepto", ""), ("concepto", "  "), ("concepto", "x" * 201), ("concepto", "dos\nlíneas"),
        ("fecha_vencimiento", "2026-02-30"), ("fecha_vencimiento", "mañana"), ("cliente_id", "7"),
        ("cliente_id", None), ("extra", 1),
    ],
)  # fmt: skip
def test_what_cannot_be_is_named(cast, cliente, field, value):
    body = {"cliente_id": cliente.cliente_id, "concepto": "Saldo", "monto": "10.00"} | {field: value}
    answer = cast.admin.post(CUENTAS, json=body)
    assert answer.status_code == 422, answer.text
    assert list(answer.json()["errors"]) == [field]


def test_an_unknown_client_owes_nothing(cast):
    body = {"cliente_id": str(uuid.uuid4()), "concepto": "Saldo", "monto": "10.00"}
    answer = cast.admin.post(CUENTAS, json=body)
    assert (answer.status_code, answer.json()["code"]) == (404, "cliente_no_encontrado")


def test_a_merged_record_takes_no_debt(cast, cliente, new_cliente, db):
    old = new_cliente()
    db.execute(
        "UPDATE clientes SET fusionado_con_id = $2::uuid, fusionado_en = now() WHERE id = $1::uuid",
        old.cliente_id,
        cliente.cliente_id,
    )
    body = {"cliente_id": old.cliente_id, "concepto": "Saldo", "monto": "10.00"}
    assert cast.admin.post(CUENTAS, json=body).status_code == 404


def test_who_sees_a_debt(cast, cliente, new_cliente):
    debt, nobody_s = owe(cast.admin, cliente), owe(cast.admin, new_cliente())
    for person in (cliente, cast.vendedora, cast.soporte, cast.admin):
        assert person.get(f"{CUENTAS}/{debt['id']}").status_code == 200
    for person in (cast.otra_cliente, cast.otro_vendedor):
        answer = person.get(f"{CUENTAS}/{debt['id']}")
        assert (answer.status_code, answer.json()["code"]) == (404, "cuenta_no_encontrada")
        assert person.get(f"{CUENTAS}/{debt['numero']}").status_code == 404
    # A client without a seller is every seller's.
    assert cast.otro_vendedor.get(f"{CUENTAS}/{nobody_s['id']}").status_code == 200


def seen(person, **query):
    answer = person.get(CUENTAS, params=query | {"per_page": 100})
    assert answer.status_code == 200, answer.text
    assert answer.json()["total"] >= len(answer.json()["items"])
    return [item["id"] for item in answer.json()["items"]]


def test_lists_hold_what_the_caller_may_see(cast, cliente, new_cliente):
    debt, foreign, nobody_s = (
        owe(cast.admin, who)["id"] for who in (cliente, cast.otra_cliente, new_cliente())
    )
    assert seen(cliente) == [debt]
    assert seen(cliente, cliente_id=cast.otra_cliente.cliente_id) == []
    assert {debt, nobody_s} <= set(seen(cast.vendedora))
    assert foreign not in seen(cast.vendedora)
    assert seen(cast.vendedora, cliente_id=cliente.cliente_id) == [debt]
    assert seen(cast.vendedora, cliente_id=cast.otra_cliente.cliente_id) == []
    for person in (cast.soporte, cast.admin):
        assert seen(person, cliente_id=cliente.cliente_id) == [debt]
        assert {debt, foreign, nobody_s} <= set(seen(person))


def test_lists_are_filtered_and_ordered(cast, cliente):
    yesterday, tomorrow = (TODAY + timedelta(days=days) for days in (-3, 3))
    ids = {
        "abierta": owe(cast.admin, cliente)["id"],
        "vencida": owe(cast.admin, cliente, fecha_vencimiento=str(yesterday))["id"],
        "futura": owe(cast.admin, cliente, fecha_vencimiento=str(tomorrow))["id"],
        "pagada": owe(cast.admin, cliente, saldo_pendiente=0, fecha_vencimiento=str(yesterday))["id"],
    }
    names = {found: name for name, found in ids.items()}

    def named(**query):
        return [names[found] for found in seen(cast.admin, cliente_id=cliente.cliente_id, **query)]

    assert named() == ["pagada", "futura", "vencida", "abierta"]
    assert named(abiertas="true") == ["vencida", "futura", "abierta"]
    assert named(abiertas="false") == ["pagada"]
    assert named(vencidas="true") == ["vencida"]
    assert named(vencidas="false") == ["pagada", "futura", "abierta"]
    assert named(abiertas="true", vencidas="false") == ["futura", "abierta"]
    assert named(abiertas="false", vencidas="true") == []
    page = cliente.get(CUENTAS, params={"page": 2, "per_page": 3}).json()
    assert [names[item["id"]] for item in page["items"]] == ["abierta"]
    assert (page["total"], page["page"], page["per_page"]) == (4, 2, 3)
    past = cliente.get(CUENTAS, params={"page": 9}).json()
    assert (past["items"], past["total"]) == ([], 4)


def test_a_debt_is_overdue_from_the_day_after_on(cast, cliente, db):
    """The day is the organisation's: it may begin hours after the day in UTC."""
    zone = db.fetchval("SELECT coalesce((SELECT zona FROM organizacion), 'America/La_Paz')")
    today = db.fetchval("SELECT (now() AT TIME ZONE $1::text)::date", zone)
    due = [
        owe(cast.admin, cliente, fecha_vencimiento=str(today + timedelta(days=n)))["id"] for n in (-1, 0, 1)
    ]
    assert seen(cliente, vencidas="true") == due[:1]


@pytest.mark.parametrize("query", ["abiertas=quizás", "vencidas=2", "cliente_id=7", "page=0", "per_page=101"])
def test_a_list_refuses_what_it_does_not_understand(cast, query):
    assert cast.admin.get(f"{CUENTAS}?{query}").status_code == 422


def test_a_wrong_debt_is_annulled_and_stays_in_the_books(cast, cliente):
    debt = owe(cast.admin, cliente)
    path = f"{CUENTAS}/{debt['numero']}/anular"
    after = cast.admin.post(path, json={"motivo": "Era de otro cliente"})
    assert after.status_code == 200, after.text
    annulled = after.json()
    assert (annulled["saldo_pendiente"], annulled["monto"], annulled["version"]) == ("0.00", "100.00", 2)
    assert annulled["motivo_anulacion"] == "Era de otro cliente"
    assert annulled["anulada_en"]
    assert cliente.get(f"{CUENTAS}/{debt['id']}").json() == annulled
    assert seen(cliente, abiertas="true") == []
    again = cast.admin.post(path, json={"motivo": "Otra vez"})
    assert (again.status_code, again.json()["code"]) == (409, "cuenta_anulada")
    body = {"cliente_id": cliente.cliente_id, "cuenta_id": debt["id"], "monto": "1.00", "medio": "qr"}
    refused = cast.admin.post(PAGOS, json=body)
    assert (refused.status_code, refused.json()["code"]) == (409, "cuenta_anulada")


def test_a_debt_with_payments_is_not_annulled_before_them(cast, cliente):
    debt = owe(cast.admin, cliente)
    payment = pay(cast.admin, cliente, "30.00", debt)
    path = f"{CUENTAS}/{debt['id']}/anular"
    refused = cast.admin.post(path, json={"motivo": "Mal registrada"})
    assert (refused.status_code, refused.json()["code"]) == (409, "cuenta_con_pagos")
    assert (
        cast.admin.post(f"{PAGOS}/{payment['id']}/anular", json={"motivo": "Era de otra"}).status_code == 200
    )
    assert cast.admin.post(path, json={"motivo": "Mal registrada"}).status_code == 200


@pytest.mark.parametrize("motivo", [None, "", "   ", "x" * 501])
def test_annulling_needs_a_reason(cast, cliente, motivo):
    debt = owe(cast.admin, cliente)
    answer = cast.admin.post(f"{CUENTAS}/{debt['id']}/anular", json={"motivo": motivo})
    assert answer.status_code == 422
    assert list(answer.json()["errors"]) == ["motivo"]


def test_whoever_is_concerned_hears_of_it_once_and_it_is_audited(cast, cliente, db):
    debt = owe(cast.admin, cliente)
    cast.admin.post(f"{CUENTAS}/{debt['id']}/anular", json={"motivo": "Era de otro"})
    heard = db.fetch(
        """SELECT flujo, tipo, datos, principal, cliente_id, actor_id FROM eventos WHERE datos ->> 'id' = $1
            ORDER BY tipo DESC, principal DESC, flujo""",
        debt["id"],
    )
    streams = [
        f"usuario:{cliente.usuario_id}", "rol:admin", "rol:soporte", f"usuario:{cast.vendedora.usuario_id}"
    ]  # fmt: skip
    assert [row["flujo"] for row in heard] == streams * 2
    assert [row["principal"] for row in heard] == [True, False, False, False] * 2
    assert {row["tipo"] for row in heard[:4]} == {"receivable.created"}
    assert {row["tipo"] for row in heard[4:]} == {"receivable.annulled"}
    assert {str(row["cliente_id"]) for row in heard} == {cliente.cliente_id}
    assert {str(row["actor_id"]) for row in heard} == {cast.admin.usuario_id}
    assert [json.loads(row["datos"])["version"] for row in heard] == [1] * 4 + [2] * 4
    rows = db.fetch(
        "SELECT accion, actor_id, datos FROM auditoria WHERE objeto_tipo = 'cuenta' AND objeto_id = $1 ORDER BY id",
        debt["id"],
    )
    assert [row["accion"] for row in rows] == ["cuenta.creada", "cuenta.anulada"]
    assert json.loads(rows[0]["datos"]) == {
        "cliente_id": cliente.cliente_id,
        "monto": 100.0,
        "saldo_pendiente": 100.0,
    }
    assert "Era de otro" not in rows[1]["datos"]
