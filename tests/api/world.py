"""The people and objects behind the words of the permission matrix, made through the API itself."""

import time
import uuid
from collections.abc import Callable, Mapping
from functools import cached_property
from itertools import count
from typing import Any

import jwt

from tests.api import world_carts
from tests.api.matrix import Case, Row, matrix
from tests.api.workshop import Workshop
from tests.cast import PASSWORD, Cast, Persona
from tests.cobranza.deliveries import invoiced
from tests.tools.image_bricks import encoded
from tests.tools.server import SECRET

ROLES = {
    "dueno": "cliente",
    "otra": "cliente",
    "vendedora": "vendedor",
    "otro_vendedor": "vendedor",
    "tecnica": "tecnico",
    "soporte": "soporte",
    "admin": "admin",
}
_phones = count(60_000_000)


class World(Workshop):
    """Resolves `$words` and principals on one server."""

    def __init__(self, cast: Cast) -> None:
        self.cast = cast
        self._states: dict[tuple[str, str], Persona] = {}
        self._revoked = 0.0

    # --- people --------------------------------------------------------------------------------------------

    @cached_property
    def fixed(self) -> dict[str, Persona]:
        """The principals that cells share; `dueno` has written his cart, so that it exists."""
        dueno, otra = self.cast.new_cliente(), self.cast.new_cliente()
        self.cast.assign(dueno, self.cast.vendedora)
        self.cast.assign(otra, self.cast.otro_vendedor)
        for customer in (dueno, otra):
            line = {"itemId": self.product["id"], "cantidad": 1}
            answer = customer.put(f"{customer.panel}/carrito", json={"items": [line]})
            assert answer.status_code == 200, answer.text
            for campo in ("foto_perfil", "ci_anverso", "ci_reverso"):
                self.cast.plant_image(customer.cliente_id, campo)
        staff = {
            n: getattr(self.cast, n) for n in ("vendedora", "otro_vendedor", "tecnica", "soporte", "admin")
        }
        return {"anon": self.cast.anon, "dueno": dueno, "otra": otra, **staff}

    def person(self, principal: str, *, fresh: bool) -> Persona:
        """Whoever makes a call; a fresh one where the call ends his session or changes him."""
        if not fresh or principal == "anon":
            return self.fixed[principal]
        return self.new_person(ROLES[principal])

    def new_person(self, rol: str) -> Persona:
        """Somebody who was never used."""
        return self.cast.new_cliente() if rol == "cliente" else self.cast.new_usuario(rol)

    def in_state(self, state: str, rol: str, *, fresh: bool) -> Persona:
        """A person of that role whose token is in a bad state; shared unless the call would change it."""
        if fresh:
            return self._make_state(state, rol)
        if (state, rol) not in self._states:
            self._states[state, rol] = self._make_state(state, rol)
        return self._states[state, rol]

    def _make_state(self, state: str, rol: str) -> Persona:
        if state == "sin_habilidad":
            return self.with_abilities(["internal"])
        person = self.new_person(rol)
        if state == "vencido":
            return self._expired(person)
        if state == "muro":
            self.cast.db.execute(
                "UPDATE usuarios SET debe_cambiar_contrasenia = true WHERE id = $1::uuid", person.usuario_id
            )
            return person.again()
        if state == "revocado":
            assert person.post("/api/v1/auth/logout").status_code == 200
        elif state == "desactivado":
            path = f"/api/v1/usuarios/{person.usuario_id}"
            answer = self.cast.admin.patch(path, json={"activo": False})
            assert answer.status_code == 200, answer.text
        else:
            raise AssertionError(f"unknown state {state}")
        self._revoked = time.monotonic()
        return person

    def settle(self) -> None:
        """Wait until the last revocation must hold on every process: a second after its answer."""
        time.sleep(max(0.0, self._revoked + 1.0 - time.monotonic()))

    def _expired(self, person: Persona) -> Persona:
        claims = jwt.decode(person.token or "", SECRET, algorithms=["HS256"])
        now = int(time.time())
        token = jwt.encode(claims | {"iat": now - 3600, "exp": now - 1}, SECRET, algorithm="HS256")
        expired = Persona(person.server_url, token)
        expired.usuario_id, expired.cliente_id = person.usuario_id, person.cliente_id
        return expired

    def with_abilities(self, abilities: list[str], **fields: Any) -> Persona:
        """The administrator through a personal token with these abilities."""
        body = {"nombre": "prueba", "habilidades": abilities} | fields
        answer = self.cast.admin.post("/api/v1/tokens", json=body)
        assert answer.status_code == 201, answer.text
        return Persona(self.cast.base_url, answer.json()["token"])

    # --- objects -------------------------------------------------------------------------------------------

    @cached_property
    def product(self) -> dict[str, Any]:
        """A product that is sold."""
        return self.cast.new_producto()

    @cached_property
    def changing_product(self) -> dict[str, Any]:
        """A product that calls may change or retire."""
        return self.cast.new_producto()

    @cached_property
    def pictured_product(self) -> str:
        """A product whose pictures come and go."""
        return str(self.cast.new_producto()["id"])

    def new_picture(self) -> str:
        """The name of a picture that was just uploaded, after the one that stays."""
        path, admin = f"/api/v1/productos/{self.pictured_product}", self.cast.admin
        sent = {"imagen": encoded("PNG")}
        answer = admin.post(f"{path}/imagenes", files=sent)
        if answer.status_code == 409:
            # It is full of those that nobody removed; the one that stays was the first.
            assert admin.patch(path, json={"imagenes": admin.get(path).json()["imagenes"][:1]}).is_success
            answer = admin.post(f"{path}/imagenes", files=sent)
        assert answer.status_code == 201, answer.text
        return str(answer.headers["location"].rpartition("/")[2])

    def next_picture(self, caller: Persona) -> str:
        """The name of a picture that an administrator may remove; whoever may not is told any name."""
        return self.picture and self.new_picture() if caller is self.cast.admin else uuid.uuid4().hex

    @cached_property
    def picture(self) -> str:
        """The name of a picture that stays."""
        return self.new_picture()

    @cached_property
    def ticket(self) -> dict[str, Any]:
        """A ticket of `dueno`, as its customer reads it."""
        dueno = self.fixed["dueno"]
        sent = dueno.post("/soporte", json={"asunto": "De la matriz", "mensaje": "¿Abren hoy?"})
        assert sent.status_code == 201, sent.text
        read: dict[str, Any] = dueno.get(f"/api/v1/tickets/{sent.json()['id']}").json()
        return {"id": sent.json()["id"], **read}

    @cached_property
    def debt(self) -> dict[str, Any]:
        """What `dueno` owes: enough for every payment of the tests."""
        return self.new_debt(self.fixed["dueno"], "100000.00")

    @cached_property
    def foreign_debt(self) -> dict[str, Any]:
        """What `otra` owes."""
        return self.new_debt(self.fixed["otra"], "100.00")

    @cached_property
    def payment(self) -> dict[str, Any]:
        """A payment of `dueno`."""
        return self.new_payment()

    def new_debt(self, debtor: Persona, monto: str) -> dict[str, Any]:
        """A debt of somebody's own."""
        body = {"cliente_id": debtor.cliente_id, "concepto": "Saldo inicial", "monto": monto}
        answer = self.cast.admin.post("/api/v1/cuentas-por-cobrar", json=body)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    def new_payment(self) -> dict[str, Any]:
        """A payment of `dueno` to what he owes."""
        debt = self.debt
        body = {
            "cliente_id": debt["cliente_id"],
            "cuenta_id": debt["id"],
            "monto": "0.01",
            "medio": "efectivo",
        }
        answer = self.cast.admin.post("/api/v1/pagos", json=body)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    @cached_property
    def invoice(self) -> dict[str, Any]:
        """The invoice of an order on credit of `dueno`, which was delivered."""
        return invoiced(self.cast.admin, self.fixed["dueno"], {self.product["id"]: 1})

    @cached_property
    def colleague(self) -> Persona:
        """A member of staff whom administrators may change."""
        return self.cast.new_usuario("soporte")

    def record(self, **fields: Any) -> dict[str, Any]:
        """A client record without login, as the administrator made it; assigned to `vendedora` unless told."""
        body = {"nombre": "Tienda", "vendedor_asignado_id": self.fixed["vendedora"].usuario_id} | fields
        answer = self.cast.admin.post("/api/clientes", json=body)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()["data"]["cliente"]
        return made

    @cached_property
    def changing_record(self) -> dict[str, Any]:
        """A record that calls may change."""
        return self.record()

    @cached_property
    def ending_record(self) -> dict[str, Any]:
        """A record that calls may deactivate."""
        return self.record()

    @cached_property
    def free_record(self) -> dict[str, Any]:
        """A record that is assigned to nobody."""
        return self.record(vendedor_asignado_id=None)

    @cached_property
    def locality(self) -> dict[str, Any]:
        """A locality that calls may change."""
        return self.made("/api/v1/localidades", {"nombre": "Montero", "codigo": uuid.uuid4().hex[:12]})

    @cached_property
    def category(self) -> dict[str, Any]:
        """A client category that calls may change."""
        return self.made("/api/v1/categorias-cliente", {"nombre": "VIP", "clave": uuid.uuid4().hex[:12]})

    def address(self, customer: str) -> dict[str, Any]:
        """A new address of a customer: calls change and delete them."""
        path = f"/api/v1/clientes/{self.fixed[customer].cliente_id}/direcciones"
        return self.made(path, {"direccion": "Calle 1"})

    def new_order(self) -> dict[str, Any]:
        """An order that `dueno` has just made."""
        world_carts.added(self, self.fixed["dueno"], "/orders/cart/me")
        return self.made("/orders/from-cart/me", {}, self.fixed["dueno"])

    @cached_property
    def order(self) -> dict[str, Any]:
        """An order of `dueno` that stays as it is."""
        return self.new_order()

    def made(self, path: str, body: dict[str, Any], who: Persona | None = None) -> dict[str, Any]:
        """What a creation answers, by the administrator unless told."""
        answer = (who or self.cast.admin).post(path, json=body)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    def _session(self) -> str:
        dueno = self.fixed["dueno"]
        items = dueno.again().get("/api/v1/auth/sesiones").json()["items"]
        return str(next(item["id"] for item in items if item["actual"]))

    def _token_id(self) -> str:
        body = {"nombre": "prueba", "habilidades": ["productos:leer"]}
        return str(self.cast.admin.post("/api/v1/tokens", json=body).json()["id"])

    def word(self, name: str, caller: Persona, owner: Persona) -> str:
        """The value of one `$word` for a call."""
        makers: Mapping[str, Callable[[], Any]] = {
            "cliente": lambda: owner.cliente_id,
            "correo_cliente": lambda: self.fixed["dueno"].correo,
            "contrasenia": lambda: PASSWORD,
            "contrasenia_nueva": lambda: f"nueva-{uuid.uuid4().hex[:12]}",
            "correo": lambda: f"matriz-{uuid.uuid4().hex}@example.com",
            "celular": lambda: str(next(_phones)),
            "codigo": lambda: uuid.uuid4().hex[:12],
            "texto": lambda: f"Asunto {uuid.uuid4().hex[:12]}",
            "uuid": lambda: str(uuid.uuid4()),
            "producto": lambda: self.product["id"],
            "otro_producto": lambda: self.changing_product["id"],
            "producto_nuevo": lambda: self.cast.new_producto()["id"],
            "producto_con_imagen": lambda: self.pictured_product,
            "imagen": lambda: self.picture,
            "imagen_nueva": lambda: self.next_picture(caller),
            "ticket": lambda: self.ticket["id"],
            "ticket_numero": lambda: self.ticket["numero"],
            "cuenta": lambda: self.debt["id"],
            "cuenta_numero": lambda: self.debt["numero"],
            "cuenta_ajena": lambda: self.foreign_debt["id"],
            "cuenta_anulable": lambda: self.new_debt(self.fixed["dueno"], "5.00")["id"],
            "cliente_deudor": lambda: self.fixed["dueno"].cliente_id,
            "factura": lambda: self.invoice["id"],
            "factura_numero": lambda: self.invoice["numero"],
            "pago": lambda: self.payment["id"],
            "pago_numero": lambda: self.payment["numero"],
            "pago_anulable": lambda: self.new_payment()["id"],
            "usuario": lambda: self.colleague.usuario_id,
            "usuario_numero": lambda: self.colleague.numero,
            "cliente_numero": lambda: self.cast.db.fetchval(
                "SELECT numero FROM clientes WHERE id = $1::uuid", owner.cliente_id
            ),
            "cliente_de_nadie": lambda: self.free_record["uuid"],
            "ficha": lambda: self.changing_record["uuid"],
            "ficha_nueva": lambda: self.record()["uuid"],
            "ficha_inactivable": lambda: self.ending_record["uuid"],
            "vendedor": lambda: self.fixed["otro_vendedor"].usuario_id,
            "localidad": lambda: self.locality["id"],
            "categoria": lambda: self.category["id"],
            "direccion": lambda: self.address("dueno")["id"],
            "direccion_ajena": lambda: self.address("otra")["id"],
            "carrito_lleno": lambda: world_carts.added(self, caller, "/orders/cart/me") and "Tocar el timbre",
            "llevado_lleno": lambda: (
                world_carts.added(self, caller, f"/orders/cart/client/{owner.cliente_id}")
                and "Tocar el timbre"
            ),
            "pedido": lambda: self.order["id"],
            "pedido_nuevo": lambda: self.new_order()["id"],
            **self.words_of_the_workshop(caller),
            "carrito_recuperable": lambda: world_carts.to_recover(self, caller),
            "carrito_proponible": lambda: world_carts.to_propose(self),
            "propuesta_nueva": lambda: world_carts.new_proposal(self),
            "linea_propia": lambda: world_carts.added(self, caller, "/orders/cart/me"),
            "linea_llevada": lambda: world_carts.added(
                self, caller, f"/orders/cart/client/{owner.cliente_id}"
            ),
            "yo": lambda: caller.usuario_id or uuid.uuid4(),
            "sesion": self._session,
            "token": self._token_id,
        }
        return str(makers[name]())

    def fill(
        self, value: Any, caller: Persona, owner: Persona, overrides: Mapping[str, str] | None = None
    ) -> Any:
        """Replace the `$words` in a body, at any depth; `overrides` go before what the world says."""
        if isinstance(value, str):
            word = value[1:] if value.startswith("$") else None
            if word is None:
                return value
            return (overrides or {}).get(word) or self.word(word, caller, owner)
        if isinstance(value, dict):
            return {name: self.fill(part, caller, owner, overrides) for name, part in value.items()}
        if isinstance(value, list):
            return [self.fill(part, caller, owner, overrides) for part in value]
        return value

    # --- calls ---------------------------------------------------------------------------------------------

    def call(self, row: Row, case: Case, caller: Persona, owner: Persona | None = None) -> "Ready":
        """A call with everything filled in, not made yet."""
        owner = owner or self.fixed["dueno"]
        path = row.template
        for name, value in case.path.items():
            path = path.replace(f"{{{name}}}", self.fill(value, caller, owner))
        return Ready(caller, row.asked_by, path, self.fill(case.body, caller, owner), row.upload)

    def valid(self, row: Row) -> "Ready":
        """A call of the row that succeeds, with its case `propio`: by `dueno` where he may, else by `admin`."""
        case = row.cases[0]
        principal = "dueno" if case.expected[matrix().principals.index("dueno")] < 300 else "admin"
        return self.call(row, case, self.person(principal, fresh=row.fresh_person))


class Ready:
    """One request, ready to go."""

    def __init__(self, caller: Persona, method: str, path: str, body: Any, upload: str | None = None) -> None:
        self.caller = caller
        self.method = method
        self.path = path
        self.body = body
        self.upload = upload

    def make(self) -> Any:
        """Send it; an httpx.Response."""
        if self.upload is not None:
            return self.caller.request(self.method, self.path, files={self.upload: encoded("PNG")})
        return self.caller.request(self.method, self.path, json=self.body)
