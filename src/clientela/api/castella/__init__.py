"""Dialect E, Castella (spec 5): accounts of customers; field service comes later."""

from clientela.api.castella import cuentas

__all__ = ["cuentas"]
