"""Decisions about products: no database, no clock."""

from typing import Any, Final

import msgspec

from clientela.catalogo.model import CambiosProducto, Filtro, NuevoProducto, OrdenProductos, Producto

# What the audit log keeps with its old and new value; of the other fields it keeps the names only.
VALUES_AUDITED: Final = ("codigo", "precio", "existencias", "activo")


def apply_changes(current: Producto, changes: CambiosProducto) -> Producto:
    """Return the product as it will be."""
    fields: dict[str, Any] = msgspec.structs.asdict(changes)
    return msgspec.structs.replace(
        current, **{name: value for name, value in fields.items() if value is not msgspec.UNSET}
    )


def changed_fields(before: Producto, after: Producto) -> list[str]:
    """Name the fields that differ, in the order of the model (3 and 3.000 kg are the same)."""
    return [f for f in Producto.__struct_fields__ if getattr(before, f) != getattr(after, f)]


def audited_change(before: Producto, after: Producto) -> dict[str, Any]:
    """Say what changed, for the audit log: all names, and the values of price, stock, code and retirement."""
    fields = changed_fields(before, after)
    values = {
        f: {"antes": getattr(before, f), "despues": getattr(after, f)} for f in VALUES_AUDITED if f in fields
    }
    return {"campos": fields, "cambios": values}


def audited_birth(product: NuevoProducto) -> dict[str, Any]:
    """Say what a product began with, for the audit log."""
    return {name: getattr(product, name) for name in VALUES_AUDITED}


def order_of(wanted: Filtro) -> OrdenProductos:
    """Choose the order of a list: relevance where something is searched for, else by name."""
    if wanted.q is None:
        return (
            OrdenProductos.NOMBRE
            if wanted.orden in {None, OrdenProductos.RELEVANCIA}
            else OrdenProductos(wanted.orden)
        )
    return wanted.orden or OrdenProductos.RELEVANCIA
