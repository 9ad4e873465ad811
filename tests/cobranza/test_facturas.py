"""Invoices: a delivered order on credit makes one, its debt is paid off, and whoever reads the books reads them."""

import uuid
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from tests.cobranza.books import CUENTAS, balance, pay
from tests.cobranza.deliveries import (
    FACTURAS,
    delivered,
    invoiced,
    invoices_of,
    on_its_way,
    ordered,
    step,
)


def today():
    return datetime.now(UTC).astimezone(ZoneInfo("America/La_Paz")).date()


@pytest.fixture
def cliente(cast, new_cliente):
    """A customer of the seller `vendedora`, with a name, a number and a place to print."""
    made = new_cliente(nombre="Tienda Rosa", direccion="Av. Cotoca 12")
    cast.assign(made, cast.vendedora)
    fields = {"razon_social": "Rosa Saucedo", "nit": "2856341"}
    assert cast.admin.put(f"/api/clientes/{made.cliente_id}", json=fields).status_code == 200
    return made


def test_a_delivered_order_on_credit_is_invoiced_and_owed(cast, cliente, new_producto):
    one, two = new_producto(precio="9.50", nombre="Agua"), new_producto(precio="0.35", fraccionable=True)
    order = on_its_way(cast.vendedora, ordered(cliente, {one["id"]: 2, two["id"]: 0.3}))
    assert invoices_of(cliente, cliente) == []
    assert step(cast.vendedora, order, "ENTREGADO").status_code == 200
    (listed,) = invoices_of(cliente, cliente)
    shown = cliente.get(f"{FACTURAS}/{listed['id']}").json()
    assert shown == cast.admin.get(f"{FACTURAS}/{listed['numero']}").json()
    assert listed.items() <= shown.items()
    day = today()
    unknown = dict.fromkeys(("id", "numero", "cuenta_id", "creado_en", "emisor", "pdf"))
    assert shown | unknown == unknown | {
        "cliente_id": cliente.cliente_id, "cliente_nombre": "Rosa Saucedo", "cliente_nit": "2856341",
        "cliente_direccion": "Av. Cotoca 12", "pedido_id": order["id"], "pedido_numero": order["numero"],
        "fecha": day.isoformat(), "fecha_vencimiento": (day + timedelta(days=30)).isoformat(), "moneda": "BOB",
        "total": "19.11", "saldo": "19.11", "vencida": False, "anulada_en": None,
        "lineas": [
            {"codigo": one["codigo"], "nombre": "Agua", "unidad": one["unidad"], "cantidad": "2",
             "precio_unitario": "9.50", "subtotal": "19.00"},
            {"codigo": two["codigo"], "nombre": two["nombre"], "unidad": two["unidad"], "cantidad": "0.3",
             "precio_unitario": "0.35", "subtotal": "0.11"},
        ],
    }  # fmt: skip
    debt = cliente.get(f"{CUENTAS}/{shown['cuenta_id']}").json()
    assert (debt["monto"], debt["concepto"]) == ("19.11", f"Factura n.º {shown['numero']}")
    assert debt["fecha_vencimiento"] == shown["fecha_vencimiento"]


def test_paid_at_the_door_there_is_no_invoice(cast, cliente, new_producto):
    """CONTRACT §7: a delivered credit order makes one."""
    delivered(cast.vendedora, ordered(cliente, {new_producto()["id"]: 1}, "CONTADO"))
    assert invoices_of(cliente, cliente) == []
    assert cliente.get(CUENTAS).json()["total"] == 0


def test_delivered_again_it_is_the_same(cast, cliente, new_producto, db):
    order = delivered(cast.vendedora, ordered(cliente, {new_producto()["id"]: 1}))
    assert step(cast.admin, order, "ENTREGADO").status_code == 200
    assert len(invoices_of(cliente, cliente)) == 1
    assert cliente.get(CUENTAS).json()["total"] == 1
    assert step(cast.admin, order, "CANCELADO").status_code == 409


def test_only_the_last_step_makes_it(cast, cliente, new_producto):
    order = ordered(cliente, {new_producto()["id"]: 1})
    assert step(cast.vendedora, order, "ENTREGADO").status_code == 409
    assert step(cast.vendedora, order, "CANCELADO").status_code == 200
    assert step(cast.vendedora, order, "ENTREGADO").status_code == 409
    assert invoices_of(cliente, cliente) == []


