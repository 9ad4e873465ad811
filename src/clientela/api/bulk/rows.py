"""Rows of a sheet, validated by the very models that read the API's bodies; every row is looked at."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import UNSET, structs
from pydantic import BaseModel, ValidationError

from clientela.api.body import errors_of
from clientela.api.bulk import cells
from clientela.api.bulk.cells import Ilegible, Reader
from clientela.api.clientes.schemas import ClienteCambios, DireccionEntrada
from clientela.api.v1.schemas_ordenes import OrdenFila
from clientela.api.v1.schemas_productos import ProductoCambios
from clientela.catalogo.importing import FilaProducto
from clientela.clientes.importing import ClienteNombrado, FilaCliente
from clientela.core.errors import Invalid
from clientela.core.ids import parse_uuid
from clientela.core.importing import ErrorFila
from clientela.core.spreadsheet import Fila, Hoja
from clientela.core.textos import CAMPOS
from clientela.postventa.matching import FilaOrden

_FIELDS: Final[Mapping[str, Reader]] = {
    "nombre": cells.text,
    "razon_social": cells.text,
    "nit": cells.code,
    "email": cells.code,
    "telefono": cells.code,
    "whatsapp": cells.code,
    "fecha_nacimiento": cells.date,
    "genero": lambda cell, _: cell.strip().upper(),
    "limite_credito": cells.decimal,
    "latitud": cells.decimal,
    "longitud": cells.decimal,
    "observaciones": cells.text,
    "activo": cells.boolean,
    "vendedor_asignado_id": cells.code,
}
_ADDRESS: Final = ("direccion", "ciudad", "departamento", "codigo_postal")
COLUMNS_CLIENTES: Final = ("id", *_FIELDS, "localidad", "categorias", *_ADDRESS)
_PRODUCT_FIELDS: Final[Mapping[str, Reader]] = {
    "nombre": cells.text,
    "descripcion": cells.text,
    "precio": cells.decimal,
    "categoria": cells.text,
    "unidad": cells.text,
    "fraccionable": cells.boolean,
    "peso_kg": cells.decimal,
    "existencias": cells.decimal,
    "activo": cells.boolean,
}
COLUMNS_PRODUCTOS: Final = ("codigo", *_PRODUCT_FIELDS)
_ORDER_FIELDS: Final[Mapping[str, Reader]] = {
    "referencia": cells.code,
    "servicio": cells.code,
    "tecnico": cells.code,
    "estado": lambda cell, _: cell.strip().upper().replace(" ", "_"),
    "descripcion": cells.text,
    "fecha_programada": cells.instant,
    "fecha_ejecucion": cells.instant,
    "ultimo_movimiento_en": cells.instant,
    "periodicidad_meses": cells.decimal,
    "mantenida_hasta": cells.instant,
    "garantia_de": cells.code,
    "estrellas": cells.decimal,
    "comentario": cells.text,
    "calificada_en": cells.instant,
}
_ORDER_CLIENT: Final = ("cliente_id", "cliente_nit", "cliente_telefono")
COLUMNS_ORDENES: Final = ("referencia", *_ORDER_CLIENT, *tuple(_ORDER_FIELDS)[1:])
# A blank cell of these means what an absent one means; of any other it is an explicit null.
_NEVER_NULL: Final = frozenset({"activo", "fraccionable"})


class _Errors:
    """What is wrong with one row, by column."""

    def __init__(self, row: int) -> None:
        self.row = row
        self.found: dict[str, str] = {}

    def add(self, column: str, sentence: str) -> None:
        self.found.setdefault(column, sentence)

    def all(self) -> list[ErrorFila]:
        return [ErrorFila(self.row, column, sentence) for column, sentence in self.found.items()]


class Leidas(NamedTuple):
    """Valid rows and what is wrong with the others."""

    filas: list[Any]
    errores: list[ErrorFila]


def check_columns(sheet: Hoja, known: Sequence[str], *, one_of: Sequence[str]) -> None:
    """Refuse a sheet with a column that means nothing here, or without any by which rows are told apart."""
    unknown = [name for name in sheet.columnas if name not in known]
    if unknown:
        raise Invalid.of("archivo", CAMPOS["columnas_desconocidas"].format(columnas=", ".join(unknown)[:200]))
    if not set(one_of) & set(sheet.columnas):
        raise Invalid.of("archivo", CAMPOS["columnas_faltantes"].format(columnas=" o ".join(one_of)))


def read_orders(sheet: Hoja, rows: Sequence[Fila], zone: ZoneInfo) -> Leidas:
    """Read some rows of a sheet of work orders; an hour without offset is one of the zone."""
    return _read(sheet, rows, partial(_order, zone))


def read_clients(sheet: Hoja, rows: Sequence[Fila]) -> Leidas:
    """Read some rows of a sheet of clients."""
    return _read(sheet, rows, _client)


def read_products(sheet: Hoja, rows: Sequence[Fila]) -> Leidas:
    """Read some rows of a sheet of products."""
    return _read(sheet, rows, _product)


def _read(sheet: Hoja, rows: Sequence[Fila], one: Callable[[Hoja, Fila, _Errors], Any]) -> Leidas:
    read = Leidas([], [])
    for row in rows:
        errors = _Errors(row.numero)
        found = one(sheet, row, errors)
        if found is not None and not errors.found:
            read.filas.append(found)
        read.errores.extend(errors.all())
    return read


def _cells(sheet: Hoja, row: Fila, errors: _Errors) -> dict[str, str] | None:
    if len(row.celdas) != len(sheet.columnas):
        sentence = CAMPOS["celdas_de_menos" if len(row.celdas) < len(sheet.columnas) else "celdas_de_mas"]
        errors.add(sheet.columnas[min(len(row.celdas), len(sheet.columnas) - 1)], sentence)
        return None
    return dict(zip(sheet.columnas, row.celdas, strict=True))


def _values(
    found: Mapping[str, str], readers: Mapping[str, Reader], separator: str, errors: _Errors
) -> dict[str, Any]:
    """Read the cells of a model's fields; a blank one is null, as in a form."""
    values: dict[str, Any] = {}
    for name, reader in readers.items():
        cell = found.get(name)
        if cell is None:
            continue
        if not cell.strip():
            if name not in _NEVER_NULL:
                values[name] = None
            continue
        try:
            values[name] = reader(cell, separator)
        except Ilegible as problem:
            errors.add(name, str(problem))
    return values


