"""Many clients at once, from a sheet: matched by identifier, NIT or phone, then made or changed together.

Everything is one transaction. New records come first and rows that change later, because nobody waits for a new one;
audit rows and events come last. What a sheet does not change is not touched, so a repeated import does nothing.
"""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType, structs

from clientela.clientes import rules, windows
from clientela.clientes.matching import choose
from clientela.clientes.model import CambiosCliente, Cliente, Direccion, NuevaDireccion
from clientela.clientes.store import imports as store
from clientela.core import audit, events
from clientela.core.actor import Actor
from clientela.core.db import Db
from clientela.core.errors import Conflict
from clientela.core.ids import uuid7
from clientela.core.importing import ErrorFila, Informe, Modo, Progreso, batches
from clientela.core.text import phone_e164
from clientela.core.textos import CAMPOS
from clientela.identidad import users
from clientela.identidad.model import Rol
from clientela.organizacion import service as organizacion


class FilaCliente(msgspec.Struct, frozen=True):
    """One row of a sheet as the register's words; what the sheet has no column for is UNSET.

    `localidad` and `categorias` are codes; `direccion` is the client's principal address.
    """

    numero: int
    cambios: CambiosCliente
    id: UUID | None = None
    localidad: str | UnsetType | None = UNSET
    categorias: tuple[str, ...] | UnsetType = UNSET
    direccion: Mapping[str, str | None] | UnsetType = UNSET


class ClienteNombrado(msgspec.Struct, frozen=True):
    """A client as another sheet names him: by identifier or number, else by NIT and phone."""

    id: UUID | int | None = None
    nit: str | None = None
    telefono: str | None = None


class _Cambio(msgspec.Struct, frozen=True):
    """What one row does to a client who is there."""

    fila: FilaCliente
    before: Cliente
    after: Cliente
    categorias: tuple[int, ...] | None
    direccion: Direccion | NuevaDireccion | None

    @property
    def parts(self) -> list[str]:
        names = {"categorias": self.categorias, "direcciones": self.direccion}
        return [name for name, value in names.items() if value is not None]

    @property
    def does_something(self) -> bool:
        return self.before != self.after or bool(self.parts)


async def import_clients(
    db: Db,
    actor: Actor | None,
    rows: Sequence[FilaCliente],
    errors: Sequence[ErrorFila],
    modo: Modo,
    progress: Progreso,
) -> Informe:
    """Make or change the clients of a sheet; `actor` is an administrator, or None for the command line.

    `errors` are those that were found in the sheet itself. With any error at all nothing is written, unless the valid
    rows alone are wanted. Conflict `importacion_en_curso` while another import runs, `conflicto_simultaneo` when a
    client whom a row changes was merged or erased meanwhile.
    """
    import_id = uuid7()
    async with db.transaction() as tx:
        if not await store.lock_imports(tx):
            raise Conflict("importacion_en_curso")
        known, more = await _with_references(tx, rows)
        new, present, ambiguous = await _matched(tx, known, progress)
        errors = sorted([*errors, *more, *ambiguous], key=lambda error: error.fila)
        changes = [
            c
            for batch in batches(present)
            for c in await _compared(tx, batch, lock=False)
            if c.does_something
        ]
        report = Informe(
            filas=len({*(row.numero for row in rows), *(error.fila for error in errors)}),
            creados=len(new),
            actualizados=len(changes),
            sin_cambios=len(present) - len(changes),
            errores=tuple(errors),
        )
        if modo.ensayo or (errors and not modo.solo_validas):
            return report
        await _apply(tx, actor, import_id, new, [(c.fila, c.before.id) for c in changes], progress)
    return structs.replace(report, aplicado=True)


# --- for sheets of other things --------------------------------------------------------------------------------


async def identify(db: Db, named: Sequence[ClienteNombrado]) -> list[UUID | tuple[str, str]]:
    """Tell whom the rows of another sheet name; (column, sentence) where nobody can tell, columns as in this one."""
    found: list[UUID | tuple[str, str]] = []
    unknown = ("id", CAMPOS["cliente_desconocido"])
    for batch in batches(named):
        numbers = await store.ids_by_number(db, [each.id for each in batch if isinstance(each.id, int)])
        ids = [numbers.get(each.id) if isinstance(each.id, int) else each.id for each in batch]
        nits = [rules.nit_key(each.nit) if each.nit else None for each in batch]
        phones = [phone_e164(each.telefono, db.settings.pais) if each.telefono else None for each in batch]
        matches = await store.match(db, ids, nits, phones)
        for each, wanted, nit, phone, candidates in zip(batch, ids, nits, phones, matches, strict=True):
            if isinstance(each.id, int) and wanted is None:
                found.append(unknown)
                continue
            chosen = choose(wanted, nit, phone, candidates)
            by = "id" if wanted else "nit" if nit else "telefono"
            found.append((by, unknown[1]) if chosen is None else chosen)
    return found


# --- what the rows name ----------------------------------------------------------------------------------------


