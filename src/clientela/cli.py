"""The command line (CONTRACT §11)."""

import asyncio
import json
import os
import socket
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from clientela import __version__
from clientela.core.db import Db, Pool
from clientela.core.errors import AppError
from clientela.core.postgres import PostgresError, check_durability
from clientela.settings import Settings, SettingsError, load_settings

T = TypeVar("T")

app = typer.Typer(
    name="clientela",
    help="Un solo servidor para todo lo que hay entre un negocio y sus clientes.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback(invoke_without_command=True)
def root(
    *,
    version: Annotated[bool, typer.Option("--version", help="Muestra la versión y termina.")] = False,
) -> None:
    """Un solo servidor para todo lo que hay entre un negocio y sus clientes."""
    if version:
        typer.echo(f"clientela {__version__}")
        raise typer.Exit


DataDir = Annotated[
    Path | None,
    typer.Option("--data-dir", help="Directorio de datos (CLIENTELA_DATA_DIR, por defecto ./datos)."),
]
Port = Annotated[int, typer.Option("--port", min=1, max=65535, help="Puerto.")]
Host = Annotated[str, typer.Option("--host", help="Dirección en la que escucha.")]
Workers = Annotated[int, typer.Option("--workers", min=1, max=64, help="Procesos que atienden.")]
PemFile = Annotated[
    Path | None, typer.Option(exists=True, dir_okay=False, readable=True, help="Archivo PEM de TLS.")
]


def main() -> None:
    """Run a command; expected failures end with one clear sentence and status 1."""
    try:
        app()
    except (SettingsError, PostgresError, AppError, OSError) as error:
        sys.stderr.write(f"clientela: {_explain(error)}\n")
        sys.exit(1)


def _explain(error: Exception) -> str:
    if not isinstance(error, AppError):
        return str(error)
    fields = [f"{field}: {', '.join(texts)}" for field, texts in (error.errors or {}).items()]
    return " — ".join([error.message, *fields])


def settings_with(data_dir: Path | None) -> Settings:
    """Read the settings; the option wins over the environment, and children see what was chosen."""
    if data_dir is not None:
        os.environ["CLIENTELA_DATA_DIR"] = str(data_dir.absolute())
    return load_settings()


def with_database(settings: Settings, work: Callable[[Db], Awaitable[T]]) -> T:
    """Start or find the database, bring it up to date, and work on it."""
    from clientela.serving import database  # noqa: PLC0415

    with database(settings) as dsn:
        return asyncio.run(_work(settings, dsn, work))


async def _work(settings: Settings, dsn: str, work: Callable[[Db], Awaitable[T]]) -> T:
    from clientela.migrations.current import ensure_current  # noqa: PLC0415

    await ensure_current(dsn)
    pool = await Pool(settings, lambda: dsn).open()
    try:
        return await work(pool.db)
    finally:
        await pool.close()


@app.command()
def serve(
    data_dir: DataDir = None,
    host: Host = "127.0.0.1",
    port: Port = 3977,
    workers: Workers = 1,
    tls_cert: PemFile = None,
    tls_key: PemFile = None,
    *,
    sin_trabajos: Annotated[
        bool, typer.Option("--sin-trabajos", help="No correr tareas ni correo: lo hará `worker`.")
    ] = False,
    inseguro: Annotated[
        bool, typer.Option("--inseguro", help="Arrancar aunque la base de datos pueda perder datos.")
    ] = False,
) -> None:
    """Atiende a los cinco frontends."""
    from clientela import serving  # noqa: PLC0415

    scheme = "https" if tls_cert else "http"
    os.environ.setdefault("CLIENTELA_URL", f"{scheme}://localhost:{port}")
    settings = settings_with(data_dir)
    if sin_trabajos:
        os.environ["CLIENTELA_TRABAJOS"] = "false"
    if (tls_cert is None) != (tls_key is None):
        raise typer.BadParameter("--tls-cert y --tls-key van juntos")
    listen = serving.Listen(host, port, workers, tls_cert, tls_key)
    _refuse_taken_port(listen.host, listen.port)
    with serving.database(settings) as dsn:
        asyncio.run(_prepare(settings, dsn, inseguro=inseguro))
        typer.echo(f"Clientela atiende en {scheme}://{host}:{port}")
        serving.serve(listen, settings)


async def _prepare(settings: Settings, dsn: str, *, inseguro: bool) -> None:
    async def check(db: Db) -> None:
        problems = await check_durability(db)
        if problems and not inseguro:
            raise PostgresError(
                "La base de datos podría perder datos ya confirmados: "
                + "; ".join(problems)
                + ". Corríjalo o arranque con --inseguro."
            )

    await _work(settings, dsn, check)


def _refuse_taken_port(host: str, port: int) -> None:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise OSError(
                f"No se puede escuchar en {host}:{port} ({error.strerror}). Elija otro --port."
            ) from error


@app.command()
def demo(data_dir: DataDir = None, host: Host = "127.0.0.1", port: Port = 3977, workers: Workers = 1) -> None:
    """Pone en marcha una empresa de demostración con su historia, en esta máquina."""
    from clientela import demo as company  # noqa: PLC0415
    from clientela import serving  # noqa: PLC0415

    os.environ.setdefault("CLIENTELA_URL", f"http://localhost:{port}")
    # The front ends' own development servers may call the demo from a browser.
    os.environ.setdefault("CLIENTELA_ORIGENES", "http://localhost:*,http://127.0.0.1:*")
    settings = settings_with(data_dir)
    _refuse_taken_port(host, port)
    with serving.database(settings) as dsn:
        asyncio.run(_work(settings, dsn, company.load))
        typer.echo(company.summary(settings.url))
        serving.serve(serving.Listen(host, port, workers), settings)


@app.command()
def migrate(data_dir: DataDir = None, revision: str = "head") -> None:
    """Lleva el esquema de la base de datos a su última versión (o a otra)."""
    from clientela.migrations.runner import migrate as run_migrations  # noqa: PLC0415
    from clientela.serving import database  # noqa: PLC0415

    with database(settings_with(data_dir)) as dsn:
        asyncio.run(run_migrations(dsn, revision))
    typer.echo(f"Esquema en {revision}.")


@app.command()
def worker(data_dir: DataDir = None) -> None:
    """Corre las tareas y el correo de una instalación cuyos `serve` van con --sin-trabajos."""
    from clientela import worker as work  # noqa: PLC0415
    from clientela.core import logs  # noqa: PLC0415
    from clientela.serving import database  # noqa: PLC0415

    settings = settings_with(data_dir)
    logs.configure(settings.log)
    with database(settings) as dsn:
        asyncio.run(_work(settings, dsn, _nothing))
        asyncio.run(work.run(settings))


async def _nothing(_: Db) -> None:
    """Do nothing: the caller only wants the schema up to date."""


@app.command("crear-admin")
def crear_admin(
    correo: Annotated[str, typer.Option(help="Correo del administrador.")],
    contrasenia: Annotated[str, typer.Option(help="Su contraseña, de 8 caracteres o más.")],
    data_dir: DataDir = None,
) -> None:
    """Crea un administrador."""
    from clientela.identidad import service as identidad  # noqa: PLC0415

    with_database(settings_with(data_dir), lambda db: identidad.create_admin(db, correo, contrasenia))
    typer.echo(f"Administrador {correo} creado.")


@app.command()
def doctor(data_dir: DataDir = None) -> None:
    """Examina la instalación y dice qué conviene corregir; termina con 1 si algo está mal."""
    from clientela.core.doctor import examine, failed, render  # noqa: PLC0415
    from clientela.migrations.current import head  # noqa: PLC0415
    from clientela.worker import ARCHIVOS  # noqa: PLC0415

    findings = examine(settings_with(data_dir), head(), ARCHIVOS)
    typer.echo(render(findings))
    if failed(findings):
        raise typer.Exit(1)


@app.command()
def backup(
    archivo: Annotated[Path, typer.Argument(help="Archivo que se escribe.")], data_dir: DataDir = None
) -> None:
    """Copia base de datos, archivos y claves en un solo archivo; también mientras el servidor atiende."""
    from clientela.core.backup import backup as write_backup  # noqa: PLC0415
    from clientela.worker import ARCHIVOS  # noqa: PLC0415

    folders = [owned.folder for owned in ARCHIVOS]
    write_backup(settings_with(data_dir), archivo, typer.echo, folders=folders)
    typer.echo(f"Copia escrita en {archivo}.")


@app.command()
def restore(
    archivo: Annotated[Path, typer.Argument(help="Archivo que escribió `backup`.")], data_dir: DataDir = None
) -> None:
    """Restaura una copia en un directorio de datos vacío (o en una base de datos vacía)."""
    from clientela.core.backup import restore as read_backup  # noqa: PLC0415

    read_backup(settings_with(data_dir), archivo, typer.echo)
    typer.echo(f"Copia restaurada desde {archivo}.")


@app.command()
def importar(
    tipo: Annotated[str, typer.Argument(help="clientes, productos u ordenes.")],
    archivo: Annotated[Path, typer.Argument(help="Hoja CSV.", exists=True, dir_okay=False, readable=True)],
    data_dir: DataDir = None,
    *,
    ensayo: Annotated[bool, typer.Option("--ensayo", help="Decir qué pasaría, sin guardar nada.")] = False,
    solo_validas: Annotated[
        bool, typer.Option("--solo-validas", help="Guardar las filas válidas aunque otras tengan errores.")
    ] = False,
) -> None:
    """Importa clientes, productos u órdenes de trabajo de una hoja CSV; también mientras el servidor atiende."""
    from clientela.api.bulk import command  # noqa: PLC0415
    from clientela.core.importing import Modo  # noqa: PLC0415

    settings, raw, modo = settings_with(data_dir), archivo.read_bytes(), Modo(ensayo, solo_validas)
    with command.showing() as progress:
        report = with_database(settings, lambda db: command.run_import(db, tipo, raw, modo, progress))
    typer.echo(command.summary(report, modo))
    for line in command.errors(report):
        typer.echo(line, err=True)
    if report.errores:
        raise typer.Exit(1)


@app.command()
def exportar(
    tipo: Annotated[str, typer.Argument(help="clientes, productos u ordenes.")],
    archivo: Annotated[Path, typer.Argument(help="Hoja CSV que se escribe (- para la salida estándar).")],
    data_dir: DataDir = None,
) -> None:
    """Escribe todos los clientes, productos u órdenes en una hoja CSV que se puede volver a importar."""
    from clientela.api.bulk import command  # noqa: PLC0415

    settings = settings_with(data_dir)
    with command.target(archivo) as out:
        with_database(settings, lambda db: command.run_export(db, tipo, out.write))


@app.command()
def chat(
    identificador: Annotated[str, typer.Option(help="Correo, celular o usuario con el que se entra.")],
    contrasenia: Annotated[
        str,
        typer.Option(prompt="Contraseña", hide_input=True, help="Su contraseña."),
    ],
    url: Annotated[str, typer.Option("--url", help="Dirección del servidor.")] = "http://localhost:3977",
    data_dir: DataDir = None,  # noqa: ARG001 - every command takes it; a talk needs none
) -> None:
    """Conversa en la terminal, como cliente o como soporte, por el mismo socket que los demás programas."""
    from clientela.terminal import TalkError, talk  # noqa: PLC0415

    try:
        asyncio.run(talk(url, identificador, contrasenia))
    except TalkError as error:
        sys.stderr.write(f"clientela: {error}\n")
        raise typer.Exit(1) from error
    except KeyboardInterrupt:
        raise typer.Exit(0) from None


@app.command()
def openapi(data_dir: DataDir = None) -> None:
    """Escribe la descripción OpenAPI 3.1 de toda la API."""
    from clientela.app import document  # noqa: PLC0415

    settings_with(data_dir)
    typer.echo(json.dumps(json.loads(document()), indent=1, ensure_ascii=False))
