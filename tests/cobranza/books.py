"""Debts and payments made through the API, and the books as the database holds them."""

from decimal import Decimal

CUENTAS = "/api/v1/cuentas-por-cobrar"
PAGOS = "/api/v1/pagos"

# Every way in which the books could be wrong, each row one that is.
WRONG = """
SELECT 'saldo ' || c.id AS que FROM cuentas_por_cobrar c
  LEFT JOIN LATERAL (SELECT sum(a.monto) AS vivo FROM pago_aplicaciones a JOIN pagos p ON p.id = a.pago_id
                      WHERE a.cuenta_id = c.id AND p.anulado_en IS NULL) v ON true
 WHERE c.saldo_pendiente <> CASE WHEN c.anulada_en IS NULL
                                 THEN c.monto - c.pagado_antes - coalesce(v.vivo, 0) ELSE 0 END
    OR c.saldo_pendiente NOT BETWEEN 0 AND c.monto
UNION ALL
SELECT 'pago ' || p.id FROM pagos p
  LEFT JOIN LATERAL (SELECT sum(monto) AS suma FROM pago_aplicaciones WHERE pago_id = p.id) a ON true
 WHERE a.suma IS DISTINCT FROM p.monto"""


def owe(admin, cliente, monto="100.00", **fields):
    """A debt as the API answered it."""
    body = {"cliente_id": cliente.cliente_id, "concepto": "Saldo inicial", "monto": monto} | fields
    answer = admin.post(CUENTAS, json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


def pay(person, cliente, monto, cuenta=None, **fields):
    """A payment as the API answered it."""
    answer = try_to_pay(person, cliente, monto, cuenta, **fields)
    assert answer.status_code == 201, answer.text
    return answer.json()


def try_to_pay(person, cliente, monto, cuenta=None, *, headers=None, **fields):
    """The answer to a payment."""
    body = {"cliente_id": cliente.cliente_id, "monto": monto, "medio": "efectivo"} | fields
    if cuenta is not None:
        body["cuenta_id"] = cuenta["id"]
    return person.post(PAGOS, json=body, headers=headers)


def balance(person, cuenta):
    """What of a debt is open."""
    return Decimal(person.get(f"{CUENTAS}/{cuenta['id']}").json()["saldo_pendiente"])
