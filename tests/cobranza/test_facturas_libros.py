"""The walls around invoices: whoever writes, numbers have no gap, totals are right, and nothing changes afterwards."""

import uuid
from datetime import date
from decimal import Decimal

import asyncpg
import pytest

from tests.cobranza.deliveries import invoiced, invoices_of, on_its_way, ordered
from tests.races.planting import plant_client, plant_products
from tests.tools.database import run
from tests.tools.sweep import sweep

PEDIDO = """
INSERT INTO pedidos (id, cliente_id, creado_por, carrito_version, condicion_pago, total, estado, creado_en,
                     actualizado_en)
VALUES ($1::uuid, $2::uuid, $3::uuid, 1, 'CREDITO', 6, 'EN_RUTA', now(), now())"""
LINEA = """
INSERT INTO pedido_lineas (pedido_id, posicion, producto_id, codigo, nombre, unidad, cantidad, precio_unitario,
                           descontada)
VALUES ($1::uuid, 1, $2::uuid, 'A', 'Agua', 'botella', 2, 3, false)"""
EMITIR = """
SELECT fn.factura_emitir($1::uuid, gen_random_uuid(), gen_random_uuid(), 'El Ceibo', 'BOB', date '2026-11-20',
                         date '2026-12-20', $2::uuid, now())"""
ENTREGAR = "UPDATE pedidos SET estado = 'ENTREGADO' WHERE id = $1::uuid"


def wrong(database):
    """The rules about invoices that something in a database breaks."""
    return [each.rule for each in sweep(database) if each.rule.startswith(("factura_", "entrega_"))]


class Shop:
    """A database with a client and orders of 6.00 on their way to him."""

    def __init__(self, database):
        self.database = database
        self.usuario, self.cliente = plant_client(database)
        (self.product,) = plant_products(database, 1)

    def order(self):
        made = uuid.uuid4()
        self.database.execute(PEDIDO, made, self.cliente, self.usuario)
        self.database.execute(LINEA, made, self.product)
        return made

    def deliver(self, order, *, broken=False):
        """Deliver an order in one transaction, and give it up at the end if it is `broken`."""

        async def work():
            async with self.database.connect() as connection:
                transaction = connection.transaction()
                await transaction.start()
                try:
                    await connection.execute(ENTREGAR, order)
                    await connection.fetchval(EMITIR, order, self.usuario)
                finally:
                    await (transaction.rollback() if broken else transaction.commit())

        run(work())

    @property
    def numbers(self):
        return [row["numero"] for row in self.database.fetch("SELECT numero FROM facturas ORDER BY 1")]


@pytest.fixture
def shop(new_database):
    return Shop(new_database())


def test_a_number_that_was_given_up_is_given_again(shop):
    for broken in (False, True, True, False):
        shop.deliver(shop.order(), broken=broken)
    assert shop.numbers == [1, 2]
    assert wrong(shop.database) == []


def test_control_a_sequence_leaves_gaps(shop):
    defined = shop.database.fetchval(
        "SELECT pg_get_functiondef(oid) FROM pg_proc WHERE proname = 'factura_emitir'"
    )
    counted = "UPDATE public.factura_numeros SET ultimo = ultimo + 1 RETURNING ultimo INTO STRICT v_numero"
    assert counted in defined
    shop.database.execute("CREATE SEQUENCE numeros")
    shop.database.execute(defined.replace(counted, "v_numero := nextval('numeros')"))
    for broken in (False, True, False):
        shop.deliver(shop.order(), broken=broken)
    assert shop.numbers == [1, 3]
    assert wrong(shop.database) == ["factura_salteada"]


def test_of_two_who_invoice_one_order_one_waits_and_does_nothing(shop):
    order = shop.order()

    async def both():
        async with shop.database.connect() as one, shop.database.connect() as two:
            transaction = one.transaction()
            await transaction.start()
            first = await one.fetchval(EMITIR, order, shop.usuario)
            await two.execute("SET lock_timeout = '100ms'")
            with pytest.raises(asyncpg.LockNotAvailableError):
                await two.fetchval(EMITIR, order, shop.usuario)
            await transaction.commit()
            return first, await two.fetchval(EMITIR, order, shop.usuario)

    assert run(both()) == (True, False)
    assert shop.numbers == [1]


def test_control_without_looking_the_constraint_refuses_the_second(shop):
    defined = shop.database.fetchval(
        "SELECT pg_get_functiondef(oid) FROM pg_proc WHERE proname = 'factura_emitir'"
    )
    looked = "EXISTS (SELECT FROM public.facturas WHERE pedido_id = p_pedido_id)"
    assert looked in defined
    shop.database.execute(defined.replace(looked, "false"))
    order = shop.order()
    shop.deliver(order)
    with pytest.raises(asyncpg.UniqueViolationError, match="facturas_pedido_uk"):
        shop.database.fetchval(EMITIR, order, shop.usuario)


