"""The burst tool really makes requests meet, and reads what comes back."""

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.tools.burst import Answer, Request, burst, parse_answer


class Counter(BaseHTTPRequestHandler):
    """Adds one by reading, thinking for a millisecond, and writing: the classic lost update."""

    protocol_version = "HTTP/1.1"
    value = 0
    arrivals: list[float] = []  # noqa: RUF012

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        Counter.arrivals.append(time.monotonic())
        seen = Counter.value
        time.sleep(0.001)
        Counter.value = seen + 1
        body = f'{{"from": "{self.client_address[0]}"}}'.encode()
        self.send_response(201)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Valor", "uno")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


class Server(ThreadingHTTPServer):
    request_queue_size = 256


@pytest.fixture
def racy() -> Iterator[str]:
    Counter.value, Counter.arrivals = 0, []
    with Server(("127.0.0.1", 0), Counter) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def test_together_they_lose_updates_one_by_one_they_do_not(racy: str) -> None:
    for _ in range(20):
        burst(racy, [Request("POST", "/", json={})], settle=0)
    assert Counter.value == 20
    Counter.value = 0
    answers = burst(racy, [Request("POST", "/", json={})] * 40)
    assert [answer.status for answer in answers] == [201] * 40
    assert Counter.value < 40, "forty racing increments and none lost: they did not race"


def test_requests_arrive_within_a_few_milliseconds(racy: str) -> None:
    burst(racy, [Request("POST", "/", json={})] * 20)
    assert max(Counter.arrivals) - min(Counter.arrivals) < 0.1


def test_answers_are_read_whole_and_in_order(racy: str) -> None:
    sources = [f"127.9.9.{n}" for n in range(1, 6)]
    answers = burst(racy, [Request("POST", "/", body=b"x", source_ip=ip) for ip in sources])
    assert [answer.json()["from"] for answer in answers] == sources
    assert {answer.headers["x-valor"] for answer in answers} == {"uno"}


def test_encoding() -> None:
    sent = Request("PUT", "/a", json={"ñ": 1}, token="t", headers={"If-Match": '"3"'}).encode("h:1")
    head, _, body = sent.partition(b"\r\n\r\n")
    assert head.split(b"\r\n")[0] == b"PUT /a HTTP/1.1"
    assert b"Authorization: Bearer t" in head
    assert b'If-Match: "3"' in head
    assert f"Content-Length: {len(body)}".encode() in head
    assert Request("GET", "/").encode("h").endswith(b"\r\n\r\n")


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", Answer(200, {"content-length": "2"}, b"hi", 0)),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhi", 0),
        (b"HTTP/1.1 204 No Content\r\n\r\n", Answer(204, {}, b"", 0)),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n1\r\n!\r\n0\r\n\r\n",
            Answer(200, {"transfer-encoding": "chunked"}, b"hi!", 0),
        ),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n", 0),
        (b"", 0),
    ],
)
def test_half_an_answer_is_none(raw: bytes, expected: Answer | int) -> None:
    answer = parse_answer(raw)
    assert expected in (answer, answer.status)
