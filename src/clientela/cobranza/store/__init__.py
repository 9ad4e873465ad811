"""All SQL of debts and payments; that of invoices stands beside."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from clientela.cobranza.model import (
    Abierta,
    Abono,
    Aplicacion,
    Cuenta,
    CuentaCompleta,
    Deudor,
    FiltroCuentas,
    Medio,
    NuevaCuenta,
    NuevoPago,
    PaginaCuentas,
    PaginaPagos,
    Pago,
    Parte,
)
from clientela.core.db import Db, Record

_ABONOS: Final = msgspec.json.Decoder(tuple[Abono, ...])
_APLICACIONES: Final = msgspec.json.Decoder(tuple[Aplicacion, ...])

# --- the client -------------------------------------------------------------------------------------------

_DEBTOR: Final = """
SELECT id, usuario_principal_id, vendedor_asignado_id, fusionado_con_id FROM clientes WHERE id = $1::uuid"""
FIND_DEBTOR: Final = _DEBTOR
# Whatever changes a client's books holds his row first: one payment at a time looks at what is open. Not FOR
# UPDATE: whoever only refers to the client need not wait.
LOCK_DEBTOR: Final = f"{_DEBTOR} FOR NO KEY UPDATE"


async def find_debtor(db: Db, cliente_id: UUID) -> Deudor | None:
    """Return a client as the ledger knows him."""
    return _debtor(await db.fetchrow(FIND_DEBTOR, cliente_id))


async def lock_debtor(db: Db, cliente_id: UUID) -> Deudor | None:
    """Return a client and keep his books for this transaction until it ends."""
    return _debtor(await db.fetchrow(LOCK_DEBTOR, cliente_id))


def _debtor(row: Record | None) -> Deudor | None:
    if row is None:
        return None
    return Deudor(
        row["id"], row["usuario_principal_id"], row["vendedor_asignado_id"], row["fusionado_con_id"]
    )


# --- debts ------------------------------------------------------------------------------------------------

# Today is a parameter of every statement that shows debts: the day belongs to the organisation's zone.
_CUENTA: Final = """
    c.id, c.numero, c.cliente_id, c.concepto, c.monto, c.saldo_pendiente, c.fecha_vencimiento,
    c.saldo_pendiente > 0 AND coalesce(c.fecha_vencimiento < $1::date, false) AS vencida,
    c.anulada_en, c.motivo_anulacion, c.version, c.creado_en, c.actualizado_en"""
_PAY_ORDER: Final = "c.fecha_vencimiento, c.numero"
_ABONOS_OF: Final = """
    coalesce((SELECT json_agg(json_build_object(
                         'pago_id', p.id, 'numero', p.numero, 'monto', a.monto::text, 'medio', p.medio,
                         'anulado', p.anulado_en IS NOT NULL, 'creado_en', p.creado_en) ORDER BY p.numero)
                FROM pago_aplicaciones a JOIN pagos p ON p.id = a.pago_id WHERE a.cuenta_id = c.id), '[]') AS pagos"""

INSERT_CUENTA: Final = f"""
WITH c AS (
    INSERT INTO cuentas_por_cobrar (id, cliente_id, concepto, monto, pagado_antes, fecha_vencimiento,
                                    registrada_por, creado_en, actualizado_en)
    VALUES ($2::uuid, $3::uuid, $4, $5::numeric, $6::numeric, $7::date, $8::uuid, $9::timestamptz, $9::timestamptz)
    RETURNING *
)
SELECT {_CUENTA} FROM c"""  # noqa: S608


async def insert_cuenta(
    db: Db, cuenta_id: UUID, new: NuevaCuenta, usuario_id: UUID, *, today: date, now: datetime
) -> Cuenta:
    """Write a debt."""
    amounts = (new.monto, new.monto - new.saldo_pendiente)
    rows = await db.fetch(
        INSERT_CUENTA,
        today,
        cuenta_id,
        new.cliente_id,
        new.concepto,
        *amounts,
        new.fecha_vencimiento,
        usuario_id,
        now,
    )
    return Cuenta(**_cuenta(rows[0]))


def _read_cuenta(where: str) -> str:
    return f"SELECT {_CUENTA}, {_ABONOS_OF} FROM cuentas_por_cobrar c WHERE {where}"  # noqa: S608


READ_CUENTA: Final = _read_cuenta("c.id = $2::uuid")
READ_CUENTA_BY_NUMBER: Final = _read_cuenta("c.numero = $2::bigint")


async def read_cuenta(db: Db, ref: UUID | int, today: date) -> CuentaCompleta | None:
    """Return a debt with its payments, by its identifier or its number."""
    row = await db.fetchrow(READ_CUENTA if isinstance(ref, UUID) else READ_CUENTA_BY_NUMBER, today, ref)
    return CuentaCompleta(**_cuenta(row), pagos=_ABONOS.decode(row["pagos"])) if row else None


ANNUL_CUENTA: Final = """
UPDATE cuentas_por_cobrar
   SET anulada_en = $4::timestamptz, anulada_por = $2::uuid, motivo_anulacion = $3, actualizado_en = $4::timestamptz
 WHERE id = $1::uuid AND anulada_en IS NULL AND aplicado = 0"""


async def annul_cuenta(db: Db, cuenta_id: UUID, usuario_id: UUID, motivo: str, now: datetime) -> bool:
    """Annul a debt; False when it was annulled before or payments went to it."""
    return await db.execute(ANNUL_CUENTA, cuenta_id, usuario_id, motivo, now) == "UPDATE 1"


FIND_ONE: Final = """
SELECT id, saldo_pendiente, anulada_en FROM cuentas_por_cobrar WHERE id = $1::uuid AND cliente_id = $2::uuid"""


async def find_one(db: Db, cuenta_id: UUID, cliente_id: UUID) -> tuple[Abierta, bool] | None:
    """Return one debt of a client as payments look at it, and whether it was annulled."""
    row = await db.fetchrow(FIND_ONE, cuenta_id, cliente_id)
    return (Abierta(row["id"], row["saldo_pendiente"]), row["anulada_en"] is not None) if row else None


OPEN_FOR_PAYMENT: Final = f"""
SELECT c.id, c.saldo_pendiente FROM cuentas_por_cobrar c
 WHERE c.cliente_id = $1::uuid AND c.saldo_pendiente > 0 ORDER BY {_PAY_ORDER}"""  # noqa: S608


async def open_for_payment(db: Db, cliente_id: UUID) -> list[Abierta]:
    """Return a client's open debts in the order in which payments take them; his books should be held."""
    return [
        Abierta(row["id"], row["saldo_pendiente"]) for row in await db.fetch(OPEN_FOR_PAYMENT, cliente_id)
    ]


