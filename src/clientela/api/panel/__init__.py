"""Dialect A: the customer's panel (spec 1)."""

from clientela.api.panel import autoguardar, borradores, carrito, login, preferencias, reclamos

__all__ = ["autoguardar", "borradores", "carrito", "login", "preferencias", "reclamos"]
