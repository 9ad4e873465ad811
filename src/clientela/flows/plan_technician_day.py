"""A technician's day in the order in which he drives it (CONTRACT §10).

Visits with an hour of their own keep the order of their hours. Those without one (midnight stands for none) and those
that share one with others are put where they cost least driving, by the planner of the deliveries; where it cannot, all
of them stand by their hours. Times follow from the order and from what has happened, never from the clock: who asks
twice is told the same.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from clientela.core.actor import Actor
from clientela.core.db import Db
from clientela.core.errors import AppError
from clientela.core.logs import get_logger
from clientela.entregas import planner, planning, rules
from clientela.entregas.model import (
    FIN_DEL_DIA,
    FUERA_DE_HORA,
    FUERA_DE_VENTANA,
    MAX_PARADAS,
    Movil,
    Opcion,
    Parada,
    Problema,
)
from clientela.organizacion import service as organizacion
from clientela.organizacion.model import Organizacion
from clientela.postventa import agenda
from clientela.postventa.model import Estado, OrdenDelDia, Persona

# Where the organisation has no hours on that weekday.
HOURS: Final = ("08:00", "18:00")
# Who begins later than this after an hour that was agreed on is late.
LATE: Final = timedelta(minutes=15)
_DAY: Final = timedelta(days=1)
_SOMEBODY: Final = 1
Place = tuple[float, float]

_log = get_logger(__name__)


class Visita(msgspec.Struct, frozen=True):
    """A visit of the day: what happened, or what is planned; `kilometros` from the last place that is known.

    `tarde`: so many minutes after the hour that was agreed on; 0 where it is kept.
    """

    orden: OrdenDelDia
    llegada: datetime | None
    inicio: datetime | None
    salida: datetime | None
    kilometros: Decimal | None
    tarde: int = 0


class Dia(msgspec.Struct, frozen=True):
    """A technician's day; `planificada`: the order is the planner's, else that of the hours.

    `partida` is the depot. `sin_fecha`: orders of his that nobody has given a date. `advertencias` are codes.
    """

    fecha: date
    tecnico: Persona
    planificada: bool
    partida: Place | None
    kilometros: Decimal
    visitas: tuple[Visita, ...]
    sin_fecha: tuple[OrdenDelDia, ...]
    advertencias: tuple[str, ...]


class _Waiting(msgspec.Struct, frozen=True):
    """A visit that has not begun: not before `since`; `fixed` if that is an hour of its own, `hour` if it is any."""

    orden: OrdenDelDia
    place: Place | None
    since: datetime
    fixed: bool
    hour: bool


async def show(db: Db, actor: Actor, ref: UUID | int | None, fecha: date | None) -> Dia:
    """Return the day of a technician (None: the caller's own) on a date (None: today); errors as `agenda`."""
    org = await organizacion.read(db, actor)
    zona = ZoneInfo(org.zona)
    today = db.now().astimezone(zona).date()
    day = fecha or today
    found = await agenda.of_technician(db, actor, actor.usuario_id if ref is None else ref, day, zona)
    facts = sorted((one for one in found.ordenes if one.estado != Estado.ASIGNADA), key=_happened)
    undated = tuple(
        one for one in found.ordenes if one.estado == Estado.ASIGNADA and not one.fecha_programada
    )
    waiting = _waiting([one for one in found.ordenes if one.estado == Estado.ASIGNADA], org, day, zona)
    depot = (org.deposito.lat, org.deposito.lng) if org.deposito else None
    start = next((_place(one) for one in reversed(facts) if _place(one)), depot)
    free = max((end for one in facts if (end := _ends(one))), default=None)
    begins, warning = await _arranged(db, start, free, waiting, (day, zona, org), passed=day < today)
    visits = _visits(depot, facts, free, _in_order(waiting, begins), db.settings.entrega_velocidad)
    far = sum((one.kilometros for one in visits if one.kilometros is not None), Decimal(0))
    return Dia(day, found.tecnico, bool(begins), depot, far, visits, undated, (warning,) if warning else ())


def _place(orden: OrdenDelDia) -> Place | None:
    where = orden.cliente
    if where.latitud is None or where.longitud is None:
        return None
    return float(where.latitud), float(where.longitud)


def _happened(orden: OrdenDelDia) -> tuple[bool, datetime, int]:
    """Order what is done before what is under way, each by its time."""
    under_way = orden.estado == Estado.EN_EJECUCION
    when = orden.fecha_ejecucion or orden.iniciada_en or orden.fecha_programada or orden.creado_en
    return under_way, when, orden.numero


def _ends(orden: OrdenDelDia) -> datetime | None:
    """Return when a visit that has begun is over, or will be."""
    begun = orden.iniciada_en or orden.fecha_programada
    return orden.fecha_ejecucion or (begun and begun + timedelta(minutes=orden.duracion_min))


def _waiting(
    ordenes: Sequence[OrdenDelDia], org: Organizacion, day: date, zona: ZoneInfo
) -> tuple[_Waiting, ...]:
    dated = [(one, one.fecha_programada) for one in ordenes if one.fecha_programada is not None]
    shared = Counter(when for _, when in dated)
    made = []
    for one, when in dated:
        hour = when.astimezone(zona).time() != time.min
        since = when if hour else _instant(day, rules.seconds(_hours(org, day)[0]), zona)
        made.append(_Waiting(one, _place(one), since, hour and shared[when] == 1, hour))
    return tuple(made)


def _hours(org: Organizacion, day: date) -> tuple[str, str]:
    """Return from when to when the organisation works on a day."""
    weekday = day.isoweekday() % 7
    found = [hours for hours in org.horarios if hours.dia_semana == weekday]
    return (min(each.inicio for each in found), max(each.fin for each in found)) if found else HOURS


def _instant(day: date, seconds: int, zona: ZoneInfo) -> datetime:
    """Return the instant at which the wall clock has gone so many seconds since a day's midnight."""
    wall = datetime.combine(day, time.min) + timedelta(seconds=seconds)
    return wall.replace(tzinfo=zona).astimezone(UTC)


async def _arranged(
    db: Db,
    start: Place | None,
    free: datetime | None,
    waiting: Sequence[_Waiting],
    when: tuple[date, ZoneInfo, Organizacion],
    *,
    passed: bool,
) -> tuple[Mapping[UUID, datetime], str | None]:
    """Return when the planner lets visits begin, and a warning where it could not; nothing where nothing is open."""
    placed = [one for one in waiting if one.place][:MAX_PARADAS]
    if passed or len(placed) < 2 or all(one.fixed for one in placed):
        return {}, None
    if start is None:
        return {}, "sin_deposito"
    day, zona, org = when
    problem = _problem(db, start, free, placed, day, zona, rules.seconds(_hours(org, day)[1]))
    try:
        plan = await planner.plan_known(problem)
    except (AppError, OSError) as error:
        _log.warning("day_not_planned", error=repr(error))
        return {}, "agenda_por_hora"
    begun = {visit.clave: visit.inicio for route in plan.rutas for visit in route.visitas}
    return {
        one.orden.id: _instant(day, begun[str(one.orden.id)], zona)
        for one in placed
        if str(one.orden.id) in begun
    }, None


def _problem(
    db: Db,
    start: Place,
    free: datetime | None,
    placed: Sequence[_Waiting],
    day: date,
    zona: ZoneInfo,
    closes: int,
) -> Problema:
    stops = tuple(
        Parada(str(one.orden.id), *one.place, one.orden.duracion_min * 60, 0, _ways(one, day, zona, closes))
        for one in placed
        if one.place
    )
    begins = 0 if free is None else _seconds(free, day, zona)
    return Problema(
        *start, db.settings.entrega_velocidad, stops, (Movil(_SOMEBODY, 0, begins, 2 * FIN_DEL_DIA),)
    )


def _seconds(moment: datetime, day: date, zona: ZoneInfo) -> int:
    """Return an instant as seconds of the wall clock since a day's midnight, within that day."""
    since = moment.astimezone(zona).replace(tzinfo=None) - datetime.combine(day, time.min)
    return int(min(max(since, timedelta(0)), _DAY).total_seconds())


def _ways(one: _Waiting, day: date, zona: ZoneInfo, closes: int) -> tuple[Opcion, ...]:
    """Return when a visit may begin: at its hour, soon after it, late; or while there is work, or after that."""
    since = _seconds(one.since, day, zona)
    late = Opcion(since, FIN_DEL_DIA, FUERA_DE_VENTANA)
    if one.fixed:
        return Opcion(since, since), Opcion(since, since + rules.TOLERANCE, FUERA_DE_HORA), late
    return Opcion(since, max(since, closes)), late


def _in_order(waiting: Sequence[_Waiting], begins: Mapping[UUID, datetime]) -> list[_Waiting]:
    """Return the visits as the planner has them, by their hours where it has none; those without an hour last.

    Hours that were agreed on are kept in their order, whatever it would have saved to swap them.
    """

    def rank(one: _Waiting) -> tuple[bool, datetime, int]:
        planned = begins.get(one.orden.id)
        return planned is None and not one.hour, planned or one.since, one.orden.numero

    found = sorted(waiting, key=rank)
    agreed = iter(sorted((one for one in found if one.fixed), key=lambda one: (one.since, one.orden.numero)))
    return [next(agreed) if one.fixed else one for one in found]


def _visits(
    depot: Place | None,
    facts: Sequence[OrdenDelDia],
    free: datetime | None,
    waiting: Sequence[_Waiting],
    kmh: float,
) -> tuple[Visita, ...]:
    made: list[Visita] = []
    place = depot
    for one in facts:
        here = _place(one)
        away = planning.metres(place, here) if place and here else None
        made.append(Visita(one, one.iniciada_en, one.iniciada_en, _ends(one), _kilometres(away)))
        place = here or place
    stages = [
        planning.Stage(one.place, one.since, timedelta(minutes=one.orden.duracion_min)) for one in waiting
    ]
    for ahead, step in zip(waiting, planning.walk(place, free, stages, kmh), strict=True):
        late = step.begins - ahead.since if ahead.fixed else timedelta(0)
        made.append(
            Visita(
                ahead.orden,
                step.arrives,
                step.begins,
                step.leaves,
                _kilometres(step.metres),
                int(late / timedelta(minutes=1)) if late > LATE else 0,
            )
        )
    return tuple(made)


def _kilometres(metres: float | None) -> Decimal | None:
    return None if metres is None else Decimal(round(metres)).scaleb(-3).quantize(Decimal("0.1"))
