"""The words of the panel."""

from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec

from clientela.carritos.model import LineaPedida, LineaPerdida


class TipoBorrador(StrEnum):
    """What a draft is a draft of."""

    RECLAMO = "reclamo"
    SOPORTE = "soporte"


class VistaActiva(StrEnum):
    """The view that the panel shows: the eight of spec 1 and the four that CONTRACT §8 adds."""

    INICIO = "inicio"
    CATALOGO = "catalogo"
    MIS_PEDIDOS = "mis-pedidos"
    RECLAMO = "reclamo"
    PERFIL = "perfil"
    FACTURAS = "facturas"
    SOPORTE = "soporte"
    CARRITO = "carrito"
    CHAT = "chat"
    ORDENES = "ordenes"
    GARANTIAS = "garantias"
    MANTENIMIENTOS = "mantenimientos"


class Borrador(msgspec.Struct, frozen=True):
    """A draft that is there: its texts by field."""

    campos: dict[str, str]
    version: int
    actualizado_en: datetime


class Borradores(msgspec.Struct, frozen=True):
    """A client's drafts; None where there is none."""

    reclamo: Borrador | None = None
    soporte: Borrador | None = None


class BorradorGuardado(msgspec.Struct, frozen=True):
    """What saving a draft made of it."""

    version: int
    actualizado_en: datetime


class Preferencias(msgspec.Struct, frozen=True):
    """A client's preferences; `configuraciones` is their JSON, `actualizado_en` None when none were saved."""

    vista_activa: str
    configuraciones: msgspec.Raw
    actualizado_en: datetime | None


class BorradorPedido(msgspec.Struct, frozen=True):
    """A draft as somebody sends it: all fields of its kind, and the version it is based on, if he says."""

    campos: dict[str, str]
    version: int | None


class CarritoPedido(msgspec.Struct, frozen=True):
    """A cart as an autosave sends it."""

    lineas: tuple[LineaPedida, ...]
    version: int | None


class PreferenciasPedidas(msgspec.Struct, frozen=True):
    """Changes to preferences: None leaves a part alone."""

    vista_activa: VistaActiva | None
    configuraciones: dict[str, Any] | None

    @property
    def says_something(self) -> bool:
        """Whether any part was sent."""
        return self.vista_activa is not None or self.configuraciones is not None


class Autoguardado(msgspec.Struct, frozen=True):
    """Everything that an autosave sends; what it does not send stays as it is."""

    carrito: CarritoPedido | None
    borradores: dict[TipoBorrador, BorradorPedido]
    preferencias: PreferenciasPedidas | None


class ResultadoAutoguardado(msgspec.Struct, frozen=True):
    """What an autosave did: the version of each part that was sent, and the parts that were stale.

    The parts are `carrito`, `reclamo` and `soporte`; preferences cannot be stale. `perdidas` are the lines of the
    cart that were left out because they had just been ordered.
    """

    versiones: dict[str, int]
    conflictos: tuple[str, ...]
    perdidas: tuple[LineaPerdida, ...] = ()
