"""How a payment is divided, as tables and for everything that can be thought of."""

import uuid
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clientela.cobranza import rules
from clientela.cobranza.model import Abierta, Deudor
from clientela.core.actor import Actor

amounts = st.decimals(Decimal("0.01"), Decimal("999999999.99"), places=2)


def debts(*balances):
    return [Abierta(uuid.uuid4(), Decimal(balance)) for balance in balances]


@pytest.mark.parametrize(
    ("amount", "balances", "parts"),
    [
        ("5.00", ["10.00"], ["5.00"]),
        ("10.00", ["10.00"], ["10.00"]),
        ("10.01", ["10.00", "0.01"], ["10.00", "0.01"]),
        ("10.00", ["10.00", "5.00"], ["10.00"]),
        ("0.01", ["0.01", "0.01"], ["0.01"]),
        ("10.01", ["10.00"], None),
        ("0.01", [], None),
    ],
)
def test_a_payment_fills_debts_in_their_order(amount, balances, parts):
    open_debts = debts(*balances)
    made = rules.spread(Decimal(amount), open_debts)
    if parts is None:
        assert made is None
    else:
        assert made is not None
        assert [part.monto for part in made] == [Decimal(part) for part in parts]
        assert [part.cuenta_id for part in made] == [debt.id for debt in open_debts[: len(parts)]]


@given(amounts, st.lists(amounts, max_size=12))
def test_every_cent_goes_somewhere_and_nowhere_twice(amount, balances):
    open_debts = debts(*balances)
    made = rules.spread(amount, open_debts)
    if made is None:
        assert amount > rules.open_total(open_debts)
        return
    assert sum(part.monto for part in made) == amount
    assert all(part.monto > 0 for part in made)
    for part, debt in zip(made, open_debts, strict=False):
        assert part.cuenta_id == debt.id
        assert part.monto <= debt.saldo_pendiente
    # Only the last one may be left with something open.
    assert all(part.monto == debt.saldo_pendiente for part, debt in zip(made[:-1], open_debts, strict=False))


ME, OTHER, CLIENT = uuid.uuid4(), uuid.uuid4(), uuid.uuid4()


@pytest.mark.parametrize(
    ("rol", "seller", "reads", "collects"),
    [
        ("admin", OTHER, True, True),
        ("soporte", None, True, False),
        ("vendedor", ME, True, True),
        ("vendedor", None, True, True),
        ("vendedor", OTHER, False, False),
        ("tecnico", ME, False, False),
        ("cliente", ME, False, False),
    ],
)
def test_who_reads_and_who_collects(rol, seller, reads, collects):
    actor = Actor(
        usuario_id=ME, numero=1, tipo="usuario", rol=rol, cliente_id=uuid.uuid4() if rol == "cliente" else None,
        nombre="x", correo=None, sesion_id=None, token_id=None, habilidades=None, debe_cambiar=False,
    )  # fmt: skip
    debtor = Deudor(CLIENT, uuid.uuid4(), seller, None)
    assert (rules.may_read(actor, debtor), rules.may_collect(actor, debtor)) == (reads, collects)


def test_a_customer_reads_his_own_and_takes_no_money():
    actor = Actor(
        usuario_id=ME, numero=1, tipo="cliente", rol="cliente", cliente_id=CLIENT,
        nombre="x", correo=None, sesion_id=None, token_id=None, habilidades=None, debe_cambiar=False,
    )  # fmt: skip
    debtor = Deudor(CLIENT, ME, None, None)
    assert (rules.may_read(actor, debtor), rules.may_collect(actor, debtor)) == (True, False)
