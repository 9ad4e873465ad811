"""`/api/clientes`: client records (spec 2, CONTRACT §4)."""

from typing import Final

from msgspec import UNSET

from clientela.api.call import Call, Reply, etag, route
from clientela.api.clientes import render
from clientela.api.clientes.schemas import (
    ClienteCambios,
    ClienteCambiosFormulario,
    ClienteEntrada,
    ClientesConsulta,
)
from clientela.clientes import service
from clientela.clientes.model import IMAGENES
from clientela.core.errors import MethodNotAllowed
from clientela.core.images import Imagen
from clientela.core.textos import EXITOS
from clientela.flows import client_record
from clientela.flows.client_record import Ficha

_WINDOWS: Final = [
    {"dia_semana": 1, "hora_inicio": "08:00", "hora_fin": "12:00", "activo": True},
    {"dia_semana": 3, "hora_inicio": "14:00", "hora_fin": "17:30"},
]
_ENTERED: Final = {
    "crear_usuario": True,
    "nombre": "Juan Pérez",
    "razon_social": "Comercial JP",
    "nit": "1234567",
    "email": "juan@example.com",
    "telefono": "70000001",
    "limite_credito": 0,
    "localidad_id": 1,
    "latitud": -17.7833,
    "longitud": -63.1821,
    "direcciones": [{"direccion": "Av. Principal 123", "ciudad": "Santa Cruz", "es_principal": True}],
    "ventanas_entrega": _WINDOWS,
    "categorias_ids": [1, 2],
}
_LISTED: Final = {
    "id": 10,
    "uuid": "0190a6b2-7c1e-7d3a-9b5f-2f4c6d8e0a12",
    "nombre": "Juan Pérez",
    "razon_social": "Comercial JP",
    "nit": "1234567",
    "email": "juan@example.com",
    "telefono": "70000001",
    "whatsapp": None,
    "fecha_nacimiento": None,
    "genero": None,
    "limite_credito": 0.00,
    "localidad_id": 1,
    "localidad": {"id": 1, "nombre": "Santa Cruz", "codigo": "SCZ"},
    "latitud": -17.7833,
    "longitud": -63.1821,
    "observaciones": None,
    "activo": True,
    "vendedor_asignado_id": None,
    "foto_perfil": None,
    "ci_anverso": None,
    "ci_reverso": None,
    "fecha_registro": "2026-11-20T14:03:27.512000Z",
    "fecha_actualizacion": "2026-11-20T14:03:27.512000Z",
    "version": 1,
}
_USER: Final = {
    "id": 50,
    "uuid": "0190a6b2-7c1e-7d3a-9b5f-2f4c6d8e0a13",
    "name": "Juan Pérez",
    "usernick": "70000001",
    "email": "juan@example.com",
    "activo": True,
    "debe_cambiar_contrasenia": True,
}
_SHOWN: Final = {
    **_LISTED,
    "direcciones": [
        {
            "id": 5,
            "uuid": "0190a6b2-7c1e-7d3a-9b5f-2f4c6d8e0a14",
            "direccion": "Av. Principal 123",
            "ciudad": "Santa Cruz",
            "departamento": None,
            "codigo_postal": None,
            "latitud": None,
            "longitud": None,
            "es_principal": True,
            "activa": True,
        }
    ],
    "ventanas_entrega": [
        {"id": 1, "dia_semana": 1, "hora_inicio": "08:00", "hora_fin": "12:00", "activo": True},
        {"id": 2, "dia_semana": 3, "hora_inicio": "14:00", "hora_fin": "17:30", "activo": True},
    ],
    "categorias": [{"id": 1, "clave": "VIP", "nombre": "VIP", "activo": True}],
    "cuentas_por_cobrar": [
        {
            "id": 42,
            "uuid": "0190a6b2-7c1e-7d3a-9b5f-2f4c6d8e0a15",
            "concepto": "Saldo inicial, factura 4512",
            "monto": 1250.00,
            "saldo_pendiente": 800.00,
            "fecha_vencimiento": "2026-12-15",
            "vencida": False,
        }
    ],
    "user": _USER,
}
_CHANGES: Final = {
    "telefono": "70000002",
    "ventanas_entrega": [{"dia_semana": 5, "hora_inicio": "09:00", "hora_fin": "13:00"}],
    "categorias_ids": [1],
}
_ERRORS: Final = ("datos_invalidos", "imagen_invalida", "servicio_ocupado")


def _photos(call: Call) -> dict[str, bytes | Imagen]:
    """Return the pictures that were sent, by field."""
    return {field: call.image(field) for field in IMAGENES if field in call.files}


