"""The demo company, loaded through the services (CONTRACT §11)."""

from clientela.demo.carga import load
from clientela.demo.resumen import summary

__all__ = ["load", "summary"]
