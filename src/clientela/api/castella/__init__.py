"""Dialect E, Castella (spec 5): accounts of customers, guarantees, ratings, maintenance, the overview."""

from clientela.api.castella import calificaciones, cuentas, garantias, mantenimientos

__all__ = ["calificaciones", "cuentas", "garantias", "mantenimientos"]
