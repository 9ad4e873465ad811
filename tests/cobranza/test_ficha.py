"""What a client owes stands in his record of dialect B: open debts only, those that are due first, as numbers."""

from tests.cobranza.books import CUENTAS, owe, pay


def owed(person, cliente):
    answer = person.get(f"/api/clientes/{cliente.cliente_id}")
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]["cliente"]["cuentas_por_cobrar"]


def test_a_record_tells_what_is_owed(cast, new_cliente):
    cliente = new_cliente()
    assert owed(cliente, cliente) == []
    undated = owe(cast.admin, cliente, "99.90", concepto="Sin fecha")
    late = owe(cast.admin, cliente, "1250.00", saldo_pendiente="800.05", fecha_vencimiento="2020-01-31")
    paid, wrong = owe(cast.admin, cliente, "5.00"), owe(cast.admin, cliente, "6.00")
    pay(cast.admin, cliente, "5.00", paid)
    pay(cast.admin, cliente, "0.05", late)
    cast.admin.post(f"{CUENTAS}/{wrong['id']}/anular", json={"motivo": "Repetida"})
    seen = [
        {
            "id": late["numero"],
            "uuid": late["id"],
            "concepto": "Saldo inicial",
            "monto": 1250.0,
            "saldo_pendiente": 800.0,
            "fecha_vencimiento": "2020-01-31",
            "vencida": True,
        },
        {
            "id": undated["numero"],
            "uuid": undated["id"],
            "concepto": "Sin fecha",
            "monto": 99.9,
            "saldo_pendiente": 99.9,
            "fecha_vencimiento": None,
            "vencida": False,
        },
    ]
    for person in (cliente, cast.soporte, cast.admin):
        assert owed(person, cliente) == seen
    pay(cast.admin, cliente, "899.90")
    assert owed(cliente, cliente) == []


def test_an_updated_record_tells_it_too(cast, new_cliente):
    cliente = new_cliente()
    debt = owe(cast.admin, cliente)
    answer = cast.admin.put(f"/api/clientes/{cliente.cliente_id}", json={"observaciones": "Paga los lunes"})
    assert answer.status_code == 200, answer.text
    assert [each["uuid"] for each in answer.json()["data"]["cliente"]["cuentas_por_cobrar"]] == [debt["id"]]
