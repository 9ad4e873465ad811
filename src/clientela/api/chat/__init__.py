"""Dialect C: support chat of the mobile application (spec 3)."""

from clientela.api.chat import routes

__all__ = ["routes"]
