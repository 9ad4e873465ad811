"""The words of the ledger."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

import msgspec


class Medio(StrEnum):
    """How a payment was made."""

    EFECTIVO = "efectivo"
    TRANSFERENCIA = "transferencia"
    QR = "qr"
    TARJETA = "tarjeta"


class Deudor(msgspec.Struct, frozen=True):
    """Of a client, what the ledger has to know: who he is when he logs in, and which seller is his."""

    cliente_id: UUID
    usuario_principal_id: UUID
    vendedor_asignado_id: UUID | None
    fusionado_con_id: UUID | None


class NuevaCuenta(msgspec.Struct, frozen=True):
    """A debt to be written; what is missing of `monto` in `saldo_pendiente` was paid before it came into the books."""

    cliente_id: UUID
    concepto: str
    monto: Decimal
    saldo_pendiente: Decimal
    fecha_vencimiento: date | None = None


class NuevoPago(msgspec.Struct, frozen=True):
    """A payment to be written; without `cuenta_id` it goes to the oldest open debts."""

    cliente_id: UUID
    monto: Decimal
    medio: Medio
    cuenta_id: UUID | None = None


class Abierta(msgspec.Struct, frozen=True):
    """An open debt, as payments look at it."""

    id: UUID
    saldo_pendiente: Decimal


class Parte(msgspec.Struct, frozen=True):
    """What of a payment goes to one debt."""

    cuenta_id: UUID
    monto: Decimal


class Cuenta(msgspec.Struct, frozen=True):
    """A debt of a client; `vencida`: it is open and its day has passed. An annulled one has no balance."""

    id: UUID
    numero: int
    cliente_id: UUID
    concepto: str
    monto: Decimal
    saldo_pendiente: Decimal
    fecha_vencimiento: date | None
    vencida: bool
    anulada_en: datetime | None
    motivo_anulacion: str | None
    version: int
    creado_en: datetime
    actualizado_en: datetime


class Abono(msgspec.Struct, frozen=True):
    """What one payment took from a debt; nothing any more once the payment is annulled."""

    pago_id: UUID
    numero: int
    monto: Decimal
    medio: Medio
    anulado: bool
    creado_en: datetime


class CuentaCompleta(Cuenta, frozen=True):
    """A debt with the payments that went to it, oldest first."""

    pagos: tuple[Abono, ...]


class Aplicacion(msgspec.Struct, frozen=True):
    """A debt to which a part of a payment went."""

    cuenta_id: UUID
    numero: int
    concepto: str
    monto: Decimal


class Pago(msgspec.Struct, frozen=True):
    """A payment and the debts to which it went; annulled, it counts nowhere."""

    id: UUID
    numero: int
    cliente_id: UUID
    monto: Decimal
    medio: Medio
    aplicaciones: tuple[Aplicacion, ...]
    registrado_por: UUID
    anulado_en: datetime | None
    motivo_anulacion: str | None
    version: int
    creado_en: datetime
    actualizado_en: datetime


class FiltroCuentas(msgspec.Struct, frozen=True):
    """Which debts a list holds: None means any."""

    cliente_id: UUID | None = None
    abiertas: bool | None = None
    vencidas: bool | None = None


class PaginaCuentas(msgspec.Struct, frozen=True):
    """One page of debts, and how many there are in all."""

    items: tuple[Cuenta, ...]
    total: int


class PaginaPagos(msgspec.Struct, frozen=True):
    """One page of payments, newest first, and how many there are in all."""

    items: tuple[Pago, ...]
    total: int


class NuevaFactura(msgspec.Struct, frozen=True):
    """The invoice that an order shall have: the organisation's name and currency of today, its day and its due day."""

    pedido_id: UUID
    emisor: str
    moneda: str
    fecha: date
    fecha_vencimiento: date


class LineaFactura(msgspec.Struct, frozen=True):
    """What an invoice asks for one product; `subtotal` is rounded half up to cents."""

    codigo: str
    nombre: str
    unidad: str
    cantidad: Decimal
    precio_unitario: Decimal
    subtotal: Decimal


class Factura(msgspec.Struct, frozen=True):
    """What a delivered order on credit is asked to be paid for.

    `saldo` is the balance of its debt: nothing once that is paid, or annulled (`anulada_en`). An invoice of nothing has
    no debt. `vencida`: something is open and its day has passed.
    """

    id: UUID
    numero: int
    cliente_id: UUID
    cliente_nombre: str
    cliente_nit: str | None
    pedido_id: UUID
    pedido_numero: int
    cuenta_id: UUID | None
    fecha: date
    fecha_vencimiento: date
    moneda: str
    total: Decimal
    saldo: Decimal
    vencida: bool
    anulada_en: datetime | None
    creado_en: datetime


class FacturaCompleta(Factura, frozen=True):
    """An invoice with everything that stands on it."""

    emisor: str
    cliente_direccion: str | None
    lineas: tuple[LineaFactura, ...]


class FiltroFacturas(msgspec.Struct, frozen=True):
    """Which invoices a list holds: None means any; `desde` and `hasta` are days, both inclusive."""

    cliente_id: UUID | None = None
    desde: date | None = None
    hasta: date | None = None
    pendientes: bool | None = None


class PaginaFacturas(msgspec.Struct, frozen=True):
    """One page of invoices, newest first, and how many there are in all."""

    items: tuple[Factura, ...]
    total: int
