"""Dialect B: the client records of the mobile application and the web panel (spec 2)."""

from clientela.api.clientes import imagenes, routes

__all__ = ["imagenes", "routes"]
