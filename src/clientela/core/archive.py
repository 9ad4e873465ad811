"""The file that `backup` writes: a plain tar whose every byte is under a checksum.

It holds the parts, then a manifest with the size and SHA-256 of each, then a seal: a last member with the SHA-256 of
all bytes before it. What follows the seal's name is fixed, so that no byte of the file can change unnoticed, while
`tar xf` still opens it.
"""

import hashlib
import io
import os
import shutil
import tarfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, Final

import msgspec

FORMAT: Final = 1
DUMP: Final = "base.dump"
MANIFEST: Final = "manifiesto.json"
SEAL: Final = "sello.sha256"
FILES: Final = "archivos/"
_BLOCK: Final = tarfile.BLOCKSIZE
_CHUNK: Final = 1 << 20


class BackupError(OSError):
    """A copy that cannot be made, is damaged, or cannot be put back; the message (Spanish) says what to do."""


class Part(msgspec.Struct, frozen=True):
    """Size in bytes and SHA-256 of one part."""

    bytes: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True):
    """What a copy holds. `tablas` counts the rows of every table in the snapshot that was dumped."""

    formato: int
    clientela: str
    creado_en: str
    postgres: int
    pg_dump: int
    migracion: str | None
    tablas: dict[str, int]
    partes: dict[str, Part]


