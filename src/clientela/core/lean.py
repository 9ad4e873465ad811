"""Libraries without the companions that they load only because these happen to be installed.

structlog brings rich (3 MB) and greenlet (1 MB), PyJWT brings cryptography (10 MB), for things that we never do with
them; every worker process would hold them for ever. Whoever needs the companion itself imports it as usual.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def absent(*names: str) -> Iterator[None]:
    """Have imports inside the block go as if these modules were not installed, where they are not loaded yet."""
    hidden = [name for name in names if name not in sys.modules]
    # This is how Python itself marks a module that must not be imported.
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]
