"""One small company at the turn of a day: everything that a date or a limit decides, as one server answers it."""

from typing import Any

from tests.cast import PASSWORD, Persona, login
from tests.cobranza.deliveries import delivered, invoices_of, ordered
from tests.tools.database import Database
from tests.tools.wait import wait_for

ADMIN = "admin-zonas@example.com"
ORDERS = "/api/v1/ordenes"

# What must come of it, told by hand: it is 23:30 of Wednesday 30 September 2026 in Santiago.
EXPECTED: dict[str, Any] = {
    # Five months of guarantee from 23:30 of 30 April on (UTC-4 then), a second before, at and after.
    "garantia -1": [False, "garantia_vencida", "2026-10-01T02:29:59Z"],
    "garantia +0": [False, "garantia_vencida", "2026-10-01T02:30:00Z"],
    "garantia +1": [True, "garantia_vigente", "2026-10-01T02:30:01Z"],
    # Monthly from noon of 31 August on: the noons of the month's ends, in summer an hour earlier by UTC.
    "visitas": ["2026-09-30T15:00:00+00:00", "2026-10-31T15:00:00+00:00"],
    "mantenimientos": [["2026-09-30T15:00:00Z", True]],
    # Five times 24 hours ago, a second before, then, a second after; and the day before, which is counted already.
    "resumen": {"sinAsignar": 5, "enEjecucion": 0, "sinMovimiento5d": 3},
    # Planned for 23:30 of 31 August, which is September by UTC.
    "aniomesprogramacion": "202608",
    "programada": "2026-09-01T03:30:00Z",
    "agenda 31/8": 1,
    "agenda 1/9": 0,
    # A visit at 23:45 of today, and one at 0:15 of tomorrow.
    "dia de hoy": ["2026-09-30", ["2026-10-01T02:45:00Z"]],
    "dia 2026-10-01": ["2026-10-01", ["2026-10-01T03:15:00Z"]],
    "factura": ["2026-09-30", "2026-10-30", False],
    "vencidas": [["2026-09-29", True], ["2026-09-30", False], ["2026-10-01", False]],
    "campanias": ["Hasta dentro de un segundo"],
    # Wednesdays from 23:00 to 23:59; 23:15 of the 7th is the 8th by UTC.
    "entrega 2026-10-08T02:15:00Z": [201, False],
    "entrega 2026-10-07T23:15:00": [201, False],
    "entrega 2026-10-08T03:15:00Z": [201, True],
    "entrega 2026-09-30": [201, False],
    "entrega 2026-09-29": [400, None],
    "dia 2026-10-07": 2,
    "dia 2026-10-08": 1,
    "trabajos": ["2026-09-30"],
}  # fmt: skip


