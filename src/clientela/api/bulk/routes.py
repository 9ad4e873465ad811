"""`/api/v1/importaciones`, `/api/v1/exportaciones`: sheets of clients, products and work orders (CONTRACT §4, §10)."""

from typing import Any, Final

import msgspec
from pydantic import Field

from clientela.api.body import EntradaV1
from clientela.api.bulk.sheets import TipoHoja, export_sheet, import_sheet, record_export, shown
from clientela.api.call import Call, Reply, route
from clientela.core.errors import Invalid, NotFound
from clientela.core.importing import ErrorFila, Modo, silent
from clientela.core.textos import CAMPOS


class ImportacionEntrada(EntradaV1):
    """What to import and how. The sheet is the form's file `archivo`, or its text."""

    tipo: TipoHoja = Field(strict=False)
    archivo: str | None = Field(None, max_length=1_000_000)
    ensayo: bool = False
    solo_validas: bool = False

    @property
    def modo(self) -> Modo:
        """How it is to be done."""
        return Modo(self.ensayo, self.solo_validas)


class ImportacionHecha(msgspec.Struct):
    """What an import did, or would do (`ensayo`): each row was made, changed, left as it was, or has errors."""

    tipo: str
    ensayo: bool
    aplicado: bool
    filas: int
    creados: int
    actualizados: int
    sin_cambios: int
    con_error: int
    errores: list[ErrorFila]


_DONE: Final[dict[str, Any]] = {
    "tipo": "clientes",
    "ensayo": True,
    "aplicado": False,
    "filas": 3,
    "creados": 1,
    "actualizados": 1,
    "sin_cambios": 0,
    "con_error": 1,
    "errores": [{"fila": 4, "columna": "limite_credito", "mensaje": "Debe ser mayor o igual que 0"}],
}


@route(
    "POST",
    "/api/v1/importaciones",
    body=ImportacionEntrada,
    response=ImportacionHecha,
    files=("archivo",),
    errors=("importacion_con_errores", "importacion_en_curso", "conflicto_simultaneo"),
    summary="Importar clientes, productos u órdenes de trabajo de una hoja CSV",
    body_example={
        "tipo": "clientes",
        "archivo": "nombre,nit,telefono,limite_credito\nTienda Rosa,1234567,70000001,500.00\n",
        "ensayo": True,
    },
    example=_DONE,
)
async def import_rows(call: Call, body: ImportacionEntrada) -> Reply:
    """Make or change many records at once: all rows, or none; `solo_validas` leaves out those with errors."""
    file = call.files.get("archivo")
    if file is None and not body.archivo:
        raise Invalid.of("archivo", CAMPOS["obligatorio"])
    raw = file.data if file is not None else (body.archivo or "").encode()
    report = await import_sheet(call.db, call.actor, body.tipo, raw, body.modo, silent)
    return Reply(shown(body.tipo, body.modo, report))


@route(
    "GET",
    "/api/v1/exportaciones/{hoja}",
    response=bytes,
    media_type="text/csv",
    errors=("no_encontrado",),
    summary="Exportar clientes, productos u órdenes de trabajo como CSV",
)
async def export_rows(call: Call) -> Reply:
    """Send every record as a sheet that can be imported again."""
    if call.path["hoja"] not in set(TipoHoja):
        raise NotFound
    tipo = TipoHoja(call.path["hoja"])
    await record_export(call.db, call.actor, tipo)
    headers = {"Content-Disposition": f'attachment; filename="{tipo}.csv"'}
    return Reply(export_sheet(call.db, tipo), headers=headers, content_type="text/csv; charset=utf-8")
