"""`/api/v1/productos`: the catalogue (CONTRACT §5)."""

from typing import Final

from clientela.api.call import Call, Reply, route
from clientela.api.v1.schemas_productos import (
    ProductoCambios,
    ProductoEntrada,
    ProductosConsulta,
    ProductosPagina,
)
from clientela.catalogo import service
from clientela.catalogo.model import Filtro, Producto

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


def _one(product: Producto, status: int = 200) -> Reply:
    return Reply(product, status, headers={"ETag": f'"{product.version}"'})


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
    return Reply(ProductosPagina(found.items, found.total, query.page, query.per_page))


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
    return _one(await service.create(call.db, call.actor, body.as_new()), 201)


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
    return _one(await service.get(call.db, call.actor, call.path_uuid("producto_id")))


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
    return _one(await service.update(call.db, call.actor, product_id, body.as_changes(), call.if_match))
