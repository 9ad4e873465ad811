"""What comes in and goes out of `/api/v1/cuentas-por-cobrar` and `/api/v1/pagos`."""

from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from pydantic import BeforeValidator, Field, StringConstraints

from clientela.api.body import (
    LINEA,
    DineroV1,
    EntradaV1,
    Fecha,
    NoVacio,
    Pagina,
    Uuid,
    UuidONulo,
    number_or_text,
)
from clientela.cobranza.model import Cuenta, FiltroCuentas, Medio, NuevaCuenta, NuevoPago, Pago

# At least a cent: an amount of nothing is no debt and no payment.
Importe = Annotated[
    Decimal,
    BeforeValidator(number_or_text),
    Field(gt=0, le=Decimal("999999999.99"), max_digits=11, decimal_places=2),
]
Concepto = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200, pattern=LINEA), NoVacio]
Motivo = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500), NoVacio]


class CuentaEntrada(EntradaV1):
    """A debt; `saldo_pendiente` is all of it unless something was paid before it came into the books."""

    cliente_id: Uuid
    concepto: Concepto
    monto: Importe
    saldo_pendiente: DineroV1 | None = None
    fecha_vencimiento: Fecha | None = None

    def as_new(self) -> NuevaCuenta:
        """Say it in the ledger's words."""
        balance = self.monto if self.saldo_pendiente is None else self.saldo_pendiente
        return NuevaCuenta(self.cliente_id, self.concepto, self.monto, balance, self.fecha_vencimiento)


class AnulacionEntrada(EntradaV1):
    """Why something that was written should not have been."""

    motivo: Motivo


class PagoEntrada(EntradaV1):
    """A payment; without `cuenta_id` it goes to the oldest open debts."""

    cliente_id: Uuid
    cuenta_id: UuidONulo = None
    monto: Importe
    medio: Literal["efectivo", "transferencia", "qr", "tarjeta"]

    def as_new(self) -> NuevoPago:
        """Say it in the ledger's words."""
        return NuevoPago(self.cliente_id, self.monto, Medio(self.medio), self.cuenta_id)


class CuentasConsulta(Pagina):
    """Which debts a list holds."""

    cliente_id: UUID | None = None
    abiertas: bool | None = None
    vencidas: bool | None = None

    def as_filter(self) -> FiltroCuentas:
        """Say it in the ledger's words."""
        return FiltroCuentas(self.cliente_id, self.abiertas, self.vencidas)


class PagosConsulta(Pagina):
    """Which payments a list holds."""

    cliente_id: UUID | None = None


class CuentasPagina(msgspec.Struct):
    """One page of debts."""

    items: tuple[Cuenta, ...]
    total: int
    page: int
    per_page: int


class PagosPagina(msgspec.Struct):
    """One page of payments, newest first."""

    items: tuple[Pago, ...]
    total: int
    page: int
    per_page: int
