"""What people do to work orders, as requests that may be broken anywhere: made, begun, finished, rated, guaranteed."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.cast import Persona
from tests.faults.conftest import Site
from tests.faults.order_flows import Ask, Flow

_OF_CLIENT = "SELECT id FROM ordenes_trabajo WHERE cliente_id = $1::uuid"
PARTS = {
    "ordenes": "SELECT count(*) FROM ordenes_trabajo WHERE cliente_id = $1::uuid",
    "finalizadas": "SELECT count(*) FROM ordenes_trabajo WHERE cliente_id = $1::uuid AND estado = 'FINALIZADO'",
    "versiones": "SELECT sum(version) FROM ordenes_trabajo WHERE cliente_id = $1::uuid",
    "movimientos": f"SELECT count(*) FROM orden_movimientos WHERE orden_id IN ({_OF_CLIENT})",
    "abiertas": "SELECT sum(abiertas) FROM ordenes_por_dia",
    "sin_asignar": "SELECT sum(sin_asignar) FROM ordenes_por_dia",
    "en_ejecucion": "SELECT sum(en_ejecucion) FROM ordenes_por_dia",
    "visitas": "SELECT count(*) FROM visitas_mantenimiento WHERE cliente_id = $1::uuid",
    "calificaciones": "SELECT count(*) FROM calificaciones WHERE cliente_id = $1::uuid",
    "estrellas": "SELECT sum(n1 + n2 + n3 + n4 + n5) FROM tecnico_estrellas WHERE tecnico_id = $2::uuid",
    "tickets": "SELECT count(*) FROM tickets WHERE cliente_id = $1::uuid",
    "mensajes": """SELECT count(*) FROM ticket_mensajes JOIN tickets t ON t.id = ticket_id
                    WHERE t.cliente_id = $1::uuid""",
    "eventos": "SELECT count(*) FROM eventos WHERE cliente_id = $1::uuid",
    "auditadas": f"""SELECT count(*) FROM auditoria WHERE objeto_tipo = 'orden'
                        AND objeto_id IN (SELECT id::text FROM ({_OF_CLIENT}) AS o)""",
    "claves": "SELECT count(*) FROM idempotencia WHERE actor = $3",
}
STATE = "SELECT " + ", ".join(f"coalesce(({sql}), 0)::float8 AS {name}" for name, sql in PARTS.items())
ORDERS = "/api/v1/ordenes"
MADE = {"ordenes": 1, "versiones": 1, "movimientos": 1, "abiertas": 1, "eventos": 4, "auditadas": 1}
BEGUN = {"versiones": 1, "movimientos": 1, "en_ejecucion": 1, "eventos": 4}
FINISHED = {
    "finalizadas": 1,
    "versiones": 1,
    "movimientos": 1,
    "abiertas": -1,
    "en_ejecucion": -1,
    "visitas": 1,
    "eventos": 4,
}
RATED = {"calificaciones": 1, "estrellas": 1, "tickets": 1, "mensajes": 1, "eventos": 3}
GUARANTEED = {
    "ordenes": 1,
    "versiones": 1,
    "movimientos": 1,
    "abiertas": 1,
    "sin_asignar": 1,
    "eventos": 3,
    "auditadas": 1,
}


class WorkFlow(Flow):
    """One thing that somebody does to a work order; `twice` is what he is told who does it again without a key."""

    twice = (409, "orden_en_otro_estado")

    def __init__(self, site: Site, *, keyed: bool) -> None:
        self.site, self.keyed = site, keyed
        self.client = site.cast.new_cliente()
        self.technician = site.cast.tecnica
        made = site.cast.admin.post("/api/v1/servicios", json={"nombre": f"Servicio {self.client.numero}"})
        assert made.status_code in {201, 409}, made.text
        self.service = site.db.fetchval("SELECT id::text FROM servicios LIMIT 1")

    def state(self) -> dict[str, float]:
        where = self.client.cliente_id, self.technician.usuario_id, self.who.usuario_id
        return dict(self.site.db.fetchrow(STATE, *where))

    def wanted(self, **fields: Any) -> dict[str, Any]:
        """A work order of the client's, given to the technician."""
        return {
            "cliente_id": self.client.cliente_id,
            "servicio_id": self.service,
            "tecnico_id": self.technician.usuario_id,
            "fecha_programada": "2030-01-07T12:00:00Z",
        } | fields

    def made(self, **fields: Any) -> str:
        """One that is there already."""
        answer = self.site.cast.admin.post(ORDERS, json=self.wanted(**fields))
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def finished(self) -> str:
        """One that was finished yesterday."""
        then = (datetime.now(UTC) - timedelta(days=1)).isoformat()
        return self.made(estado="FINALIZADO", fecha_ejecucion=then)

    def again(self, status: int, body: Any, *, done: bool) -> None:
        if done and not self.keyed:
            assert (status, body["code"]) == self.twice, body
        else:
            assert status == self.success, body


class Making(WorkFlow):
    """The office makes an order and gives it to a technician; without a key, two are two."""

    success = 201
    whole = MADE

    @property
    def who(self) -> Persona:
        return self.site.cast.soporte

    def prepare(self) -> Ask:
        return self.ask("POST", ORDERS, self.wanted())


class Beginning(WorkFlow):
    """A technician begins."""

    whole = BEGUN

    @property
    def who(self) -> Persona:
        return self.technician

    def prepare(self) -> Ask:
        return self.ask("POST", f"{ORDERS}/{self.made()}/iniciar", None)


class Finishing(Beginning):
    """He finishes an order that is to be maintained: its first visit is there with its end."""

    whole = FINISHED

    def prepare(self) -> Ask:
        orden = self.made(estado="EN_EJECUCION")
        plan = {"periodicidadMeses": 6}
        assert self.who.put(f"/api/orden/{orden}/mantenimiento-config", json=plan).is_success
        return self.ask("POST", f"{ORDERS}/{orden}/finalizar", {"nota": "Listo"})


class Rating(WorkFlow):
    """A customer gives one star, and a ticket asks him why."""

    success, twice = 201, (409, "orden_calificada")
    whole = RATED

    def prepare(self) -> Ask:
        return self.ask("POST", f"/api/orden/{self.finished()}/calificar", {"estrellas": 1})


class Guaranteeing(WorkFlow):
    """A customer asks for the guarantee of a finished order."""

    success, twice = 201, (409, "garantia_abierta")
    whole = GUARANTEED

    def prepare(self) -> Ask:
        return self.ask("POST", f"/api/orden/{self.finished()}/solicitar-garantia", {})


WORK_FLOWS = [Making, Beginning, Finishing, Rating, Guaranteeing]
EVERY_WAY = [(kind, keyed) for kind in WORK_FLOWS for keyed in (False, True) if keyed or kind is not Making]
