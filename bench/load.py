"""The load generator: a process of its own that keeps raw keep-alive connections busy with prepared requests.

`python -m bench.load` reads a pickled `Job` from its standard input, then runs one window for each further line
("<warm-up seconds> <seconds>"). It answers `started` when the warm-up ends, and the window's `Window` as JSON.
"""

import json
import pickle
import select
import socket
import sys
import time
from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field


@dataclass(frozen=True)
class Job:
    """What to send, where to, over how many connections; `sources` are local addresses, used in turn."""

    port: int
    requests: Sequence[bytes]
    status: int
    connections: int
    sources: Sequence[str] = ("127.0.0.1",)


@dataclass
class Window:
    """What came back in one window: how many answers, in how many seconds, how late (milliseconds)."""

    answers: int = 0
    seconds: float = 0.0
    p50: float = 0.0
    p99: float = 0.0
    errors: dict[str, int] = field(default_factory=dict)


class Connection:
    """One keep-alive connection with one request in flight."""

    __slots__ = ("received", "sent_at", "sock")

    def __init__(self, port: int, source: str) -> None:
        self.sock = socket.create_connection(("127.0.0.1", port), timeout=10, source_address=(source, 0))
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # A socket with a timeout polls before every call; this one is only read when there is something.
        self.sock.settimeout(None)
        self.received = b""
        self.sent_at = 0.0


def is_complete(answer: bytes) -> bool:
    """Tell whether a whole answer has arrived; all of ours say their length."""
    head = answer.find(b"\r\n\r\n")
    if head < 0:
        return False
    at = answer.find(b"content-length: ")
    if at < 0 or at > head:
        return answer.startswith(b"HTTP/1.1 204")
    return len(answer) >= head + 4 + int(answer[at + 16 : answer.index(b"\r", at)])


class Generator:
    """Sends the requests of a job over and over; where one window stopped the next goes on."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.position = 0

    def run(self, warm_up: float, seconds: float) -> Window:
        """Run one window on fresh connections."""
        job = self.job
        sources = [job.sources[i % len(job.sources)] for i in range(job.connections)]
        connections = [Connection(job.port, source) for source in sources]
        by_fd = {connection.sock.fileno(): connection for connection in connections}
        with select.epoll() as poll:
            for fd in by_fd:
                poll.register(fd, select.EPOLLIN)
            for connection in connections:
                self._send(connection)
            self._pump(poll, by_fd, time.perf_counter() + warm_up, array("d"), Counter())
            say("started")
            latencies = array("d")
            errors: Counter[str] = Counter()
            begun = time.perf_counter()
            self._pump(poll, by_fd, begun + seconds, latencies, errors)
            ended = time.perf_counter()
        for connection in connections:
            connection.sock.close()
        ordered = sorted(latencies)
        return Window(
            len(ordered),
            ended - begun,
            round(1000 * ordered[len(ordered) // 2], 3) if ordered else 0.0,
            round(1000 * ordered[len(ordered) * 99 // 100], 3) if ordered else 0.0,
            dict(errors),
        )

    def _send(self, connection: Connection) -> None:
        requests = self.job.requests
        request = requests[self.position]
        self.position = (self.position + 1) % len(requests)
        connection.received = b""
        connection.sent_at = time.perf_counter()
        connection.sock.sendall(request)

    def _pump(
        self,
        poll: select.epoll,
        by_fd: dict[int, Connection],
        until: float,
        latencies: "array[float]",
        errors: "Counter[str]",
    ) -> None:
        """Answer every answer with the next request until the time is over."""
        expected = b"%d" % self.job.status
        clock = time.perf_counter
        now = clock()
        while now < until:
            for fd, _ in poll.poll(until - now):
                connection = by_fd[fd]
                data = connection.sock.recv(65536)
                if not data:
                    errors["closed"] += 1
                    poll.unregister(fd)
                    continue
                answer = connection.received + data if connection.received else data
                if not is_complete(answer):
                    connection.received = answer
                    continue
                latencies.append(clock() - connection.sent_at)
                if answer[9:12] != expected:
                    errors[answer[9:12].decode("latin-1")] += 1
                self._send(connection)
            now = clock()


def say(line: str) -> None:
    """Tell the process that started this one."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> None:
    """Serve the commands of the parent until it closes the pipe."""
    generator = Generator(pickle.load(sys.stdin.buffer))  # noqa: S301 - comes from our own parent process
    say("ready")
    for line in sys.stdin.buffer:
        warm_up, seconds = (float(part) for part in line.split())
        say(json.dumps(asdict(generator.run(warm_up, seconds))))


if __name__ == "__main__":
    main()
