"""Files in a bucket of a server that speaks S3 (Amazon's, MinIO, Ceph, Garage, …)."""

from collections.abc import AsyncIterator, Awaitable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, TypeVar

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from clientela.core.errors import AppError, NotFound, StorageFull, Unavailable
from clientela.core.files import checked, is_key, media_type
from clientela.core.logs import get_logger
from clientela.settings import Settings

if TYPE_CHECKING:
    from obstore import Attributes
    from obstore.store import S3Config

PAGE: Final = 500
_CONNECT: Final = timedelta(seconds=3)
_REQUEST: Final = timedelta(seconds=20)
_RETRYING: Final = timedelta(seconds=5)
# What servers call it when a bucket or their disks are full.
_FULL: Final = ("status code: 507", "<Code>InsufficientStorage", "<Code>QuotaExceeded")

T = TypeVar("T")
_log = get_logger(__name__)


class Bucket:
    """A Storage in one bucket; a file is one PUT, which either happens or does not."""

    def __init__(self, settings: Settings, bucket: str) -> None:
        endpoint = settings.s3_url
        self._store = S3Store(
            bucket,
            config=_config(settings),
            client_options={
                "connect_timeout": _CONNECT,
                "timeout": _REQUEST,
                "allow_http": endpoint is not None and endpoint.startswith("http://"),
            },
            retry_config={"max_retries": 2, "retry_timeout": _RETRYING},
        )

    async def put(self, key: str, data: bytes) -> None:
        """Put the object, in one request."""
        said: Attributes = {"Content-Type": media_type(key)}
        await _do(obstore.put_async(self._store, key, data, attributes=said, use_multipart=False))

    async def get(self, key: str) -> bytes:
        """Get the object, whole."""
        found = await _do(obstore.get_async(self._store, checked(key)))
        return bytes(await _do(found.bytes_async()))

    async def delete(self, key: str) -> None:
        """Delete the object."""
        await _do(obstore.delete_async(self._store, checked(key)))

    async def exists(self, key: str) -> bool:
        """Ask for the object's head."""
        try:
            await _do(obstore.head_async(self._store, checked(key)))
        except NotFound:
            return False
        return True

    async def pages(self, folder: str, before: datetime) -> AsyncIterator[list[str]]:
        """List the objects of the folder."""
        listed = obstore.list(self._store, f"{folder}/", chunk_size=PAGE)
        while True:
            try:
                page = await _do(anext(listed))
            except StopAsyncIteration:
                return
            yield [o["path"] for o in page if is_key(o["path"]) and o["last_modified"] < before]


def _config(settings: Settings) -> "S3Config":
    """Name what the settings name; the library finds the rest as Amazon's own programs do."""
    config: S3Config = {"region": settings.s3_region}
    if settings.s3_url is not None:
        config["endpoint"] = settings.s3_url
    if settings.s3_acceso is not None and settings.s3_secreto is not None:
        config["access_key_id"] = settings.s3_acceso
        config["secret_access_key"] = settings.s3_secreto
    return config


async def _do(work: Awaitable[T]) -> T:
    """Wait for an answer of the server; its errors become ours."""
    try:
        return await work
    except FileNotFoundError as error:
        raise NotFound from error
    except BaseError as error:
        raise _explained(error) from error


def _explained(error: BaseError) -> AppError:
    text = str(error)
    if any(sign in text for sign in _FULL):
        return StorageFull("sin_espacio")
    _log.error("bucket_failed", error=text.partition("\n")[0])
    return Unavailable()
