"""Dialect D: carts and orders of the seller application (spec 4)."""

from clientela.api.pedidos import carritos, interno, pedidos

__all__ = ["carritos", "interno", "pedidos"]
