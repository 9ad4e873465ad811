"""Customers who write without pause, remember every yes, and afterwards ask whether it was kept.

Each writer has customers of its own and one write under way at a time. A write puts one growing number into several
places at once, so what is stored shows two things: a number below the last acknowledged one is a loss, different
numbers in one whole are a half.
"""

import itertools
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.cast import PASSWORD, Persona
from tests.tools.burst import Answer
from tests.tools.database import Database
from tests.tools.wire import Wire

_phones = itertools.count(1)


@dataclass
class Damage:
    """What a crash did to what had been promised."""

    lost: list[str] = field(default_factory=list)
    half: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.lost or self.half)


class Writer:
    """One client program: writes, counts, and says at the end what its writes became."""

    def __init__(self, url: str, token: str | None) -> None:
        self.wire = Wire(url, token, timeout=10, again=False)
        self.attempted = 0
        self.acknowledged = 0
        self.acks = 0

    def step(self) -> Answer:
        """Make the next write."""
        self.attempted += 1
        number = self.attempted
        answer = self.write(number)
        if 200 <= answer.status < 300:
            self.acknowledged = number
            self.acks += 1
        return answer

    def write(self, number: int) -> Answer:
        """Write one number."""
        raise NotImplementedError

    def stored(self, db: Database) -> list[int]:
        """The numbers that are stored, in every place of the whole; empty when there is nothing."""
        raise NotImplementedError

    def judge(self, db: Database, damage: Damage) -> None:
        """Compare what is stored with what was promised."""
        found = self.stored(db)
        name = f"{type(self).__name__} {found} of {self.acknowledged}..{self.attempted}"
        if len(set(found)) > 1:
            damage.half.append(name)
        elif not found:
            if self.acknowledged:
                damage.lost.append(name)
        elif not self.acknowledged <= found[0] <= self.attempted:
            damage.lost.append(name)


class CartWriter(Writer):
    """Puts whole carts of three lines, all of the same quantity."""

    def __init__(self, person: Persona, products: list[str]) -> None:
        super().__init__(person.server_url, person.token)
        self.person, self.products = person, products

    def write(self, number: int) -> Answer:
        items = [{"itemId": product, "cantidad": number} for product in self.products]
        return self.wire.request("PUT", f"{self.person.panel}/carrito", json={"items": items})

    def stored(self, db: Database) -> list[int]:
        return cart_numbers(db, self.person, len(self.products))


class DraftWriter(Writer):
    """Puts drafts whose two texts say the same number."""

    def __init__(self, person: Persona) -> None:
        super().__init__(person.server_url, person.token)
        self.person = person

    def write(self, number: int) -> Answer:
        body = {"titulo": str(number), "descripcion": str(number)}
        return self.wire.request("PUT", f"{self.person.panel}/borradores/reclamo", json=body)

    def stored(self, db: Database) -> list[int]:
        return draft_numbers(db, self.person)


class AutosaveWriter(Writer):
    """Saves cart, draft and preferences at once, with the same number in each."""

    def __init__(self, person: Persona, products: list[str]) -> None:
        super().__init__(person.server_url, person.token)
        self.person, self.products = person, products

    def write(self, number: int) -> Answer:
        body = {
            "carrito": {"items": [{"itemId": product, "cantidad": number} for product in self.products]},
            "borradores": {"reclamo": {"titulo": str(number), "descripcion": str(number)}},
            "preferencias": {"configuraciones": {"numero": number}},
        }
        return self.wire.request("POST", f"{self.person.panel}/auto-guardar", json=body)

    def stored(self, db: Database) -> list[int]:
        kept = db.fetchval(
            "SELECT (configuraciones ->> 'numero')::int FROM preferencias WHERE cliente_id = $1::uuid",
            self.person.cliente_id,
        )
        numbers = cart_numbers(db, self.person, len(self.products)) + draft_numbers(db, self.person)
        return [*numbers, kept] if kept is not None else numbers