async def _with_references(db: Db, rows: Sequence[FilaCliente]) -> tuple[list[FilaCliente], list[ErrorFila]]:
    """Put identifiers for codes; rows that name what does not exist are errors and fall out."""
    localities = await store.localities(db, {row.localidad for row in rows if isinstance(row.localidad, str)})
    codes = {code for row in rows if row.categorias is not UNSET for code in row.categorias}
    categories = await store.categories(db, codes)
    named = {s for row in rows if isinstance(s := row.cambios.vendedor_asignado_id, UUID)}
    sellers = {seller for seller in named if await users.is_active(db, seller, Rol.VENDEDOR)}
    today = windows.local(db.now(), await organizacion.zona(db)).date()
    known: list[FilaCliente] = []
    errors: list[ErrorFila] = []
    for row in rows:
        wrong = []
        changes = row.cambios
        if isinstance(row.localidad, str):
            if row.localidad.lower() not in localities:
                wrong.append(("localidad", "localidad_desconocida"))
            else:
                changes = structs.replace(changes, localidad_id=localities[row.localidad.lower()])
        elif row.localidad is None:
            changes = structs.replace(changes, localidad_id=None)
        if row.categorias is not UNSET:
            if any(code.lower() not in categories for code in row.categorias):
                wrong.append(("categorias", "categoria_desconocida"))
            else:
                ids = tuple(sorted({categories[code.lower()] for code in row.categorias}))
                changes = structs.replace(changes, categorias_ids=ids)
        if isinstance(changes.vendedor_asignado_id, UUID) and changes.vendedor_asignado_id not in sellers:
            wrong.append(("vendedor_asignado_id", "vendedor_desconocido"))
        born = changes.fecha_nacimiento
        if isinstance(born, date) and born > today:
            wrong.append(("fecha_nacimiento", "fecha_futura"))
        if wrong:
            errors += [ErrorFila(row.numero, column, CAMPOS[code]) for column, code in wrong]
        else:
            known.append(structs.replace(row, cambios=changes))
    return known, errors


async def _matched(
    db: Db, rows: Sequence[FilaCliente], progress: Progreso
) -> tuple[list[FilaCliente], list[tuple[FilaCliente, UUID]], list[ErrorFila]]:
    """Tell new clients from those who are there; what cannot be told is an error."""
    new: list[FilaCliente] = []
    present: list[tuple[FilaCliente, UUID]] = []
    errors: list[ErrorFila] = []
    seen: dict[tuple[str, str], int] = {}
    done = 0
    for batch in batches(rows):
        keys = [_keys(row, db.settings.pais) for row in batch]
        found = await store.match(db, [row.id for row in batch], [k[0] for k in keys], [k[1] for k in keys])
        for row, (nit, phone), candidates in zip(batch, keys, found, strict=True):
            chosen = choose(row.id, nit, phone, candidates)
            problem = chosen if isinstance(chosen, tuple) else _repeated(seen, row, nit, phone, chosen)
            if problem is None and chosen is None and row.cambios.nombre is UNSET:
                problem = ("nombre", CAMPOS["obligatorio"])
            if problem is not None:
                errors.append(ErrorFila(row.numero, *problem))
            elif isinstance(chosen, UUID):
                present.append((row, chosen))
            else:
                new.append(row)
        done += len(batch)
        progress("comparar", done, len(rows))
    return new, present, errors


def _keys(row: FilaCliente, country: str) -> tuple[str | None, str | None]:
    nit, phone = row.cambios.nit, row.cambios.telefono
    return (
        rules.nit_key(nit) if isinstance(nit, str) else None,
        phone_e164(phone, country) if isinstance(phone, str) else None,
    )


def _repeated(
    seen: dict[tuple[str, str], int],
    row: FilaCliente,
    nit: str | None,
    phone: str | None,
    chosen: UUID | None,
) -> tuple[str, str] | None:
    """Refuse the second row of one client. With an identifier, NIT and phone may repeat: it alone decides."""
    keys = [("id", str(chosen or row.id))] if chosen or row.id else []
    if row.id is None:
        keys += [(column, value) for column, value in (("nit", nit), ("telefono", phone)) if value]
    for key in keys:
        if key in seen:
            column = key[0] if key[0] != "id" or row.id is not None else ("nit" if nit else "telefono")
            return column, CAMPOS["fila_repetida"].format(fila=seen[key])
    seen.update(dict.fromkeys(keys, row.numero))
    return None


# --- what the rows change --------------------------------------------------------------------------------------


async def _compared(db: Db, batch: Sequence[tuple[FilaCliente, UUID]], *, lock: bool) -> list[_Cambio]:
    """Apply rows to the clients as they are now; with `lock` nobody else changes those until the end."""
    ids = [cliente_id for _, cliente_id in batch]
    clients = await store.get_many(db, ids, lock=lock)
    if len(clients) < len(ids):
        raise Conflict("conflicto_simultaneo", headers={"Retry-After": "1"})
    first = batch[0][0]
    categories = {} if first.categorias is UNSET else await store.categories_of(db, ids)
    addresses = {} if first.direccion is UNSET else await store.principal_addresses(db, ids)
    changes = []
    for row, cliente_id in batch:
        before = clients[cliente_id]
        after = rules.apply_changes(before, row.cambios)
        phone = phone_e164(after.telefono, db.settings.pais) if after.telefono else None
        wanted = row.cambios.categorias_ids
        same = wanted is UNSET or set(wanted) == categories.get(cliente_id, set())
        changes.append(
            _Cambio(
                fila=row,
                before=before,
                after=structs.replace(after, telefono_e164=phone),
                categorias=None if same or wanted is UNSET else wanted,
                direccion=_address(row, addresses.get(cliente_id)),
            )
        )
    return changes


