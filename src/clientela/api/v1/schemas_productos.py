"""What comes in and goes out of `/api/v1/productos`."""

import re
from decimal import Decimal
from typing import Annotated, Any, Final

import msgspec
from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from clientela.api.body import DineroV1, EntradaV1, NoVacio, Pagina, absent, number_or_text
from clientela.catalogo.model import CambiosProducto, NuevoProducto, OrdenProductos, Producto

_IMAGE: Final = re.compile(r"(?:https?://[^\s/]|/(?!/))\S*")
_PRINTABLE: Final = r"^[^\x00-\x1f\x7f]*$"


def _image_address(value: str) -> str:
    if not _IMAGE.fullmatch(value):
        raise PydanticCustomError("imagen", "Debe ser una dirección http(s) o una ruta que empiece con /")
    return value


Codigo = Annotated[str, StringConstraints(strip_whitespace=True, max_length=40, pattern=_PRINTABLE), NoVacio]
Nombre = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200, pattern=_PRINTABLE), NoVacio]
Descripcion = Annotated[str, StringConstraints(max_length=5000)]
Categoria = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=80, pattern=_PRINTABLE), NoVacio
]
Unidad = Annotated[str, StringConstraints(strip_whitespace=True, max_length=20, pattern=_PRINTABLE), NoVacio]
Imagen = Annotated[str, StringConstraints(max_length=2048), AfterValidator(_image_address)]
Imagenes = Annotated[list[Imagen], Field(max_length=20)]
Peso = Annotated[
    Decimal, BeforeValidator(number_or_text), Field(ge=0, le=Decimal(999_999), max_digits=9, decimal_places=3)
]
Existencias = Annotated[
    Decimal,
    BeforeValidator(number_or_text),
    Field(ge=0, le=Decimal(999_999_999), max_digits=12, decimal_places=3),
]


class ProductoEntrada(EntradaV1):
    """A new product."""

    codigo: Codigo
    nombre: Nombre
    precio: DineroV1
    descripcion: Descripcion = ""
    imagenes: Imagenes = Field(default_factory=list)
    categoria: Categoria | None = None
    unidad: Unidad = "unidad"
    fraccionable: bool = False
    peso_kg: Peso | None = None
    existencias: Existencias | None = None
    activo: bool = True

    def as_new(self) -> NuevoProducto:
        """Say it in the catalogue's words."""
        return NuevoProducto(**_plain(self))


class ProductoCambios(EntradaV1):
    """Some fields of a product: an absent one stays, `null` clears category, weight or stock."""

    codigo: Codigo = Field(default_factory=absent)
    nombre: Nombre = Field(default_factory=absent)
    precio: DineroV1 = Field(default_factory=absent)
    descripcion: Descripcion = Field(default_factory=absent)
    imagenes: Imagenes = Field(default_factory=absent)
    categoria: Categoria | None = Field(default_factory=absent)
    unidad: Unidad = Field(default_factory=absent)
    fraccionable: bool = Field(default_factory=absent)
    peso_kg: Peso | None = Field(default_factory=absent)
    existencias: Existencias | None = Field(default_factory=absent)
    activo: bool = Field(default_factory=absent)

    def as_changes(self) -> CambiosProducto:
        """Say it in the catalogue's words."""
        return CambiosProducto(**_plain(self))


def _plain(body: EntradaV1) -> dict[str, Any]:
    sent = {name: getattr(body, name) for name in body.model_fields_set}
    return {name: tuple(value) if isinstance(value, list) else value for name, value in sent.items()}


def _blank_is_any(value: Any) -> Any:
    return None if isinstance(value, str) and not value.strip() else value


def _all_is_any(value: Any) -> Any:
    return None if value in {"", "all", "todos"} else value


class ProductosConsulta(Pagina):
    """Which products a list holds, and in which order."""

    q: Annotated[Annotated[str, Field(max_length=100)] | None, BeforeValidator(_blank_is_any)] = None
    categoria: Annotated[Annotated[str, Field(max_length=80)] | None, BeforeValidator(_blank_is_any)] = None
    activo: Annotated[bool | None, BeforeValidator(_all_is_any)] = None
    order_by: OrdenProductos | None = None


class ProductosPagina(msgspec.Struct):
    """One page of products."""

    items: tuple[Producto, ...]
    total: int
    page: int
    per_page: int
