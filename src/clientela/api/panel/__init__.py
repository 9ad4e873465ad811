"""Dialect A: the customer's panel (spec 1)."""

from clientela.api.panel import autoguardar, borradores, carrito, preferencias, reclamos

__all__ = ["autoguardar", "borradores", "carrito", "preferencias", "reclamos"]
