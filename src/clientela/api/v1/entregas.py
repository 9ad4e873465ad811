"""`/api/v1/entregas`: a day's deliveries, and a planned route for each vehicle (CONTRACT §7)."""

from typing import Final

from clientela.api.call import Call, Reply, route
from clientela.api.v1.schemas_entregas import EntregasConsulta, EntregasSalida, render
from clientela.entregas.model import Motivo
from clientela.flows import plan_deliveries

# A plan that others are making is there after this time at the latest, in seconds.
RETRY_AFTER: Final = "5"
_ORDER: Final = "0190a6b2-7c1e-7d3a-9b5f-2f4c6d8e0a12"
_PLACE: Final = {"lat": "-17.771200", "lng": "-63.190300"}
_EXAMPLE: Final = {
    "fecha": "2026-11-23",
    "estado": "lista",
    "planificado_en": "2026-11-20T14:03:27.512000Z",
    "entregas": [
        {
            "pedido_id": _ORDER,
            "numero": 1042,
            "estado": "CONFIRMADO",
            "cliente_id": "0190a6b2-7c1e-7d3a-9b5f-2f4c6d8e0a13",
            "cliente": "Tienda Doña Rosa",
            "vendedor_id": None,
            "sucursal_id": None,
            "direccion": None,
            "ubicacion": _PLACE,
            "ventanas": [{"hora_inicio": "08:00", "hora_fin": "12:00"}],
            "hora_entrega_requerida": None,
            "fecha_entrega_solicitada": None,
            "fuera_de_ventana": False,
            "observaciones_entrega": "Tocar el timbre",
            "peso_kg": "36.5",
            "peso_completo": True,
            "version": 2,
        }
    ],
    "rutas": [
        {
            "vehiculo_id": 3,
            "placa": "2345 ABC",
            "nombre": "Camión grande",
            "chofer_id": None,
            "salida": "08:00",
            "regreso": "08:25",
            "kilometros": "3.4",
            "carga_kg": "36.5",
            "paradas": [
                {
                    "orden": 1,
                    "pedido_id": _ORDER,
                    "numero": 1042,
                    "cliente": "Tienda Doña Rosa",
                    "ubicacion": _PLACE,
                    "llegada": "08:05",
                    "inicio": "08:05",
                    "salida": "08:15",
                    "carga_kg": "36.5",
                    "ventana_incumplida": None,
                    "hora_cumplida": None,
                }
            ],
        }
    ],
    "sin_planificar": [],
}


@route(
    "GET",
    "/api/v1/entregas",
    query=EntregasConsulta,
    response=EntregasSalida,
    summary="Entregas de un día y ruta de cada vehículo",
    example=_EXAMPLE,
)
async def show_deliveries(call: Call, query: EntregasConsulta) -> Reply:
    """Show a day's deliveries and their routes; the first who asks after a change waits until they are planned."""
    found = await plan_deliveries.show(call.db, call.actor, query.fecha)
    headers = {"Retry-After": RETRY_AFTER} if found.estado == Motivo.PLAN_PENDIENTE else None
    return Reply(render(found), headers=headers)
