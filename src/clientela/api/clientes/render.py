"""What goes out of dialect B: a client as its frontends know him."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Final, TypeAlias
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

from clientela.clientes import windows
from clientela.clientes.model import Categoria, Cliente, Direccion, Expediente, Localidad, Ventana
from clientela.cobranza.model import Cuenta
from clientela.core.textos import ADVERTENCIAS
from clientela.flows.client_record import Ficha
from clientela.identidad.model import Login

_DAYS: Final = ("domingo", "lunes", "martes", "miércoles", "jueves", "viernes", "sábado")
_AS_THEY_ARE: Final = (
    "nombre", "razon_social", "nit", "email", "telefono", "whatsapp", "fecha_nacimiento", "genero",
    "limite_credito", "localidad_id", "latitud", "longitud", "observaciones", "activo", "vendedor_asignado_id",
    "version",
)  # fmt: skip
# Addresses that open the images for a while, by field; None where there is none to see.
Enlaces: TypeAlias = Mapping[str, str | None]


class Usuario(msgspec.Struct):
    """A client's login."""

    id: int
    uuid: UUID
    name: str
    usernick: str | None
    email: str | None
    activo: bool
    debe_cambiar_contrasenia: bool


class VentanaSalida(msgspec.Struct):
    """A delivery window; hours as `HH:mm`."""

    id: int
    dia_semana: int
    hora_inicio: str
    hora_fin: str
    activo: bool


class CuentaSalida(msgspec.Struct):
    """An open debt; those that are due first stand first."""

    id: int
    uuid: UUID
    concepto: str
    monto: Decimal
    saldo_pendiente: Decimal
    fecha_vencimiento: date | None
    vencida: bool


class ClienteListado(msgspec.Struct):
    """A client in a list."""

    id: int
    uuid: UUID
    nombre: str
    razon_social: str | None
    nit: str | None
    email: str | None
    telefono: str | None
    whatsapp: str | None
    fecha_nacimiento: date | None
    genero: str | None
    limite_credito: Decimal
    localidad_id: int | None
    localidad: Localidad | None
    latitud: Decimal | None
    longitud: Decimal | None
    observaciones: str | None
    activo: bool
    vendedor_asignado_id: UUID | None
    fecha_registro: datetime
    fecha_actualizacion: datetime
    version: int
    foto_perfil: str | None
    ci_anverso: str | None
    ci_reverso: str | None


class ClienteSalida(ClienteListado, kw_only=True):
    """A client with all that belongs to him; `user` is null while he has no credentials."""

    direcciones: Sequence[Direccion]
    ventanas_entrega: Sequence[VentanaSalida]
    categorias: Sequence[Categoria]
    cuentas_por_cobrar: Sequence[CuentaSalida]
    user: Usuario | None


class Advertencia(msgspec.Struct):
    """Something that was stored all the same."""

    code: str
    message: str


class DatosCliente(msgspec.Struct):
    """`usuario` is there when a login was made, `advertencias` when there are any."""

    cliente: ClienteSalida
    usuario: Usuario | UnsetType = UNSET
    advertencias: list[Advertencia] | UnsetType = UNSET


class Respuesta(msgspec.Struct, kw_only=True):
    """A client."""

    success: bool = True
    message: str
    data: DatosCliente


class DatosLista(msgspec.Struct):
    """One page of clients."""

    clientes: list[ClienteListado]
    total: int
    page: int
    per_page: int


class RespuestaLista(msgspec.Struct, kw_only=True):
    """A list of clients."""

    success: bool = True
    message: str
    data: DatosLista


def _common(client: Cliente, locality: Localidad | None, links: Enlaces) -> dict[str, Any]:
    return {
        "id": client.numero,
        "uuid": client.id,
        "localidad": locality,
        "fecha_registro": client.creado_en,
        "fecha_actualizacion": client.actualizado_en,
        **{field: getattr(client, field) for field in _AS_THEY_ARE},
        **links,
    }


def listed(record: Expediente, links: Enlaces) -> ClienteListado:
    """Show a client in a list; `links` open his images."""
    return ClienteListado(**_common(record.cliente, record.localidad, links))


def shown(ficha: Ficha, links: Enlaces) -> ClienteSalida:
    """Show a client with all that belongs to him; `links` open his images."""
    record = ficha.expediente
    return ClienteSalida(
        **_common(record.cliente, record.localidad, links),
        direcciones=record.direcciones,
        ventanas_entrega=[_window(window) for window in record.ventanas],
        categorias=record.categorias,
        cuentas_por_cobrar=[_debt(debt) for debt in ficha.cuentas],
        user=None if ficha.login is None else user(ficha.login),
    )


def user(login: Login) -> Usuario:
    """Show a login."""
    return Usuario(
        login.numero,
        login.usuario_id,
        login.nombre,
        login.usernick,
        login.correo,
        login.activo,
        login.debe_cambiar_contrasenia,
    )


def _debt(debt: Cuenta) -> CuentaSalida:
    return CuentaSalida(
        debt.numero,
        debt.id,
        debt.concepto,
        debt.monto,
        debt.saldo_pendiente,
        debt.fecha_vencimiento,
        debt.vencida,
    )


def _window(window: Ventana) -> VentanaSalida:
    return VentanaSalida(
        window.id, window.dia_semana, _hour(window.hora_inicio), _hour(window.hora_fin), window.activo
    )


def _hour(hour: time) -> str:
    return hour.strftime("%H:%M")


def warnings(found: Sequence[Ventana]) -> list[Advertencia]:
    """Warn of delivery windows that overlap."""
    code = "ventanas_superpuestas"
    return [
        Advertencia(code, ADVERTENCIAS[code].format(una=_spoken(found[first]), otra=_spoken(found[second])))
        for first, second in windows.overlaps(found)
    ]


def _spoken(window: Ventana) -> str:
    return f"{_DAYS[window.dia_semana]} {_hour(window.hora_inicio)}–{_hour(window.hora_fin)}"