def _saved(call: Call, ficha: Ficha, text: str, *, windows: bool, status: int = 200) -> Reply:
    warned = render.warnings(ficha.expediente.ventanas) if windows else []
    data = render.DatosCliente(
        render.shown(ficha, service.image_links(call.db, call.actor, ficha.expediente.cliente)),
        render.user(ficha.login) if ficha.login_nuevo and ficha.login else UNSET,
        warned or UNSET,
    )
    headers = etag(ficha.expediente.cliente.version)
    return Reply(render.Respuesta(message=EXITOS[text], data=data), status, headers)


@route(
    "POST",
    "/api/clientes",
    body=ClienteEntrada,
    images=IMAGENES,
    response=render.Respuesta,
    status=201,
    errors=_ERRORS,
    summary="Crear un cliente",
    body_example=_ENTERED,
    example={
        "success": True,
        "message": EXITOS["cliente_creado"],
        "data": {"cliente": _SHOWN, "usuario": _USER},
    },
)
async def create_client(call: Call, body: ClienteEntrada) -> Reply:
    """Make a client, with its login and images if they are asked for and sent."""
    made = await client_record.create_record(
        call.db, call.actor, body.as_new(), _photos(call), crear_usuario=body.crear_usuario is True
    )
    return _saved(call, made, "cliente_creado", windows=True, status=201)


@route(
    "PUT",
    "/api/clientes/{cliente_id}",
    body=ClienteCambios,
    images=IMAGENES,
    response=render.Respuesta,
    errors=(*_ERRORS, "desactualizado"),
    summary="Actualizar un cliente",
    body_example=_CHANGES,
    example={"success": True, "message": EXITOS["cliente_actualizado"], "data": {"cliente": _SHOWN}},
)
async def update_client(call: Call, body: ClienteCambios) -> Reply:
    """Change what was sent, with `If-Match` only if nobody did meanwhile."""
    saved = await client_record.update_record(
        call.db,
        call.actor,
        call.path_id("cliente_id"),
        body.as_changes(),
        _photos(call),
        crear_usuario=body.crear_usuario is True,
        version=call.if_match,
    )
    return _saved(call, saved, "cliente_actualizado", windows="ventanas_entrega" in body.model_fields_set)


@route(
    "POST",
    "/api/clientes/{cliente_id}",
    body=ClienteCambiosFormulario,
    images=IMAGENES,
    response=render.Respuesta,
    errors=(*_ERRORS, "desactualizado", "metodo_no_permitido"),
    summary="Actualizar un cliente desde un formulario (_method=PUT)",
    body_example={"_method": "PUT", **_CHANGES},
    example={"success": True, "message": EXITOS["cliente_actualizado"], "data": {"cliente": _SHOWN}},
)
async def update_client_by_post(call: Call, body: ClienteCambiosFormulario) -> Reply:
    """Do what PUT does, for programs that send files by POST only; without `_method=PUT` there is no such route."""
    if (body.metodo or "").upper() != "PUT":
        raise MethodNotAllowed("metodo_no_permitido", headers={"Allow": "GET, HEAD, POST, PUT"})
    return await update_client(call, body)


@route(
    "GET",
    "/api/clientes/{cliente_id}",
    response=render.Respuesta,
    summary="Leer un cliente",
    example={"success": True, "message": EXITOS["cliente_leido"], "data": {"cliente": _SHOWN}},
)
async def read_client(call: Call) -> Reply:
    """Show a client with all that belongs to him: to staff who may see him, and to himself."""
    found = await client_record.read_record(call.db, call.actor, call.path_id("cliente_id"))
    return _saved(call, found, "cliente_leido", windows=False)


@route(
    "GET",
    "/api/clientes",
    query=ClientesConsulta,
    response=render.RespuestaLista,
    summary="Listar clientes",
    example={
        "success": True,
        "message": EXITOS["clientes_leidos"],
        "data": {"clientes": [_LISTED], "total": 1, "page": 1, "per_page": 20},
    },
)
async def list_clients(call: Call, query: ClientesConsulta) -> Reply:
    """List the clients whom the caller may see: a seller his own and nobody's, support and administrators all."""
    found = await service.list_clients(call.db, call.actor, query.as_filter())
    clients = [
        render.listed(record, service.image_links(call.db, call.actor, record.cliente))
        for record in found.items
    ]
    data = render.DatosLista(clients, found.total, query.page, query.per_page)
    return Reply(render.RespuestaLista(message=EXITOS["clientes_leidos"], data=data))
