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
