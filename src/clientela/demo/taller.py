"""The demo company's field service: the months before it used this system, and what happened since."""

import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import Final
from uuid import UUID

from clientela.core.actor import Actor
from clientela.core.errors import BadRequest
from clientela.core.textos import MENSAJES
from clientela.demo.calendario import SANTA_CRUZ
from clientela.demo.cuentas import Persona
from clientela.demo.historia import Historia, Step, Suceso
from clientela.demo.servicios import (
    COMENTARIOS,
    ESTRELLAS,
    INSTALACION,
    MANTENIMIENTO,
    MOTIVOS_CANCELAR,
    MOTIVOS_MOVER,
    NOTAS,
    OFICIOS,
    REPARACION,
    Oficio,
)
from clientela.flows import rate_order
from clientela.postventa import catalogue, guarantees, maintenance, service
from clientela.postventa import model as postventa
from clientela.postventa.model import NuevaOrden, NuevoServicio

# How long ago, in days: the oldest order, the day on which the old ones were brought in, the oldest made here.
OLDEST: Final = 728
BROUGHT_IN: Final = 198
FIRST: Final = 190
BEFORE: Final = 230
PAST: Final = 170
# When a visit may begin: each technician has so many a day.
HOURS: Final = (time(8, 30), time(10, 30), time(14, 30), time(16, 30))
UNASSIGNED: Final = 4
MONTH: Final = 30.44


class Trabajo:
    """One work order: whose it is, what shall be done and by whom, and the order once it was made."""

    def __init__(self, person: Persona, kind: Oficio, technician: Actor | None, visit: datetime) -> None:
        self.person = person
        self.kind = kind
        self.technician = technician
        self.visit = visit
        self.orden_id: UUID | None = None

    @property
    def made(self) -> UUID:
        """The order, once it was made."""
        if self.orden_id is None:
            raise ValueError("a work order's story begins with the order")
        return self.orden_id

    @property
    def hands(self) -> Actor:
        """Who does it."""
        if self.technician is None:
            raise ValueError("nobody has this order")
        return self.technician


