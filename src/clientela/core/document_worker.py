"""The process in which one paper is set: `python -m clientela.core.document_worker`.

It limits itself, takes a template, its data and an instant as JSON from standard input, and writes a PDF to standard
output. It stands in an empty folder and looks nowhere else: not at the system's fonts, not at packages.
"""

import json
import resource
import sys
from typing import Final

MAX_MEMORY: Final = 512 << 20
MAX_CPU_SECONDS: Final = 5


def limit() -> None:
    """Take from this process what setting a paper does not need; the second CPU limit is the kernel's last word."""
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (MAX_CPU_SECONDS, MAX_CPU_SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main() -> int:
    """Set the paper that standard input describes."""
    limit()
    # Only after the limits hold.
    import typst  # noqa: PLC0415

    asked = json.loads(sys.stdin.buffer.read())
    made = typst.compile(
        asked["plantilla"].encode(),
        root=".",
        ignore_system_fonts=True,
        sys_inputs={"datos": json.dumps(asked["datos"])},
        package_path=".",
        package_cache_path=".",
        timestamp=asked["instante"],
    )
    sys.stdout.buffer.write(made)
    return 0


if __name__ == "__main__":
    sys.exit(main())
