"""Pure decisions of field service: calendar months, moves, guarantees, averages (CONTRACT §10, §12)."""

from calendar import monthrange
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Final, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from clientela.core.actor import Actor
from clientela.identidad.model import Rol
from clientela.organizacion.model import Organizacion
from clientela.postventa.model import Accion, Cobertura, Estado, Garantia, Historia, Orden, Plan, Tipo
from clientela.postventa.visit_model import VisitaPlanificada

STILL: Final = timedelta(hours=5 * 24)
"""Who has not moved for so long is without movement."""
AHEAD: Final = timedelta(days=30)
"""How far ahead maintenance is shown and its visits are made."""
MAX_MONTHS: Final = 120
REACH: Final = 60
"""How many days from its given date a client may move a visit."""

OPEN: Final = (Estado.PENDIENTE, Estado.ASIGNADA, Estado.EN_EJECUCION)


class Move(NamedTuple):
    """From which states something may happen, and where it leads; None: it stays."""

    since: tuple[Estado, ...]
    to: Estado | None = None


MOVES: Final[Mapping[Accion, Move]] = {
    Accion.ASIGNADA: Move(OPEN),
    Accion.REPROGRAMADA: Move((Estado.PENDIENTE, Estado.ASIGNADA)),
    Accion.NOTA: Move(tuple(Estado)),
    Accion.INICIADA: Move((Estado.ASIGNADA,), Estado.EN_EJECUCION),
    Accion.FINALIZADA: Move((Estado.EN_EJECUCION,), Estado.FINALIZADO),
    Accion.CANCELADA: Move(OPEN, Estado.CANCELADA),
}


def add_months(instant: datetime, months: int, zona: ZoneInfo) -> datetime:
    """Go on by calendar months at the same wall-clock time of a zone; a day that a month lacks is its last.

    Counted from the first instant each time, the day is remembered: 31 January, 28 February, 31 March.
    """
    local = instant.astimezone(zona)
    year, month = divmod(local.year * 12 + local.month - 1 + months, 12)
    day = min(local.day, monthrange(year, month + 1)[1])
    return local.replace(year=year, month=month + 1, day=day, fold=0).astimezone(UTC)


def judge(cover: Cobertura, now: datetime, zona: ZoneInfo) -> Garantia:
    """Decide whether the guarantee of an order may be asked for now, and say why."""
    if cover.estado != Estado.FINALIZADO or cover.raiz_ejecutada_en is None:
        return Garantia(elegible=False, codigo="garantia_no_finalizada")
    ends = add_months(cover.raiz_ejecutada_en, cover.garantia_meses, zona)
    if now >= ends:
        return Garantia(elegible=False, codigo="garantia_vencida", vence_en=ends)
    if cover.abierta_id is not None:
        return Garantia(elegible=False, codigo="garantia_abierta", vence_en=ends, abierta_id=cover.abierta_id)
    return Garantia(elegible=True, codigo="garantia_vigente", vence_en=ends)


def average(counts: Sequence[int]) -> Decimal:
    """Return the mean of stars, from how many there are of each from one on; half-up to two places, 0 for none."""
    total = sum(counts)
    if total == 0:
        return Decimal(0)
    stars = sum(number * count for number, count in enumerate(counts, 1))
    return (Decimal(stars) / total).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)


def upcoming(plan: Plan, now: datetime, zona: ZoneInfo) -> list[tuple[int, datetime]]:
    """Return the visits that a plan lacks, as (number, date): all that are due within the time ahead and one more.

    So there is always a next one. What was made already, under another period too, does not come again.
    """
    found: list[tuple[int, datetime]] = []
    cycle, date = plan.ciclo or 0, plan.hasta
    until = max(now + AHEAD, plan.hecha_hasta or now)
    while date is None or date <= until:
        cycle += 1
        date = add_months(plan.fecha_ejecucion, cycle * plan.periodicidad_meses, zona)
        if plan.hecha_hasta is None or date > plan.hecha_hasta:
            found.append((cycle, date))
        else:
            date = None
    return found


