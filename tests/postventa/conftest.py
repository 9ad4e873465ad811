"""What the tests of field service share: services, work orders in any state, however long ago."""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.cast import Cast, Persona
from tests.tools.database import Database

ORDERS = "/api/v1/ordenes"
ORDER = """
WITH s AS (INSERT INTO servicios (id, nombre, creado_en, actualizado_en)
           VALUES (gen_random_uuid(), 'Servicio ' || gen_random_uuid(), now(), now()) RETURNING id)
INSERT INTO ordenes_trabajo (id, cliente_id, servicio_id, tipo, estado, garantia_meses, duracion_min,
                             fecha_programada, ultimo_movimiento_en, creado_por, creado_en, actualizado_en)
SELECT gen_random_uuid(), $1::uuid, s.id, 'NORMAL', 'PENDIENTE', 12, 60, now(), now(), $2::uuid, now(), now() FROM s
RETURNING id"""
VISITS = "/api/v1/visitas"


def ago(**time: float) -> str:
    """An instant so long before now, in ISO 8601."""
    return (datetime.now(UTC) - timedelta(**time)).isoformat()


def plant_order(database: Database, cliente_id: uuid.UUID, actor_id: uuid.UUID) -> uuid.UUID:
    """A pending work order in a database without a server."""
    made: uuid.UUID = database.fetchval(ORDER, cliente_id, actor_id)
    return made


class Office:
    """The office of the company: makes services and work orders through the API."""

    def __init__(self, cast: Cast) -> None:
        self.cast = cast

    def servicio(self, **fields: Any) -> dict[str, Any]:
        sent = {"nombre": f"Servicio {uuid.uuid4().hex[:10]}"} | fields
        answer = self.cast.admin.post("/api/v1/servicios", json=sent)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    def orden(self, cliente: Persona, **fields: Any) -> dict[str, Any]:
        """Make a work order; what is not said is a pending one for tomorrow."""
        sent = {
            "cliente_id": cliente.cliente_id,
            "servicio_id": fields.pop("servicio_id", None) or self.servicio()["id"],
            "fecha_programada": ago(days=-1),
        } | fields
        answer = self.cast.admin.post(ORDERS, json=sent)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    def hecha(self, cliente: Persona, *, ejecutada: str | None = None, **fields: Any) -> dict[str, Any]:
        """Bring in an order that was finished then."""
        done = ejecutada or ago(days=2)
        return self.orden(cliente, estado="FINALIZADO", fecha_programada=done, fecha_ejecucion=done, **fields)

    def visita(
        self,
        cliente: Persona,
        tecnico: Persona,
        *,
        ejecutada: str | None = None,
        meses: int = 6,
        **fields: Any,
    ) -> dict[str, Any]:
        """The first visit of the maintenance of an order that was finished then."""
        orden = self.hecha(cliente, ejecutada=ejecutada, tecnico_id=tecnico.usuario_id, **fields)
        path = f"/api/orden/{orden['id']}/mantenimiento-config"
        answer = self.cast.admin.put(path, json={"periodicidadMeses": meses})
        assert answer.status_code == 200, answer.text
        first = self.cast.db.fetchval(
            "SELECT id FROM visitas_mantenimiento WHERE orden_id = $1::uuid ORDER BY ciclo LIMIT 1",
            orden["id"],
        )
        made: dict[str, Any] = self.cast.admin.get(f"{VISITS}/{first}").json()
        return made

    def move(self, who: Persona, orden: dict[str, Any], accion: str, **body: Any) -> Any:
        """Do something with an order."""
        return who.post(f"{ORDERS}/{orden['id']}/{accion}", json=body or None)


@pytest.fixture
def office(cast: Cast) -> Office:
    return Office(cast)


@pytest.fixture
def cliente(new_cliente: Callable[..., Persona]) -> Persona:
    """A fresh customer."""
    return new_cliente()


@pytest.fixture
def tecnico(cast: Cast) -> Persona:
    """A fresh technician, whose day is free."""
    return cast.new_usuario("tecnico")
