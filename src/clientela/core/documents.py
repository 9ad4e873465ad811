"""Papers that people print: PDFs set by typst from a template of ours and data of anybody's.

The data go into the template as one JSON text and are shown as text. Typst gives way to other threads while it works,
but it cannot be stopped and a crash of it would take the server along: it runs in a limited process of its own.
"""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import msgspec

from clientela.core import children
from clientela.core.errors import Unavailable
from clientela.core.logs import get_logger

# So many are set at a time by one process that serves; the others wait a little.
AT_ONCE: Final = 2
WAIT_SECONDS: Final = 5.0
# By the clock on the wall; the worker limits its own work.
WORK_SECONDS: Final = 8.0
_MAX_PDF: Final = 24 << 20
_WORKER: Final = ("-I", "-B", "-m", "clientela.core.document_worker")

_log = get_logger(__name__)


class _Desk:
    """How many are being set by this process."""

    busy = 0


async def to_pdf(template: str, data: Any, moment: datetime) -> bytes:
    """Return the PDF of a template with these data (`sys.inputs.datos`, as JSON), dated `moment`.

    The same three make the same bytes. Raises Unavailable `servicio_ocupado` when it takes too long or too many wait.
    """
    asked = msgspec.json.encode(
        {
            "plantilla": template,
            "datos": data,
            "instante": int(moment.timestamp()),
        }
    )
    async with _place():
        try:
            with tempfile.TemporaryDirectory(prefix="clientela-") as empty:
                status, made = await children.run(
                    _WORKER, asked, seconds=WORK_SECONDS, max_answer=_MAX_PDF, folder=Path(empty)
                )
        except TimeoutError as error:
            raise Unavailable("servicio_ocupado") from error
    if status != 0:
        _log.error("document_worker_failed", status=status)
        raise Unavailable("servicio_ocupado")
    return made


@asynccontextmanager
async def _place() -> AsyncIterator[None]:
    deadline = time.monotonic() + WAIT_SECONDS
    while _Desk.busy >= AT_ONCE:
        if time.monotonic() > deadline:
            raise Unavailable("servicio_ocupado")
        await asyncio.sleep(0.02)
    _Desk.busy += 1
    try:
        yield
    finally:
        _Desk.busy -= 1
