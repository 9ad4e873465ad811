"""Clientela: one backend for everything between a business and its customers."""

__version__ = "0.1.0"
