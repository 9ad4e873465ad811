"""The stores' own statements with arguments that `pgbench` can make: the limit we measure ourselves against.

The SQL is the stores' constants, never a copy. `pgbench` knows only whole numbers, so every identifier in the
data is a number of twelve digits behind `UUID_PREFIX`. The numbers of one client, as variables of a script:
`:c` his identifier, `:u` his user's, `:p0` … the products of his cart, `:q0` … quantities.
"""

import re
from collections.abc import Mapping
from typing import Final, Literal, NamedTuple

import msgspec

from clientela.carritos.store import PUT_LINE, READ, READ_OWN, REPLACE
from clientela.core import values
from clientela.panel.store import AUTOSAVE, READ_PREFERENCES
from clientela.pedidos.model import EntregaPedida
from clientela.pedidos.store import CREATE

CLIENTS: Final = 10_000
PRODUCTS: Final = 400
LINES: Final = 3
MAX_QUANTITY: Final = 9

UUID_PREFIX: Final = "00000000-0000-7000-8000-"
CLIENT: Final = 100_000_000_000
PRODUCT: Final = 200_000_000_000
USER: Final = 300_000_000_000
SESSION: Final = 400_000_000_000

# How the numbers follow from `:n`, the client's, in the arithmetic that SQL and pgbench share.
NUMBERS: Final[Mapping[str, str]] = {
    "c": f"{CLIENT} + :n",
    "u": f"{USER} + :n",
    **{f"p{line}": f"{PRODUCT} + (:n * 7 + {line * 131}) % {PRODUCTS}" for line in range(LINES)},
}


# Whose rows a statement is run over: any client's at random, each client's once, or always the same one's.
Whose = Literal["any", "each", "one"]


class Statement(NamedTuple):
    """One statement of a store, and an SQL expression for each of its parameters in their order."""

    sql: str
    arguments: tuple[str, ...]

    def script(self) -> str:
        """Return the statement with its arguments, in terms of the variables above."""
        return re.sub(r"\$(\d+)", lambda found: self.arguments[int(found[1]) - 1], self.sql.strip())

    def over(self, first: int, last: int) -> str:
        """Return a query that runs the statement once for each client from first to last (for planting)."""
        numbers = ", ".join(f"{_columns(how)} AS {name}" for name, how in NUMBERS.items())
        quantities = ", ".join(f"1 + (n * 3 + {line}) % {MAX_QUANTITY} AS q{line}" for line in range(LINES))
        rows = f"SELECT {numbers}, {quantities} FROM generate_series({first}::bigint, {last}::bigint) AS s(n)"  # noqa: S608
        return f"SELECT ({_columns(self.script())}) FROM ({rows}) AS i"  # noqa: S608


def _columns(text: str) -> str:
    """Turn the variables of a script into columns."""
    return re.sub(r"(?<!:):([a-z]\w*)", r"\1", text)


def made_of(variable: str) -> str:
    """Return the identifier that a number makes, as an SQL expression."""
    return f"('{UUID_PREFIX}' || {variable})"


_PRODUCTS: Final = "ARRAY[" + ", ".join(f"{made_of(f':p{line}')}::uuid" for line in range(LINES)) + "]"
_QUANTITIES: Final = "ARRAY[" + ", ".join(f":q{line}" for line in range(LINES)) + "]"
_WHOLE: Final = "'{" + ", ".join("f" for _ in range(LINES)) + "}'"
_FIELDS: Final = """{"titulo": "Cajas mojadas", "descripcion": "Faltan ' || :q0 || '"}"""
_DRAFT: Final = f"""('{{"reclamo": {{"version": null, "campos": {_FIELDS}}}}}')"""

READ_CART: Final = Statement(READ_OWN, (made_of(":c"), "clock_timestamp()"))
REPLACE_CART: Final = Statement(
    REPLACE,
    (
        made_of(":c"), _PRODUCTS, _QUANTITIES, _WHOLE, "NULL", made_of(":c"), made_of(":u"), "NULL",
        "clock_timestamp()",
    ),
)  # fmt: skip
SAVE_ALL: Final = Statement(
    AUTOSAVE,
    (
        made_of(":c"), _PRODUCTS, _QUANTITIES, _WHOLE, "NULL", made_of(":c"), _DRAFT, "true", "'carrito'",
        """'{"tema": "light"}'""", made_of(":u"), "NULL", "clock_timestamp()",
    ),
)  # fmt: skip
READ_PREFERENCE: Final = Statement(READ_PREFERENCES, (made_of(":c"),))
_OWN_KEY: Final = (made_of(":u"), made_of(":c"), "NULL", "false")
_NEW: Final = "gen_random_uuid()"
# pgbench takes a colon before a letter for a variable.
_WISH: Final = "'" + values.dumps(msgspec.to_builtins(EntregaPedida())).replace(":", ": ") + "'"

READ_OPEN_CART: Final = Statement(READ, (*_OWN_KEY, _NEW, "clock_timestamp()"))
ADD_LINE: Final = Statement(
    PUT_LINE,
    (
        *_OWN_KEY, made_of(":p0"), ":q0", "true", "NULL", "false", "NULL", "false", "NULL", _NEW, made_of(":u"),
        "clock_timestamp()",
    ),
)  # fmt: skip
PLACE_ORDER: Final = Statement(
    CREATE,
    (*_OWN_KEY, "NULL", _WISH, "false", "false", _NEW, _NEW, made_of(":u"), "NULL", "clock_timestamp()"),
)
