"""Use cases of the client register (CONTRACT §2, §4)."""

from datetime import date
from uuid import UUID

from msgspec import UNSET, structs

from clientela.clientes import access, addresses, images, rules, windows
from clientela.clientes.model import (
    IMAGENES,
    CambiosCliente,
    Cliente,
    Expediente,
    Ficha,
    Filtro,
    NuevoCliente,
    Pagina,
    Ventana,
)
from clientela.clientes.store import catalogues, lists, parts, records
from clientela.core import audit, files
from clientela.core.actor import Actor
from clientela.core.db import Db
from clientela.core.errors import Forbidden, Invalid, NotFound, PreconditionFailed
from clientela.core.ids import uuid7
from clientela.core.text import phone_e164
from clientela.core.textos import CAMPOS
from clientela.identidad import links, users
from clientela.identidad.model import Credencial, NuevoLogin, Rol
from clientela.organizacion import service as organizacion


async def create_client(
    db: Db,
    actor: Actor | None,
    new: NuevoCliente,
    login: NuevoLogin | None = None,
    *,
    cliente_id: UUID | None = None,
) -> tuple[Cliente, Credencial]:
    """Make a client with its principal user, and return both.

    `actor` is the member of staff, or None for a customer who registers himself. Without `login` the principal
    has no credentials. A seller's new client is assigned to him. `cliente_id` is given where files lie under it
    already. Raises Conflict for a login name that somebody
    has, Forbidden for values that only an administrator may give, Invalid for what does not exist.
    """
    if actor is not None and not _may_give(actor, new, None):
        raise Forbidden
    seller = new.vendedor_asignado_id
    if seller is UNSET:
        seller = actor.usuario_id if actor is not None and actor.rol == Rol.VENDEDOR else None
    cliente_id = cliente_id or uuid7()
    async with db.transaction() as tx:
        await _check_references(tx, new)
        principal = await users.create_principal(tx, cliente_id, new.nombre, login)
        made = await records.insert_cliente(
            tx,
            (
                cliente_id, principal.usuario_id, seller, new.nombre, new.razon_social, new.nit, new.email,
                new.telefono, phone_e164(new.telefono, tx.settings.pais) if new.telefono else None,
                new.whatsapp, new.fecha_nacimiento, new.genero, new.limite_credito, new.localidad_id, new.latitud,
                new.longitud, new.observaciones, new.activo, *(new.imagenes.get(field) for field in IMAGENES),
                tx.now(),
            ),
        )  # fmt: skip
        await _add_parts(tx, cliente_id, new)
        await audit.record(
            tx,
            "cliente.creado",
            actor=actor,
            objeto=("cliente", str(cliente_id)),
            datos={"usuario_id": str(principal.usuario_id), "con_login": login is not None},
        )
        await access.announce(tx, actor, made)
        if not new.activo:
            await users.set_client_active(tx, principal.usuario_id, activo=False)
    return made, principal


def _may_give(actor: Actor, wanted: NuevoCliente | CambiosCliente, before: Cliente | None) -> bool:
    return rules.may_set(actor.rol, wanted, before) and rules.may_assign(
        actor.rol, actor.usuario_id, wanted, before
    )


async def _check_references(db: Db, wanted: NuevoCliente | CambiosCliente) -> None:
    """Raise one Invalid that names every window that cannot be and everything named that does not exist."""
    errors: dict[str, str] = {}
    if wanted.ventanas is not UNSET:
        errors |= windows.check(wanted.ventanas)
    if isinstance(wanted.localidad_id, int) and not await catalogues.get_localidad(db, wanted.localidad_id):
        errors["localidad_id"] = "localidad_desconocida"
    if isinstance(wanted.categorias_ids, tuple) and wanted.categorias_ids:
        known = await parts.known_categorias(db, wanted.categorias_ids)
        errors |= {
            f"categorias_ids.{number}": "categoria_desconocida"
            for number, wanted_id in enumerate(wanted.categorias_ids)
            if wanted_id not in known
        }
    seller = wanted.vendedor_asignado_id
    if isinstance(seller, UUID) and not await users.is_active(db, seller, Rol.VENDEDOR):
        errors["vendedor_asignado_id"] = "vendedor_desconocido"
    born = wanted.fecha_nacimiento
    if isinstance(born, date) and born > windows.local(db.now(), await organizacion.zona(db)).date():
        errors["fecha_nacimiento"] = "fecha_futura"
    if errors:
        raise Invalid({field: [CAMPOS[code]] for field, code in errors.items()})


