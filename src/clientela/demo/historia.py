"""What the demo company's customers did in the last months: carts, drafts, preferences, claims, questions."""

import random
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

import msgspec

from clientela.carritos import service as carritos
from clientela.carritos.model import LineaPedida
from clientela.catalogo import service as catalogo
from clientela.catalogo.model import CambiosProducto, Producto
from clientela.core.actor import Actor
from clientela.core.db import Db
from clientela.demo.calendario import Calendario
from clientela.demo.cuentas import Persona
from clientela.demo.relatos import BORRADORES_RECLAMO, BORRADORES_SOPORTE, RECLAMOS, SOPORTES
from clientela.flows import submit_claim
from clientela.panel import service as panel
from clientela.panel.model import BorradorPedido, PreferenciasPedidas, TipoBorrador, VistaActiva

CARTS: Final = 64
PREFERENCES: Final = 58
DRAFTS: Final = 26
CLAIMS: Final = 48
QUESTIONS: Final = 36
REPRICED: Final = 14
RETIRED: Final = 3

Step = Callable[[], Awaitable[object]]


class Suceso(msgspec.Struct, frozen=True):
    """Something that happened at a moment."""

    momento: datetime
    hacer: Step


class Historia:
    """Tells the story in the order of its moments; the same seed tells the same story."""

    def __init__(
        self, db: Db, calendar: Calendario, rng: random.Random, products: Sequence[Producto]
    ) -> None:
        self.db = db
        self.calendar = calendar
        self.rng = rng
        self.in_carts: list[Producto] = []
        # When somebody last wrote his cart, as it lies there today.
        self.last_visits: dict[UUID, datetime] = {}
        self.by_department: dict[str, list[Producto]] = {}
        for product in products:
            if product.activo:
                self.by_department.setdefault(product.codigo[:3], []).append(product)

    def happenings(self, people: Sequence[Persona], customer: Persona, admin: Actor) -> list[Suceso]:
        """Return everything that happened, oldest first; `customer` has some of each kind."""
        rng = self.rng
        made: list[Suceso] = []
        for person in [customer, *rng.sample(people, CARTS)]:
            made += self._carts(person)
        for person in [customer, *rng.sample(people, PREFERENCES)]:
            made.append(self._preferences(person))
        for person in [customer, *rng.sample(people, DRAFTS)]:
            made.append(self._draft(person))
        for person in [customer, customer, *rng.choices(people, k=CLAIMS)]:
            made.append(self._claim(person))
        for person in [customer, *rng.choices(people, k=QUESTIONS)]:
            made.append(self._question(person))
        made += self._new_prices(admin)
        made += self._retirements(admin)
        return sorted(made, key=lambda happening: happening.momento)

    async def tell(self, happening: Suceso) -> None:
        """Let one thing happen at its moment."""
        self.calendar.go(happening.momento)
        await happening.hacer()

    def _at(self, days: float) -> datetime:
        return self.calendar.working_hour(self.rng, days)

    def product(self, person: Persona) -> Producto:
        """Return something that he buys."""
        return self.rng.choice(self.by_department[self.rng.choice(person.compra)])

    def _carts(self, person: Persona) -> list[Suceso]:
        """Let a cart grow by some lines each time that its owner comes back."""
        lines: dict[object, LineaPedida] = {}
        made = []
        visits = sorted((self.rng.uniform(0.2, 75) for _ in range(self.rng.randint(1, 3))), reverse=True)
        for days in visits:
            for _ in range(self.rng.randint(1, 5)):
                product = self.product(person)
                self.in_carts.append(product)
                lines[product.id] = LineaPedida(str(product.id), self.quantity(product))
            made.append(Suceso(self._at(days), self._write_cart(person, tuple(lines.values()))))
        self.last_visits[person.cliente_id] = max(visit.momento for visit in made)
        return made

    def quantity(self, product: Producto) -> Decimal:
        """Return how much of it one buys."""
        if product.fraccionable:
            return Decimal(self.rng.randint(2, 60)) / 4
        return Decimal(self.rng.randint(1, 24 if product.precio < 50 else 4))

    def _write_cart(self, person: Persona, lines: tuple[LineaPedida, ...]) -> Step:
        return lambda: carritos.replace(self.db, person.actor, person.cliente_id, lines)

    def _preferences(self, person: Persona) -> Suceso:
        wanted = PreferenciasPedidas(
            vista_activa=self.rng.choice(list(VistaActiva)),
            configuraciones={
                "tema": self.rng.choice(["dark", "light"]),
                "notificaciones": self.rng.random() < 0.8,
            },
        )
        return Suceso(
            self._at(self.rng.uniform(0.2, 190)),
            lambda: panel.save_preferences(self.db, person.actor, person.cliente_id, wanted),
        )

    def _draft(self, person: Persona) -> Suceso:
        product = self.product(person).nombre
        if self.rng.random() < 0.6:
            kind, fields = TipoBorrador.RECLAMO, ("titulo", "descripcion")
            title, text = self.rng.choice(BORRADORES_RECLAMO)
        else:
            kind, fields = TipoBorrador.SOPORTE, ("asunto", "mensaje")
            title, text = self.rng.choice(BORRADORES_SOPORTE)
        sent = BorradorPedido(dict(zip(fields, (title, text.format(producto=product)), strict=True)), None)
        return Suceso(
            self._at(self.rng.uniform(0.2, 20)),
            lambda: panel.save_draft(self.db, person.actor, person.cliente_id, kind, sent),
        )

    def _claim(self, person: Persona) -> Suceso:
        title, text = self.rng.choice(RECLAMOS)
        told = text.format(producto=self.product(person).nombre)
        return Suceso(
            self._at(self.rng.uniform(0.5, 190)),
            lambda: submit_claim.submit_claim(
                self.db, person.actor, title, told, pedido_id=None, orden_id=None
            ),
        )

    def _question(self, person: Persona) -> Suceso:
        title, text = self.rng.choice(SOPORTES)
        told = text.format(producto=self.product(person).nombre)
        return Suceso(
            self._at(self.rng.uniform(0.5, 190)),
            lambda: submit_claim.submit_support(self.db, person.actor, title, told),
        )

    def _new_prices(self, admin: Actor) -> list[Suceso]:
        """Raise some prices after carts were filled, so that carts have something to say about it."""
        everything = [product for products in self.by_department.values() for product in products]
        made = []
        for product in self.rng.sample(everything, REPRICED):
            price = (product.precio * Decimal("1.08")).quantize(Decimal("0.1")).quantize(Decimal("0.01"))
            made.append(Suceso(self._at(self.rng.uniform(0.1, 12)), self._reprice(admin, product, price)))
        return made

    def _reprice(self, admin: Actor, product: Producto, price: Decimal) -> Step:
        return lambda: catalogo.update(self.db, admin, product.id, CambiosProducto(precio=price))

    def _retirements(self, admin: Actor) -> list[Suceso]:
        """Retire a few products that lie in carts, an hour ago."""
        retired = {product.id: product for product in self.rng.sample(self.in_carts, RETIRED)}
        hour_ago = self.calendar.ago(1 / 24)
        return [Suceso(hour_ago, self._retire(admin, product)) for product in retired.values()]

    def _retire(self, admin: Actor, product: Producto) -> Step:
        return lambda: catalogo.update(self.db, admin, product.id, CambiosProducto(activo=False))
