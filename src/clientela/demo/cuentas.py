"""The accounts with which the demo company is tried out (CONTRACT §11)."""

import random
from decimal import Decimal
from typing import Final
from uuid import UUID

import msgspec

from clientela.clientes import service as clientes
from clientela.clientes.images import FOLDER
from clientela.clientes.model import NuevaDireccion, NuevoCliente
from clientela.core import files
from clientela.core.actor import Actor
from clientela.core.db import Db
from clientela.core.ids import uuid7
from clientela.core.images import Imagen
from clientela.demo.registro import Registro, completed
from clientela.identidad import logins, users
from clientela.identidad.model import Credencial, NuevoUsuario, Usuario

CONTRASENIA: Final = "clientela-demo"

PERSONAL: Final = (
    ("admin@example.com", "Patricia Landívar Roca", "admin", "+591 70010001"),
    ("vendedor@example.com", "Marco Antonio Suárez", "vendedor", "+591 70010002"),
    ("vendedor2@example.com", "Verónica Cuéllar Vaca", "vendedor", "+591 70010003"),
    ("tecnico@example.com", "Rubén Mamani Choque", "tecnico", "+591 70010004"),
    ("tecnico2@example.com", "Daniela Parada Áñez", "tecnico", "+591 70010005"),
    ("soporte@example.com", "Claudia Justiniano", "soporte", "+591 70010006"),
    ("soporte2@example.com", "Sergio Quispe Flores", "soporte", "+591 70010007"),
)
CLIENTES: Final = (
    ("cliente@example.com", "Tienda Doña Rosa", "Rosa Saucedo Melgar", "+591 70010008", "2856341017",
     "Av. Virgen de Cotoca n.º 2140, Pampa de la Isla", "-17.776800", "-63.104700"),
    ("cliente2@example.com", "Ferretería El Tajibo", "El Tajibo S.R.L.", "+591 70010009", "1029384017",
     "Av. Grigotá n.º 615, La Ramada", "-17.795800", "-63.188500"),
)  # fmt: skip


# The second shop of the first of them.
SUCURSAL: Final = NuevaDireccion(
    "Plaza principal, acera norte, Cotoca",
    "Cotoca",
    "Santa Cruz",
    None,
    Decimal("-17.753600"),
    Decimal("-62.996900"),
)


class Persona(msgspec.Struct, frozen=True):
    """A customer who acts in the story; `compra`: the departments from which he buys, `credito`: what he may owe."""

    actor: Actor
    compra: tuple[str, ...]
    credito: Decimal
    vendedor_id: UUID | None

    @property
    def cliente_id(self) -> UUID:
        """His record."""
        found = self.actor.cliente_id
        if found is None:
            raise ValueError("a customer's story needs a client")
        return found


def staff_actor(user: Usuario) -> Actor:
    """Return the member of staff as services know him."""
    return Actor(user.id, user.numero, "usuario", user.rol, None, user.nombre, user.correo)


def customer_actor(principal: Credencial) -> Actor:
    """Return the customer as services know him; he needs no login for that."""
    return Actor(
        principal.usuario_id,
        principal.numero,
        "cliente",
        "cliente",
        principal.cliente_id,
        principal.nombre,
        principal.correo,
    )


async def open_staff_accounts(db: Db) -> dict[str, Actor]:
    """Make the members of staff, the administrator first; return them by e-mail."""
    made: dict[str, Actor] = {}
    for correo, nombre, rol, celular in PERSONAL:
        new = NuevoUsuario(nombre=nombre, rol=rol, contrasenia=CONTRASENIA, correo=correo, celular=celular)
        made[correo] = staff_actor(await users.create_user(db, made.get("admin@example.com"), new))
    return made


async def open_customer_accounts(
    db: Db, rng: random.Random, admin: Actor, seller: Actor, register: Registro, shop: Imagen
) -> list[Persona]:
    """Make the two customers who can log in, with a photo of their `shop`; the first has a seller and a branch."""
    made: list[Persona] = []
    for correo, nombre, razon_social, celular, nit, direccion, lat, lng in CLIENTES:
        names = logins.read_names(db.settings.pais, correo, celular, None)
        login = await logins.prepare_login(db, nombre, names, CONTRASENIA)
        place = Decimal(lat), Decimal(lng)
        cliente_id = uuid7()
        photo = files.new_key(FOLDER, cliente_id, shop.tipo)
        record = NuevoCliente(
            nombre=nombre,
            razon_social=razon_social,
            nit=nit,
            email=correo,
            telefono=celular,
            limite_credito=Decimal(5000),
            latitud=place[0],
            longitud=place[1],
            vendedor_asignado_id=None if made else seller.usuario_id,
            direcciones=(
                NuevaDireccion(
                    direccion, "Santa Cruz de la Sierra", "Santa Cruz", None, *place, es_principal=True
                ),
                *(() if made else (SUCURSAL,)),
            ),
            imagenes={"foto_perfil": photo},
        )
        record = completed(rng, register, record, "OFICIO" if made else "TIENDA")
        async with files.written(files.open_storage(db.settings), {photo: shop.data}):
            client, principal = await clientes.create_client(db, admin, record, login, cliente_id=cliente_id)
        buys = ("FER", "ELE") if made else ("ABA", "BEB", "GAL", "LIM")
        made.append(
            Persona(customer_actor(principal), buys, record.limite_credito, client.vendedor_asignado_id)
        )
    return made
