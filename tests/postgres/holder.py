"""A process that holds an embedded server, as `clientela serve` does: started, killed and stopped by the tests.

`holder.py DATA_DIR [--as USER]` prints one line of JSON when the server is ready or cannot be had, then lives until
its input ends (with its test) or it gets SIGTERM. `--as` gives up root, as `su USER` would. With `fork` in its
environment it has a forked child.
"""

import argparse
import json
import logging
import os
import pwd
import signal
import sys
from pathlib import Path

from clientela.core.postgres import EmbeddedPostgres, PostgresError


def main() -> int:
    """Hold the server; status 1 with the error's message when it cannot be had."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("data_dir", type=Path)
    arguments.add_argument("--as", dest="user")
    options = arguments.parse_args()
    logging.basicConfig(level=logging.INFO)
    if options.user:
        give_up_root(options.user)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    server = EmbeddedPostgres(options.data_dir)
    try:
        server.start()
    except PostgresError as error:
        tell(error=str(error))
        return 1
    if "fork" in os.environ and os.fork() == 0:
        # A worker as some servers make them: a copy of this process.
        signal.pause()
    tell(dsn=server.dsn(), supervises=server.supervises)
    try:
        sys.stdin.read()
    finally:
        server.stop()
    return 0


def tell(**facts: object) -> None:
    """Write one line to whoever started us."""
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


def give_up_root(name: str) -> None:
    """Become a plain user, for good."""
    user = pwd.getpwnam(name)
    os.setgroups([])
    os.setgid(user.pw_gid)
    os.setuid(user.pw_uid)


if __name__ == "__main__":
    sys.exit(main())
