"""v1: everything that none of the five published contracts gives an address."""

from clientela.api.v1 import operacion, organizacion, productos

__all__ = ["operacion", "organizacion", "productos"]