OPEN_CUENTAS: Final = f"""
SELECT {_CUENTA} FROM cuentas_por_cobrar c
 WHERE c.cliente_id = $2::uuid AND c.saldo_pendiente > 0 ORDER BY {_PAY_ORDER}"""  # noqa: S608


async def open_cuentas(db: Db, cliente_id: UUID, today: date) -> tuple[Cuenta, ...]:
    """Return a client's open debts, those that are due first."""
    return tuple(Cuenta(**_cuenta(row)) for row in await db.fetch(OPEN_CUENTAS, today, cliente_id))


def _list_cuentas(scope: str, *, only_open: bool) -> str:
    # What is open is shown as it will be paid, everything else newest first; the literal lets the planner use the
    # indexes of what is open. The total stands beside every row, and alone when the page is past the end.
    order = _PAY_ORDER if only_open else "c.numero DESC"
    return f"""
WITH halladas AS NOT MATERIALIZED (
    SELECT c.* FROM cuentas_por_cobrar c
     WHERE {"c.saldo_pendiente > 0" if only_open else "true"} AND {scope}
       AND ($2::boolean IS NULL OR (c.saldo_pendiente > 0) = $2)
       AND ($3::boolean IS NULL OR (c.saldo_pendiente > 0 AND coalesce(c.fecha_vencimiento < $1::date, false)) = $3)
), pagina AS (
    SELECT {_CUENTA}, row_number() OVER (ORDER BY {order}) AS lugar FROM halladas c ORDER BY {order} LIMIT $4 OFFSET $5
)
SELECT conteo.total, pagina.* FROM (SELECT count(*) AS total FROM halladas) AS conteo
  LEFT JOIN pagina ON true ORDER BY pagina.lugar"""  # noqa: S608


_EVERYBODY: Final = "$6::uuid IS NULL"
_ONE_CLIENT: Final = "c.cliente_id = $6::uuid"
_SELLERS: Final = """c.cliente_id IN (
        SELECT k.id FROM clientes k WHERE k.vendedor_asignado_id = $6::uuid OR k.vendedor_asignado_id IS NULL)"""
