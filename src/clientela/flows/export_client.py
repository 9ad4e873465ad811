"""A person asks what is known of him: everything in one archive, his pictures too."""

import io
import zipfile
from collections.abc import AsyncGenerator, Iterator
from typing import Any, Final
from uuid import UUID

import msgspec

from clientela.carritos import personal as carritos
from clientela.chat import personal as chat
from clientela.clientes import access
from clientela.clientes import personal as clientes
from clientela.clientes.model import IMAGENES, Cliente
from clientela.cobranza import personal as cobranza
from clientela.core import audit, files
from clientela.core.actor import Actor
from clientela.core.db import Db
from clientela.panel import personal as panel
from clientela.pedidos import personal as pedidos
from clientela.postventa import personal as postventa
from clientela.tickets import personal as tickets

_FIRST_DAY: Final = (1980, 1, 1, 0, 0, 0)


class _Pipe(io.RawIOBase):
    """Takes what the archive writes and gives it on, so that no more than one member is ever in memory."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._parts.append(bytes(data))
        return len(data)

    def take(self) -> bytes:
        taken = b"".join(self._parts)
        self._parts.clear()
        return taken


async def export_client(db: Db, actor: Actor, ref: UUID | int) -> tuple[Cliente, AsyncGenerator[bytes, None]]:
    """Return a client and his archive piece by piece: a JSON file for each area, and his images and photos.

    For administrators and for the client himself; each export is in the audit log before the first byte leaves.
    Raises NotFound where there is no such client, or for one who asks for another.
    """
    found = await access.visible_client(db, actor, ref)
    await audit.record(db, "cliente.exportado", actor=actor, objeto=("cliente", str(found.id)))
    return found, _archive(db, found, own=not actor.es_personal)


async def _archive(db: Db, client: Cliente, *, own: bool) -> AsyncGenerator[bytes, None]:
    ids = await clientes.person(db, client.id)
    register = await clientes.hand_out(db, ids)
    pipe = _Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in register.items():
            _add(archive, f"{name}.json", _json(content))
        _add(archive, "carritos.json", _json(await carritos.hand_out(db, ids, own=own)))
        yield pipe.take()
        for area, domain in (
            ("panel", panel),
            ("tickets", tickets),
            ("cobranza", cobranza),
            ("pedidos", pedidos),
            ("postventa", postventa),
            ("chat", chat),
        ):
            _add(archive, f"{area}.json", _json(await domain.hand_out(db, ids)))
            yield pipe.take()
        photos = await postventa.photos_of(db, ids)
        _add(archive, "fotos.json", _json(photos))
        storage = files.open_storage(db.settings)
        for name, key in (*_images(register["clientes"]), *_photos(photos)):
            if await storage.exists(key):
                _add(archive, f"{name}.{key.rpartition('.')[2]}", await storage.get(key))
                yield pipe.take()
    yield pipe.take()


def _images(records: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    """Return the images of clients: the name in the archive, the key of the file."""
    for record in records:
        for field in IMAGENES:
            if record[field] is not None:
                yield f"imagenes/{record['numero']}-{field}", record[field]


def _photos(rows: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    """Return the photos of work orders likewise."""
    for row in rows:
        yield f"fotos/{row['orden']}-{row['lugar']}", row["clave"]


def _json(content: Any) -> bytes:
    return msgspec.json.format(msgspec.json.encode(content), indent=2)


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    # No clock of this machine is anybody's business.
    member = zipfile.ZipInfo(name, date_time=_FIRST_DAY)
    member.compress_type = zipfile.ZIP_DEFLATED
    member.external_attr = 0o600 << 16
    archive.writestr(member, content)