def _address(row: FilaCliente, present: Direccion | None) -> Direccion | NuevaDireccion | None:
    """Return the principal address to be stored; None where it stays. An empty one takes none away."""
    if row.direccion is UNSET or not row.direccion.get("direccion"):
        return None
    fields: dict[str, Any] = dict(row.direccion)
    if present is None:
        return NuevaDireccion(**fields, es_principal=True)
    wanted = structs.replace(present, **fields)
    return None if wanted == present else wanted


async def _apply(
    db: Db,
    actor: Actor | None,
    import_id: UUID,
    new: Sequence[FilaCliente],
    present: Sequence[tuple[FilaCliente, UUID]],
    progress: Progreso,
) -> None:
    total, done = len(new) + len(present), 0
    told: list[tuple[UUID, int]] = []
    written: list[dict[str, Any]] = []
    for batch in batches(new):
        made = await _insert(db, batch)
        told += [(cliente_id, 1) for cliente_id in made]
        written.append({"importacion_id": import_id, "creados": made})
        progress("escribir", done := done + len(batch), total)
    turned: dict[bool, list[UUID]] = {True: [], False: []}
    for pairs in batches(present):
        changes = await _compared(db, pairs, lock=True)
        versions = await _update(db, changes)
        told += versions.items()
        written.append({"importacion_id": import_id, "actualizados": dict(_audited(changes))})
        for change in changes:
            if change.before.activo != change.after.activo:
                turned[change.after.activo].append(change.after.usuario_principal_id)
        progress("escribir", done := done + len(pairs), total)
    for datos in written:
        await audit.record(
            db, "importacion.clientes", actor=actor, objeto=("importacion", str(import_id)), datos=datos
        )
    await store.set_principals_active(db, turned)
    await _announce(db, actor, import_id, told, created=len(new))


async def _insert(db: Db, batch: Sequence[FilaCliente]) -> list[UUID]:
    """Store new clients with their principals, categories and addresses; return their identifiers."""
    rows, categories, addresses = [], [], []
    for row in batch:
        cliente_id = row.id or uuid7()
        fields = {k: v for k, v in structs.asdict(row.cambios).items() if v is not UNSET}
        phone = fields.get("telefono")
        e164 = phone_e164(phone, db.settings.pais) if phone else None
        rows.append({**fields, "id": cliente_id, "usuario_id": uuid7(), "telefono_e164": e164})
        categories += [(cliente_id, category) for category in fields.get("categorias_ids", ())]
        address = _address(row, None)
        if address is not None:
            addresses.append((cliente_id, address))
    await store.insert_many(db, rows)
    await store.add_categories(db, categories)
    await store.write_addresses(db, addresses)
    return [row["id"] for row in rows]


async def _update(db: Db, changes: Sequence[_Cambio]) -> dict[UUID, int]:
    """Store what changed of clients who are held; return their new versions."""
    versions = await store.update_many(db, [change.after for change in changes if change.does_something])
    replaced = [change for change in changes if change.categorias is not None]
    await store.clear_categories(db, [change.before.id for change in replaced])
    await store.add_categories(
        db, [(c.before.id, category) for c in replaced for category in c.categorias or ()]
    )
    await store.write_addresses(db, [(c.before.id, c.direccion) for c in changes if c.direccion is not None])
    return versions


def _audited(changes: Sequence[_Cambio]) -> Iterator[tuple[str, Any]]:
    for change in changes:
        if change.does_something:
            yield str(change.before.id), rules.audited_change(change.before, change.after, change.parts)


async def _announce(
    db: Db, actor: Actor | None, import_id: UUID, told: Sequence[tuple[UUID, int]], *, created: int
) -> None:
    """Write each client's event for his timeline, and one for the administrators.

    The clients' events have a stream of their own: on the users' streams an import would hold up their carts.
    """
    stream = events.import_stream(import_id)
    for batch in batches(told):
        await events.emit_many(
            db,
            stream,
            [
                events.Draft(
                    "client.created" if version == 1 else "client.updated",
                    {"id": cliente_id, "version": version},
                    cliente_id,
                )
                for cliente_id, version in batch
            ],
            actor=actor,
        )
    if told:
        datos = {"id": str(import_id), "creados": created, "actualizados": len(told) - created}
        await events.emit(
            db, "clients.imported", flujos=[events.role_stream(Rol.ADMIN)], datos=datos, actor=actor
        )


async def export_pages(db: Db, rows: int) -> AsyncIterator[list[dict[str, Any]]]:
    """Give every client, by number, so many at a time; neither merged nor erased ones."""
    after = 0
    while page := await store.export_page(db, after, rows):
        yield page
        after = page[-1]["numero"]
