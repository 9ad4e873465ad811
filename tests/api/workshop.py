"""The objects of campaigns, deliveries, field service and chat behind the words of the permission matrix."""

import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

from tests.cast import Cast, Persona
from tests.postventa.linked import link
from tests.tools.image_bricks import encoded


class Workshop(ABC):
    """What the world has of campaigns, deliveries, field service and chat."""

    fixed: Any
    cast: Cast

    @abstractmethod
    def made(self, path: str, body: dict[str, Any], who: Persona | None = None) -> dict[str, Any]:
        """What an administrator, or somebody else, has just made."""

    @cached_property
    def service(self) -> dict[str, Any]:
        """A service that calls may change."""
        return self.made("/api/v1/servicios", {"nombre": f"Servicio {uuid.uuid4().hex[:12]}"})

    @cached_property
    def service_of_orders(self) -> dict[str, Any]:
        """The service of all orders here, which nobody changes."""
        return self.made("/api/v1/servicios", {"nombre": f"Servicio {uuid.uuid4().hex[:12]}"})

    def work_order(self, **fields: Any) -> dict[str, Any]:
        """A work order of `dueno`, given to `tecnica`: open unless told."""
        return self.made(
            "/api/v1/ordenes",
            {
                "cliente_id": self.fixed["dueno"].cliente_id,
                "servicio_id": self.service_of_orders["id"],
                "tecnico_id": self.fixed["tecnica"].usuario_id,
                "fecha_programada": "2026-01-05T10:00:00Z",
            }
            | fields,
        )

    def finished_order(self) -> dict[str, Any]:
        """A work order that was finished a minute ago."""
        then = (datetime.now(UTC) - timedelta(minutes=1)).isoformat()
        return self.work_order(estado="FINALIZADO", fecha_ejecucion=then)

    @cached_property
    def rated_order(self) -> dict[str, Any]:
        """A finished work order that its customer rated."""
        made = self.finished_order()
        self.made(f"/api/orden/{made['id']}/calificar", {"estrellas": 5}, self.fixed["dueno"])
        return made

    def new_guarantee(self) -> str:
        """A guarantee that waits for a technician."""
        path = f"/api/orden/{self.finished_order()['id']}/solicitar-garantia"
        return str(self.made(path, {}, self.fixed["dueno"])["ordenId"])

    def new_visit(self) -> str:
        """A maintenance visit of `dueno` that is to be made, of an order of `tecnica`."""
        orden_id = self.finished_order()["id"]
        path = f"/api/orden/{orden_id}/mantenimiento-config"
        answer = self.cast.admin.put(path, json={"periodicidadMeses": 6})
        assert answer.status_code == 200, answer.text
        found = self.cast.db.fetchval(
            "SELECT id FROM visitas_mantenimiento WHERE orden_id = $1::uuid", orden_id
        )
        return str(found)

    @cached_property
    def visit(self) -> str:
        """A maintenance visit that nobody changes."""
        return self.new_visit()

    @property
    def visit_date(self) -> str:
        """For when that visit is; whoever fuzzes may have ended the session of anybody whom we could ask."""
        found: datetime = self.cast.db.fetchval(
            "SELECT fecha_programada FROM visitas_mantenimiento WHERE id = $1::uuid", self.visit
        )
        return found.isoformat()

    @property
    def link(self) -> str:
        """The token of the link to a visit that its client may confirm, as often as he likes."""
        return link({"id": self.visit, "fecha_programada": self.visit_date})

    @cached_property
    def photographed_order(self) -> dict[str, Any]:
        """A work order whose photos come and go."""
        return self.work_order()

    @cached_property
    def photo(self) -> dict[str, Any]:
        """A photo that stays."""
        return self.new_photo()

    def new_photo(self) -> dict[str, Any]:
        """A photo that `tecnica` has just uploaded, after the one that stays."""
        path, tecnica = f"/api/v1/ordenes/{self.photographed_order['id']}/fotos", self.fixed["tecnica"]
        sent = {"foto": encoded("PNG")}
        answer = tecnica.post(path, files=sent)
        if answer.status_code == 409:
            # It is full of those that nobody removed; the first one stays, and the last ones are somebody's still.
            for each in tecnica.get(path).json()["items"][1:11]:
                assert tecnica.delete(f"{path}/{each['id']}").is_success
            answer = tecnica.post(path, files=sent)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    def next_photo(self, caller: Persona) -> dict[str, Any]:
        """A photo that the caller may remove; whoever may not is told the one that stays."""
        may = caller.usuario_id == self.fixed["tecnica"].usuario_id or caller.rol == "admin"
        return self.new_photo() if self.photo and may else self.photo

    @cached_property
    def vehicle(self) -> dict[str, Any]:
        """A vehicle that calls may change; it stays in the yard, so that no plan of another test has it."""
        body = {"placa": uuid.uuid4().hex[:12], "capacidad_kg": "1500", "activo": False}
        return self.made("/api/v1/vehiculos", body)

    @cached_property
    def campaign(self) -> dict[str, Any]:
        """A campaign that calls may change."""
        period = {"desde": "2026-01-01T00:00:00Z", "hasta": "2099-01-01T00:00:00Z"}
        return self.made("/api/v1/campanias", {"nombre": "Semana", "porcentaje": "10.00", **period})

    def words_of_the_workshop(self, caller: Persona) -> dict[str, Callable[[], Any]]:
        """The `$words` of all this, for a call."""
        return {
            "servicio": lambda: self.service["id"],
            "servicio_de_ordenes": lambda: self.service_of_orders["id"],
            "tecnica": lambda: self.fixed["tecnica"].usuario_id,
            "orden": lambda: self.rated_order["id"],
            "orden_numero": lambda: self.rated_order["numero"],
            "orden_con_fotos": lambda: self.photographed_order["id"],
            "foto": lambda: self.photo["id"],
            "foto_nueva": lambda: self.next_photo(caller)["id"],
            "orden_hecha": lambda: self.finished_order()["id"],
            "orden_asignada": lambda: self.work_order()["id"],
            "orden_en_ejecucion": lambda: self.work_order(estado="EN_EJECUCION")["id"],
            "garantia_nueva": self.new_guarantee,
            "visita": lambda: self.visit,
            "visita_nueva": self.new_visit,
            "enlace": lambda: self.link,
            "vehiculo": lambda: self.vehicle["id"],
            "campania": lambda: self.campaign["id"],
            "chat": lambda: self.chat,
            "chat_callado": self.quiet_chat,
            "chat_nuevo": self.open_chat,
            "chat_cerrado": self.closed_chat,
            "chat_retirable": self.spare_chat,
            "soporte": lambda: self.fixed["soporte"].usuario_id,
            "respuesta": lambda: self.canned["id"],
            "respuesta_nueva": lambda: self.new_canned()["id"],
        }

    def open_chat(self) -> str:
        """The open session of `dueno`; a new one where another call closed it."""
        dueno = self.fixed["dueno"]
        opened = dueno.post("/api/chat/session")
        return str(opened.json()["data"]["id"] if opened.status_code == 201 else opened.json()["sessionId"])

    @cached_property
    def chat(self) -> str:
        """A session of `dueno` in which both sides wrote and of which something is noted."""
        chat = self.quiet_chat()
        self.made("/api/chat/message", {"message": "Hola"}, self.fixed["dueno"])
        self.made(f"/api/v1/chat/sesiones/{chat}/mensajes", {"message": "Buen día"})
        self.made(f"/api/v1/chat/sesiones/{chat}/notas", {"texto": "De la matriz"})
        return chat

    def quiet_chat(self) -> str:
        """The open session of `dueno`, whose messages are so old that none counts."""
        self.cast.db.execute(
            "UPDATE chat_mensajes SET creado_en = creado_en - interval '2 minutes' WHERE autor_id = $1::uuid",
            self.fixed["dueno"].usuario_id,
        )
        return self.open_chat()

    def closed_chat(self) -> str:
        """A session of `dueno` that is over and not rated yet."""
        chat = self.open_chat()
        assert self.fixed["dueno"].patch(f"/api/chat/session/{chat}/close").status_code == 200
        return chat

    def spare_chat(self) -> str:
        """A session of somebody whom nobody else needs."""
        return str(self.made("/api/chat/session", {}, self.cast.new_cliente())["data"]["id"])

    def new_canned(self) -> dict[str, Any]:
        """A canned reply."""
        return self.made("/api/v1/chat/respuestas", {"atajo": uuid.uuid4().hex[:12], "texto": "Buen día"})

    @cached_property
    def canned(self) -> dict[str, Any]:
        """A canned reply that calls may change."""
        return self.new_canned()
