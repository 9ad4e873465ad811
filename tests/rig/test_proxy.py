"""The fault proxy makes each fault it promises, and none when it is healthy."""

import socket
import socketserver
import threading
import time
from collections.abc import Iterator

import pytest

from tests.tools.proxy import FaultProxy
from tests.tools.wait import wait_for


class Echo(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        try:
            while data := self.request.recv(65_536):
                self.request.sendall(data)
        except OSError:
            return


class EchoServer(socketserver.ThreadingTCPServer):
    daemon_threads = True


@pytest.fixture
def proxy() -> Iterator[FaultProxy]:
    with EchoServer(("127.0.0.1", 0), Echo) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with FaultProxy("127.0.0.1", server.server_address[1]) as made:
            yield made
        server.shutdown()


def connect(proxy: FaultProxy) -> socket.socket:
    return socket.create_connection(("127.0.0.1", proxy.port), timeout=3)


def exchange(sock: socket.socket, data: bytes) -> bytes:
    """Send and read back as many bytes; fewer when the connection ends."""
    sock.sendall(data)
    got = b""
    while len(got) < len(data) and (piece := sock.recv(65_536)):
        got += piece
    return got


def test_healthy_it_forwards_everything(proxy: FaultProxy) -> None:
    data = bytes(range(256)) * 1_000
    with connect(proxy) as sock:
        begun = time.monotonic()
        assert exchange(sock, data) == data
        assert time.monotonic() - begun < 1
        sock.shutdown(socket.SHUT_WR)
        assert sock.recv(1) == b"", "the end of one side reaches the other"


def test_latency_delays_both_ways(proxy: FaultProxy) -> None:
    proxy.latency = 0.1
    with connect(proxy) as sock:
        begun = time.monotonic()
        assert exchange(sock, b"x") == b"x"
        assert 0.2 <= time.monotonic() - begun < 1


def test_rate_throttles(proxy: FaultProxy) -> None:
    proxy.rate = 20_000
    with connect(proxy) as sock:
        begun = time.monotonic()
        assert len(exchange(sock, b"x" * 10_000)) == 10_000
        assert time.monotonic() - begun >= 0.5


def test_reset_reaches_open_connections(proxy: FaultProxy) -> None:
    with connect(proxy) as sock:
        assert exchange(sock, b"x") == b"x"
        proxy.reset_all()
        with pytest.raises(ConnectionResetError):
            exchange(sock, b"y")


def test_refuse_resets_new_ones(proxy: FaultProxy) -> None:
    proxy.refuse = True

    def try_once() -> None:
        with connect(proxy) as sock:
            exchange(sock, b"x")

    with pytest.raises(OSError, match=r"reset|Broken pipe"):
        try_once()


def test_half_open_swallows_and_says_nothing(proxy: FaultProxy) -> None:
    with connect(proxy) as sock:
        assert exchange(sock, b"x") == b"x"
        proxy.half_open = True
        sock.settimeout(0.5)
        with pytest.raises(TimeoutError):
            exchange(sock, b"y")
        proxy.heal()
        wait_for(lambda: proxy.open_connections == 0, "the end of the lost connection")
    with connect(proxy) as sock:
        assert exchange(sock, b"z") == b"z"


def test_cut_in_the_middle_of_an_answer(proxy: FaultProxy) -> None:
    proxy.cut_after = 1_000
    with connect(proxy) as sock:
        assert exchange(sock, b"x" * 500) == b"x" * 500
        with pytest.raises(ConnectionResetError):
            exchange(sock, b"y" * 600)
