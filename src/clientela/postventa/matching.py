"""What a row of a sheet of work orders means: its service, whether it can be so, whose guarantee it is."""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from msgspec import structs

from clientela.clientes.importing import ClienteNombrado
from clientela.core.ids import uuid7
from clientela.core.importing import ErrorFila
from clientela.core.text import clave_acceso, normalise_search
from clientela.core.textos import CAMPOS, MENSAJES
from clientela.postventa import rules
from clientela.postventa.model import Conocida, Estado, Historia, Tipo

MAX_MISSED: Final = 120
"""So many visits of a plan may be overdue when it comes in; whoever means more has not said until when it was kept."""


class FilaOrden(msgspec.Struct, frozen=True):
    """One row of a sheet. `servicio` is a name or a number, `tecnico` a login, `garantia_de` a reference.

    `mantenida_hasta`: until when the maintenance was made elsewhere.
    """

    numero: int
    referencia: str
    cliente: ClienteNombrado
    servicio: str
    tecnico: str | None = None
    estado: Estado | None = None
    descripcion: str | None = None
    fecha_programada: datetime | None = None
    fecha_ejecucion: datetime | None = None
    ultimo_movimiento_en: datetime | None = None
    periodicidad_meses: int | None = None
    mantenida_hasta: datetime | None = None
    garantia_de: str | None = None
    estrellas: int | None = None
    comentario: str | None = None
    calificada_en: datetime | None = None


class OrdenLeida(msgspec.Struct, frozen=True):
    """A row whose names have become identifiers."""

    fila: FilaOrden
    id: UUID
    cliente_id: UUID
    servicio_id: UUID
    tecnico_id: UUID | None
    garantia_de: UUID | None = None
    raiz_id: UUID | None = None

    @property
    def estado(self) -> Estado:
        """Where it stands; what is not said is as for an order that is made here."""
        return self.fila.estado or (Estado.ASIGNADA if self.tecnico_id else Estado.PENDIENTE)

    @property
    def abierta(self) -> bool:
        """Whether it is still to be done."""
        return self.estado in rules.OPEN


class Servicios:
    """The services by name, without regard to accents and case, and by number."""

    def __init__(self, services: Iterable[tuple[UUID, int, str]]) -> None:
        self._exact: dict[str, UUID] = {}
        self._alike: dict[str, list[UUID]] = {}
        for service_id, number, name in services:
            self._exact[name] = service_id
            self._alike.setdefault(normalise_search(name), []).append(service_id)
            self._alike.setdefault(str(number), []).append(service_id)

    def find(self, cell: str) -> tuple[UUID | None, str]:
        """Return the service that a cell means; without one, the code of the reason."""
        if cell in self._exact:
            return self._exact[cell], ""
        alike = self._alike.get(normalise_search(cell), [])
        if len(alike) == 1:
            return alike[0], ""
        return None, "servicio_ambiguo" if alike else "servicio_desconocido"


class Lector:
    """Reads rows into orders; `services` as (identifier, number, name), `pais` is where phones without prefix are."""

    def __init__(
        self, services: Iterable[tuple[UUID, int, str]], pais: str, zona: ZoneInfo, now: datetime
    ) -> None:
        self._services = Servicios(services)
        self._pais = pais
        self._zona = zona
        self._now = now

    def keys(self, rows: Iterable[FilaOrden]) -> set[str]:
        """Return the keys of the logins that rows name."""
        return {clave_acceso(row.tecnico, self._pais) for row in rows if row.tecnico}

    def read(
        self,
        row: FilaOrden,
        person: UUID | tuple[str, str],
        technicians: Mapping[str, UUID],
        known: Conocida | None,
    ) -> OrdenLeida | dict[str, str]:
        """Return the order that a row means, or what is wrong with it, by column.

        `person` is its client or why there is none, `technicians` are by the keys of their logins, `known` is an order
        of somebody else's under its reference.
        """
        wrong = contradictions(row, known_technician=bool(row.tecnico), now=self._now, zona=self._zona)
        if isinstance(person, tuple):
            wrong[f"cliente_{person[0]}"] = person[1]
        elif known is not None:
            wrong["referencia"] = CAMPOS["referencia_de_otro"]
        service, problem = self._services.find(row.servicio)
        if service is None:
            wrong["servicio"] = CAMPOS[problem]
        technician = technicians.get(clave_acceso(row.tecnico, self._pais)) if row.tecnico else None
        if row.tecnico and technician is None:
            wrong["tecnico"] = CAMPOS["tecnico_desconocido"]
        if wrong or service is None or isinstance(person, tuple):
            return wrong
        return OrdenLeida(row, uuid7(), person, service, technician)