class Writer:
    """Writes an archive beside its place; it appears there, whole and synced, only when the seal is on it."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._digest = hashlib.sha256()
        self.parts: dict[str, Part] = {}

    def add(self, name: str, path: Path) -> None:
        """Append a file. Raises FileNotFoundError when it is gone, BackupError when it shrinks meanwhile."""
        with path.open("rb") as source:
            status = os.fstat(source.fileno())
            self._header(name, status.st_size, status.st_mode & 0o777, int(status.st_mtime))
            self._add(name, status.st_size, _chunks(source, status.st_size, path))

    def add_content(self, name: str, content: bytes) -> None:
        """Append a file that is no file yet; only its owner will read it."""
        self._header(name, len(content), 0o600, 0)
        self._add(name, len(content), [content])

    def _add(self, name: str, size: int, chunks: Iterable[bytes]) -> None:
        digest = hashlib.sha256()
        for chunk in chunks:
            digest.update(chunk)
            self._write(chunk)
        self._write(_padding(size))
        self.parts[name] = Part(size, digest.hexdigest())

    def finish(self, manifest: Manifest) -> None:
        """Append the manifest and the seal."""
        content = msgspec.json.format(msgspec.json.encode(manifest), indent=1)
        self._header(MANIFEST, len(content), 0o600, 0)
        self._write(content + _padding(len(content)))
        self._file.write(_seal(self._digest.hexdigest()))

    def _header(self, name: str, size: int, mode: int, mtime: int) -> None:
        info = tarfile.TarInfo(name)
        info.size, info.mode, info.mtime = size, mode, mtime
        self._write(info.tobuf(tarfile.PAX_FORMAT))

    def _write(self, content: bytes) -> None:
        self._digest.update(content)
        self._file.write(content)


@contextmanager
def create(path: Path) -> Iterator[Writer]:
    """Open an archive for writing; an error leaves nothing behind, and an older archive of that name untouched."""
    temporary = path.with_name(f".{path.name}.parcial")
    # It holds keys and everybody's data: nobody else may read it.
    temporary.unlink(missing_ok=True)
    fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(fd, "wb", buffering=_CHUNK) as file:
            yield Writer(file)
            file.flush()
            os.fsync(file.fileno())
        temporary.rename(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def verify(path: Path) -> Manifest:
    """Check every byte of an archive against its seal and its manifest; BackupError when anything is amiss."""
    _check_seal(path)
    try:
        with tarfile.open(path, "r:") as archive:
            found = {member.name: _part(archive, member) for member in archive if member.name != SEAL}
            manifest = _read_manifest(archive)
    except (tarfile.TarError, KeyError, UnicodeError, EOFError) as error:
        raise damaged(path, str(error)) from error
    found.pop(MANIFEST)
    if manifest.formato != FORMAT:
        raise BackupError(
            f"{path} es del formato {manifest.formato} y esta versión de Clientela lee el {FORMAT}. Use la versión "
            "que la hizo, o una posterior."
        )
    if found != manifest.partes:
        raise damaged(path, "las partes no coinciden con el manifiesto")
    if manifest.partes.get(DUMP, Part(0, "")).bytes == 0 or not manifest.tablas:
        raise damaged(path, "no contiene ninguna base de datos")
    return manifest


def extract(path: Path, manifest: Manifest, target: Path) -> None:
    """Unpack a verified archive below a directory: `base.dump`, and `archivos/…` under its own names."""
    target.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tarfile.open(path, "r:") as archive:
        for name in manifest.partes:
            relative = PurePosixPath(name)
            if relative.is_absolute() or ".." in relative.parts:
                raise damaged(path, f"nombre prohibido: {name}")
            member = archive.getmember(name)
            place = target / relative
            _make_private(place.parent, target)
            source = archive.extractfile(member)
            fd = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, member.mode & 0o777)
            with os.fdopen(fd, "wb") as file:
                if source is not None:
                    shutil.copyfileobj(source, file, _CHUNK)
                file.flush()
                os.fsync(file.fileno())


def _make_private(directory: Path, target: Path) -> None:
    """Make a directory below the target, and those above it, for their owner alone."""
    for path in (*reversed(directory.parents), directory):
        if path.is_relative_to(target) and path != target:
            path.mkdir(mode=0o700, exist_ok=True)


def damaged(path: Path, reason: str) -> BackupError:
    """Explain that an archive is not what was written."""
    return BackupError(
        f"La copia {path} está dañada o incompleta ({reason}). No se ha restaurado nada; use otra copia."
    )


def _check_seal(path: Path) -> None:
    length = len(_seal("0" * 64))
    size = path.stat().st_size
    if size <= length:
        raise damaged(path, "es demasiado corta")
    digest = hashlib.sha256()
    with path.open("rb") as file:
        for chunk in _chunks(file, size - length, path):
            digest.update(chunk)
        if file.read() != _seal(digest.hexdigest()):
            raise damaged(path, "la suma de comprobación no coincide")


def _part(archive: tarfile.TarFile, member: tarfile.TarInfo) -> Part:
    source = archive.extractfile(member)
    if source is None:
        raise tarfile.ReadError(f"{member.name} no es un archivo")
    digest = hashlib.sha256()
    for chunk in _chunks(source, member.size, Path(member.name)):
        digest.update(chunk)
    return Part(member.size, digest.hexdigest())


def _read_manifest(archive: tarfile.TarFile) -> Manifest:
    source = archive.extractfile(MANIFEST)
    content = source.read() if source is not None else b""
    try:
        return msgspec.json.decode(content, type=Manifest)
    except msgspec.DecodeError as error:
        raise tarfile.ReadError(f"manifiesto ilegible: {error}") from error


def _seal(digest: str) -> bytes:
    """Return the end of an archive: the last member and the two empty blocks that close a tar."""
    content = f"{digest}  todo lo anterior\n".encode()
    info = tarfile.TarInfo(SEAL)
    info.size, info.mode = len(content), 0o600
    end = io.BytesIO()
    end.write(info.tobuf(tarfile.USTAR_FORMAT) + content + _padding(len(content)) + bytes(2 * _BLOCK))
    return end.getvalue()


def _chunks(file: IO[bytes], length: int, path: Path) -> Iterator[bytes]:
    """Read exactly so many bytes, piece by piece."""
    while length:
        chunk = file.read(min(_CHUNK, length))
        if not chunk:
            raise BackupError(f"{path} se acortó mientras se leía. Vuelva a intentarlo.")
        length -= len(chunk)
        yield chunk


def _padding(size: int) -> bytes:
    return bytes(-size % _BLOCK)
