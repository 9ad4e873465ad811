"""What the demo company sold in the last month: orders of its customers and sellers, delivered, invoiced and paid."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID

from msgspec import structs

from clientela.carritos import service as carritos
from clientela.carritos.model import CambioLinea, Llave
from clientela.catalogo import campaigns
from clientela.catalogo.model import NuevaCampania
from clientela.cobranza import invoices, payments
from clientela.cobranza.model import FiltroFacturas, Medio, NuevoPago
from clientela.core.actor import Actor
from clientela.core.money import round_money
from clientela.demo.calendario import SANTA_CRUZ
from clientela.demo.cuentas import Persona
from clientela.demo.historia import Historia, Step, Suceso
from clientela.flows import deliver_order, place_order
from clientela.pedidos.model import Condicion, EntregaPedida, Estado, Pedido

PAST: Final = 150
# Those that are on their way today, or wait for tomorrow's vehicles.
SOON: Final = 40
MONTH: Final = 30
# What orders on credit may take of a client's limit; older debts have the rest.
SHARE: Final = Decimal("0.30")
STEPS: Final = (Estado.CONFIRMADO, Estado.EN_PREPARACION, Estado.EN_RUTA, Estado.ENTREGADO)
NOTES: Final = (
    "Tocar el timbre", "Entrar por el garaje", "Preguntar por el encargado", "Llamar diez minutos antes",
    "Dejar en el depósito del fondo",
)  # fmt: skip
# Name, percent and the department for which it is.
CAMPAIGNS: Final = (("Quincena de la limpieza", "12.00", "LIM"), ("Refresca tu tienda", "8.00", "BEB"))


class Venta:
    """One order: what it shall be, and what became of it."""

    def __init__(self, person: Persona, buyer: Actor, key: Llave, lines: Sequence[CambioLinea]) -> None:
        self.person = person
        self.buyer = buyer
        self.key = key
        self.lines = lines
        self.pedido: Pedido | None = None

    @property
    def made(self) -> Pedido:
        """The order, once it was placed."""
        if self.pedido is None:
            raise ValueError("an order's story begins with the order")
        return self.pedido


class Ventas:
    """Tells the month's orders, as a part of the story."""

    def __init__(self, story: Historia, staff: Mapping[str, Actor]) -> None:
        self.db = story.db
        self.calendar = story.calendar
        self.rng = story.rng
        self.story = story
        self.admin = staff["admin@example.com"]
        self.sellers = {actor.usuario_id: actor for actor in staff.values() if actor.rol == "vendedor"}
        products = [product for each in story.by_department.values() for product in each]
        self.products = {product.id: product for product in products}
        self.stock = {product.id: product.existencias for product in products}
        self.running: dict[str, int] = {}
        self.credit: dict[UUID, Decimal] = {}

    def happenings(self, people: Sequence[Persona], customer: Persona) -> list[Suceso]:
        """Return all that was sold and what became of it; `customer` has some of each kind."""
        made = [Suceso(self.calendar.ago(MONTH), self._open_campaigns)]
        for person in [customer] * 6 + self.rng.choices(people, k=PAST - 6):
            made += self._past(person)
        for number, person in enumerate([customer, *self.rng.sample(people, SOON - 1)]):
            made += self._soon(person, tomorrow=number % 3 > 0)
        return made

    async def _open_campaigns(self) -> None:
        begins, ends = self.calendar.ago(MONTH), self.calendar.ago(-14)
        for name, percent, department in CAMPAIGNS:
            products = tuple(product.id for product in self.story.by_department[department])
            new = NuevaCampania(name, Decimal(percent), begins, ends, products)
            self.running[department] = (await campaigns.create(self.db, self.admin, new)).id

    # --- orders -----------------------------------------------------------------------------------------------

    def _past(self, person: Persona) -> list[Suceso]:
        """One that was delivered the next day, or cancelled before; some of those on credit were paid since."""
        begun = self.calendar.working_hour(self.rng, self.rng.uniform(3, MONTH - 1))
        sale = self._sale(person, begun)
        day = _next_workday(begun)
        made = [Suceso(begun, self._placing(sale, day))]
        steps: tuple[Estado, ...] = STEPS
        if self.rng.random() < 0.08:
            steps = (*STEPS[: self.rng.randint(0, 2)], Estado.CANCELADO)
        moment = begun + timedelta(minutes=self.rng.uniform(10, 60))
        for place, step in enumerate(steps):
            if place == 1:
                moment = datetime.combine(day, time(7, 30), SANTA_CRUZ).astimezone(begun.tzinfo)
            made.append(Suceso(moment, self._step(sale, step)))
            moment += timedelta(hours=self.rng.uniform(0.5, 4))
        if steps is STEPS and self.rng.random() < 0.6:
            paid = moment + timedelta(days=self.rng.uniform(0.2, 12))
            made.append(Suceso(min(paid, self.calendar.ago(0.1)), self._paying(sale)))
        return made

    def _soon(self, person: Persona, *, tomorrow: bool) -> list[Suceso]:
        """One for today, which is on its way, or for tomorrow, which waits."""
        begun = self.calendar.working_hour(self.rng, self.rng.uniform(0.1, 1) if tomorrow else 1)
        day = self.calendar.today.astimezone(SANTA_CRUZ).date() + timedelta(days=tomorrow)
        sale = self._sale(person, begun)
        made = [Suceso(begun, self._placing(sale, day))]
        moment = begun
        for step in STEPS[: self.rng.randint(0, 2) if tomorrow else 3]:
            moment = min(moment + timedelta(minutes=self.rng.uniform(5, 30)), self.calendar.ago(0.05))
            made.append(Suceso(moment, self._step(sale, step)))
        return made

    def _sale(self, person: Persona, moment: datetime) -> Venta:
        """Let a customer order by himself, unless his cart holds what it shall hold today; else a seller does it."""
        own = moment < self.story.last_visits.get(person.cliente_id, self.calendar.today)
        if own and self.rng.random() < 0.6:
            buyer, key = person.actor, carritos.own_key(person.actor)
        else:
            served = [self.sellers[person.vendedor_id]] if person.vendedor_id else list(self.sellers.values())
            buyer = self.rng.choice(served)
            key = carritos.seller_key(buyer, person.cliente_id)
        return Venta(person, buyer, key, self._lines(person))

    def _lines(self, person: Persona) -> list[CambioLinea]:
        """Choose some products of which there is enough; at least one."""
        chosen: dict[UUID, CambioLinea] = {}
        wanted = self.rng.randint(1, 6)
        while len(chosen) < wanted:
            product = self.story.product(person)
            left, amount = self.stock[product.id], self.story.quantity(product)
            if product.id in chosen or (left is not None and left < amount):
                continue
            if left is not None:
                self.stock[product.id] = left - amount
            chosen[product.id] = CambioLinea(product.id, amount, sumar=True)
        return list(chosen.values())

    def _terms(self, sale: Venta) -> Condicion:
        """On credit, as long as it stays little beside what he may owe; prices rise a bit in the story."""
        cost = sum(
            (self.products[line.producto_id].precio * line.cantidad for line in sale.lines), Decimal()
        ) * Decimal("1.1")
        spent = self.credit.get(sale.person.cliente_id, Decimal()) + cost
        if spent > sale.person.credito * SHARE:
            return Condicion.CONTADO
        self.credit[sale.person.cliente_id] = spent
        return Condicion.CREDITO

    # --- what happens -----------------------------------------------------------------------------------------

    def _placing(self, sale: Venta, day: date) -> Step:
        note = self.rng.choice(NOTES) if self.rng.random() < 0.3 else None
        wish = EntregaPedida(self._terms(sale), fecha_entrega_requerida=day, observaciones_entrega=note)

        async def place() -> None:
            # What else lay in the cart is not meant.
            await carritos.remove(self.db, sale.buyer, sale.key, None)
            for line in sale.lines:
                campaign = self.running.get(self.products[line.producto_id].codigo[:3])
                change = line if campaign is None else structs.replace(line, campania_aplicada_id=campaign)
                await carritos.put_line(self.db, sale.buyer, sale.key, change)
            sale.pedido = await place_order.place(self.db, sale.buyer, sale.key, wish)

        return place

    def _step(self, sale: Venta, estado: Estado) -> Step:
        note = "El cliente lo pidió" if estado is Estado.CANCELADO else None
        return lambda: deliver_order.change_state(self.db, self.admin, sale.made.id, estado, note)

    def _paying(self, sale: Venta) -> Step:
        part = self.rng.choice((Decimal(1), Decimal(1), Decimal("0.5")))
        how = self.rng.choice((Medio.EFECTIVO, Medio.QR, Medio.TRANSFERENCIA))

        async def pay() -> None:
            wanted = FiltroFacturas(sale.person.cliente_id, pendientes=True)
            found = await invoices.search_invoices(self.db, self.admin, wanted, page=1, per_page=100)
            for invoice in found.items:
                if invoice.pedido_id == sale.made.id:
                    amount = min(invoice.saldo, round_money(invoice.total * part))
                    new = NuevoPago(invoice.cliente_id, amount, how, invoice.cuenta_id)
                    await payments.register_payment(self.db, self.admin, new)

        return pay


def _next_workday(moment: datetime) -> date:
    """Return the day after a moment, in Santa Cruz; on Sundays nobody delivers."""
    day = moment.astimezone(SANTA_CRUZ).date() + timedelta(days=1)
    return day if day.weekday() < 6 else day + timedelta(days=1)
