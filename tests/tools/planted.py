"""`clientela` with one defect planted: the positive control of a test must catch what it exists for.

`python -m tests.tools.planted tests.api.plants:open_door serve …` imports the plant, calls it, and then runs the
command in the same process (hence with one worker only; `spawn`ed workers would not have the defect).
"""

import sys
from importlib import import_module

from clientela import cli


def program(plant: str) -> tuple[str, ...]:
    """The words that replace `clientela` on a command line."""
    return (sys.executable, "-m", "tests.tools.planted", plant)


def main() -> None:
    """Plant the defect that the first argument names and run the command of the others."""
    module, _, name = sys.argv.pop(1).partition(":")
    getattr(import_module(module), name)()
    cli.main()


if __name__ == "__main__":
    main()