def test_payments_reduce_it_and_annulling_its_debt_annuls_it(cast, cliente, new_producto):
    first = invoiced(cast.vendedora, cliente, {new_producto(precio="30.00")["id"]: 1})
    second = invoiced(cast.vendedora, cliente, {new_producto(precio="20.00")["id"]: 1})
    pay(cast.vendedora, cliente, "35.00")

    def now(made):
        shown = cliente.get(f"{FACTURAS}/{made['id']}").json()
        return shown["total"], shown["saldo"], shown["anulada_en"] is not None

    assert [now(first), now(second)] == [("30.00", "0.00", False), ("20.00", "15.00", False)]
    assert [each["id"] for each in invoices_of(cliente, cliente, pendientes="true")] == [second["id"]]
    assert [each["id"] for each in invoices_of(cliente, cliente, pendientes="false")] == [first["id"]]
    third = invoiced(cast.vendedora, cliente, {new_producto(precio="5.00")["id"]: 1})
    path = f"{CUENTAS}/{third['cuenta_id']}/anular"
    assert cast.admin.post(path, json={"motivo": "Devolvió todo"}).status_code == 200
    assert now(third) == ("5.00", "0.00", True)


def test_of_nothing_nothing_is_owed(cast, cliente, new_producto):
    made = invoiced(cast.vendedora, cliente, {new_producto(precio="0.00")["id"]: 3})
    assert (made["total"], made["saldo"], made["cuenta_id"], made["vencida"]) == ("0.00", "0.00", None, False)
    assert cliente.get(CUENTAS).json()["total"] == 0


def test_it_may_be_more_than_a_payment_can_be(cast, cliente, new_producto):
    made = invoiced(cast.admin, cliente, {new_producto(precio="999999999.99")["id"]: 11})
    assert made["saldo"] == "10999999999.89"
    pay(cast.admin, cliente, "999999999.99")
    assert balance(cliente, {"id": made["cuenta_id"]}) == Decimal("9999999999.90")


def test_it_is_the_same_tomorrow(cast, cliente, new_producto):
    product = new_producto(precio="7.00", nombre="Antes")
    made = invoiced(cast.vendedora, cliente, {product["id"]: 1})
    cast.admin.patch(f"/api/v1/productos/{product['id']}", json={"nombre": "Después", "precio": "8.00"})
    cast.admin.put(f"/api/clientes/{cliente.cliente_id}", json={"razon_social": "Otra", "nit": "1"})
    assert cliente.get(f"{FACTURAS}/{made['id']}").json() == made


def test_without_number_or_place_or_other_name_it_has_none(cast, new_cliente, new_producto):
    customer = new_cliente(nombre="Ana")
    made = invoiced(cast.admin, customer, {new_producto()["id"]: 1})
    assert (made["cliente_nombre"], made["cliente_nit"], made["cliente_direccion"]) == ("Ana", None, None)


def test_lists_hold_what_was_asked_for(cast, cliente, new_producto, db):
    product = new_producto()["id"]
    made = [invoiced(cast.vendedora, cliente, {product: 1})["id"] for _ in range(3)]
    day = today()

    def found(person, **wanted):
        answer = person.get(FACTURAS, params={"cliente_id": cliente.cliente_id, "per_page": 100} | wanted)
        assert answer.status_code == 200, answer.text
        assert answer.json()["total"] >= len(answer.json()["items"])
        return [each["id"] for each in answer.json()["items"]]

    for person in (cliente, cast.vendedora, cast.admin, cast.soporte):
        assert found(person) == made[::-1]
        assert found(person, per_page=1, page=2) == [made[1]]
        assert found(person, page=9) == []
    assert found(cast.otro_vendedor) == []
    assert found(cast.otra_cliente) == []
    assert cliente.get(FACTURAS).json()["total"] == 3
    assert cast.otra_cliente.get(FACTURAS).json()["total"] == 0
    sold = cast.vendedora.get(FACTURAS, params={"per_page": 100, "pendientes": "true"}).json()["items"]
    assert set(made) <= {each["id"] for each in sold}
    assert found(cliente, desde=day.isoformat(), hasta=day.isoformat()) == made[::-1]
    assert found(cliente, desde=(day + timedelta(days=1)).isoformat()) == []
    assert found(cliente, hasta=(day - timedelta(days=1)).isoformat()) == []
    for wrong in ({"desde": "ayer"}, {"hasta": "2026-02-30"}, {"pendientes": "quizás"}, {"cliente_id": "7"}):
        answer = cliente.get(FACTURAS, params=wrong)
        assert (answer.status_code, list(answer.json()["errors"])) == (422, list(wrong))