class ClaimWriter(Writer):
    """Drafts a claim and sends it: a sent one has its ticket and no draft any more."""

    def __init__(self, person: Persona) -> None:
        super().__init__(person.server_url, person.token)
        self.person = person
        self.sent: dict[str, bool] = {}

    def write(self, number: int) -> Answer:
        text = f"{number} {uuid.uuid4().hex}"
        draft = {"titulo": text, "descripcion": text}
        saved = self.wire.request("PUT", f"{self.person.panel}/borradores/reclamo", json=draft)
        if saved.status != 200:
            return saved
        self.sent[text] = False
        answer = self.wire.request("POST", "/reclamos", json=draft)
        self.sent[text] = answer.status == 201
        return answer

    def judge(self, db: Database, damage: Damage) -> None:
        sql = """SELECT t.asunto, m.texto FROM tickets t LEFT JOIN ticket_mensajes m ON m.ticket_id = t.id
                  WHERE t.cliente_id = $1::uuid"""
        kept = {row["asunto"]: row["texto"] for row in db.fetch(sql, self.person.cliente_id)}
        draft = db.fetchval(
            "SELECT campos ->> 'titulo' FROM borradores WHERE cliente_id = $1::uuid AND tipo = 'reclamo'",
            self.person.cliente_id,
        )
        damage.lost += [
            f"claim {text}" for text, promised in self.sent.items() if promised and text not in kept
        ]
        damage.half += [f"claim {text} has no message" for text, message in kept.items() if message != text]
        if draft in kept:
            damage.half.append(f"claim {draft} was sent and its draft lives")


class NewcomerWriter(Writer):
    """Registers customers; a registered one can log in, an unanswered one is there as a whole or not at all."""

    def __init__(self, url: str) -> None:
        super().__init__(url, None)
        self.url = url
        self.promised: dict[str, bool] = {}

    def write(self, number: int) -> Answer:
        phone = next(_phones)
        body = {
            "nombre": f"Nueva {number}",
            "celular": f"6{phone:07}",
            "correo": f"nueva-{uuid.uuid4().hex}@example.com",
            "contrasenia": PASSWORD,
            "direccion": "Calle 1",
        }
        answer = self.wire.request("POST", "/api/registrar-cliente", json=body)
        self.promised[body["correo"]] = answer.status == 201
        return answer

    def judge(self, db: Database, damage: Damage) -> None:
        sql = """SELECT u.correo, count(c.id) AS clientes, count(d.id) AS direcciones,
                        count(i.clave) FILTER (WHERE i.clave = u.correo) AS nombres
                   FROM usuarios u LEFT JOIN clientes c ON c.usuario_principal_id = u.id
                   LEFT JOIN direcciones d ON d.cliente_id = c.id
                   LEFT JOIN identificadores i ON i.usuario_id = u.id AND i.clave = u.correo
                  WHERE u.correo = ANY($1::text[]) GROUP BY u.id, u.correo"""
        kept = {row["correo"]: tuple(row)[1:] for row in db.fetch(sql, list(self.promised))}
        damage.lost += [mail for mail, promised in self.promised.items() if promised and mail not in kept]
        damage.half += [f"{mail}: {parts}" for mail, parts in kept.items() if parts != (1, 1, 1)]


