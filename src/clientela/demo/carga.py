"""Loads the demo company "Distribuidora y Servicios El Ceibo" through the services, all of it or nothing."""

import random
from collections.abc import Mapping
from datetime import date
from functools import partial
from typing import Final

from clientela.catalogo import service as catalogo
from clientela.catalogo.model import CambiosProducto, Producto
from clientela.clientes import service as clientes
from clientela.core import images
from clientela.core.actor import Actor
from clientela.core.db import Db
from clientela.core.images import Imagen
from clientela.demo import dibujos
from clientela.demo.calendario import Calendario
from clientela.demo.catalogo import Articulo, articles
from clientela.demo.clientela import clients
from clientela.demo.cuentas import (
    PERSONAL,
    Persona,
    customer_actor,
    open_customer_accounts,
    open_staff_accounts,
)
from clientela.demo.deudas import entries, write
from clientela.demo.flota import open_fleet
from clientela.demo.historia import Historia, Suceso
from clientela.demo.progreso import Progreso, showing
from clientela.demo.registro import Registro, completed, open_register
from clientela.demo.taller import Taller
from clientela.demo.ventas import Ventas
from clientela.identidad import users
from clientela.identidad.model import Filtro
from clientela.organizacion import service as organizacion
from clientela.organizacion.model import CambiosOrganizacion, Deposito, Horario

NOMBRE: Final = "Distribuidora y Servicios El Ceibo"
SEED: Final = 1561
OPENED_DAYS_AGO: Final = 300


async def load(db: Db) -> None:
    """Load the company, once: where it is already, nothing happens.

    Everything is one transaction, so that an interrupted loading leaves nothing behind but files, which go with the
    next sweep. Raises FileExistsError where somebody else's data are.
    """
    if await _is_loaded(db):
        return
    with showing() as progress:
        clean = await _clean(progress)
        async with db.transaction() as tx:
            calendar = Calendario(db.now())
            tx.clock = calendar
            await _load(tx, calendar, progress, clean)


async def _clean(progress: Progreso) -> dict[bytes, Imagen]:
    """Have every picture cleaned, as if a stranger had sent it, before the transaction begins to wait for anything."""
    drawn = {article.dibujo for article in articles(_story())}
    return {
        drawing: await images.normalise(drawing)
        for drawing in progress.each("Dibujos", sorted(drawn | {dibujos.of_shop()}))
    }


def _story(part: int = 0) -> random.Random:
    return random.Random(SEED + part)  # noqa: S311 - a story is told, nothing is kept secret


async def _is_loaded(db: Db) -> bool:
    _, total = await users.list_users(db, Filtro(limite=1))
    if total == 0:
        return False
    found, _ = await users.list_users(db, Filtro(q=PERSONAL[0][0], rol="admin"))
    if not any(user.correo == PERSONAL[0][0] for user in found):
        raise FileExistsError(
            "El directorio de datos ya contiene otra empresa. Elija otro con --data-dir para la demostración."
        )
    return True


async def _load(db: Db, calendar: Calendario, progress: Progreso, clean: Mapping[bytes, Imagen]) -> None:
    rng = _story()
    calendar.go(calendar.ago(OPENED_DAYS_AGO))
    staff = await open_staff_accounts(db)
    admin = staff["admin@example.com"]
    await organizacion.save(db, admin, _organization(calendar))
    await open_fleet(db, admin)
    products = [
        await _add(db, admin, article, clean[article.dibujo])
        for article in progress.each("Productos", articles(rng))
    ]
    register = await open_register(db, admin)
    seller, shop = staff["vendedor@example.com"], clean[dibujos.of_shop()]
    accounts = await open_customer_accounts(db, rng, admin, seller, register, shop)
    people = await _add_clients(db, calendar, rng, progress, staff, register)
    debtors = [(person.cliente_id, person.credito) for person in (*accounts, *people)]
    books = entries(rng, calendar, debtors)
    story = Historia(db, calendar, rng, products)
    happenings = story.happenings(people, accounts[0], admin)
    happenings += [Suceso(entry.momento, partial(write, db, calendar, admin, entry)) for entry in books]
    happenings += Ventas(story, staff).happenings(people, accounts[0])
    # With chances of its own, so that whatever changes here leaves the other parts of the story as they are.
    happenings += Taller(story, staff, _story(1)).happenings(people, accounts)
    # One after the other, whatever they are about: a timeline has the order in which things were written.
    for happening in progress.each("Historia", sorted(happenings, key=lambda each: each.momento)):
        await story.tell(happening)
    calendar.go(calendar.today)


def _organization(calendar: Calendario) -> CambiosOrganizacion:
    year = calendar.today.year
    workdays = [
        Horario(day, *hours) for day in range(1, 6) for hours in (("08:00", "12:30"), ("14:00", "18:30"))
    ]
    days = ((1, 1), (1, 22), (5, 1), (6, 21), (8, 6), (9, 24), (11, 2), (12, 25))
    return CambiosOrganizacion(
        nombre=NOMBRE,
        zona="America/La_Paz",
        moneda="BOB",
        horarios=(*workdays, Horario(6, "08:00", "13:00")),
        feriados=tuple(date(y, month, day) for y in (year, year + 1) for month, day in days),
        mensaje_ausente="Ahora estamos fuera de horario. Le respondemos a primera hora.",
        saludo="¡Hola! Gracias por escribir a El Ceibo. ¿En qué podemos ayudarle?",
        deposito=Deposito(-17.7485, -63.1531),
    )


async def _add(db: Db, admin: Actor, article: Articulo, image: Imagen) -> Producto:
    made = await catalogo.create(db, admin, article.producto)
    product, _ = await catalogo.add_image(db, admin, made.id, image)
    if article.retirado:
        return await catalogo.update(db, admin, product.id, CambiosProducto(activo=False))
    return product


async def _add_clients(
    db: Db,
    calendar: Calendario,
    rng: random.Random,
    progress: Progreso,
    staff: Mapping[str, Actor],
    register: Registro,
) -> list[Persona]:
    """Make the clients without login in the first months; a fifth of them has no seller."""
    first, second = staff["vendedor@example.com"].usuario_id, staff["vendedor2@example.com"].usuario_id
    newcomers = clients(rng, (first, first, second, second, None))
    arrivals = sorted((rng.uniform(200, OPENED_DAYS_AGO - 1) for _ in newcomers), reverse=True)
    people = []
    for newcomer, days in progress.each("Clientes", list(zip(newcomers, arrivals, strict=True))):
        calendar.go(calendar.working_hour(rng, days))
        record = completed(rng, register, newcomer.cliente, newcomer.categoria)
        made, principal = await clientes.create_client(db, staff["admin@example.com"], record)
        people.append(
            Persona(
                customer_actor(principal), newcomer.compra, record.limite_credito, made.vendedor_asignado_id
            )
        )
    return people
