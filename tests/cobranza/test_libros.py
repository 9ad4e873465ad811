"""The walls of the books: whoever writes, and however, the database keeps them right."""

import uuid
from decimal import Decimal

import asyncpg
import pytest

from clientela.cobranza import service
from tests.cobranza.books import owe, pay
from tests.races.planting import plant_client
from tests.tools.database import run
from tests.tools.sweep import sweep

CUENTA = """INSERT INTO cuentas_por_cobrar (id, cliente_id, concepto, monto, pagado_antes, registrada_por, creado_en,
                                            actualizado_en)
            VALUES ($1, $2, 'Saldo', 10, 0, $3, now(), now())"""
PAGO = """INSERT INTO pagos (id, cliente_id, monto, medio, registrado_por, creado_en, actualizado_en)
          VALUES ($1, $2, $4::numeric, 'efectivo', $3, now(), now())"""
PARTE = (
    "INSERT INTO pago_aplicaciones (pago_id, cliente_id, cuenta_id, monto) VALUES ($1, $2, $3, $4::numeric)"
)
SALDO = "SELECT saldo_pendiente FROM cuentas_por_cobrar WHERE id = $1"


class Books:
    """A client with a debt of 10, and a payment of 4 of it, planted without the product."""

    def __init__(self, database):
        self.database = database
        self.usuario, self.cliente = plant_client(database)
        self.cuenta, self.pago = uuid.uuid4(), uuid.uuid4()
        database.execute(CUENTA, self.cuenta, self.cliente, self.usuario)
        self.pay(4, self.pago)

    def pay(self, monto, pago=None, parte=None, cuenta=None, cliente=None):
        """One payment in one transaction, right or wrong."""

        async def write():
            connection = await asyncpg.connect(self.database.dsn)
            try:
                async with connection.transaction():
                    made, owner = pago or uuid.uuid4(), cliente or self.cliente
                    await connection.execute(PAGO, made, owner, self.usuario, Decimal(monto))
                    part = Decimal(monto if parte is None else parte)
                    await connection.execute(PARTE, made, owner, cuenta or self.cuenta, part)
            finally:
                await connection.close()

        run(write())

    @property
    def balance(self):
        return self.database.fetchval(SALDO, self.cuenta)


@pytest.fixture
def books(new_database):
    made = Books(new_database())
    yield made
    assert sweep(made.database) == []


def test_the_balance_follows_by_itself(books):
    assert books.balance == 6
    books.pay("6.00")
    assert books.balance == 0
    books.database.execute(
        "UPDATE pagos SET anulado_en = now(), anulado_por = registrado_por, motivo_anulacion = 'x' WHERE id = $1",
        books.pago,
    )
    assert books.balance == 4


def test_no_payment_takes_more_than_is_open(books):
    with pytest.raises(asyncpg.CheckViolationError, match="cuentas_por_cobrar_saldo_valido"):
        books.pay("6.01")
    assert books.balance == 6


@pytest.mark.parametrize("parte", ["2.99", "3.01"])
def test_no_payment_goes_to_debts_in_part(books, parte):
    with pytest.raises(asyncpg.CheckViolationError, match="last cent"):
        books.pay("3.00", parte=parte)
    assert books.balance == 6


def test_no_payment_goes_to_another_client_s_debt(books):
    _, other = plant_client(books.database)
    with pytest.raises(asyncpg.ForeignKeyViolationError, match="pago_aplicaciones_cuenta_fk"):
        books.pay("1.00", cliente=other)


@pytest.mark.parametrize("change", ["aplicado = 0", "aplicado = 10"])
def test_a_balance_that_somebody_writes_is_counted_again(books, change):
    books.database.execute(f"UPDATE cuentas_por_cobrar SET {change}")
    assert books.balance == 6


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE cuentas_por_cobrar SET monto = 11",
        "UPDATE cuentas_por_cobrar SET pagado_antes = 1",
        "UPDATE cuentas_por_cobrar SET fecha_vencimiento = '2030-01-01'",
        "UPDATE pagos SET monto = 5",
        "UPDATE pagos SET medio = 'qr'",
        "UPDATE pago_aplicaciones SET monto = 3",
        "DELETE FROM pago_aplicaciones",
        "DELETE FROM pagos",
        "DELETE FROM cuentas_por_cobrar",
    ],
)
def test_the_books_are_never_rewritten(books, statement):
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        books.database.execute(statement)


def test_what_is_annulled_stays_annulled(books):
    books.database.execute(
        "UPDATE pagos SET anulado_en = now(), anulado_por = registrado_por, motivo_anulacion = 'x'"
    )
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        books.database.execute(
            "UPDATE pagos SET anulado_en = NULL, anulado_por = NULL, motivo_anulacion = NULL"
        )
    books.database.execute(
        "UPDATE cuentas_por_cobrar SET anulada_en = now(), anulada_por = registrada_por, motivo_anulacion = 'x'"
    )
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        books.database.execute(
            "UPDATE cuentas_por_cobrar SET anulada_en = NULL, anulada_por = NULL, motivo_anulacion = NULL"
        )
    with pytest.raises(asyncpg.CheckViolationError, match="cuentas_por_cobrar_anulada_sin_pagos"):
        books.pay("0.01")


def test_a_debt_with_payments_is_not_annulled(books):
    with pytest.raises(asyncpg.CheckViolationError, match="cuentas_por_cobrar_anulada_sin_pagos"):
        books.database.execute(
            "UPDATE cuentas_por_cobrar SET anulada_en = now(), anulada_por = registrada_por, motivo_anulacion = 'x'"
        )


def test_annulling_without_a_reason_is_refused(books):
    with pytest.raises(asyncpg.CheckViolationError, match="pagos_anulacion_entera"):
        books.database.execute("UPDATE pagos SET anulado_en = now()")


async def test_books_move_whole_to_the_record_that_takes_over(pool, cast, new_cliente):
    old, kept = new_cliente(), new_cliente()
    debt = owe(cast.admin, old, "10.00")
    payment = pay(cast.admin, old, "4.00")
    own = owe(cast.admin, kept, "1.00")
    async with pool.db.transaction() as tx:
        await service.move_books(tx, uuid.UUID(old.cliente_id), uuid.UUID(kept.cliente_id))
    assert kept.get("/api/v1/cuentas-por-cobrar").json()["total"] == 2
    assert old.get("/api/v1/cuentas-por-cobrar").json()["total"] == 0
    assert kept.get(f"/api/v1/pagos/{payment['id']}").status_code == 200
    assert await service.open_balance(pool.db, uuid.UUID(kept.cliente_id)) == Decimal("7.00")
    found = await service.open_receivables(pool.db, uuid.UUID(kept.cliente_id))
    assert [str(each.id) for each in found] == [debt["id"], own["id"]]
    pay(cast.admin, kept, "7.00")