LIST_ALL: Final = _list_cuentas(_EVERYBODY, only_open=False)
LIST_OF_CLIENT: Final = _list_cuentas(_ONE_CLIENT, only_open=False)
LIST_OF_SELLER: Final = _list_cuentas(_SELLERS, only_open=False)
LIST_OPEN: Final = _list_cuentas(_EVERYBODY, only_open=True)
LIST_OPEN_OF_CLIENT: Final = _list_cuentas(_ONE_CLIENT, only_open=True)
LIST_OPEN_OF_SELLER: Final = _list_cuentas(_SELLERS, only_open=True)


def cuentas_statement(wanted: FiltroCuentas, vendedor_id: UUID | None) -> str:
    """Choose the statement that answers a list of debts."""
    only_open = bool(wanted.abiertas or wanted.vencidas)
    if wanted.cliente_id is not None:
        return LIST_OPEN_OF_CLIENT if only_open else LIST_OF_CLIENT
    if vendedor_id is not None:
        return LIST_OPEN_OF_SELLER if only_open else LIST_OF_SELLER
    return LIST_OPEN if only_open else LIST_ALL


async def find_cuentas(
    db: Db, wanted: FiltroCuentas, vendedor_id: UUID | None, today: date, limit: int, offset: int
) -> PaginaCuentas:
    """Return one page of debts: of one client, of a seller's clients (his own and nobody's), or of all."""
    rows = await db.fetch(
        cuentas_statement(wanted, vendedor_id),
        today,
        wanted.abiertas,
        wanted.vencidas,
        limit,
        offset,
        wanted.cliente_id or vendedor_id,
    )
    found = tuple(Cuenta(**_cuenta(row)) for row in rows if row["id"] is not None)
    return PaginaCuentas(found, rows[0]["total"])


def _cuenta(row: Record) -> dict[str, Any]:
    return {name: row[name] for name in Cuenta.__struct_fields__}


# --- payments ---------------------------------------------------------------------------------------------

_PAGO: Final = """
    p.id, p.numero, p.cliente_id, p.monto, p.medio, p.registrado_por, p.anulado_en, p.motivo_anulacion, p.version,
    p.creado_en, p.actualizado_en,
    (SELECT json_agg(json_build_object('cuenta_id', c.id, 'numero', c.numero, 'concepto', c.concepto,
                                       'monto', a.monto::text) ORDER BY c.fecha_vencimiento, c.numero)
       FROM pago_aplicaciones a JOIN cuentas_por_cobrar c ON c.id = a.cuenta_id
      WHERE a.pago_id = p.id) AS aplicaciones"""

INSERT_PAGO: Final = """
WITH pago AS (
    INSERT INTO pagos (id, cliente_id, monto, medio, registrado_por, creado_en, actualizado_en)
    VALUES ($1::uuid, $2::uuid, $3::numeric, $4, $5::uuid, $6::timestamptz, $6::timestamptz)
)
INSERT INTO pago_aplicaciones (pago_id, cliente_id, cuenta_id, monto)
SELECT $1::uuid, $2::uuid, parte.cuenta_id, parte.monto
  FROM unnest($7::uuid[], $8::numeric[]) AS parte (cuenta_id, monto)"""


async def insert_pago(
    db: Db, pago_id: UUID, new: NuevoPago, parts: Sequence[Parte], usuario_id: UUID, now: datetime
) -> None:
    """Write a payment and the debts to which it goes; their balances follow by themselves."""
    targets = ([part.cuenta_id for part in parts], [part.monto for part in parts])
    await db.execute(INSERT_PAGO, pago_id, new.cliente_id, new.monto, new.medio, usuario_id, now, *targets)


READ_PAGO: Final = f"SELECT {_PAGO} FROM pagos p WHERE p.id = $1::uuid"  # noqa: S608
READ_PAGO_BY_NUMBER: Final = f"SELECT {_PAGO} FROM pagos p WHERE p.numero = $1::bigint"  # noqa: S608


async def read_pago(db: Db, ref: UUID | int) -> Pago | None:
    """Return a payment, by its identifier or its number."""
    row = await db.fetchrow(READ_PAGO if isinstance(ref, UUID) else READ_PAGO_BY_NUMBER, ref)
    return _pago(row) if row else None


