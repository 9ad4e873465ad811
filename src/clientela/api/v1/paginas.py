"""The pages that a person reaches by a link of ours: static files, a strict policy, nothing from elsewhere."""

from importlib import resources
from typing import Final

from clientela.api.call import Call, Reply, route
from clientela.core.errors import NotFound

_PAGES: Final = resources.files("clientela.consoles")
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
)
_TYPES: Final = {".html": "text/html", ".css": "text/css", ".js": "text/javascript"}


_PARTS: Final = frozenset({"pagina.css", "pagina.js"})


def _part(page: str, call: Call) -> Reply:
    name = call.path["archivo"]
    if name not in _PARTS:
        raise NotFound("ruta_no_encontrada")
    return _file(page, name)


def _file(page: str, name: str) -> Reply:
    suffix = name[name.rfind(".") :]
    body = (_PAGES / page / name).read_bytes()
    headers = {"Content-Security-Policy": _POLICY}
    return Reply(body, headers=headers, content_type=f"{_TYPES[suffix]}; charset=utf-8")


@route("GET", "/restablecer", summary="Página para elegir una contraseña nueva", response=str)
async def reset_page() -> Reply:
    """Give the page behind the link of a reset message (its query holds the token, for the browser only)."""
    return _file("restablecer", "index.html")


@route("GET", "/restablecer/{archivo}", summary="Archivos de esa página", response=str)
async def reset_page_file(call: Call) -> Reply:
    """Give one of the page's own files."""
    return _part("restablecer", call)


@route("GET", "/visita", summary="Página para confirmar una visita o cambiar su fecha", response=str)
async def visit_page() -> Reply:
    """Give the page behind the link of a reminder (what follows its `#` stays in the browser)."""
    return _file("visita", "index.html")


@route("GET", "/visita/{archivo}", summary="Archivos de esa página", response=str)
async def visit_page_file(call: Call) -> Reply:
    """Give one of the page's own files."""
    return _part("visita", call)