def cycle_until(plan: Plan, until: datetime, zona: ZoneInfo) -> int:
    """Return the number of a plan's last visit until an instant; 0 where there was none."""
    begun, ended = plan.fecha_ejecucion.astimezone(zona), until.astimezone(zona)
    months = (ended.year - begun.year) * 12 + ended.month - begun.month
    cycle = max(months // plan.periodicidad_meses, 0)
    late = add_months(plan.fecha_ejecucion, cycle * plan.periodicidad_meses, zona) > until
    return max(cycle - late, 0)


def year_month(instant: datetime | None, zona: ZoneInfo) -> str | None:
    """Write the month of an instant in a zone as `YYYYMM`."""
    return instant.astimezone(zona).strftime("%Y%m") if instant else None


def history_problem(history: Historia, tecnico_id: UUID | None) -> tuple[str, str] | None:
    """Name the field and the reason why an order that is brought in cannot be so; None where it can.

    Finished is what was executed and nothing else, and it moved then at the latest; what waits has no technician, what
    goes on has one.
    """
    estado = history.estado or (Estado.ASIGNADA if tecnico_id else Estado.PENDIENTE)
    if (estado == Estado.FINALIZADO) != (history.fecha_ejecucion is not None):
        return "fecha_ejecucion", "sin_fecha_ejecucion"
    moved, executed = history.ultimo_movimiento_en, history.fecha_ejecucion
    if moved is not None and executed is not None and moved < executed:
        return "ultimo_movimiento_en", "movimiento_antes"
    if estado == Estado.PENDIENTE and tecnico_id is not None:
        return "tecnico_id", "pendiente_con_tecnico"
    if estado in {Estado.ASIGNADA, Estado.EN_EJECUCION} and tecnico_id is None:
        return "tecnico_id", "sin_tecnico"
    if (history.tipo == Tipo.REVISION) != (history.garantia_de is not None):
        return "garantia_de", "sin_garantia_de"
    return None


def may_read(actor: Actor, orden: Orden) -> bool:
    """Tell whether somebody may see an order: its customer, its technician, support and administrators."""
    if actor.rol == Rol.CLIENTE:
        return actor.cliente_id == orden.cliente_id
    if actor.rol == Rol.TECNICO:
        return orden.tecnico_id == actor.usuario_id
    return actor.rol in {Rol.SOPORTE, Rol.ADMIN}


def may_see_visit(actor: Actor, visit: VisitaPlanificada) -> bool:
    """Tell whether somebody may see a maintenance visit: its customer, its order's technician, the office."""
    if actor.rol == Rol.CLIENTE:
        return actor.cliente_id == visit.cliente.id
    if actor.rol == Rol.TECNICO:
        return visit.tecnico is not None and visit.tecnico.id == actor.usuario_id
    return actor.rol in {Rol.SOPORTE, Rol.ADMIN}


def remind_until(now: datetime, days: int, zona: ZoneInfo) -> datetime:
    """Return the end of the day that is so many days ahead, in a zone."""
    day = now.astimezone(zona).date() + timedelta(days=days + 1)
    return datetime.combine(day, time.min, tzinfo=zona).astimezone(UTC)


def move_problem(wanted: datetime, base: datetime, now: datetime, house: Organizacion) -> str | None:
    """Name the reason why a client may not move a visit to a date; None where he may.

    In the future, at most `REACH` days from the date that the plan or the office gave, and while the house is open, if
    it says when that is: from the beginning of an hour's span until before its end, on no holiday.
    """
    zona = ZoneInfo(house.zona)
    local = wanted.astimezone(zona)
    if wanted <= now:
        return "instante_pasado"
    if abs((local.date() - base.astimezone(zona).date()).days) > REACH:
        return "visita_lejana"
    spans = [each for each in house.horarios if each.dia_semana == local.isoweekday() % 7]
    is_open = any(each.inicio <= local.strftime("%H:%M") < each.fin for each in spans)
    if local.date() in house.feriados or (house.horarios and not is_open):
        return "fuera_de_horario"
    return None


def works_on(actor: Actor) -> UUID | None:
    """Return who must have an order that somebody moves: himself for a technician, nobody for the office."""
    return actor.usuario_id if actor.rol == Rol.TECNICO else None
