"""`/api/v1/categorias-cliente`: what kinds of clients there are (CONTRACT §4)."""

from typing import Final

from clientela.api.body import Pagina
from clientela.api.call import Call, Reply, route
from clientela.api.v1.schemas_clientes import CategoriaCambios, CategoriaEntrada, CategoriasPagina
from clientela.clientes import catalogues
from clientela.clientes.model import Categoria

_ENTERED: Final = {"clave": "MAYORISTA", "nombre": "Mayorista", "activo": True}
_SHOWN: Final = {"id": 2, **_ENTERED}


@route(
    "GET",
    "/api/v1/categorias-cliente",
    query=Pagina,
    response=CategoriasPagina,
    summary="Listar categorías de clientes",
    example={"items": [_SHOWN], "total": 1, "page": 1, "per_page": 20},
)
async def list_categories(call: Call, query: Pagina) -> Reply:
    """List client categories by name (staff)."""
    items, total = await catalogues.list_categories(call.db, query.per_page, query.offset)
    return Reply(CategoriasPagina(items, total, query.page, query.per_page))


@route(
    "POST",
    "/api/v1/categorias-cliente",
    body=CategoriaEntrada,
    response=Categoria,
    status=201,
    errors=("categoria_en_uso",),
    summary="Agregar una categoría de clientes",
    body_example=_ENTERED,
    example=_SHOWN,
)
async def add_category(call: Call, body: CategoriaEntrada) -> Reply:
    """Add a client category (admin)."""
    made = await catalogues.add_category(call.db, call.actor, body.clave, body.nombre, activo=body.activo)
    return Reply(made, 201)


@route(
    "PATCH",
    "/api/v1/categorias-cliente/{categoria_id}",
    body=CategoriaCambios,
    response=Categoria,
    errors=("categoria_en_uso",),
    summary="Cambiar una categoría de clientes",
    body_example={"activo": False},
    example={**_SHOWN, "activo": False},
)
async def change_category(call: Call, body: CategoriaCambios) -> Reply:
    """Change a client category (admin); an inactive one stays where it was given."""
    category = call.path_int("categoria_id")
    return Reply(await catalogues.change_category(call.db, call.actor, category, body.as_changes()))
