"""Two records of one client become one: everything that belonged to the second belongs to the first.

Both are held from the first statement to the commit, in the order of their identifiers, so whoever writes to the
second at this moment is either moved along or told that it is gone.
"""

from uuid import UUID

import msgspec

from clientela.carritos import personal as carritos
from clientela.chat import personal as chat
from clientela.clientes import personal as clientes
from clientela.clientes import service
from clientela.clientes.model import Cliente
from clientela.clientes.personal import Ventanas
from clientela.cobranza import service as cobranza
from clientela.core import audit
from clientela.core.actor import Actor
from clientela.core.db import Db
from clientela.core.errors import Conflict, Invalid
from clientela.core.textos import CAMPOS
from clientela.panel import personal as panel
from clientela.pedidos import personal as pedidos
from clientela.postventa import personal as postventa
from clientela.tickets import personal as tickets


class Fusion(msgspec.Struct, frozen=True):
    """What is merged and how: whose windows stay, and whether a second login may be closed."""

    duplicado: UUID | int
    ventanas: Ventanas = "sobreviviente"
    cerrar_login: bool = False


class Fusionado(msgspec.Struct, frozen=True):
    """What a merge did: the survivor, the merged record, the fields and how many cart lines came over."""

    cliente_id: UUID
    numero: int
    version: int
    fusionado_id: UUID
    fusionado_numero: int
    campos: list[str]
    lineas_de_carrito: int
    login_cerrado: bool


async def merge_clients(db: Db, actor: Actor, ref: UUID | int, wanted: Fusion) -> Fusionado:
    """Merge a duplicate into a client (administrators).

    The survivor keeps what it has and takes what it lacks. Raises NotFound, Invalid on `duplicado` for the same
    record, Conflict `cliente_no_fusionable` for one that was merged or erased, `fusion_al_reves` when only the
    duplicate has a login, `fusion_dos_logins` when both have one and the second may not be closed.
    """
    survivor = await service.access_client(db, actor, ref)
    other = await service.access_client(db, actor, wanted.duplicado)
    if survivor.id == other.id:
        raise Invalid.of("duplicado", CAMPOS["mismo_cliente"])
    async with db.transaction() as tx:
        held = {client.id: client for client in await clientes.hold(tx, [survivor.id, other.id])}
        survivor, other = held[survivor.id], held[other.id]
        closes = await _check(tx, survivor, other, wanted)
        lines = await carritos.hand_over(tx, other.id, survivor.id)
        await panel.hand_over(tx, other.id, survivor.id)
        await tickets.hand_over(tx, other.id, survivor.id)
        await cobranza.move_books(tx, other.id, survivor.id)
        await pedidos.hand_over(tx, other.id, survivor.id)
        await postventa.hand_over(tx, other.id, survivor.id)
        await chat.hand_over(tx, other.id, survivor.id)
        taken = await clientes.hand_over(tx, other, survivor, wanted.ventanas)
        datos = {
            "fusionado_id": str(other.id), "campos": taken, "lineas_de_carrito": lines, "ventanas": wanted.ventanas,
            "login_cerrado": closes,
        }  # fmt: skip
        place = ("cliente", str(survivor.id))
        await audit.record(tx, "cliente.fusionado", actor=actor, objeto=place, datos=datos)
        after = await clientes.announce(tx, actor, survivor.id)
        await clientes.close_login(tx, other)
    return Fusionado(after.id, after.numero, after.version, other.id, other.numero, taken, lines, closes)


async def _check(db: Db, survivor: Cliente, other: Cliente, wanted: Fusion) -> bool:
    """Refuse what cannot be merged; tell whether a login is closed by it."""
    for client in (survivor, other):
        if client.fusionado_con_id is not None or client.anonimizado_en is not None:
            raise Conflict("cliente_no_fusionable")
    if not await clientes.has_login(db, other):
        return False
    if not await clientes.has_login(db, survivor):
        raise Conflict("fusion_al_reves")
    if not wanted.cerrar_login:
        raise Conflict("fusion_dos_logins")
    return True