ANNUL_PAGO: Final = """
UPDATE pagos
   SET anulado_en = $4::timestamptz, anulado_por = $2::uuid, motivo_anulacion = $3, actualizado_en = $4::timestamptz
 WHERE id = $1::uuid AND anulado_en IS NULL"""


async def annul_pago(db: Db, pago_id: UUID, usuario_id: UUID, motivo: str, now: datetime) -> bool:
    """Annul a payment, so that its debts are open again; False when it was annulled before."""
    return await db.execute(ANNUL_PAGO, pago_id, usuario_id, motivo, now) == "UPDATE 1"


def _list_pagos(scope: str) -> str:
    return f"""
WITH hallados AS NOT MATERIALIZED (SELECT c.* FROM pagos c WHERE {scope}),
pagina AS (SELECT {_PAGO} FROM (SELECT * FROM hallados ORDER BY numero DESC LIMIT $1 OFFSET $2) p)
SELECT conteo.total, pagina.* FROM (SELECT count(*) AS total FROM hallados) AS conteo
  LEFT JOIN pagina ON true ORDER BY pagina.numero DESC"""  # noqa: S608


LIST_PAGOS: Final = _list_pagos("$3::uuid IS NULL")
LIST_PAGOS_OF_CLIENT: Final = _list_pagos("c.cliente_id = $3::uuid")
LIST_PAGOS_OF_SELLER: Final = _list_pagos(_SELLERS.replace("$6", "$3"))


def pagos_statement(cliente_id: UUID | None, vendedor_id: UUID | None) -> str:
    """Choose the statement that answers a list of payments."""
    if cliente_id is not None:
        return LIST_PAGOS_OF_CLIENT
    return LIST_PAGOS if vendedor_id is None else LIST_PAGOS_OF_SELLER


async def find_pagos(
    db: Db, cliente_id: UUID | None, vendedor_id: UUID | None, limit: int, offset: int
) -> PaginaPagos:
    """Return one page of payments, newest first: as `find_cuentas`."""
    statement = pagos_statement(cliente_id, vendedor_id)
    rows = await db.fetch(statement, limit, offset, cliente_id or vendedor_id)
    return PaginaPagos(tuple(_pago(row) for row in rows if row["id"] is not None), rows[0]["total"])


def _pago(row: Record) -> Pago:
    fields = {name: row[name] for name in Pago.__struct_fields__}
    return Pago(
        **fields | {"medio": Medio(row["medio"]), "aplicaciones": _APLICACIONES.decode(row["aplicaciones"])}
    )


# --- merging ----------------------------------------------------------------------------------------------

# One statement, because what a payment goes to, and what an invoice asks for, must be a debt of its own client at the
# end of each.
MOVE_BOOKS: Final = """
WITH cuentas AS (
    UPDATE cuentas_por_cobrar SET cliente_id = $2::uuid, actualizado_en = $3::timestamptz WHERE cliente_id = $1::uuid
), recibos AS (
    UPDATE pagos SET cliente_id = $2::uuid, actualizado_en = $3::timestamptz WHERE cliente_id = $1::uuid
), facturadas AS (
    UPDATE facturas SET cliente_id = $2::uuid, actualizado_en = $3::timestamptz WHERE cliente_id = $1::uuid
)
UPDATE pago_aplicaciones SET cliente_id = $2::uuid
 WHERE pago_id IN (SELECT id FROM pagos WHERE cliente_id = $1::uuid)"""


async def move_books(db: Db, source: UUID, target: UUID, now: datetime) -> None:
    """Give all debts, payments and invoices of one client to another; both clients should be held."""
    await db.execute(MOVE_BOOKS, source, target, now)


# --- everything of one person ----------------------------------------------------------------------------------

HAND_OUT: Final = "SELECT fn.cobranza_exportar($1::uuid[])"
FORGET: Final = "SELECT fn.cobranza_olvidar($1::uuid[], $2::timestamptz)"


async def hand_out(db: Db, clients: Sequence[UUID]) -> Any:
    """Return everything that is kept of some clients."""
    return msgspec.json.decode(await db.fetchval(HAND_OUT, list(clients)))


async def forget(db: Db, clients: Sequence[UUID], now: datetime) -> None:
    """Forget what some clients wrote."""
    await db.execute(FORGET, list(clients), now)
