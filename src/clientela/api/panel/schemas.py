"""What comes in and goes out of the customer's panel (spec 1)."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Final, Self
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType
from pydantic import ConfigDict, Field, StringConstraints, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from clientela.api.body import Cantidad, Entrada, NoVacio, read_body
from clientela.carritos.model import Carrito, Item, Linea, LineaPedida, LineaPerdida
from clientela.catalogo import images
from clientela.core.ids import canonical_uuid
from clientela.core.textos import ADVERTENCIAS, CAMPOS
from clientela.panel import rules
from clientela.panel.model import (
    Autoguardado,
    Borradores,
    BorradorPedido,
    CarritoPedido,
    PreferenciasPedidas,
    TipoBorrador,
    VistaActiva,
)

MAX_LINES: Final = 500
_Titulo = Annotated[str, StringConstraints(max_length=200)]
_Texto = Annotated[str, StringConstraints(max_length=10_000)]


# --- carts -----------------------------------------------------------------------------------------------


class LineaEntrada(Entrada):
    """A line of a cart. The server takes the snapshot itself: an `item` that is sent is not read."""

    item_id: str = Field(alias="itemId")
    cantidad: Cantidad
    item: Any = None


class CarritoEntrada(Entrada):
    """All lines of a cart, at most 500."""

    items: list[LineaEntrada] = Field(max_length=MAX_LINES)

    def lines(self) -> tuple[LineaPedida, ...]:
        """Say it in the carts' words."""
        return tuple(LineaPedida(canonical_uuid(line.item_id), line.cantidad) for line in self.items)


class LineaSalida(msgspec.Struct, gc=False):
    """A line with its snapshot, and how the product stands today."""

    item_id: str = msgspec.field(name="itemId")
    item: Item
    cantidad: Decimal
    disponible: bool
    precio_actual: Decimal
    precio_cambio: bool


class CarritoSalida(msgspec.Struct, gc=False):
    """A customer's cart."""

    cliente_id: UUID | None
    items: list[LineaSalida]
    version: int
    fecha_actualizacion: datetime


class LineaYaPedida(msgspec.Struct):
    """A line that was left out of what was sent, because it had just been ordered."""

    code: str
    message: str
    item_id: str = msgspec.field(name="itemId")
    cantidad: Decimal


class CarritoGuardado(CarritoSalida, gc=False):
    """A customer's cart that was just saved; `advertencias` are there when there are any."""

    message: str
    advertencias: list[LineaYaPedida] | UnsetType = UNSET


def lost_lines(lost: Sequence[LineaPerdida]) -> list[LineaYaPedida] | UnsetType:
    """Warn of lines that were left out; UNSET when none was."""
    code = "linea_ya_pedida"
    return [
        LineaYaPedida(code, ADVERTENCIAS[code], line.producto_id, line.cantidad) for line in lost
    ] or UNSET


def cart_fields(cart: Carrito, url: str) -> tuple[UUID | None, list[LineaSalida], int, datetime]:
    """Say a cart in the panel's words; `url` is put before the paths of our own pictures."""
    lines = [
        LineaSalida(
            line.producto_id,
            _shown(line, url),
            line.cantidad,
            line.disponible,
            line.precio_vigente,
            line.precio_cambio,
        )
        for line in cart.lineas
    ]
    return cart.cliente_id, lines, cart.version, cart.actualizado_en


def _shown(line: Linea, url: str) -> Item:
    """Show a product with the price that the line was shown with, its campaign included, and whole addresses."""
    item, pictures = line.item, images.outward(url, line.item.imagenes)
    if pictures == item.imagenes and item.precio == line.precio_unitario:
        return item
    return msgspec.structs.replace(item, imagenes=pictures, precio=line.precio_unitario)


# --- drafts ----------------------------------------------------------------------------------------------


class _BorradorEntrada(Entrada):
    """A draft: all of its fields may be missing, but not all at once."""

    version: int | None = Field(None, ge=0)

    @model_validator(mode="after")
    def has_something(self) -> Self:
        """Refuse a draft that says nothing at all (an empty text is something)."""
        if all(value is None for name, value in self if name != "version"):
            raise PydanticCustomError("borrador_sin_campos", CAMPOS["borrador_sin_campos"])
        return self

    def as_draft(self, tipo: TipoBorrador) -> BorradorPedido:
        """Say it in the panel's words."""
        return BorradorPedido(rules.whole_draft(tipo, self.model_dump()), self.version)


class BorradorReclamo(_BorradorEntrada):
    """The draft of a claim."""

    titulo: _Titulo | None = None
    descripcion: _Texto | None = None


class BorradorSoporte(_BorradorEntrada):
    """The draft of a support message."""

    asunto: _Titulo | None = None
    mensaje: _Texto | None = None


_SHAPES: Final[dict[TipoBorrador, type[_BorradorEntrada]]] = {
    TipoBorrador.RECLAMO: BorradorReclamo,
    TipoBorrador.SOPORTE: BorradorSoporte,
}
_TITLE: Final = WithJsonSchema({"type": ["string", "null"], "maxLength": 200})
_TEXT: Final = WithJsonSchema({"type": ["string", "null"], "maxLength": 10_000})
_VERSION: Final = WithJsonSchema({"type": ["integer", "null"], "minimum": 0})