def test_who_sees_it(cast, cliente, new_producto):
    made = invoiced(cast.vendedora, cliente, {new_producto()["id"]: 1})
    for path in (f"{FACTURAS}/{made['id']}", f"/api/v1/clientes/{cliente.cliente_id}/facturas"):
        for person, status in (
            (cliente, 200), (cast.vendedora, 200), (cast.admin, 200), (cast.soporte, 200), (cast.tecnica, 403),
            (cast.otra_cliente, 404), (cast.otro_vendedor, 404),
        ):  # fmt: skip
            assert person.get(path).status_code == status
    unknown = cast.admin.get(f"{FACTURAS}/{uuid.uuid4()}")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "factura_no_encontrada")
    assert cast.admin.get(f"{FACTURAS}/{2**62}").status_code == 404


def test_when_it_is_due_is_a_setting(cast, cliente, new_producto, start_server, db):
    server = start_server(db.dsn, workers=1, credito_dias="0")
    made = invoiced(
        cast.admin.again(base_url=server.url),
        cliente.again(base_url=server.url),
        {new_producto()["id"]: 1},
    )
    assert (made["fecha_vencimiento"], made["vencida"]) == (made["fecha"], False)
    db.execute(
        "ALTER TABLE facturas DISABLE TRIGGER facturas_guardadas;"
        f"UPDATE facturas SET fecha = fecha - 2, fecha_vencimiento = fecha - 1 WHERE id = '{made['id']}';"
        "ALTER TABLE facturas ENABLE TRIGGER facturas_guardadas"
    )
    assert cliente.get(f"{FACTURAS}/{made['id']}").json()["vencida"] is True


def test_it_is_told(cast, cliente, new_producto, db):
    made = invoiced(cast.vendedora, cliente, {new_producto(precio="12.00")["id"]: 1})
    story = cliente.get(f"/api/v1/clientes/{cliente.cliente_id}/linea-de-tiempo").json()["items"]
    (told,) = [each for each in story if each["tipo"] == "invoice.created"]
    assert told["resumen"] == f"Se emitió la factura n.º {made['numero']}, de 12.00 BOB"
    assert told["referencia_id"] == made["id"]
    heard = db.fetch(
        "SELECT flujo, datos FROM eventos WHERE tipo = 'invoice.created' AND cliente_id = $1::uuid ORDER BY 1",
        cliente.cliente_id,
    )
    assert [row["flujo"] for row in heard] == sorted(
        ["rol:admin", f"usuario:{cliente.usuario_id}", f"usuario:{cast.vendedora.usuario_id}"]
    )
    kept = cast.admin.get("/api/v1/auditoria", params={"accion": "factura.emitida", "per_page": 100}).json()
    (row,) = [each for each in kept["items"] if each["referencia_id"] == made["id"]]
    assert row["datos"]["cuenta_id"] == made["cuenta_id"]


def test_it_goes_with_the_client_who_takes_over(cast, cliente, new_cliente, new_producto):
    made = invoiced(cast.vendedora, cliente, {new_producto()["id"]: 1})
    survivor = new_cliente()
    body = {"duplicado": cliente.cliente_id, "cerrar_login": True}
    merged = cast.admin.post(f"/api/v1/clientes/{survivor.cliente_id}/fusionar", json=body)
    assert merged.status_code == 200, merged.text
    assert [each["id"] for each in invoices_of(survivor, survivor)] == [made["id"]]
    # Asked for the old record, the survivor answers.
    assert [each["id"] for each in invoices_of(cast.admin, cliente)] == [made["id"]]
    pay(cast.admin, survivor, made["saldo"], {"id": made["cuenta_id"]})
    assert survivor.get(f"{FACTURAS}/{made['id']}").json()["saldo"] == "0.00"


def test_forgotten_its_amounts_stay(cast, cliente, new_producto):
    made = invoiced(cast.vendedora, cliente, {new_producto(nombre="Agua")["id"]: 1})
    assert cast.admin.post(f"/api/v1/clientes/{cliente.cliente_id}/anonimizar").status_code == 200
    left = cast.admin.get(f"{FACTURAS}/{made['id']}").json()
    assert left == made | {
        "cliente_nombre": "Cliente eliminado",
        "cliente_nit": None,
        "cliente_direccion": None,
    }