class Taller:
    """Tells two years of field service, as a part of the story, with chances of its own."""

    def __init__(self, story: Historia, staff: Mapping[str, Actor], rng: random.Random) -> None:
        self.db = story.db
        self.calendar = story.calendar
        self.rng = rng
        self.admin = staff["admin@example.com"]
        self.office = (staff["soporte@example.com"], staff["soporte2@example.com"])
        self.technicians = (staff["tecnico@example.com"], staff["tecnico2@example.com"])
        self.services: dict[str, UUID] = {}
        self.taken: set[tuple[UUID, datetime]] = set()

    def happenings(self, people: Sequence[Persona], accounts: Sequence[Persona]) -> list[Suceso]:
        """Return all that was ordered and what became of it; the two `accounts` have what a visitor looks for."""
        # Whoever has machines that cool; households have an air conditioner at most.
        owners = [person for person in people if self.rng.random() < 0.75]
        made = [Suceso(self.calendar.ago(BROUGHT_IN + 0.5), self._open_services)]
        made += self._of_accounts(*accounts)
        made += self._brought_in(owners)
        made += self._with_guarantee(*self.rng.sample(owners, 2))
        made += self._overdue(self.rng.choice(owners))
        for _ in range(PAST):
            made += self._past(self.rng.choice(owners))
        made += self._still(self.rng.sample(owners, 3))
        made += self._ahead(owners)
        return made

    async def _open_services(self) -> None:
        for kind in OFICIOS:
            new = NuevoServicio(kind.nombre, kind.garantia_meses, kind.duracion_min)
            self.services[kind.nombre] = (await catalogue.create(self.db, self.admin, new)).id

    # --- the years before -------------------------------------------------------------------------------------

    def _brought_in(self, owners: Sequence[Persona]) -> list[Suceso]:
        """Bring in what was done before, in the order in which it was done."""
        days = sorted((self.rng.uniform(FIRST + 12, OLDEST) for _ in range(BEFORE)), reverse=True)
        return [
            self._old(self._work(self.rng.choice(owners), ago, self.rng.choice(OFICIOS)), place)
            for place, ago in enumerate(days, 1)
        ]

    def _old(self, work: Trabajo, place: int) -> Suceso:
        """One that was finished, or cancelled, before anybody here knew of it; the lower its place, the earlier."""
        done = work.visit + timedelta(minutes=self.rng.uniform(30, 150))
        cancelled = place > 0 and self.rng.random() < 0.07
        history = postventa.Historia(
            estado=postventa.Estado.CANCELADA if cancelled else postventa.Estado.FINALIZADO,
            fecha_ejecucion=None if cancelled else done,
            ultimo_movimiento_en=done,
        )
        when = self.calendar.ago(BROUGHT_IN) + timedelta(seconds=10 * place)
        return Suceso(when, self._making(work, self.admin, work.technician, work.visit, history))

    # --- what everybody's orders are made of ------------------------------------------------------------------

    def _work(self, person: Persona, days: float, kind: Oficio) -> Trabajo:
        technician = self.rng.choice(self.technicians)
        return Trabajo(person, kind, technician, self._slot(technician, days))

    def _slot(self, technician: Actor, days: float) -> datetime:
        """Take an hour of the technician's on about that day; on Sundays nobody works."""
        day = self.calendar.ago(days).astimezone(SANTA_CRUZ).date()
        back = -1 if days > 0 else 1
        while True:
            free = [datetime.combine(day, hour, SANTA_CRUZ) for hour in HOURS]
            free = [moment for moment in free if (technician.usuario_id, moment) not in self.taken]
            if free and day.weekday() < 6:
                moment = self.rng.choice(free)
                self.taken.add((technician.usuario_id, moment))
                return moment.astimezone(self.calendar.today.tzinfo)
            day += timedelta(days=back)

    def _hour(self, days: float) -> datetime:
        return self.calendar.working_hour(self.rng, days)

    def _days_before(self, moment: datetime, days: float) -> datetime:
        """Return a working hour so many days before a moment."""
        ago = (self.calendar.today - moment) / timedelta(days=1)
        return self._hour(ago + days)

    def _making(
        self,
        work: Trabajo,
        by: Actor,
        technician: Actor | None,
        visit: datetime,
        history: postventa.Historia | None = None,
    ) -> Step:
        text = self.rng.choice(work.kind.pedidos)

        async def make() -> None:
            new = NuevaOrden(
                work.person.cliente_id,
                self.services[work.kind.nombre],
                visit,
                technician.usuario_id if technician else None,
                text,
                history,
            )
            work.orden_id = (await service.create(self.db, by, new)).orden.id

        return make

    def _ordered(self, work: Trabajo, moment: datetime, *, moved: bool = False) -> list[Suceso]:
        """Let the office make the order and give it to its technician, at once or hours later."""
        by = self.rng.choice(self.office)
        first = work.visit - timedelta(days=1) if moved else work.visit
        at_once = self.rng.random() < 0.4
        made = [Suceso(moment, self._making(work, by, work.technician if at_once else None, first))]
        if not at_once and work.technician is not None:
            moment += timedelta(hours=self.rng.uniform(0.3, 4.5))
            made.append(
                self._doing(moment, lambda: service.assign(self.db, by, work.made, work.hands.usuario_id))
            )
        if moved:
            why = self.rng.choice(MOTIVOS_MOVER)
            moment += timedelta(minutes=self.rng.uniform(20, 60))
            made.append(
                self._doing(moment, lambda: service.reschedule(self.db, by, work.made, work.visit, why))
            )
        return made

    def _executed(self, work: Trabajo, *, noted: bool = False) -> list[Suceso]:
        """Let the technician come, work and leave; the last of it is the end."""
        moment = work.visit + timedelta(minutes=self.rng.uniform(-5, 25))
        made = [self._doing(moment, lambda: service.start(self.db, work.hands, work.made))]
        if noted:
            text = self.rng.choice(NOTAS)
            moment += timedelta(minutes=15)
            made.append(self._doing(moment, lambda: service.note(self.db, work.hands, work.made, text)))
        moment += timedelta(minutes=work.kind.duracion_min * self.rng.uniform(0.6, 1.3))
        text_done = self.rng.choice(work.kind.hechos)
        made.append(self._doing(moment, lambda: service.finish(self.db, work.hands, work.made, text_done)))
        return made

    def _planned(self, work: Trabajo, months: int, moment: datetime) -> Suceso:
        return self._doing(moment, lambda: maintenance.configure(self.db, work.hands, work.made, months))

    def _rated(self, work: Trabajo, moment: datetime, stars: int) -> Suceso:
        said = self.rng.choice(COMENTARIOS[stars]) or None
        moment = min(moment, self.calendar.ago(0.05))
        actor = work.person.actor
        return self._doing(moment, lambda: rate_order.rate(self.db, actor, work.made, stars, said))

    def _doing(self, moment: datetime, step: Callable[[], Awaitable[object]]) -> Suceso:
        return Suceso(moment, step)

    # --- what became of them ----------------------------------------------------------------------------------

    def _past(self, person: Persona) -> list[Suceso]:
        """One that was finished, and rated mostly, and is maintained perhaps; now and then one was cancelled."""
        days = self.rng.uniform(1.5, FIRST)
        work = self._work(person, days, self.rng.choice(OFICIOS))
        moved = self.rng.random() < 0.12
        ordered = self._days_before(work.visit, self.rng.uniform(3, 5) if moved else self.rng.uniform(1, 4))
        made = self._ordered(work, ordered, moved=moved)
        if self.rng.random() < 0.06:
            why = self.rng.choice(MOTIVOS_CANCELAR)
            moment = ordered + timedelta(hours=6)
            made.append(self._doing(moment, lambda: service.cancel(self.db, self.office[0], work.made, why)))
            return made
        made += self._executed(work, noted=self.rng.random() < 0.25)
        finished = made[-1].momento
        months = self.rng.choice(work.kind.periodos or (0,))
        # Whose next visit would be past already has found it elsewhere; the overdue one is told by itself.
        if days < months * MONTH - 3 and self.rng.random() < 0.7:
            made.append(self._planned(work, months, finished + timedelta(minutes=5)))
        if self.rng.random() < 0.62:
            (stars,) = self.rng.choices(list(ESTRELLAS), list(ESTRELLAS.values()))
            made.append(self._rated(work, finished + timedelta(days=self.rng.uniform(0.1, 6)), stars))
        return made

    def _finished(
        self, person: Persona, days: float, name: str, months: int = 0
    ) -> tuple[Trabajo, list[Suceso]]:
        """One of which the story knows what it is and when it was finished; `months`: how often it is maintained."""
        work = self._work(person, days, _kind(name))
        made = self._ordered(work, self._days_before(work.visit, 2)) + self._executed(work)
        if months:
            made.append(self._planned(work, months, made[-1].momento + timedelta(minutes=5)))
        return work, made

    def _of_accounts(self, first: Persona, second: Persona) -> list[Suceso]:
        """`first` may rate and have a guarantee for one, not for another; `second` asked for both kinds."""
        made = [self._old(self._work(first, 431, _kind(INSTALACION)), 0)]
        work, steps = self._finished(first, 170, MANTENIMIENTO, months=6)
        made += [*steps, self._rated(work, self.calendar.ago(168), 5)]
        made += self._finished(first, 45, INSTALACION)[1]
        old = self._work(second, 412, _kind(INSTALACION))
        made += [self._old(old, -1), self._doing(self.calendar.ago(20), lambda: self._refuse(old))]
        work, steps = self._finished(second, 40, REPARACION)
        made += [*steps, self._rated(work, self.calendar.ago(38), 4)]
        made.append(self._doing(self.calendar.ago(2.2), lambda: self._claim(work)))
        return made

    async def _claim(self, work: Trabajo) -> Trabajo:
        """Let the customer ask for the guarantee; what comes of it is the revision."""
        revision = Trabajo(work.person, work.kind, None, self.calendar.now())
        revision.orden_id = await guarantees.request(self.db, work.person.actor, work.made)
        return revision

    async def _refuse(self, work: Trabajo) -> None:
        """Let the customer ask too late; the office writes down that he did."""
        try:
            await self._claim(work)
        except BadRequest as refused:
            text = f"El cliente pidió la garantía por teléfono. {MENSAJES[refused.code]}."
            await service.note(self.db, self.office[1], work.made, text)

    def _with_guarantee(self, one: Persona, other: Persona) -> list[Suceso]:
        """One guarantee was granted and done; another waits for a technician since yesterday."""
        work, made = self._finished(one, 75, REPARACION)
        visit = self._slot(self.technicians[0], 57)
        revision = Trabajo(work.person, work.kind, self.technicians[0], visit)

        async def claim() -> None:
            revision.orden_id = (await self._claim(work)).made

        asked = self._hour(60)
        by = self.office[0]
        made += [
            self._doing(asked, claim),
            self._doing(
                asked + timedelta(hours=1),
                lambda: service.reschedule(self.db, by, revision.made, visit, "Revisión en garantía"),
            ),
            self._doing(
                asked + timedelta(hours=1.1),
                lambda: service.assign(
                    self.db, self.admin, revision.made, revision.hands.usuario_id, guarantee=True
                ),
            ),
        ]
        made += self._executed(revision)
        made.append(self._rated(revision, self.calendar.ago(55), 4))
        waiting, steps = self._finished(other, 24, REPARACION)
        return [*made, *steps, self._doing(self.calendar.ago(0.8), lambda: self._claim(waiting))]

    def _overdue(self, person: Persona) -> list[Suceso]:
        """One whose maintenance was due a fortnight ago."""
        return self._finished(person, 3 * MONTH + 13, MANTENIMIENTO, months=3)[1]

    # --- what is open -----------------------------------------------------------------------------------------

    def _still(self, people: Sequence[Persona]) -> list[Suceso]:
        """Three that nobody has touched for more than five days, one of them without technician."""
        made = []
        for person, days, given in zip(people, (9.2, 7.4, 6.3), (True, False, True), strict=True):
            work = self._work(person, days - 3, self.rng.choice(OFICIOS))
            work.technician = work.technician if given else None
            made += self._ordered(work, self._hour(days))
        return made

    def _ahead(self, owners: Sequence[Persona]) -> list[Suceso]:
        """Today's visits, of which one has begun, those of the week, and some that nobody has yet."""
        people = iter(self.rng.sample(owners, 40))
        made: list[Suceso] = []
        for technician, today in zip(self.technicians, (3, 2), strict=True):
            for days in (0,) * today + (-1, -1, -2, -2, -3, -4, -5):
                work = Trabajo(
                    next(people), self.rng.choice(OFICIOS), technician, self._slot(technician, days)
                )
                made += self._ordered(work, self._hour(self.rng.uniform(1.2, 3.5)))
        for number in range(UNASSIGNED):
            work = Trabajo(
                next(people), self.rng.choice(OFICIOS), None, self._slot(self.admin, -1.0 - number)
            )
            made += self._ordered(work, self._hour(self.rng.uniform(0.1, 2.5)))
        under_way = Trabajo(next(people), _kind(REPARACION), self.technicians[1], self.calendar.ago(1 / 24))
        made += self._ordered(under_way, self._hour(1.3))
        made.append(
            self._doing(
                self.calendar.ago(0.8 / 24),
                lambda: service.start(self.db, under_way.hands, under_way.made),
            )
        )
        return made


def _kind(name: str) -> Oficio:
    return next(kind for kind in OFICIOS if kind.nombre == name)
