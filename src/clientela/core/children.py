"""Work that may crash, hang or eat memory is given to a process of its own, which reads a request and writes an answer.

What such a process may do it limits itself, before it reads anything; here its time and its answer are limited.
"""

import asyncio
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path


async def run(
    arguments: Sequence[str],
    data: bytes,
    *,
    seconds: float,
    max_answer: int,
    folder: Path | None = None,
    kept: Sequence[int] = (),
) -> tuple[int, bytes]:
    """Run a Python process without an environment on some bytes; return its exit status and what it wrote.

    `folder` is where it stands, `kept` are descriptors that live as long as it does. One that writes more than
    `max_answer` is killed, which its status says; TimeoutError after `seconds` by the clock on the wall.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *arguments,
        stdin=PIPE,
        stdout=PIPE,
        stderr=DEVNULL,
        env={},
        cwd=folder,
        pass_fds=tuple(kept),
    )
    try:
        async with asyncio.timeout(seconds):
            answer = await _converse(process, data, max_answer)
            return await process.wait(), answer
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def _converse(process: Process, data: bytes, max_answer: int) -> bytes:
    """Give the process its request and take what it answers, up to a bound that an honest one never reaches."""
    stdin, stdout = process.stdin, process.stdout
    assert stdin is not None and stdout is not None  # noqa: S101, PT018
    # One that dies before it has read everything says by its status why.
    with suppress(ConnectionError):
        stdin.write(data)
        await stdin.drain()
        stdin.close()
        await stdin.wait_closed()
    answer = bytearray()
    while chunk := await stdout.read(1 << 20):
        answer += chunk
        if len(answer) > max_answer:
            process.kill()
            break
    return bytes(answer)
