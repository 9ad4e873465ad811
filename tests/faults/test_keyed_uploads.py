"""Photos that wait for their decoder keep no connection: whoever needs none of that goes on (T-DB-3)."""

import threading
import time
import uuid
from collections.abc import Callable

from clientela.clientes.model import IMAGENES
from tests.cast import Cast
from tests.clientes.test_forms import form
from tests.core.test_image_worker import taken_places
from tests.tools.burst import Answer, Request, burst
from tests.tools.database import Database
from tests.tools.image_bricks import encoded, picture
from tests.tools.planted import program
from tests.tools.server import Server

PHOTOS: dict[str, bytes] = dict.fromkeys(IMAGENES, encoded("PNG", picture("RGB", (900, 700))))


def upload(cast: Cast, number: int) -> Request:
    """A client with three photos and a key of its own."""
    headers = {
        "Content-Type": "multipart/form-data; boundary=XX",
        "Idempotency-Key": uuid.uuid4().hex,
    }
    body = form([("nombre", f"Con llave {number}")], PHOTOS)
    return Request("POST", "/api/clientes", body=body, headers=headers, token=cast.admin.token)


def meanwhile(server: Server, cast: Cast) -> tuple[list[int], list[int]]:
    """Send six such clients to a server with four connections, and read all the while; both kinds of statuses."""
    answers: list[Answer] = []
    uploads = [upload(cast, number) for number in range(6)]
    sending = threading.Thread(target=lambda: answers.extend(burst(server.url, uploads, timeout=100)))
    sending.start()
    seen: list[int] = []
    # However quick the machine, they queue: somebody else decodes, for longer than a reader waits for a connection.
    with taken_places():
        patience = time.monotonic() + 6
        while 503 not in seen and time.monotonic() < patience:
            seen.append(cast.soporte.get("/api/clientes?per_page=1").status_code)
    sending.join()
    return [answer.status for answer in answers], seen


def test_uploads_with_a_key_leave_room_for_others(
    new_database: Callable[[], Database], start_server: Callable[..., Server]
) -> None:
    database = new_database()
    server = start_server(database.dsn, workers=1, conexiones="4")
    made, seen = meanwhile(server, Cast(server.url, database, server.data_dir))
    assert made == [201] * 6
    assert set(seen) == {200}


def test_control_decoding_within_the_transaction_starves_the_readers(
    new_database: Callable[[], Database], start_server: Callable[..., Server]
) -> None:
    database = new_database()
    planted = program("tests.faults.plants:decodes_within_the_transaction")
    server = start_server(database.dsn, workers=1, conexiones="4", program=planted)
    _, seen = meanwhile(server, Cast(server.url, database, server.data_dir))
    assert 503 in seen
