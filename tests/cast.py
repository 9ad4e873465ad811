"""The people of the tests: each is an `httpx.Client` that is logged in as him, and knows who he is.

`cliente` owns what a test looks at, `otra_cliente` must see nothing of it, `vendedora` is the seller assigned to
`cliente`. The cast is shared by all tests of a worker: read with it, write to rows of your own. Who needs a customer
to write to, to log out or to lock takes `new_cliente()`.
"""

import itertools
import uuid
from pathlib import Path
from typing import Any, Self
from uuid import UUID

import httpx

from clientela.core.files import new_key
from tests.tools.addresses import fresh_address
from tests.tools.database import Database
from tests.tools.image_bricks import encoded
from tests.tools.server import run_cli

PASSWORD = "clientela-pruebas"
TIMEOUT = 20.0
_numbers = itertools.count(1)
_everybody: "list[Persona]" = []


class Persona(httpx.Client):
    """A client of one server; `token` is None for the anonymous one.

    Unless told otherwise each calls from an address of his own, so that nobody is throttled for the failed logins
    of another test.

    Attributes from `GET /api/v1/auth/yo`: usuario_id, numero, cliente_id (customers), rol, nombre, correo.
    """

    def __init__(self, base_url: str, token: str | None = None, *, source_ip: str | None = None) -> None:
        self.token = token
        self.source_ip = source_ip or fresh_address()
        self.server_url = base_url
        self.usuario_id = ""
        self.numero = 0
        self.cliente_id = ""
        self.rol = "anon"
        self.nombre = ""
        self.correo = ""
        self.celular = ""
        self.contrasenia = PASSWORD
        super().__init__(
            base_url=base_url,
            headers={"Authorization": f"Bearer {token}"} if token else {},
            timeout=TIMEOUT,
            transport=httpx.HTTPTransport(local_address=self.source_ip, retries=1),
        )
        # A socket that nobody closes is a warning, and warnings are failures.
        _everybody.append(self)

    def learn(self) -> Self:
        """Ask the server who this is."""
        answer = self.get("/api/v1/auth/yo")
        assert answer.status_code == 200, answer.text
        me = answer.json()
        self.usuario_id, self.numero, self.rol = me["usuario_id"], me["numero"], me["rol"]
        self.cliente_id, self.nombre = me["cliente_id"] or "", me["nombre"]
        self.correo = me["correo"] or ""
        return self

    def again(self, *, base_url: str | None = None, source_ip: str | None = None) -> "Persona":
        """The same person on another device: a fresh login, hence a session and token of its own."""
        return login(base_url or self.server_url, self.correo, self.contrasenia, source_ip=source_ip)

    def aio(self) -> httpx.AsyncClient:
        """The same session for asynchronous tests; the caller closes it."""
        return httpx.AsyncClient(
            base_url=self.server_url,
            headers=dict(self.headers),
            timeout=TIMEOUT,
            transport=httpx.AsyncHTTPTransport(local_address=self.source_ip, retries=1),
        )

    @property
    def panel(self) -> str:
        """The root of this customer's own paths in dialect A."""
        return f"/clientes/{self.cliente_id}"


def login(
    base_url: str, identificador: str, contrasenia: str = PASSWORD, *, source_ip: str | None = None
) -> Persona:
    """Log somebody in; AssertionError when the server refuses."""
    source_ip = source_ip or fresh_address()
    with Persona(base_url, source_ip=source_ip) as anon:
        body = {"identificador": identificador, "contrasenia": contrasenia}
        answer = anon.post("/api/v1/auth/login", json=body)
    assert answer.status_code == 200, answer.text
    person = Persona(base_url, answer.json()["token"], source_ip=source_ip).learn()
    person.contrasenia = contrasenia
    return person


def close_everybody() -> None:
    """Close the connections of every person made so far, once the run is over."""
    while _everybody:
        _everybody.pop().close()