class BorradorEntrada(Entrada):
    """A draft of either kind: the path says which fields are its own, the others are not read."""

    titulo: Annotated[Any, _TITLE] = None
    descripcion: Annotated[Any, _TEXT] = None
    asunto: Annotated[Any, _TITLE] = None
    mensaje: Annotated[Any, _TEXT] = None
    version: Annotated[Any, _VERSION] = None

    def as_draft(self, tipo: TipoBorrador) -> BorradorPedido:
        """Validate it as a draft of its kind; Invalid names the fields that do not pass."""
        return read_body(_SHAPES[tipo], self.model_dump(exclude_unset=True)).as_draft(tipo)


class ReclamoBorrador(msgspec.Struct):
    """The draft of a claim as it stands."""

    titulo: str
    descripcion: str
    version: int
    fecha_actualizacion: datetime


class SoporteBorrador(msgspec.Struct):
    """The draft of a support message as it stands."""

    asunto: str
    mensaje: str
    version: int
    fecha_actualizacion: datetime


class BorradoresSalida(msgspec.Struct):
    """A customer's drafts; null where there is none."""

    reclamo: ReclamoBorrador | None
    soporte: SoporteBorrador | None


class BorradorGuardadoSalida(msgspec.Struct):
    """A draft that was just saved."""

    message: str
    tipo: str
    version: int
    fecha_actualizacion: datetime


class Aviso(msgspec.Struct):
    """Something was done."""

    message: str


def drafts_out(found: Borradores) -> BorradoresSalida:
    """Say drafts in the panel's words."""
    claim, support = found.reclamo, found.soporte
    return BorradoresSalida(
        ReclamoBorrador(**claim.campos, version=claim.version, fecha_actualizacion=claim.actualizado_en)
        if claim
        else None,
        SoporteBorrador(**support.campos, version=support.version, fecha_actualizacion=support.actualizado_en)
        if support
        else None,
    )


# --- preferences -----------------------------------------------------------------------------------------


class ConfiguracionesEntrada(Entrada):
    """Settings to merge: the two that are known have a type, any other is kept as it is, `null` removes it."""

    model_config = ConfigDict(extra="allow")

    notificaciones: bool = True
    tema: str = "dark"


class PreferenciasEntrada(Entrada):
    """Preferences to merge; what is absent or null stays."""

    vista_activa: Annotated[VistaActiva, Field(strict=False)] | None = None
    configuraciones: ConfiguracionesEntrada | None = None

    def as_changes(self) -> PreferenciasPedidas:
        """Say it in the panel's words."""
        settings = self.configuraciones
        return PreferenciasPedidas(
            self.vista_activa, None if settings is None else settings.model_dump(exclude_unset=True)
        )


class PreferenciasSalida(msgspec.Struct):
    """A customer's preferences."""

    vista_activa: str
    configuraciones: dict[str, Any]
    fecha_actualizacion: datetime | None


class PreferenciasGuardadas(PreferenciasSalida):
    """Preferences that were just saved."""

    message: str


# --- autosave --------------------------------------------------------------------------------------------


class CarritoAutoguardado(CarritoEntrada):
    """A cart as an autosave sends it; a `version` that is not the current one leaves the cart alone."""

    version: int | None = Field(None, ge=0)


class BorradoresAutoguardado(Entrada):
    """Drafts as an autosave sends them; what is absent or null stays, and another kind than these is refused."""

    model_config = ConfigDict(extra="forbid")

    reclamo: BorradorReclamo | None = None
    soporte: BorradorSoporte | None = None


class AutoguardadoEntrada(Entrada):
    """Everything that a panel saves by itself; what is absent or null stays."""

    carrito: CarritoAutoguardado | None = None
    borradores: BorradoresAutoguardado | None = None
    preferencias: PreferenciasEntrada | None = None

    def as_request(self, if_match: int | None) -> Autoguardado:
        """Say it in the panel's words; `If-Match` stands for a `carrito.version` that is not sent."""
        cart = self.carrito
        version = if_match if cart is None or cart.version is None else cart.version
        return Autoguardado(
            carrito=None if cart is None else CarritoPedido(cart.lines(), version),
            borradores=self._drafts(),
            preferencias=None if self.preferencias is None else self.preferencias.as_changes(),
        )

    def _drafts(self) -> dict[TipoBorrador, BorradorPedido]:
        if self.borradores is None:
            return {}
        sent = {
            TipoBorrador.RECLAMO: self.borradores.reclamo,
            TipoBorrador.SOPORTE: self.borradores.soporte,
        }
        return {tipo: draft.as_draft(tipo) for tipo, draft in sent.items() if draft is not None}


class Versiones(msgspec.Struct):
    """The version at which each part that was sent now stands; null for what was not sent."""

    carrito: int | None = None
    reclamo: int | None = None
    soporte: int | None = None


class AutoguardadoSalida(msgspec.Struct):
    """What an autosave did; `conflictos` names the parts that were stale and stayed as they were.

    `advertencias` are there when lines of the cart were left out.
    """

    message: str
    carrito_actualizado: bool
    borradores_actualizados: bool
    preferencias_actualizadas: bool
    versiones: Versiones
    conflictos: list[str]
    advertencias: list[LineaYaPedida] | UnsetType = UNSET


# --- claims and support ----------------------------------------------------------------------------------


class ReclamoEntrada(Entrada):
    """A claim, about an order or a work order of the customer if it names one."""

    titulo: Annotated[_Titulo, NoVacio]
    descripcion: Annotated[_Texto, NoVacio]
    pedido_id: str | None = None
    orden_id: str | None = None


class SoporteEntrada(Entrada):
    """A message to support."""

    asunto: Annotated[_Titulo, NoVacio]
    mensaje: Annotated[_Texto, NoVacio]


class EnvioSalida(msgspec.Struct):
    """The ticket behind what was sent."""

    message: str
    id: UUID
    folio: str
    estado: str
