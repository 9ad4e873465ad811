"""Money and quantities: decimals; money has two places, rounded half-up line by line (CONTRACT §1, §12)."""

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

CENT: Final = Decimal("0.01")
CERO: Final = Decimal("0.00")
_HUNDRED: Final = Decimal(100)


def round_money(amount: Decimal) -> Decimal:
    """Round an amount half-up to two places; −0.00 becomes 0.00."""
    rounded = amount.quantize(CENT, rounding=ROUND_HALF_UP)
    return rounded or CERO


def line_subtotal(precio: Decimal, cantidad: Decimal) -> Decimal:
    """Price one line: unit price × quantity, rounded. A total is the sum of rounded lines, never the reverse."""
    return round_money(precio * cantidad)


def total(subtotals: Iterable[Decimal]) -> Decimal:
    """Sum rounded lines; 0.00 when there are none."""
    return round_money(sum(subtotals, CERO))


def discounted(precio: Decimal, porcentaje: Decimal) -> Decimal:
    """Lower a unit price by a percentage (15 = 15 %), rounded."""
    return round_money(precio * (_HUNDRED - porcentaje) / _HUNDRED)


def plain_decimal(value: Decimal | None) -> Decimal | None:
    """Drop the zeros that storage adds after the point: 12.500 becomes 12.5, and 10.000 becomes 10."""
    if value is None:
        return None
    whole = value.to_integral_value()
    return whole if value == whole else value.normalize()
