"""Payments: exact to the cent, each gone to debts whole, annulled where they were wrong."""

import json
import uuid
from decimal import Decimal

import pytest

from tests.cobranza.books import CUENTAS, PAGOS, WRONG, balance, owe, pay, try_to_pay


@pytest.fixture
def cliente(cast, new_cliente):
    """A customer of the seller `vendedora`."""
    made = new_cliente()
    cast.assign(made, cast.vendedora)
    return made


def refused(answer):
    """Status and code of a refusal."""
    return answer.status_code, answer.json()["code"]


def test_a_payment_goes_to_the_debt_that_it_names(cast, cliente):
    older, newer = owe(cast.admin, cliente, "50.00"), owe(cast.admin, cliente, "70.10")
    made = pay(cast.vendedora, cliente, "20.05", newer, medio="qr")
    assert made | {"id": 0, "numero": 0, "creado_en": 0, "actualizado_en": 0} == {
        "id": 0,
        "numero": 0,
        "cliente_id": cliente.cliente_id,
        "monto": "20.05",
        "medio": "qr",
        "aplicaciones": [
            {
                "cuenta_id": newer["id"],
                "numero": newer["numero"],
                "concepto": "Saldo inicial",
                "monto": "20.05",
            }
        ],
        "registrado_por": cast.vendedora.usuario_id,
        "anulado_en": None,
        "motivo_anulacion": None,
        "version": 1,
        "creado_en": 0,
        "actualizado_en": 0,
    }
    assert (balance(cliente, older), balance(cliente, newer)) == (Decimal("50.00"), Decimal("50.05"))
    [shown] = cliente.get(f"{CUENTAS}/{newer['id']}").json()["pagos"]
    assert shown == {
        "pago_id": made["id"],
        "numero": made["numero"],
        "monto": "20.05",
        "medio": "qr",
        "anulado": False,
        "creado_en": made["creado_en"],
    }
    for ref in (made["id"], made["numero"]):
        assert cliente.get(f"{PAGOS}/{ref}").json() == made


def test_without_one_it_goes_to_those_that_are_due_first(cast, cliente):
    undated = owe(cast.admin, cliente, "10.00")
    later = owe(cast.admin, cliente, "10.00", fecha_vencimiento="2031-05-01")
    sooner = owe(cast.admin, cliente, "10.00", fecha_vencimiento="2031-04-01")
    same_day = owe(cast.admin, cliente, "10.00", fecha_vencimiento="2031-04-01")
    made = pay(cast.admin, cliente, "25.01")
    assert [(part["cuenta_id"], part["monto"]) for part in made["aplicaciones"]] == [
        (sooner["id"], "10.00"),
        (same_day["id"], "10.00"),
        (later["id"], "5.01"),
    ]
    assert [balance(cliente, debt) for debt in (undated, later, sooner, same_day)] == [
        Decimal("10.00"),
        Decimal("4.99"),
        Decimal("0.00"),
        Decimal("0.00"),
    ]


def test_what_exceeds_the_balance_is_refused_whole(cast, cliente):
    one, other = owe(cast.admin, cliente, "10.00"), owe(cast.admin, cliente, "5.00")
    answer = try_to_pay(cast.admin, cliente, "10.01", one)
    assert refused(answer) == (409, "pago_excede_saldo")
    assert answer.json()["saldo_pendiente"] == "10.00"
    answer = try_to_pay(cast.admin, cliente, "15.01")
    assert refused(answer) == (409, "pago_excede_saldo")
    assert answer.json()["saldo_pendiente"] == "15.00"
    assert (balance(cliente, one), balance(cliente, other)) == (Decimal("10.00"), Decimal("5.00"))
    pay(cast.admin, cliente, "15.00")
    assert refused(try_to_pay(cast.admin, cliente, "0.01")) == (409, "pago_excede_saldo")
    assert cliente.get(PAGOS).json()["total"] == 1


