"""Everything at once: clients, products and work orders as sheets, in and out."""

from clientela.api.bulk import routes

__all__ = ["routes"]
