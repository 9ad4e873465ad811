"""Decisions about orders: no database, no clock."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from msgspec import structs

from clientela.clientes import windows
from clientela.clientes.model import Ventana
from clientela.pedidos.model import EntregaPedida, ProximaVentana

_HOUR: Final = "%H:%M"


def contradictions(wish: EntregaPedida, today: date, zona: ZoneInfo) -> Mapping[str, str]:
    """Name the fields of a wish that cannot be, with the reason's code: past days, two ways that contradict.

    `today` is the organisation's; any hour of it is still to come.
    """
    past = _past(wish, today, zona)
    if past:
        return dict.fromkeys(past, "fecha_pasada")
    if wish.hora_entrega_requerida is not None and wish.fecha_entrega_requerida is None:
        return {"fecha_entrega_requerida": "fecha_con_hora"}
    if wish.fecha_entrega_solicitada is None or wish.fecha_entrega_requerida is None:
        return {}
    wall = windows.local(wish.fecha_entrega_solicitada, zona)
    hour = wish.hora_entrega_requerida
    if wall.date() != wish.fecha_entrega_requerida:
        return {"fecha_entrega_requerida": "entrega_contradictoria"}
    if (
        hour is not None
        and not wish.solicitada_sin_hora
        and (wall.hour, wall.minute) != (hour.hour, hour.minute)
    ):
        return {"hora_entrega_requerida": "entrega_contradictoria"}
    return {}


def _past(wish: EntregaPedida, today: date, zona: ZoneInfo) -> Sequence[str]:
    solicited = wish.fecha_entrega_solicitada
    days = {
        "fecha_entrega_requerida": wish.fecha_entrega_requerida,
        "fecha_entrega_solicitada": solicited and windows.local(solicited, zona).date(),
    }
    return [field for field, day in days.items() if day is not None and day < today]


def wants_a_time(wish: EntregaPedida) -> bool:
    """Tell whether anything was wished for that a window can be held against."""
    return wish.fecha_entrega_solicitada is not None or wish.fecha_entrega_requerida is not None


def place_in_windows(wish: EntregaPedida, found: Sequence[Ventana], zona: ZoneInfo) -> EntregaPedida:
    """Say whether the wish lies outside the client's active windows, and which comes next then.

    A date without an hour lies inside when any window opens on it. A client without active windows takes deliveries
    at any time.
    """
    active = [window for window in found if window.activo]
    if not active or not wants_a_time(wish):
        return wish
    moment = _moment(wish, zona)
    if moment is None:
        day = _day(wish, zona)
        if any(window.dia_semana == windows.weekday(day) for window in active):
            return wish
        moment = datetime.combine(day, datetime.min.time())
    elif windows.contains(active, moment):
        return wish
    following = windows.next_window(active, moment, zona)
    shown = following and ProximaVentana(
        following.fecha, following.hora_inicio.strftime(_HOUR), following.hora_fin.strftime(_HOUR)
    )
    return structs.replace(wish, fuera_de_ventana=True, proxima_ventana=shown)


def _moment(wish: EntregaPedida, zona: ZoneInfo) -> datetime | None:
    """Return the wall-clock time that was wished for; None for a date without an hour."""
    if wish.fecha_entrega_requerida is not None and wish.hora_entrega_requerida is not None:
        return datetime.combine(wish.fecha_entrega_requerida, wish.hora_entrega_requerida)
    if wish.fecha_entrega_solicitada is not None and not wish.solicitada_sin_hora:
        return windows.local(wish.fecha_entrega_solicitada, zona)
    return None


def _day(wish: EntregaPedida, zona: ZoneInfo) -> date:
    """Return the day that was wished for without an hour."""
    if wish.fecha_entrega_requerida is not None:
        return wish.fecha_entrega_requerida
    assert wish.fecha_entrega_solicitada is not None  # noqa: S101 - `wants_a_time`
    return windows.local(wish.fecha_entrega_solicitada, zona).date()
