"""Dialect D: carts and orders of the seller application (spec 4)."""

from clientela.api.pedidos import carritos, pedidos

__all__ = ["carritos", "pedidos"]
