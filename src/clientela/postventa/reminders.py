"""Clients are reminded of their visits, and answer by the link in the mail: they confirm, or choose another date.

Whoever has the link need not log in, sees of the visit what its mail said, and can do no more than these two things.
"""

from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from clientela.core import audit, mail
from clientela.core.db import Db
from clientela.core.errors import Conflict, Invalid, NotFound
from clientela.core.logs import get_logger
from clientela.core.numerals import day
from clientela.core.textos import CAMPOS
from clientela.organizacion import service as organizacion
from clientela.organizacion.model import Organizacion
from clientela.postventa import links, rules
from clientela.postventa.links import Enlace
from clientela.postventa.store import visits as store
from clientela.postventa.visit_model import Aviso, EstadoVisita, VisitaDeEnlace

BATCH: Final = 100
TEMPLATE: Final = "aviso_mantenimiento"

_log = get_logger(__name__)


class VisitaAbierta(msgspec.Struct, frozen=True):
    """What a link shows: nothing of the client, nor of anybody else.

    `mover_hasta` is the last day to which the visit may be moved, None where the office has to be asked; `enlace` is
    the token for the visit's present date.
    """

    organizacion: str
    zona: str
    servicio: str
    fecha_programada: datetime
    confirmada: bool
    mover_hasta: date | None
    enlace: str


async def remind(db: Db) -> bool:
    """Remind clients of their visits in the days ahead that the setting names; True while there may be more.

    Each is told once for each date of a visit, by an event on his stream and, where he has an address, by mail. Those
    without one, and those whom the mail outbox could not write to, are counted in the log.
    """
    days = db.settings.aviso_mantenimiento_dias
    if days == 0:
        return False
    house = await organizacion.present(db)
    until = rules.remind_until(db.now(), days, ZoneInfo(house.zona))
    told = await store.remind(db, until, BATCH, db.now())
    letters = [_letter(db, house, each, each.correo) for each in told if mail.is_address(each.correo)]
    await mail.enqueue_many(db, letters)
    if told:
        _log.info("maintenance_reminded", correos=len(letters), sin_correo=len(told) - len(letters))
    return len(told) == BATCH


def _letter(db: Db, house: Organizacion, due: Aviso, address: str | None) -> mail.Letter:
    local = due.fecha_programada.astimezone(ZoneInfo(house.zona))
    return mail.Letter(
        destinatario=address or "",
        plantilla=TEMPLATE,
        contexto={
            "nombre": due.nombre,
            "organizacion": house.nombre,
            "servicio": due.servicio,
            "dia": day(local.date()),
            "hora": local.strftime("%H:%M"),
            "enlace": f"{db.settings.url}{links.PATH}#{links.sign(due.id, due.fecha_programada)}",
        },
        clave=f"mantenimiento:{due.id}:{due.fecha_programada.isoformat()}",
        vence_en=due.fecha_programada,
    )


async def open_link(db: Db, token: str) -> VisitaAbierta:
    """Return what a link shows; nothing changes by it.

    Raises NotFound `enlace_invalido` for a link that is none of ours, or whose visit is gone, `enlace_vencido` a day
    after its date, Conflict `enlace_reemplazado` once the visit has another date and `visita_cerrada` when it is done.
    """
    link = links.read(token, db.now())
    return _shown(link, await _visit(db, link), await organizacion.present(db))


async def confirm(db: Db, token: str) -> VisitaAbierta:
    """Confirm the visit of a link; to do it again changes nothing. Errors as `open_link`."""
    link = links.read(token, db.now())
    async with db.transaction() as tx:
        await _visit(tx, link)
        if await store.confirm(tx, link.visita_id, known=link.fecha, now=tx.now()):
            await audit.record(tx, "visita.confirmada", actor=None, objeto=("visita", str(link.visita_id)))
        return _shown(link, await _visit(tx, link), await organizacion.present(tx))


async def move(db: Db, token: str, fecha: datetime, motivo: str | None = None) -> VisitaAbierta:
    """Move the visit of a link to a date that suits its client, who has confirmed it by that; the link is void then.

    Raises Invalid for a date that `rules.move_problem` refuses, Conflict `visita_con_orden` once the office has made
    its work order, and what `open_link` raises.
    """
    link = links.read(token, db.now())
    async with db.transaction() as tx:
        visit, house = await _visit(tx, link), await organizacion.present(tx)
        problem = rules.move_problem(fecha, visit.fecha_base, tx.now(), house)
        if problem is not None:
            raise Invalid.of("fecha_programada", CAMPOS[problem])
        await store.move_by_client(tx, link.visita_id, fecha, motivo, known=link.fecha, now=tx.now())
        await audit.record(tx, "visita.movida", actor=None, objeto=("visita", str(link.visita_id)))
        moved = Enlace(link.visita_id, fecha)
        return _shown(moved, await _visit(tx, moved), house)


async def _visit(db: Db, link: Enlace) -> VisitaDeEnlace:
    found = await store.by_link(db, link.visita_id)
    if found is None or found.estado == EstadoVisita.REEMPLAZADA:
        raise NotFound("enlace_invalido")
    if found.estado == EstadoVisita.HECHA:
        raise Conflict("visita_cerrada")
    if found.fecha_programada != link.fecha:
        raise Conflict("enlace_reemplazado")
    return found


def _shown(link: Enlace, visit: VisitaDeEnlace, house: Organizacion) -> VisitaAbierta:
    last = visit.fecha_base.astimezone(ZoneInfo(house.zona)).date() + timedelta(days=rules.REACH)
    return VisitaAbierta(
        organizacion=house.nombre,
        zona=house.zona,
        servicio=visit.servicio,
        fecha_programada=visit.fecha_programada,
        confirmada=visit.confirmada,
        mover_hasta=None if visit.con_orden else last,
        enlace=links.sign(link.visita_id, link.fecha),
    )
