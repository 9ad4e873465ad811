"""Decisions about deliveries: no database, no clock. Times are seconds since midnight, as in the plans."""

import hashlib
from collections.abc import Collection, Iterable, Sequence
from typing import Final

import msgspec
from msgspec import structs

from clientela.entregas.model import (
    FIN_DEL_DIA,
    FUERA_DE_HORA,
    FUERA_DE_VENTANA,
    MAX_PARADAS,
    Incumplida,
    Motivo,
    Opcion,
    Plan,
    Problema,
    Ruta,
)

Span = tuple[int, int]

# How far from the hour that was asked for still is that hour.
TOLERANCE: Final = 1800
_LAST_MINUTE: Final = 86_340
# Another way to plan makes plans of the old one stale.
_METHOD: Final = b"1"


def plate(text: str) -> str:
    """Return a plate as it is stored: capitals, one blank where there were some."""
    return " ".join(text.upper().split())


def seconds(hour: str) -> int:
    """Return a time `HH:mm` of the wall clock in seconds."""
    return int(hour[:2]) * 3600 + int(hour[3:]) * 60


def clock(moment: int) -> str:
    """Return what the wall clock shows, `HH:mm`, the minute that has begun."""
    return f"{moment // 3600:02}:{moment // 60 % 60:02}"


def spans(windows: Iterable[tuple[str, str]]) -> tuple[Span, ...]:
    """Return the hours of windows (`HH:mm`) that are open, in order; 23:59 lasts until midnight."""
    merged: list[Span] = []
    for opens, closes in sorted((seconds(begins), seconds(ends)) for begins, ends in windows):
        end = FIN_DEL_DIA if closes == _LAST_MINUTE else closes
        if merged and opens <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((opens, end))
    return tuple(merged)


def ways(open_hours: Sequence[Span], *, has_windows: bool, hour: int | None) -> tuple[Opcion, ...]:
    """Return how a client may be visited, best first: at the hour that he asked for, in a window, whenever.

    Who has no windows takes deliveries at any time. An hour outside all windows is kept all the same: it was asked for
    later than they were.
    """
    whole_day = (0, FIN_DEL_DIA)
    usual = list(open_hours) if has_windows else [whole_day]
    found: list[Opcion] = []
    if hour is None:
        found += [Opcion(*span) for span in usual]
    else:
        near = (max(0, hour - TOLERANCE), min(FIN_DEL_DIA, hour + TOLERANCE))
        inside = [(max(near[0], span[0]), min(near[1], span[1])) for span in usual]
        found += [Opcion(*span) for span in inside if span[0] <= span[1]] or [Opcion(*near)]
        found += [Opcion(*span, FUERA_DE_HORA) for span in usual]
    if whole_day not in usual:
        found.append(Opcion(*whole_day, FUERA_DE_VENTANA))
    return tuple(found)


def unkept(open_hours: Sequence[Span], *, has_windows: bool, begin: int) -> Incumplida | None:
    """Return which window, the nearest, a visit begun then does not keep; None when it keeps one or there is none."""
    if not has_windows or any(opens <= begin <= closes for opens, closes in open_hours):
        return None
    if not open_hours:
        return Incumplida("sin_ventana_ese_dia")
    opens, closes = min(open_hours, key=lambda span: max(span[0] - begin, begin - span[1]))
    early = begin < opens
    away = opens - begin if early else begin - closes
    # A minute that has begun counts: nobody is zero minutes late.
    return Incumplida("antes" if early else "despues", -(-away // 60), clock(opens), clock(closes))


def is_on_time(hour: int, begin: int) -> bool:
    """Tell whether a visit begun then keeps the hour that was asked for."""
    return abs(hour - begin) <= TOLERANCE


def fingerprint(problem: Problema) -> str:
    """Return the mark of a problem: equal ones have the same, whatever has become of the orders meanwhile."""
    return hashlib.sha256(_METHOD + msgspec.json.encode(problem)).hexdigest()


def under_way(plan: Plan | None, out: Collection[str]) -> tuple[Ruta, ...]:
    """Return the routes of which a stop is `out`, on its vehicle or delivered: no driver is sent elsewhere."""
    routes = plan.rutas if plan else ()
    return tuple(route for route in routes if any(visit.clave in out for visit in route.visitas))


def rest(problem: Problema, kept: Sequence[Ruta], out: Collection[str]) -> Problema:
    """Return what there still is to be planned: the first of the stops that are not out, the vehicles at home."""
    busy = {route.movil for route in kept}
    settled = {visit.clave for route in kept for visit in route.visitas} | set(out)
    return structs.replace(
        problem,
        paradas=tuple(stop for stop in problem.paradas if stop.clave not in settled)[:MAX_PARADAS],
        moviles=tuple(vehicle for vehicle in problem.moviles if vehicle.clave not in busy),
    )


def joined(problem: Problema, kept: Sequence[Ruta], made: Plan, out: Collection[str]) -> Plan:
    """Return the plan of the whole day: what is under way as it is, the rest as it was planned now.

    Its costs are those of the rest.
    """
    planned = {visit.clave for route in (*kept, *made.rutas) for visit in route.visitas}
    reasons = {
        stop.clave: _reason(stop.clave, made, out, anybody_out=bool(kept))
        for stop in problem.paradas
        if stop.clave not in planned
    }
    return structs.replace(made, rutas=(*kept, *made.rutas), sin_ruta=reasons)


def _reason(key: str, made: Plan, out: Collection[str], *, anybody_out: bool) -> Motivo:
    if key in out:
        return Motivo.RUTA_EN_CURSO
    found = made.sin_ruta.get(key, Motivo.DEMASIADAS_PARADAS)
    # There are vehicles, only none at home.
    return Motivo.VEHICULOS_EN_RUTA if anybody_out and found is Motivo.SIN_VEHICULOS else found
