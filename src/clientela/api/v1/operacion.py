"""Operation: is the process alive, does the database answer, what do the counters say, what is served."""

import ipaddress
from importlib import resources
from typing import Final

import msgspec

from clientela import __version__
from clientela.api import openapi, permisos
from clientela.api.call import ROUTES, Call, Reply, authorization, route
from clientela.core import mail, metrics
from clientela.core.db import Db
from clientela.core.errors import AppError, NotFound

_STATIC: Final = resources.files("clientela.api") / "docs"
_PAGE_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "font-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_FILES: Final = {
    "reference.js": "text/javascript; charset=utf-8",
    "start.js": "text/javascript; charset=utf-8",
}


class Estado(msgspec.Struct):
    """Whether something is well."""

    estado: str


class Portada(msgspec.Struct):
    """What a browser that opens the bare address is told."""

    nombre: str
    version: str
    documentacion: str


_FRONT: Final = {"nombre": "Clientela", "version": __version__, "documentacion": "/docs"}


@route("GET", "/", summary="Qué es esto y dónde está su documentación", response=Portada, example=_FRONT)
async def front() -> Reply:
    """Say what this is and where its documentation lies."""
    return Reply(_FRONT)


@route("GET", "/healthz", summary="¿Vive el proceso?", response=Estado, example={"estado": "ok"})
async def healthz() -> Reply:
    """Answer that the process lives, without touching the database."""
    return Reply({"estado": "ok"})


@route("GET", "/readyz", summary="¿Responde la base de datos?", response=Estado, example={"estado": "ok"})
async def readyz(call: Call) -> Reply:
    """Answer 200 when the database does, else 503."""
    await call.db.ping()
    return Reply({"estado": "ok"})


@route(
    "GET",
    "/metrics",
    errors=("no_autenticado", "prohibido", "debe_cambiar_contrasenia", "habilidad_insuficiente"),
    summary="Métricas para Prometheus: para esta máquina, y para administradores",
    response=str,
)
async def read_metrics(call: Call) -> Reply:
    """Give the process's counters to the loopback and to admins."""
    if not _is_loopback(call.ip):
        actor = await call.runtime.gatekeeper.actor(authorization(call.headers))
        permisos.check(permisos.REGLAS["GET /metrics"], actor, "GET", call.path)
    outbox = await _outbox(call.db)
    return Reply(call.runtime.metrics.exposition(outbox), content_type=metrics.CONTENT_TYPE)


async def _outbox(db: Db) -> tuple[tuple[str, str, float], ...]:
    try:
        waiting, oldest = await mail.waiting(db)
    except AppError:
        # The process's own numbers matter most just when the database does not answer.
        return ()
    return (
        ("correos_pendientes", "Mails that wait to be sent.", float(waiting)),
        ("correos_espera_segundos", "Age of the oldest mail that waits.", oldest),
    )


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


@route("GET", "/openapi.json", summary="Descripción OpenAPI 3.1 de toda la API", response=dict)
async def read_openapi() -> Reply:
    """Give the description of all routes."""
    return Reply(openapi.document(ROUTES, permisos.REGLAS))


@route("GET", "/docs", summary="Referencia de la API, en el navegador", response=str)
async def read_docs() -> Reply:
    """Give the page that shows the reference; everything it loads lies here, nothing comes from elsewhere."""
    page = (_STATIC / "index.html").read_bytes()
    policy = {"Content-Security-Policy": _PAGE_POLICY}
    return Reply(page, headers=policy, content_type="text/html; charset=utf-8")


@route("GET", "/docs/{archivo}", summary="Archivos de la referencia", response=str)
async def read_docs_file(call: Call) -> Reply:
    """Give one of the reference's own files."""
    name = call.path["archivo"]
    if name not in _FILES:
        raise NotFound("ruta_no_encontrada")
    body = (_STATIC / name).read_bytes()
    return Reply(body, headers={"Cache-Control": "public, max-age=86400"}, content_type=_FILES[name])