class PaymentWriter(Writer):
    """Pays one, two, three … cents of a large debt: the payment, what it went to and the audit row are one whole."""

    def __init__(self, admin: Persona, debtor: Persona) -> None:
        super().__init__(admin.server_url, admin.token)
        self.debtor = debtor.cliente_id
        body = {"cliente_id": self.debtor, "concepto": "Saldo inicial", "monto": "999999999.00"}
        answer = admin.post("/api/v1/cuentas-por-cobrar", json=body)
        assert answer.status_code == 201, answer.text

    def write(self, number: int) -> Answer:
        cents = f"{number // 100}.{number % 100:02}"
        body = {"cliente_id": self.debtor, "monto": cents, "medio": "efectivo"}
        return self.wire.request("POST", "/api/v1/pagos", json=body)

    def stored(self, db: Database) -> list[int]:
        sql = """SELECT p.monto, sum(a.monto) AS aplicado, max((u.datos ->> 'monto')::numeric) AS auditado
                   FROM pagos p LEFT JOIN pago_aplicaciones a ON a.pago_id = p.id
                   LEFT JOIN auditoria u ON u.objeto_tipo = 'pago' AND u.objeto_id = p.id::text
                  WHERE p.cliente_id = $1::uuid GROUP BY p.id ORDER BY p.numero DESC LIMIT 1"""
        row = db.fetchrow(sql, self.debtor)
        return [] if row is None else [int((value or 0) * 100) for value in row]


def cart_numbers(db: Database, person: Persona, lines: int) -> list[int]:
    """The quantities of a customer's cart; a missing line counts as another number."""
    sql = """SELECT l.cantidad FROM carritos k JOIN carrito_lineas l ON l.carrito_id = k.id
              WHERE k.cliente_id = $1::uuid AND k.deleted_at IS NULL"""
    found = [int(row["cantidad"]) for row in db.fetch(sql, person.cliente_id)]
    return found + [-1] * (lines - len(found)) if found else []


def draft_numbers(db: Database, person: Persona) -> list[int]:
    """The numbers of both texts of a customer's draft."""
    sql = """SELECT campos ->> 'titulo', campos ->> 'descripcion' FROM borradores
              WHERE cliente_id = $1::uuid AND tipo = 'reclamo' AND campos IS NOT NULL"""
    row = db.fetchrow(sql, person.cliente_id)
    return [] if row is None else [int(text) for text in row]


class Load:
    """Writers at work, each in a thread."""

    def __init__(self, writers: list[Writer]) -> None:
        self.writers = writers
        self.statuses: Counter[int] = Counter()
        self.unexpected: list[str] = []
        self.slowest = 0.0
        self._stop = threading.Event()
        self._lock = threading.Lock()

    @property
    def acks(self) -> int:
        """How many writes were acknowledged so far."""
        return sum(writer.acks for writer in self.writers)

    def _work(self, writer: Writer) -> None:
        while not self._stop.is_set():
            begun = time.monotonic()
            answer = self._attempt(writer)
            with self._lock:
                self.statuses[answer] += 1
                self.slowest = max(self.slowest, time.monotonic() - begun)
            if answer in {0, 503}:
                time.sleep(0.02)

    def _attempt(self, writer: Writer) -> int:
        try:
            answer = writer.step()
        except OSError:
            return 0
        if answer.status not in {0, 200, 201, 503}:
            self.unexpected.append(f"{type(writer).__name__}: {answer.status} {answer.body[:300]!r}")
        return answer.status

    @contextmanager
    def running(self) -> Iterator["Load"]:
        """Work for the length of the block."""
        threads = [threading.Thread(target=self._work, args=(writer,)) for writer in self.writers]
        for thread in threads:
            thread.start()
        try:
            yield self
        finally:
            self._stop.set()
            for thread in threads:
                thread.join(30)
            self._stop.clear()
            for writer in self.writers:
                writer.wire.close()

    def wait_for_acks(self, more: int, seconds: float = 30.0) -> float:
        """Wait until so many more writes are acknowledged; how long that took."""
        begun, wanted = time.monotonic(), self.acks + more
        while self.acks < wanted:
            waited = time.monotonic() - begun
            assert waited < seconds, (
                f"only {self.acks} of {wanted} writes within {seconds} s: {self.statuses}"
            )
            time.sleep(0.01)
        return time.monotonic() - begun

    def damage(self, db: Database) -> Damage:
        """Everything that was promised against everything that is stored."""
        found = Damage()
        for writer in self.writers:
            writer.judge(db, found)
        return found