def test_who_takes_money(cast, cliente, new_cliente):
    nobody_s = new_cliente()
    debt, other = owe(cast.admin, cliente), owe(cast.admin, nobody_s)
    pay(cast.vendedora, cliente, "1.00", debt)
    pay(cast.otro_vendedor, nobody_s, "1.00", other)
    assert refused(try_to_pay(cast.otro_vendedor, cliente, "1.00", debt)) == (404, "cliente_no_encontrado")
    for person in (cliente, cast.soporte, cast.tecnica):
        assert refused(try_to_pay(person, cliente, "1.00", debt)) == (403, "prohibido")
    assert balance(cliente, debt) == Decimal("99.00")


def test_a_debt_of_somebody_else_is_unknown(cast, cliente):
    debt = owe(cast.admin, cast.otra_cliente)
    for unknown in (debt, {"id": str(uuid.uuid4())}):
        answer = try_to_pay(cast.admin, cliente, "1.00", unknown)
        assert answer.status_code == 422
        assert list(answer.json()["errors"]) == ["cuenta_id"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("monto", "0"), ("monto", "0.00"), ("monto", "-5"), ("monto", "0.005"), ("monto", "1000000000"),
        ("monto", "NaN"), ("monto", "1,5"), ("monto", True), ("medio", "cheque"), ("medio", None), ("medio", 1),
        ("cliente_id", "x"), ("cuenta_id", "x"), ("cuenta_id", 7), ("fecha", "2026-01-01"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_named(cast, cliente, field, value):
    body = {"cliente_id": cliente.cliente_id, "monto": "1.00", "medio": "efectivo"} | {field: value}
    answer = cast.admin.post(PAGOS, json=body)
    assert answer.status_code == 422, answer.text
    assert list(answer.json()["errors"]) == [field]


def test_cents_add_up_where_floats_do_not(cast, cliente, db):
    debt = owe(cast.admin, cliente, "0.30")
    for _ in range(3):
        pay(cast.admin, cliente, 0.1, debt)
    assert balance(cliente, debt) == 0
    big = owe(cast.admin, cliente, "999999999.99")
    pay(cast.admin, cliente, "999999999.98", big)
    assert balance(cliente, big) == Decimal("0.01")
    assert db.fetch(WRONG) == []


def test_who_sees_a_payment(cast, cliente):
    owe(cast.admin, cliente)
    made = pay(cast.admin, cliente, "1.00")
    for person in (cliente, cast.vendedora, cast.soporte, cast.admin):
        assert person.get(f"{PAGOS}/{made['id']}").json() == made
        listed = person.get(PAGOS, params={"cliente_id": cliente.cliente_id}).json()
        assert listed == {"items": [made], "total": 1, "page": 1, "per_page": 20}
    for person in (cast.otra_cliente, cast.otro_vendedor):
        assert refused(person.get(f"{PAGOS}/{made['id']}")) == (404, "pago_no_encontrado")
        assert person.get(PAGOS, params={"cliente_id": cliente.cliente_id}).json()["items"] == []
    assert made["id"] in [item["id"] for item in cast.vendedora.get(PAGOS).json()["items"]]
    assert made["id"] not in [item["id"] for item in cast.otro_vendedor.get(PAGOS).json()["items"]]


def test_a_list_goes_from_the_newest_to_the_oldest_in_pages(cast, cliente):
    owe(cast.admin, cliente)
    made = [pay(cast.admin, cliente, "1.00")["numero"] for _ in range(5)]
    pages = [cliente.get(PAGOS, params={"page": n, "per_page": 2}).json() for n in (1, 2, 3, 4)]
    assert [[item["numero"] for item in page["items"]] for page in pages] == [
        [made[4], made[3]],
        [made[2], made[1]],
        [made[0]],
        [],
    ]
    assert {page["total"] for page in pages} == {5}


def test_an_annulled_payment_is_owed_again(cast, cliente, db):
    first, second = owe(cast.admin, cliente, "10.00"), owe(cast.admin, cliente, "10.00")
    made = pay(cast.vendedora, cliente, "15.00")
    path = f"{PAGOS}/{made['numero']}/anular"
    for person in (cast.vendedora, cast.soporte, cliente):
        assert refused(person.post(path, json={"motivo": "No"})) == (403, "prohibido")
    after = cast.admin.post(path, json={"motivo": "El QR fue rechazado"})
    assert after.status_code == 200, after.text
    shown = after.json()
    assert shown == made | {
        "anulado_en": shown["anulado_en"],
        "motivo_anulacion": "El QR fue rechazado",
        "version": 2,
        "actualizado_en": shown["anulado_en"],
    }
    assert (balance(cliente, first), balance(cliente, second)) == (Decimal("10.00"), Decimal("10.00"))
    assert cliente.get(f"{CUENTAS}/{first['id']}").json()["pagos"][0]["anulado"] is True
    assert refused(cast.admin.post(path, json={"motivo": "Otra vez"})) == (409, "pago_anulado")
    missing = cast.admin.post(f"{PAGOS}/{uuid.uuid4()}/anular", json={"motivo": "x"})
    assert refused(missing) == (404, "pago_no_encontrado")
    pay(cast.admin, cliente, "20.00")
    assert db.fetch(WRONG) == []


def test_one_key_is_one_payment(cast, cliente):
    debt = owe(cast.admin, cliente)
    key = {"Idempotency-Key": uuid.uuid4().hex}
    first, second = (try_to_pay(cast.vendedora, cliente, "10.00", debt, headers=key) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.content == second.content
    assert balance(cliente, debt) == Decimal("90.00")
    other = try_to_pay(cast.vendedora, cliente, "11.00", debt, headers=key)
    assert refused(other) == (422, "clave_idempotencia_reusada")
    # A refusal is not remembered: once there is something to pay, the same request goes through.
    late = {"Idempotency-Key": uuid.uuid4().hex}
    assert try_to_pay(cast.admin, cliente, "95.00", headers=late).status_code == 409
    owe(cast.admin, cliente, "5.00")
    assert try_to_pay(cast.admin, cliente, "95.00", headers=late).status_code == 201
    debt = owe(cast.admin, cliente, "90.00")
    # Without a key two equal payments are two.
    pay(cast.vendedora, cliente, "10.00", debt)
    pay(cast.vendedora, cliente, "10.00", debt)
    assert balance(cliente, debt) == Decimal("70.00")


def test_whoever_is_concerned_hears_of_it_once_and_it_is_audited(cast, cliente, db):
    debts = [owe(cast.admin, cliente, "10.00")["id"] for _ in range(2)]
    made = pay(cast.vendedora, cliente, "12.00", medio="transferencia")
    cast.admin.post(f"{PAGOS}/{made['id']}/anular", json={"motivo": "Texto que no se repite"})
    heard = db.fetch(
        "SELECT flujo, tipo, datos, principal FROM eventos WHERE datos ->> 'id' = $1 ORDER BY tipo DESC, flujo",
        made["id"],
    )
    streams = sorted(
        ["rol:admin", "rol:soporte", f"usuario:{cliente.usuario_id}", f"usuario:{cast.vendedora.usuario_id}"]
    )
    assert [row["flujo"] for row in heard] == streams * 2
    assert [row["flujo"] for row in heard if row["principal"]] == [f"usuario:{cliente.usuario_id}"] * 2
    assert [row["tipo"] for row in heard] == ["payment.created"] * 4 + ["payment.annulled"] * 4
    rows = db.fetch(
        "SELECT accion, datos FROM auditoria WHERE objeto_tipo = 'pago' AND objeto_id = $1 ORDER BY id",
        made["id"],
    )
    assert [row["accion"] for row in rows] == ["pago.registrado", "pago.anulado"]
    said = json.loads(rows[0]["datos"])
    assert (said["monto"], said["medio"], set(said["cuentas"])) == (12.0, "transferencia", set(debts))
    assert all("Texto" not in row["datos"] for row in rows)