def _validated(model: type[BaseModel], values: Mapping[str, Any], errors: _Errors) -> Any:
    try:
        return model.model_validate(values, strict=False)
    except ValidationError as error:
        for field, sentences in errors_of(error, model).items():
            errors.add(field, sentences[0])
        return None


def _require(values: dict[str, Any], fields: Sequence[str], errors: _Errors) -> None:
    """Refuse a blank cell where a value is needed; a column that is not there is another matter."""
    for field in fields:
        if field in values and values[field] is None:
            errors.add(field, CAMPOS["obligatorio"])
            del values[field]


def _client(sheet: Hoja, row: Fila, errors: _Errors) -> FilaCliente | None:
    found = _cells(sheet, row, errors)
    if found is None:
        return None
    values = _values(found, _FIELDS, sheet.separador, errors)
    _require(values, ("nombre",), errors)
    body = _validated(ClienteCambios, values, errors)
    identifier = _identifier(found.get("id", ""), errors)
    address = _principal_address(found, errors)
    if body is None:
        return None
    return FilaCliente(
        numero=row.numero,
        cambios=body.as_changes(),
        id=identifier,
        localidad=(found["localidad"].strip() or None) if "localidad" in found else UNSET,
        categorias=_codes(found["categorias"]) if "categorias" in found else UNSET,
        direccion=address,
    )


