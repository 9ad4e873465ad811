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
    name = call.path["archivo"]
    if name not in {"pagina.css", "pagina.js"}:
        raise NotFound("ruta_no_encontrada")
    return _file("restablecer", name)