class Cast:
    """The fixed cast on one server and its database."""

    def __init__(self, base_url: str, db: Database, data_dir: Path) -> None:
        self.base_url = base_url
        self.db = db
        self.data_dir = data_dir
        correo = f"admin-{uuid.uuid4().hex[:8]}@example.com"
        made = run_cli(
            "crear-admin", "--correo", correo, "--contrasenia", PASSWORD,
            data_dir=data_dir, database_url=db.dsn,
        )  # fmt: skip
        assert made.returncode == 0, made.stdout + made.stderr
        self.anon = Persona(base_url)
        self.admin = login(base_url, correo)
        self.vendedora = self.new_usuario("vendedor", nombre="Vania Vendedora")
        self.otro_vendedor = self.new_usuario("vendedor", nombre="Omar Otro Vendedor")
        self.tecnica = self.new_usuario("tecnico", nombre="Teresa Técnica")
        self.otro_tecnico = self.new_usuario("tecnico", nombre="Otto Otro Técnico")
        self.soporte = self.new_usuario("soporte", nombre="Sofía Soporte")
        self.cliente = self.new_cliente(nombre="Clara Cliente")
        self.otra_cliente = self.new_cliente(nombre="Olga Otra Cliente")
        self.assign(self.cliente, self.vendedora)
        self.assign(self.otra_cliente, self.otro_vendedor)

    def everybody(self) -> dict[str, Persona]:
        """Name → person, the anonymous one included."""
        return {name: value for name, value in vars(self).items() if isinstance(value, Persona)}

    def new_cliente(self, **fields: Any) -> Persona:
        """A customer who has just registered; `fields` replace those of `POST /api/registrar-cliente`."""
        number = next(_numbers)
        body = {
            "nombre": f"Cliente {number}",
            "celular": f"7{5_000_000 + number}",
            "correo": f"cliente-{uuid.uuid4().hex[:12]}@example.com",
            "contrasenia": PASSWORD,
        } | fields
        answer = self.anon.post("/api/registrar-cliente", json=body)
        assert answer.status_code == 201, answer.text
        person = Persona(self.base_url, answer.json()["token"]).learn()
        person.contrasenia, person.celular = body["contrasenia"], body["celular"]
        return person

    def new_usuario(self, rol: str, **fields: Any) -> Persona:
        """A new member of staff, logged in; `fields` replace those of `POST /api/v1/usuarios`."""
        number = next(_numbers)
        body = {
            "nombre": f"Usuario {number}",
            "correo": f"{rol}-{uuid.uuid4().hex[:12]}@example.com",
            "contrasenia": PASSWORD,
            "rol": rol,
        } | fields
        answer = self.admin.post("/api/v1/usuarios", json=body)
        assert answer.status_code == 201, answer.text
        return login(self.base_url, body["correo"], body["contrasenia"])

    def new_producto(self, **fields: Any) -> dict[str, Any]:
        """A new product as `POST /api/v1/productos` answers it; `fields` replace those sent."""
        code = uuid.uuid4().hex[:10].upper()
        body = {
            "codigo": code,
            "nombre": f"Producto {code}",
            "descripcion": "Producto de prueba",
            "precio": "10.50",
            "imagenes": [],
        } | fields
        answer = self.admin.post("/api/v1/productos", json=body)
        assert answer.status_code == 201, answer.text
        product: dict[str, Any] = answer.json()
        return product

    def assign(self, cliente: Persona, vendedor: Persona) -> None:
        """Make a seller responsible for a client."""
        self.db.execute(
            "UPDATE clientes SET vendedor_asignado_id = $2::uuid WHERE id = $1::uuid",
            cliente.cliente_id,
            vendedor.usuario_id,
        )

    def plant_image(self, cliente_id: str, campo: str, content: bytes | None = None) -> str:
        """Give a client an image as the product stores it; returns its key."""
        key = new_key("clientes", UUID(cliente_id), "image/jpeg")
        path = self.data_dir / "archivos" / key
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.write_bytes(encoded("JPEG") if content is None else content)
        self.db.execute(f"UPDATE clientes SET {campo} = $2 WHERE id = $1::uuid", cliente_id, key)
        return key
