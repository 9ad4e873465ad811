"""What of persons stands in the deliveries: the drivers, who are staff; nothing of clients.

A plan names orders, and whose they are, only the orders say: so forgetting and merging have nothing to do here.
"""

from typing import Final

TABLES: Final = frozenset({"vehiculos"})
"""The tables that refer to users, none of whom is a client."""