class Company:
    """One server with a fresh database, whose clock stands at `plants.NOW`."""

    def __init__(self, url: str, db: Database) -> None:
        self.db = db
        self.admin = login(url, ADMIN)
        with Persona(url) as anon:
            body = {
                "nombre": "Clara", "celular": "75551234", "correo": "clara@example.com", "contrasenia": PASSWORD,
            }  # fmt: skip
            answer = anon.post("/api/registrar-cliente", json=body)
            assert answer.status_code == 201, answer.text
        self.client = Persona(url, answer.json()["token"]).learn()
        self.servicio_id = self.made("/api/v1/servicios", nombre="Revisión", garantia_meses=5)["id"]
        self.found: dict[str, Any] = {}

    def made(self, path: str, **body: Any) -> dict[str, Any]:
        answer = self.admin.post(path, json=body)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    def read(self, path: str, **query: Any) -> Any:
        answer = self.admin.get(path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def order(self, when: str, **fields: Any) -> str:
        sent = {
            "cliente_id": self.client.cliente_id,
            "servicio_id": self.servicio_id,
            "fecha_programada": when,
        }
        return str(self.made(ORDERS, **sent | fields)["id"])

    def done(self, when: str) -> str:
        return self.order(when, estado="FINALIZADO", fecha_ejecucion=when)


def answers(url: str, db: Database) -> dict[str, Any]:
    """Live through the scenario on a server; everything that its clock and its zone decide."""
    company = Company(url, db)
    for part in (
        _guarantees,
        _maintenance,
        _overview,
        _planned,
        _technician,
        _books,
        _campaigns,
        _deliveries,
        _jobs,
    ):
        part(company)
    return company.found


def _guarantees(company: Company) -> None:
    for side, second in (("-1", "29:59"), ("+0", "30:00"), ("+1", "30:01")):
        told = company.read(f"{ORDERS}/{company.done(f'2026-04-30T23:{second}')}/garantia")
        company.found[f"garantia {side}"] = [told["elegible"], told["codigo"], told["vence_en"]]


def _maintenance(company: Company) -> None:
    order = company.done("2026-08-31T12:00:00")
    answer = company.admin.put(f"/api/orden/{order}/mantenimiento-config", json={"periodicidadMeses": 1})
    assert answer.status_code == 200, answer.text
    rows = company.db.fetch("SELECT fecha_programada FROM visitas_mantenimiento ORDER BY 1")
    company.found["visitas"] = [row["fecha_programada"].isoformat() for row in rows]
    listed = company.read(f"/api/mantenimientos-cliente/{company.client.cliente_id}")["mantenimientos"]
    company.found["mantenimientos"] = [[one["fechaProgramada"], one["vencido"]] for one in listed]


def _overview(company: Company) -> None:
    moments = ("2026-09-26T02:29:59Z", "2026-09-25T23:30:00", "2026-09-26T02:30:01Z", "2026-09-25T12:00:00Z")
    for moved in moments:
        company.order("2026-10-20T10:00", ultimo_movimiento_en=moved)


def _planned(company: Company) -> None:
    order = company.order("2026-08-31T23:30", estado="FINALIZADO", fecha_ejecucion="2026-09-15T10:00:00")
    company.found["programada"] = company.read(f"{ORDERS}/{order}")["fecha_programada"]
    answer = company.client.post(f"/api/orden/{order}/solicitar-garantia")
    assert answer.status_code == 201, answer.text
    (waiting,) = company.read("/api/garantias/pendientes")["items"]
    company.found["aniomesprogramacion"] = waiting["garantiaDe"]["aniomesprogramacion"]
    for name, since, until in (("31/8", "2026-08-31", "2026-09-01"), ("1/9", "2026-09-01", "2026-09-02")):
        # Noon of 31 August is in it too, and was executed then.
        day = company.read(ORDERS, desde=f"{since}T13:00:00", hasta=until)
        company.found[f"agenda {name}"] = day["total"]
    company.found["resumen"] = company.read("/api/dashboard/overview")


def _technician(company: Company) -> None:
    person = {"nombre": "Teresa", "correo": "teresa@example.com", "contrasenia": PASSWORD, "rol": "tecnico"}
    technician = company.made("/api/v1/usuarios", **person)["id"]
    for when in ("2026-09-30T23:45", "2026-10-01T00:15"):
        company.order(when, tecnico_id=technician)
    for name, query in (("dia de hoy", {}), ("dia 2026-10-01", {"fecha": "2026-10-01"})):
        day = company.read(f"/api/v1/tecnicos/{technician}/agenda", **query)
        company.found[name] = [day["fecha"], [visit["fecha_programada"] for visit in day["visitas"]]]


def _books(company: Company) -> None:
    product = company.made(
        "/api/v1/productos", codigo="A1", nombre="Agua", descripcion="Bidón", precio="10.50"
    )
    delivered(company.admin, ordered(company.client, {product["id"]: 1}))
    (invoice,) = invoices_of(company.admin, company.client)
    company.found["factura"] = [invoice["fecha"], invoice["fecha_vencimiento"], invoice["vencida"]]
    debts = [
        company.made(
            "/api/v1/cuentas-por-cobrar", cliente_id=company.client.cliente_id, concepto="Saldo", monto="10.00",
            fecha_vencimiento=due,
        )
        for due in ("2026-09-29", "2026-09-30", "2026-10-01")
    ]  # fmt: skip
    company.found["vencidas"] = [[debt["fecha_vencimiento"], debt["vencida"]] for debt in debts]


def _campaigns(company: Company) -> None:
    for name, until in (
        ("Hasta ahora", "2026-09-30T23:30:00"),
        ("Hasta dentro de un segundo", "2026-09-30T23:30:01"),
    ):
        company.made("/api/v1/campanias", nombre=name, porcentaje="10", desde="2026-09-01", hasta=until)
    running = company.read("/api/v1/campanias", vigente=1)["items"]
    company.found["campanias"] = [one["nombre"] for one in running]


def _deliveries(company: Company) -> None:
    windows = [{"dia_semana": 3, "hora_inicio": "23:00", "hora_fin": "23:59"}]
    path = f"/api/clientes/{company.client.cliente_id}"
    assert company.admin.put(path, json={"ventanas_entrega": windows}).status_code == 200
    product = company.read("/api/v1/productos")["items"][0]["id"]
    for field, wish in (
        ("solicitada", "2026-10-08T02:15:00Z"), ("solicitada", "2026-10-07T23:15:00"),
        ("solicitada", "2026-10-08T03:15:00Z"), ("requerida", "2026-09-30"), ("requerida", "2026-09-29"),
    ):  # fmt: skip
        company.client.post("/orders/cart/me", json={"producto_id": product, "cantidad": 1})
        answer = company.client.post("/orders/from-cart/me", json={f"fecha_entrega_{field}": wish})
        company.found[f"entrega {wish}"] = [answer.status_code, answer.json().get("fuera_de_ventana")]
    for day in ("2026-10-07", "2026-10-08"):
        seen = company.read("/api/v1/entregas", fecha=day)
        company.found[f"dia {day}"] = len(seen["sin_planificar"])


def _jobs(company: Company) -> None:
    def days() -> list[str]:
        rows = company.db.fetch("SELECT DISTINCT fecha FROM trabajos_diarios WHERE terminado_en IS NOT NULL")
        return [row["fecha"].isoformat() for row in rows]

    company.found["trabajos"] = wait_for(days, "the daily jobs")