def _identifier(cell: str, errors: _Errors) -> UUID | None:
    if not cell.strip():
        return None
    found = parse_uuid(cell.strip())
    if found is None:
        errors.add("id", CAMPOS["identificador_ilegible"])
    return found


def _codes(cell: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(code for part in re.split(r"[|\n]", cell) if (code := part.strip())))


def _principal_address(found: Mapping[str, str], errors: _Errors) -> Any:
    """Read the columns of the principal address; all blank, or without them, nothing is said of it."""
    sent = {name: found[name].strip() or None for name in _ADDRESS if name in found}
    if "direccion" not in sent:
        if any(sent.values()):
            errors.add("direccion", CAMPOS["obligatorio"])
        return UNSET
    if not any(sent.values()):
        return {}
    if sent["direccion"] is None:
        errors.add("direccion", CAMPOS["obligatorio"])
        return {}
    body = _validated(DireccionEntrada, sent, errors)
    if body is None:
        return {}
    read = structs.asdict(body.as_new())
    return {name: read[name] for name in sent}


def _product(sheet: Hoja, row: Fila, errors: _Errors) -> FilaProducto | None:
    found = _cells(sheet, row, errors)
    if found is None:
        return None
    values = _values(found, {"codigo": cells.code, **_PRODUCT_FIELDS}, sheet.separador, errors)
    if values.get("descripcion", "") is None:
        values["descripcion"] = ""
    _require(values, ("codigo", "nombre", "precio", "unidad"), errors)
    body = _validated(ProductoCambios, values, errors)
    if body is None or errors.found:
        return None
    changes = body.as_changes()
    return FilaProducto(row.numero, changes.codigo, structs.replace(changes, codigo=UNSET))


def _order(zone: ZoneInfo, sheet: Hoja, row: Fila, errors: _Errors) -> FilaOrden | None:
    found = _cells(sheet, row, errors)
    if found is None:
        return None
    values = {
        name: value
        for name, value in _values(found, _ORDER_FIELDS, sheet.separador, errors).items()
        if value is not None
    }
    for field in ("referencia", "servicio"):
        if field not in values:
            errors.add(field, CAMPOS["obligatorio"])
    named = {name: _client_cell(found.get(name, ""), name, errors) for name in _ORDER_CLIENT}
    client = ClienteNombrado(
        _client_id(named["cliente_id"], errors), named["cliente_nit"], named["cliente_telefono"]
    )
    body = _validated(OrdenFila, values, errors) if not errors.found else None
    return body.as_row(row.numero, client, zone) if body is not None else None


def _client_cell(cell: str, column: str, errors: _Errors) -> str | None:
    try:
        return cells.code(cell, "") or None
    except Ilegible as problem:
        errors.add(column, str(problem))
        return None


def _client_id(cell: str | None, errors: _Errors) -> UUID | int | None:
    """Read a client's identifier, or his number."""
    if cell is None:
        return None
    if cell.isascii() and cell.isdigit() and len(cell) < 19:
        return int(cell)
    found = parse_uuid(cell)
    if found is None:
        errors.add("cliente_id", CAMPOS["identificador_ilegible"])
    return found


def client_row(client: Mapping[str, Any]) -> list[str]:
    """Write a client as a row of `COLUMNS_CLIENTES`."""
    return [_cell(client[name]) for name in COLUMNS_CLIENTES]


def product_row(product: Any) -> list[str]:
    """Write a product as a row of `COLUMNS_PRODUCTOS`."""
    return [_cell(getattr(product, name)) for name in COLUMNS_PRODUCTOS]


def order_row(order: Mapping[str, Any]) -> list[str]:
    """Write a work order as a row of `COLUMNS_ORDENES`."""
    return [_cell(order[name]) for name in COLUMNS_ORDENES]


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "si" if value else "no"
    return "" if value is None else str(value)


def pieces(rows: Sequence[Fila], size: int = 500) -> Iterator[Sequence[Fila]]:
    """Give rows in pieces, so that whoever reads them may do something else in between."""
    for start in range(0, len(rows), size):
        yield rows[start : start + size]