async def _add_parts(db: Db, cliente_id: UUID, new: NuevoCliente) -> None:
    principal = max((n for n, address in enumerate(new.direcciones) if address.es_principal), default=-1)
    for number, address in enumerate(new.direcciones):
        # Of several that want to be the principal one, the last is.
        await parts.insert_direccion(
            db, addresses.row_of(db, cliente_id, structs.replace(address, es_principal=number == principal))
        )
    if new.ventanas:
        await parts.replace_ventanas(db, cliente_id, new.ventanas)
    if new.categorias_ids:
        await parts.replace_categorias(db, cliente_id, new.categorias_ids)


async def access_client(db: Db, actor: Actor, ref: UUID | int) -> Cliente:
    """Return a client whom the caller may read; see `access.access_client`."""
    return await access.access_client(db, actor, ref)


async def get_record(db: Db, actor: Actor, ref: UUID | int) -> Expediente:
    """Return a client with everything of the register that belongs to him; errors as `access_client`."""
    found = await records.get_expediente(db, ref)
    if found is not None and found.cliente.fusionado_con_id is not None:
        found = await records.get_expediente(db, found.cliente.fusionado_con_id)
    access.require_access(actor, None if found is None else found.cliente)
    assert found is not None  # noqa: S101
    return found


async def list_clients(db: Db, actor: Actor, filtro: Filtro) -> Pagina:
    """Return one page of the clients whom the caller may read (staff but technicians)."""
    if actor.rol not in {Rol.VENDEDOR, Rol.SOPORTE, Rol.ADMIN}:
        raise Forbidden
    if actor.rol == Rol.VENDEDOR:
        filtro = structs.replace(filtro, vendedor_id=actor.usuario_id)
    return await lists.find(db, filtro, rules.search_terms(filtro.q))


async def update_client(
    db: Db, actor: Actor, cliente_id: UUID, changes: CambiosCliente, version: int | None = None
) -> Cliente:
    """Change a client; what is UNSET stays, windows and categories that are sent replace all there were.

    The row is held while its fields are merged, so two changes at once both stay; of two that replace the windows
    the later one's are there in the end. Images that are replaced are deleted after the commit. A change that
    changes nothing is neither stored nor announced. Raises as `access_client`, and PreconditionFailed when
    `version` is not the present one, Forbidden for values that only an administrator may give, Invalid for what
    does not exist.
    """
    async with db.transaction() as tx:
        before = access.require_access(actor, await records.lock_cliente(tx, cliente_id))
        if version is not None and version != before.version:
            raise PreconditionFailed("desactualizado", data={"version": before.version})
        if not _may_give(actor, changes, before):
            raise Forbidden
        await _check_references(tx, changes)
        after = rules.apply_changes(before, changes)
        e164 = phone_e164(after.telefono, tx.settings.pais) if after.telefono else None
        after = structs.replace(after, telefono_e164=e164)
        replaced = await _replace_parts(tx, cliente_id, changes)
        if after == before and not replaced:
            return before
        saved = await records.update_cliente(tx, after, tx.now())
        await audit.record(
            tx,
            "cliente.actualizado",
            actor=actor,
            objeto=("cliente", str(cliente_id)),
            datos=rules.audited_change(before, after, replaced),
        )
        await access.announce(tx, actor, saved)
        _forget_images(tx, before, saved)
        if saved.activo != before.activo:
            await users.set_client_active(tx, saved.usuario_principal_id, activo=saved.activo)
    return saved


