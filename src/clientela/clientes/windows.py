"""Delivery windows: when may a truck come? (CONTRACT §4; spec 2 "ventanas_entrega"; RELIABILITY 2.10).

Windows are hours of the organisation's wall clock, so every question is asked with a wall-clock time, a datetime
without zone, which `local` makes of an instant. Both limits belong to a window. One that ends at 23:59, the last
time that can be written, lasts until midnight. 0 is Sunday. Only active windows count.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Protocol
from zoneinfo import ZoneInfo

import msgspec

LAST: Final = time(23, 59)
_WEEK: Final = 7


class Window(Protocol):
    """What the rules need of a window, stored or to be stored."""

    @property
    def dia_semana(self) -> int:
        """0 = Sunday … 6 = Saturday."""
        ...

    @property
    def hora_inicio(self) -> time:
        """From when."""
        ...

    @property
    def hora_fin(self) -> time:
        """Until when, this minute's beginning included."""
        ...

    @property
    def activo(self) -> bool:
        """Whether it counts."""
        ...


class NextWindow(msgspec.Struct, frozen=True):
    """A window on a date of the organisation's calendar."""

    fecha: date
    hora_inicio: time
    hora_fin: time


def weekday(day: date) -> int:
    """Return the day of the week as the contracts count it: 0 = Sunday … 6 = Saturday."""
    return day.isoweekday() % _WEEK


def local(instant: datetime, zona: ZoneInfo) -> datetime:
    """Return what the wall clock shows at an instant (an aware datetime), as a datetime without zone."""
    return instant.astimezone(zona).replace(tzinfo=None)


def contains(windows: Sequence[Window], moment: datetime) -> bool:
    """Tell whether a wall-clock time lies in an active window; without any there is none to lie in."""
    day, hour = weekday(moment.date()), moment.time()
    return any(
        window.activo
        and window.dia_semana == day
        and window.hora_inicio <= hour
        and not _is_over(window, hour)
        for window in windows
    )


def _is_over(window: Window, hour: time) -> bool:
    return hour > window.hora_fin and window.hora_fin != LAST


def next_window(
    windows: Sequence[Window], after: datetime, zona: ZoneInfo | None = None
) -> NextWindow | None:
    """Return the window that is open at a wall-clock time, else the next to open; None when there never is one.

    Of several that are open, the one that opened first. With `zona`, hours that a change of clocks leaves out on
    some date are passed over.
    """
    for found in _from(windows, after):
        if zona is None or span(found, zona) is not None:
            return found
    return None


def _from(windows: Sequence[Window], after: datetime) -> Iterator[NextWindow]:
    """Give the windows of the coming eight days and one week more, in the order in which they open."""
    for number in range(2 * _WEEK + 1):
        if date.max - after.date() < timedelta(days=number):
            return
        day = after.date() + timedelta(days=number)
        of_day = [window for window in windows if window.activo and window.dia_semana == weekday(day)]
        for window in sorted(of_day, key=lambda window: (window.hora_inicio, window.hora_fin)):
            if number > 0 or not _is_over(window, after.time()):
                yield NextWindow(day, window.hora_inicio, window.hora_fin)


def span(found: NextWindow, zona: ZoneInfo) -> tuple[datetime, datetime] | None:
    """Return the instants (UTC) from which and until which a window lasts; None when its hours do not exist.

    Hours that come twice, when clocks are set back, belong to it both times; of hours that are skipped it keeps
    what is left.
    """
    opening, closing = datetime.combine(found.fecha, found.hora_inicio), _closing(found)
    begins, ends = _instant(opening, zona, fold=0), _instant(closing, zona, fold=1)
    begins = begins or _end_of_gap(opening, zona)
    ends = ends or _end_of_gap(closing, zona)
    return (begins, ends) if begins < ends else None


def _closing(found: NextWindow) -> datetime:
    """Return the wall-clock time at which a window ends: 23:59 lasts until midnight."""
    ends = datetime.combine(found.fecha, found.hora_fin)
    return ends + timedelta(minutes=1) if found.hora_fin == LAST and found.fecha < date.max else ends


def _instant(moment: datetime, zona: ZoneInfo, *, fold: int) -> datetime | None:
    """Return the instant at which the wall clock shows this; None when it never does."""
    instant = moment.replace(tzinfo=zona, fold=fold).astimezone(UTC)
    return instant if local(instant, zona) == moment else None


def _end_of_gap(skipped: datetime, zona: ZoneInfo) -> datetime:
    """Return the instant at which clocks jumped over a wall-clock time."""
    # Read with the offset of after, the skipped time lies before the jump; read with that of before, past it.
    early, late = (skipped.replace(tzinfo=zona, fold=fold).astimezone(UTC) for fold in (1, 0))
    before = early.astimezone(zona).utcoffset()
    while late - early > timedelta(seconds=1):
        middle = early + (late - early) // 2
        if middle.astimezone(zona).utcoffset() == before:
            early = middle
        else:
            late = middle
    return late.replace(microsecond=0)


def check(windows: Sequence[Window]) -> dict[str, str]:
    """Return what is wrong with windows that were sent: field → code (`ventana_al_reves`, `ventana_repetida`).

    A field is counted as in the body, `ventanas_entrega.0.hora_fin`.
    """
    wrong: dict[str, str] = {}
    seen: set[tuple[int, time, time]] = set()
    for number, window in enumerate(windows):
        hours = (window.dia_semana, window.hora_inicio, window.hora_fin)
        if window.hora_inicio >= window.hora_fin:
            wrong[f"ventanas_entrega.{number}.hora_fin"] = "ventana_al_reves"
        elif hours in seen:
            wrong[f"ventanas_entrega.{number}"] = "ventana_repetida"
        seen.add(hours)
    return wrong


def overlaps(windows: Sequence[Window]) -> list[tuple[int, int]]:
    """Return the places of the active windows that overlap, in pairs; touching ends do not."""
    order = sorted(
        (number for number, window in enumerate(windows) if window.activo),
        key=lambda number: (windows[number].dia_semana, windows[number].hora_inicio),
    )
    found = []
    for place, first in enumerate(order):
        for second in order[place + 1 :]:
            if windows[second].dia_semana != windows[first].dia_semana:
                break
            if windows[second].hora_inicio < windows[first].hora_fin:
                found.append((min(first, second), max(first, second)))
    return found
