"""Many products at once, from a sheet: matched by their code, then added or changed together.

One transaction; what a sheet does not change is not touched, so a repeated import does nothing. Pictures are not in
a sheet: they stay as they are.
"""

from collections.abc import AsyncIterator, Sequence
from typing import Any
from uuid import UUID

import msgspec
from msgspec import UNSET

from clientela.catalogo import rules, store
from clientela.catalogo.model import CambiosProducto, NuevoProducto, Producto
from clientela.core import audit, events
from clientela.core.actor import Actor
from clientela.core.db import Db
from clientela.core.errors import Conflict
from clientela.core.ids import uuid7
from clientela.core.importing import ErrorFila, Informe, Modo, Progreso, batches
from clientela.core.textos import CAMPOS

_NEEDED = ("nombre", "precio")


class FilaProducto(msgspec.Struct, frozen=True):
    """One row of a sheet; `codigo` is always there, what the sheet has no column for is UNSET."""

    numero: int
    codigo: str
    cambios: CambiosProducto


async def import_products(
    db: Db,
    actor: Actor | None,
    rows: Sequence[FilaProducto],
    errors: Sequence[ErrorFila],
    modo: Modo,
    progress: Progreso,
) -> Informe:
    """Add or change the products of a sheet; `actor` is an administrator, or None for the command line.

    `errors` are those that were found in the sheet itself. With any error at all nothing is written, unless the valid
    rows alone are wanted. Conflict `importacion_en_curso` while another import runs.
    """
    import_id = uuid7()
    async with db.transaction() as tx:
        if not await store.lock_imports(tx):
            raise Conflict("importacion_en_curso")
        valid, repeated = _without_repeated(rows)
        present: dict[str, Producto] = {}
        for batch in batches(valid):
            present |= await store.get_by_codes(tx, [row.codigo for row in batch], lock=False)
            progress("comparar", len(present), len(valid))
        new, changed, incomplete = _sorted_out(valid, present)
        errors = sorted([*errors, *repeated, *incomplete], key=lambda error: error.fila)
        report = Informe(
            filas=len({*(row.numero for row in rows), *(error.fila for error in errors)}),
            creados=len(new),
            actualizados=len(changed),
            sin_cambios=len(valid) - len(new) - len(changed) - len({error.fila for error in incomplete}),
            errores=tuple(errors),
        )
        if modo.ensayo or (errors and not modo.solo_validas):
            return report
        await _apply(tx, actor, import_id, new, changed, progress)
    return msgspec.structs.replace(report, aplicado=True)


def _without_repeated(rows: Sequence[FilaProducto]) -> tuple[list[FilaProducto], list[ErrorFila]]:
    seen: dict[str, int] = {}
    valid: list[FilaProducto] = []
    errors: list[ErrorFila] = []
    for row in rows:
        first = seen.setdefault(row.codigo.lower(), row.numero)
        if first == row.numero:
            valid.append(row)
        else:
            errors.append(ErrorFila(row.numero, "codigo", CAMPOS["fila_repetida"].format(fila=first)))
    return valid, errors


def _sorted_out(
    rows: Sequence[FilaProducto], present: dict[str, Producto]
) -> tuple[list[FilaProducto], list[FilaProducto], list[ErrorFila]]:
    """Tell new products from those that change; a new one needs a name and a price."""
    new: list[FilaProducto] = []
    changed: list[FilaProducto] = []
    errors: list[ErrorFila] = []
    for row in rows:
        before = present.get(row.codigo)
        missing = [field for field in _NEEDED if before is None and getattr(row.cambios, field) is UNSET]
        if missing:
            errors += [ErrorFila(row.numero, field, CAMPOS["obligatorio"]) for field in missing]
        elif before is None:
            new.append(row)
        elif rules.apply_changes(before, row.cambios) != before:
            changed.append(row)
    return new, changed, errors


async def _apply(
    db: Db,
    actor: Actor | None,
    import_id: UUID,
    new: Sequence[FilaProducto],
    changed: Sequence[FilaProducto],
    progress: Progreso,
) -> None:
    total, done = len(new) + len(changed), 0
    written: list[dict[str, Any]] = []
    for batch in batches(new):
        made = [(uuid7(), _new(row)) for row in batch]
        await store.insert_many(db, made, db.now())
        born = {str(product_id): rules.audited_birth(product) for product_id, product in made}
        written.append({"importacion_id": import_id, "creados": born})
        progress("escribir", done := done + len(batch), total)
    for batch in batches(changed):
        held = await store.get_by_codes(db, [row.codigo for row in batch], lock=True)
        pairs = [
            (held[row.codigo], rules.apply_changes(held[row.codigo], row.cambios))
            for row in batch
            if row.codigo in held
        ]
        if len(pairs) < len(batch):
            # Somebody gave it another code meanwhile.
            raise Conflict("conflicto_simultaneo", headers={"Retry-After": "1"})
        await store.update_many(db, [after for _, after in pairs], db.now())
        audited = {str(before.id): rules.audited_change(before, after) for before, after in pairs}
        written.append({"importacion_id": import_id, "actualizados": audited})
        progress("escribir", done := done + len(batch), total)
    place = ("importacion", str(import_id))
    for datos in written:
        await audit.record(db, "importacion.productos", actor=actor, objeto=place, datos=datos)
    if written:
        counts = {"id": str(import_id), "creados": len(new), "actualizados": len(changed)}
        flujos = [events.role_stream("admin")]
        await events.emit(db, "products.imported", flujos=flujos, datos=counts, actor=actor)


def _new(row: FilaProducto) -> NuevoProducto:
    fields = {
        name: value for name, value in msgspec.structs.asdict(row.cambios).items() if value is not UNSET
    }
    return NuevoProducto(**{**fields, "codigo": row.codigo})


async def export_pages(db: Db, rows: int) -> AsyncIterator[list[Producto]]:
    """Give every product, so many at a time; retired ones too."""
    after = UUID(int=0)
    while page := await store.export_page(db, after, rows):
        yield page
        after = page[-1].id