async def _replace_parts(db: Db, cliente_id: UUID, changes: CambiosCliente) -> list[str]:
    """Replace windows and categories where they were sent and differ; return the names of what was replaced."""
    if changes.ventanas is UNSET and changes.categorias_ids is UNSET:
        return []
    present = await records.get_expediente(db, cliente_id)
    assert present is not None  # noqa: S101
    replaced = []
    if changes.ventanas is not UNSET and not rules.same_windows(present.ventanas, changes.ventanas):
        await parts.replace_ventanas(db, cliente_id, changes.ventanas)
        replaced.append("ventanas_entrega")
    if isinstance(changes.categorias_ids, tuple) and {k.id for k in present.categorias} != set(
        changes.categorias_ids
    ):
        await parts.replace_categorias(db, cliente_id, changes.categorias_ids)
        replaced.append("categorias")
    return replaced


def _forget_images(db: Db, before: Cliente, after: Cliente) -> None:
    present = {getattr(after, field) for field in IMAGENES}
    files.forget(db, [key for field in IMAGENES if (key := getattr(before, field)) and key not in present])


async def view_image(
    db: Db, actor: Actor, ref: UUID | int, campo: str, *, shown: bool = True
) -> tuple[str, bytes]:
    """Return the key and the content of a client's image; an identity card that is `shown` is audited first.

    Errors as `access_client`; Forbidden for an identity card that is not the caller's business, NotFound
    `imagen_no_encontrada` where there is none.
    """
    found = await access.access_client(db, actor, ref)
    if campo not in IMAGENES:
        raise NotFound("imagen_no_encontrada")
    if not images.may_see(actor, found.id, campo):
        raise Forbidden
    key: str | None = getattr(found, campo)
    if key is None:
        raise NotFound("imagen_no_encontrada")
    content = await files.open_storage(db.settings).get(key)
    if shown and campo in images.CARDS:
        await audit.record(
            db, "documento.visto", actor=actor, objeto=("cliente", str(found.id)), datos={"campo": campo}
        )
    return key, content


def image_links(db: Db, actor: Actor, client: Cliente) -> dict[str, str | None]:
    """Return, for each image of a client whom the caller may read, an address that opens it for five minutes.

    None where there is no image, or none that the caller may see.
    """
    return {
        campo: db.settings.url + links.sign(actor, images.address(client.id, campo), db.now())
        if getattr(client, campo) is not None and images.may_see(actor, client.id, campo)
        else None
        for campo in IMAGENES
    }


async def delivery_windows(db: Db, cliente_id: UUID) -> tuple[Ventana, ...]:
    """Return when a truck may come to a client; none also where there is no such client."""
    return await parts.list_ventanas(db, cliente_id)


async def get_ficha(db: Db, cliente_id: UUID) -> Ficha:
    """Return what a customer's own application shows of him; NotFound where there is no such client."""
    found = await records.get_ficha(db, cliente_id)
    if found is None:
        raise NotFound
    return found


async def known_contact(
    db: Db, email: str | None, telefono: str | None, *, apart_from: UUID | None = None
) -> tuple[bool, bool]:
    """Tell whether any client has this e-mail, and whether any other than one has this phone, login or not."""
    return await records.known_contact(db, email, phone_e164(telefono or "", db.settings.pais), apart_from)


async def set_active(db: Db, actor: Actor | None, cliente_id: UUID, *, activo: bool) -> Cliente:
    """Activate or deactivate a client; deactivating ends his sessions and bars his login.

    Raises NotFound where there is none.
    """
    async with db.transaction() as tx:
        before = await records.lock_cliente(tx, cliente_id)
        if before is None:
            raise NotFound
        saved = await records.update_cliente(tx, structs.replace(before, activo=activo), tx.now())
        await audit.record(
            tx, "cliente.activo", actor=actor, objeto=("cliente", str(cliente_id)), datos={"activo": activo}
        )
        await access.announce(tx, actor, saved)
        await users.set_client_active(tx, saved.usuario_principal_id, activo=activo)
    return saved
