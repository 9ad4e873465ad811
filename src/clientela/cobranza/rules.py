"""Decisions about debts and payments: no database, no clock."""

from collections.abc import Sequence
from decimal import Decimal

from clientela.clientes import rules as clientes
from clientela.cobranza.model import Abierta, Deudor, Parte
from clientela.core.actor import Actor
from clientela.core.money import CERO
from clientela.identidad.model import Rol


def may_read(actor: Actor, debtor: Deudor) -> bool:
    """Tell whether somebody may see a client's debts: those who may read the client (CONTRACT §3)."""
    return clientes.may_read(actor, debtor.cliente_id, debtor.vendedor_asignado_id)


def may_collect(actor: Actor, debtor: Deudor) -> bool:
    """Tell whether somebody may take a client's money: administrators, and the sellers who serve him."""
    return actor.rol in {Rol.ADMIN, Rol.VENDEDOR} and may_read(actor, debtor)


def open_total(debts: Sequence[Abierta]) -> Decimal:
    """Sum what is open."""
    return sum((debt.saldo_pendiente for debt in debts), CERO)


def spread(amount: Decimal, debts: Sequence[Abierta]) -> tuple[Parte, ...] | None:
    """Divide a payment among open debts, in their order, each filled before the next; None when it exceeds them."""
    parts: list[Parte] = []
    left = amount
    for debt in debts:
        if not left:
            break
        part = min(left, debt.saldo_pendiente)
        parts.append(Parte(debt.id, part))
        left -= part
    return None if left else tuple(parts)
