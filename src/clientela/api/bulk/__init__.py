"""Everything at once: clients and products as sheets, in and out."""

from clientela.api.bulk import routes

__all__ = ["routes"]
