"""v1: everything that none of the five published contracts gives an address."""

from clientela.api.v1 import (
    asignaciones,
    auditoria,
    auth,
    categorias_cliente,
    cuentas,
    direcciones,
    localidades,
    operacion,
    organizacion,
    paginas,
    pagos,
    personas,
    productos,
    tickets,
    tokens,
    usuarios,
)

__all__ = [
    "asignaciones",
    "auditoria",
    "auth",
    "categorias_cliente",
    "cuentas",
    "direcciones",
    "localidades",
    "operacion",
    "organizacion",
    "paginas",
    "pagos",
    "personas",
    "productos",
    "tickets",
    "tokens",
    "usuarios",
]