def test_an_order_on_credit_is_delivered_with_its_invoice_or_not_at_all(shop):
    order = shop.order()
    with pytest.raises(asyncpg.CheckViolationError, match="delivered with its invoice"):
        shop.database.execute(ENTREGAR, order)
    shop.database.execute("UPDATE pedidos SET condicion_pago = 'CONTADO' WHERE id = $1::uuid", order)
    shop.database.execute(ENTREGAR, order)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE facturas SET total = total + 1",
        "UPDATE facturas SET numero = numero + 1",
        "UPDATE facturas SET fecha = fecha - 1",
        "UPDATE facturas SET fecha_vencimiento = fecha_vencimiento + 1",
        "UPDATE facturas SET emisor = 'Otra'",
        "UPDATE factura_lineas SET cantidad = 1",
        "UPDATE factura_lineas SET nombre = 'Otro'",
        "DELETE FROM factura_lineas",
        "DELETE FROM facturas",
    ],
)
def test_an_invoice_never_changes(shop, statement):
    shop.deliver(shop.order())
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        shop.database.execute(statement)


@pytest.mark.parametrize(
    ("plant", "refusal"),
    [
        ("UPDATE pedidos SET total = 7", "facturas_total_cuadrado|sum of its lines"),
        ("DELETE FROM pedido_lineas", "facturas_total_cuadrado|sum of its lines"),
    ],
)
def test_its_total_is_that_of_its_lines(shop, plant, refusal):
    order = shop.order()
    shop.database.execute(plant)
    with pytest.raises(asyncpg.CheckViolationError, match=refusal):
        shop.deliver(order)


def test_a_line_that_comes_later_is_refused(shop):
    shop.deliver(shop.order())
    with pytest.raises(asyncpg.CheckViolationError, match="sum of its lines"):
        shop.database.execute(
            """INSERT INTO factura_lineas (factura_id, posicion, codigo, nombre, unidad, cantidad, precio_unitario)
               SELECT id, 2, 'B', 'Otro', 'u', 1, 1 FROM facturas"""
        )


def test_the_debt_is_of_the_same_client(shop):
    shop.deliver(shop.order())
    _, other = plant_client(shop.database)
    with pytest.raises(asyncpg.ForeignKeyViolationError, match="facturas_cuenta_fk"):
        shop.database.execute("UPDATE facturas SET cliente_id = $1", other)


def test_one_row_counts(shop):
    with pytest.raises(asyncpg.UniqueViolationError, match="factura_numeros_pk"):
        shop.database.execute("INSERT INTO factura_numeros (ultimo) VALUES (9)")
    with pytest.raises(asyncpg.CheckViolationError, match="factura_numeros_unica"):
        shop.database.execute("INSERT INTO factura_numeros (unica, ultimo) VALUES (false, 9)")


CREDIT = """
SELECT (SELECT coalesce(sum(saldo_pendiente), 0) FROM cuentas_por_cobrar
         WHERE cliente_id = $1::uuid AND saldo_pendiente > 0)
     + (SELECT coalesce(sum(total), 0) FROM pedidos
         WHERE cliente_id = $1::uuid AND condicion_pago = 'CREDITO' AND estado NOT IN ('ENTREGADO', 'CANCELADO'))"""


def test_what_he_has_taken_on_credit_is_the_same_before_during_and_after(shop):
    """While the order is being delivered others see it as open; from the commit on they see its debt: never both."""
    order = shop.order()
    seen = []

    async def work():
        async with shop.database.connect() as one, shop.database.connect() as two:
            transaction = one.transaction()
            await transaction.start()
            for statement, *values in (
                (ENTREGAR, order),
                (EMITIR, order, shop.usuario),
            ):
                await one.execute(statement, *values)
                seen.append(await two.fetchval(CREDIT, shop.cliente))
            seen.append(await one.fetchval(CREDIT, shop.cliente))
            await transaction.commit()
            seen.append(await two.fetchval(CREDIT, shop.cliente))

    run(work())
    assert seen == [Decimal("6.00")] * 4


def test_its_dates_are_kept_as_they_were_said(shop):
    shop.deliver(shop.order())
    row = shop.database.fetchrow("SELECT fecha, fecha_vencimiento, emisor, moneda, total FROM facturas")
    assert tuple(row) == (date(2026, 11, 20), date(2026, 12, 20), "El Ceibo", "BOB", Decimal("6.00"))


def test_everything_that_was_made_over_the_api_is_whole(cast, new_cliente, new_producto, db):
    customer = new_cliente()
    made = invoiced(cast.admin, customer, {new_producto(precio="1.15")["id"]: 3})
    on_its_way(cast.admin, ordered(customer, {new_producto()["id"]: 1}))
    assert [each["id"] for each in invoices_of(cast.admin, customer)] == [made["id"]]
    assert wrong(db) == []
