"""Money is rounded half-up, line by line."""

from decimal import Decimal

import pytest

from clientela.core import money


@pytest.mark.parametrize(
    ("amount", "rounded"),
    [
        ("0.005", "0.01"),
        ("0.0049999", "0.00"),
        ("1.115", "1.12"),
        ("2.675", "2.68"),
        ("-0.005", "-0.01"),
        ("-0.001", "0.00"),
        ("999999999.995", "1000000000.00"),
    ],
)
def test_half_a_cent_goes_up(amount, rounded):
    assert str(money.round_money(Decimal(amount))) == rounded


def test_a_line_is_price_times_quantity_rounded():
    assert money.line_subtotal(Decimal("3.33"), Decimal("1.5")) == Decimal("5.00")
    assert money.line_subtotal(Decimal("0.01"), Decimal("0.4")) == Decimal("0.00")


def test_a_total_adds_rounded_lines():
    lines = [money.line_subtotal(Decimal("0.335"), Decimal(1)) for _ in range(3)]
    assert money.total(lines) == Decimal("1.02")
    assert str(money.total([])) == "0.00"


def test_a_discount_lowers_the_unit_price():
    assert money.discounted(Decimal("10.05"), Decimal(15)) == Decimal("8.54")
    assert money.discounted(Decimal("10.00"), Decimal(100)) == Decimal("0.00")