def contradictions(
    row: FilaOrden, *, known_technician: bool, now: datetime, zona: ZoneInfo
) -> dict[str, str]:
    """Say what of a row cannot be, by column."""
    wrong: dict[str, str] = {}
    told = Historia(
        tipo=Tipo.REVISION if row.garantia_de else Tipo.NORMAL,
        estado=row.estado,
        fecha_ejecucion=row.fecha_ejecucion,
        # Which one is looked at later; here it counts that there is one.
        garantia_de=UUID(int=0) if row.garantia_de else None,
    )
    problem = rules.history_problem(told, UUID(int=0) if known_technician else None)
    if problem is not None:
        column, code = problem
        wrong[column.removesuffix("_id")] = CAMPOS[code]
    if row.fecha_programada is None and row.garantia_de is None:
        wrong["fecha_programada"] = CAMPOS["obligatorio"]
    for column in ("fecha_ejecucion", "ultimo_movimiento_en", "calificada_en", "mantenida_hasta"):
        moment = getattr(row, column)
        if moment is not None and moment > now:
            wrong[column] = CAMPOS["en_el_futuro"]
    if row.estrellas is None:
        for column in ("comentario", "calificada_en"):
            if getattr(row, column) is not None:
                wrong[column] = CAMPOS["sin_estrellas"]
    elif row.estado != Estado.FINALIZADO:
        wrong["estrellas"] = MENSAJES["calificacion_no_finalizada"]
    if not wrong:
        wrong |= _unkeepable(row, now, zona)
    return wrong


def _unkeepable(row: FilaOrden, now: datetime, zona: ZoneInfo) -> dict[str, str]:
    """Say what of a row's maintenance cannot be."""
    if row.periodicidad_meses is None:
        return {"mantenida_hasta": CAMPOS["sin_periodicidad"]} if row.mantenida_hasta else {}
    if row.estado == Estado.CANCELADA:
        return {"periodicidad_meses": CAMPOS["periodicidad_de_cancelada"]}
    if row.fecha_ejecucion is None:
        return {"mantenida_hasta": CAMPOS["sin_fecha_ejecucion"]} if row.mantenida_hasta else {}
    since = max(row.fecha_ejecucion, row.mantenida_hasta or row.fecha_ejecucion)
    if rules.add_months(since, MAX_MISSED * row.periodicidad_meses, zona) < now:
        return {"mantenida_hasta": CAMPOS["mantenimiento_atrasado"].format(maximo=MAX_MISSED)}
    return {}


def with_roots(
    new: Sequence[OrdenLeida], there: Mapping[str, Conocida]
) -> tuple[list[OrdenLeida], list[ErrorFila]]:
    """Give revisions their order and its root, each after the order that it names; those without one are errors."""
    known = dict(there)
    waiting: dict[str, list[OrdenLeida]] = {}
    made: list[OrdenLeida] = []
    errors: list[ErrorFila] = []
    open_roots = {order.raiz_id for order in there.values() if order.abierta}
    ready = deque(order for order in new if order.fila.garantia_de is None or order.fila.garantia_de in known)
    named = {order.id for order in ready}
    for order in new:
        if order.id not in named and order.fila.garantia_de is not None:
            waiting.setdefault(order.fila.garantia_de, []).append(order)
    while ready:
        order = ready.popleft()
        rooted, problem = _rooted(order, known, open_roots)
        if problem is not None:
            errors.append(ErrorFila(order.fila.numero, "garantia_de", problem))
            continue
        made.append(rooted)
        if rooted.abierta and rooted.raiz_id is not None:
            open_roots.add(rooted.raiz_id)
        root = rooted.raiz_id or rooted.id
        known[order.fila.referencia] = Conocida(
            rooted.id, rooted.cliente_id, rooted.estado, root, abierta=False
        )
        ready.extend(waiting.pop(order.fila.referencia, ()))
    for orphans in waiting.values():
        errors += [
            ErrorFila(order.fila.numero, "garantia_de", CAMPOS["garantia_de_desconocida"])
            for order in orphans
        ]
    return made, errors


def _rooted(
    order: OrdenLeida, known: Mapping[str, Conocida], open_roots: set[UUID]
) -> tuple[OrdenLeida, str | None]:
    if order.fila.garantia_de is None:
        return order, None
    parent = known[order.fila.garantia_de]
    if parent.cliente_id != order.cliente_id:
        return order, CAMPOS["garantia_de_otro"]
    if parent.estado != Estado.FINALIZADO:
        return order, MENSAJES["garantia_no_finalizada"]
    if order.abierta and parent.raiz_id in open_roots:
        return order, MENSAJES["garantia_abierta"]
    return structs.replace(order, garantia_de=parent.id, raiz_id=parent.raiz_id), None
