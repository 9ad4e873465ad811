"""Free TCP ports below the ephemeral range, so that no outgoing connection can take one meanwhile."""

import itertools
import os
import random
import socket

FIRST, LAST = 20_000, 32_000
_candidates = itertools.cycle(random.Random(os.getpid()).sample(range(FIRST, LAST), LAST - FIRST))


def free_port() -> int:
    """A port on 127.0.0.1 that nobody listens on; another process may still be faster, so callers retry."""
    for port in _candidates:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError("unreachable: the cycle never ends")
