"""`/api/v1/productos`: the catalogue (CONTRACT §5)."""

from collections.abc import Mapping
from typing import Final

import msgspec

from clientela.api import served
from clientela.api.call import Call, Reply, etag, route
from clientela.api.v1.schemas_productos import (
    ProductoCambios,
    ProductoEntrada,
    ProductosConsulta,
    ProductosPagina,
)
from clientela.catalogo import images, service
from clientela.catalogo.model import Filtro, Producto
from clientela.core.errors import Invalid
from clientela.core.textos import CAMPOS

_ENTERED: Final = {
    "codigo": "ELE-0012",
    "nombre": "Cámara de seguridad exterior 1080p",
    "descripcion": "Resistente al agua, visión nocturna de 20 m",
    "precio": "385.00",
    "imagenes": ["https://ejemplo.bo/imagenes/ele-0012.jpg"],
    "categoria": "Material eléctrico",
    "unidad": "unidad",
    "fraccionable": False,
    "peso_kg": "0.45",
    "existencias": "24",
    "activo": True,
}
_SHOWN: Final = {
    "id": "0190a6b2-7c1e-7d3a-9b5f-2f4c6d8e0a12",
    **_ENTERED,
    "version": 1,
    "creado_en": "2026-11-20T14:03:27.512000Z",
    "actualizado_en": "2026-11-20T14:03:27.512000Z",
}

_IMAGED: Final = {
    **_SHOWN,
    "imagenes": [
        f"https://ejemplo.bo/api/v1/productos/{_SHOWN['id']}/imagenes/6f1d0a9c3b7e42588d90ab12cd34ef56.jpg"
    ],
}


def _shown(call: Call, product: Producto) -> Producto:
    """Let the addresses of our own pictures be whole."""
    return msgspec.structs.replace(
        product, imagenes=images.outward(call.runtime.settings.url, product.imagenes)
    )


def _one(call: Call, product: Producto, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
    return Reply(_shown(call, product), status, headers={**etag(product.version), **(headers or {})})


@route(
    "GET",
    "/api/v1/productos",
    query=ProductosConsulta,
    response=ProductosPagina,
    summary="Buscar productos",
    example={"items": [_SHOWN], "total": 1, "page": 1, "per_page": 20},
)
async def list_products(call: Call, query: ProductosConsulta) -> Reply:
    """Search by words (stems and beginnings, accents or not), code, category and state."""
    wanted = Filtro(query.q, query.categoria, query.activo, query.order_by)
    found = await service.search(call.db, call.actor, wanted, page=query.page, per_page=query.per_page)
    items = tuple(_shown(call, product) for product in found.items)
    return Reply(ProductosPagina(items, found.total, query.page, query.per_page))


@route(
    "POST",
    "/api/v1/productos",
    body=ProductoEntrada,
    response=Producto,
    status=201,
    errors=("codigo_en_uso",),
    summary="Agregar un producto",
    body_example=_ENTERED,
    example=_SHOWN,
)
async def create_product(call: Call, body: ProductoEntrada) -> Reply:
    """Add a product (admin)."""
    return _one(call, await service.create(call.db, call.actor, body.as_new()), 201)


@route(
    "GET",
    "/api/v1/productos/{producto_id}",
    response=Producto,
    errors=("producto_no_encontrado",),
    summary="Leer un producto",
    example=_SHOWN,
)
async def read_product(call: Call) -> Reply:
    """Show one product; a retired one to staff only."""
    return _one(call, await service.get(call.db, call.actor, call.path_uuid("producto_id")))


@route(
    "PATCH",
    "/api/v1/productos/{producto_id}",
    body=ProductoCambios,
    response=Producto,
    errors=("producto_no_encontrado", "codigo_en_uso", "desactualizado"),
    summary="Cambiar un producto; activo=false lo retira",
    body_example={"precio": "379.50", "existencias": None},
    example={**_SHOWN, "precio": "379.50", "existencias": None, "version": 2},
)
async def update_product(call: Call, body: ProductoCambios) -> Reply:
    """Change some fields (admin), with `If-Match` only if nobody did meanwhile."""
    product_id = call.path_uuid("producto_id")
    return _one(call, await service.update(call.db, call.actor, product_id, body.as_changes(), call.if_match))


@route(
    "POST",
    "/api/v1/productos/{producto_id}/imagenes",
    images=("imagen",),
    response=Producto,
    status=201,
    errors=(
        "producto_no_encontrado",
        "imagen_invalida",
        "demasiadas_imagenes",
        "desactualizado",
        "sin_espacio",
    ),
    summary="Subir una imagen del producto: JPEG, PNG o WebP, 5 MiB como máximo",
    example={**_IMAGED, "version": 2},
)
async def add_image(call: Call) -> Reply:
    """Add a picture (admin), as the last of the product's images; `Location` is its address."""
    if "imagen" not in call.files:
        raise Invalid.of("imagen", CAMPOS["obligatorio"])
    product_id = call.path_uuid("producto_id")
    product, path = await service.add_image(
        call.db, call.actor, product_id, call.image("imagen"), call.if_match
    )
    return _one(call, product, 201, {"Location": call.runtime.settings.url + path})


@route(
    "GET",
    "/api/v1/productos/{producto_id}/imagenes/{imagen}",
    response=bytes,
    also=(304, None),
    errors=("imagen_no_encontrada",),
    summary="Ver una imagen del producto, en cualquier página: su nombre no se puede adivinar",
)
async def read_image(call: Call) -> Reply:
    """Show a picture to whoever has its address: a browser's `img` sends no header."""
    key, content = await service.read_image(call.db, call.path_uuid("producto_id"), call.path["imagen"])
    return served.public_image(call, key, content)


@route(
    "DELETE",
    "/api/v1/productos/{producto_id}/imagenes/{imagen}",
    response=Producto,
    errors=("producto_no_encontrado", "imagen_no_encontrada", "desactualizado"),
    summary="Quitar una imagen subida",
    example={**_SHOWN, "imagenes": [], "version": 3},
)
async def remove_image(call: Call) -> Reply:
    """Remove a picture and its file (admin)."""
    product_id = call.path_uuid("producto_id")
    return _one(
        call,
        await service.remove_image(call.db, call.actor, product_id, call.path["imagen"], call.if_match),
    )
