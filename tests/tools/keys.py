"""Requests under an `Idempotency-Key`: sent in part, sent until they are answered, and what is kept of them."""

import socket
import struct
import time
from contextlib import suppress
from urllib.parse import urlsplit

from clientela.core import idempotency
from tests.tools.burst import Answer, Request, burst
from tests.tools.database import Database

CUTS = 12


def send_and_cut(base_url: str, request: Request, point: int) -> None:
    """Send a part of a request, or all of it and read a part of the answer, and break off with a reset.

    Points 0 to 7 are within the request, its body included; 8 is before the answer, 9 to 11 within or after it.
    """
    address = urlsplit(base_url)
    raw = request.encode(address.netloc)
    with socket.create_connection((address.hostname or "", address.port or 80), 5) as connection:
        connection.sendall(raw[: len(raw) * min(point, 8) // 8])
        if point > 8:
            connection.settimeout(5)
            connection.recv(1)
        if point > 9:
            time.sleep(0.002 * (point - 9))
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def must_wait(answer: Answer) -> bool:
    """Whether this is the answer to the twin of a request in flight."""
    return (
        answer.status == 409
        and answer.json()["code"] == "peticion_en_curso"
        and answer.headers["retry-after"] == "1"
    )


def stands(answer: Answer) -> bool:
    """Whether this answer says what became of the request."""
    return answer.status not in {0, 503} and not must_wait(answer)


def send_until_answered(base_url: str, request: Request, seconds: float = 20) -> Answer:
    """Send until there is an answer that stands."""
    deadline = time.monotonic() + seconds
    while True:
        with suppress(OSError):
            [answer] = burst(base_url, [request], settle=0)
            if stands(answer):
                return answer
        assert time.monotonic() < deadline, "no answer"
        time.sleep(0.05)


def send_many(base_url: str, request: Request, *, together: int = 20, then: int = 5) -> list[Answer]:
    """Send one request so many times at once, then so many times in a row; the answers that stand."""
    answers: list[Answer] = []
    with suppress(OSError):
        answers = burst(base_url, [request] * together, settle=0.01)
    return [a for a in answers if stands(a)] + [send_until_answered(base_url, request) for _ in range(then)]


def kept_answer(db: Database, actor_id: str, method: str, path: str, key: str) -> bytes | None:
    """The body that a key would be answered with, or None: the table itself names neither key nor request."""
    place = idempotency._Place.of(actor_id, method, path, key)
    kept = db.fetchval("SELECT cuerpo FROM idempotencia WHERE id = $1", place.row_id)
    return None if kept is None else place.open(kept)
