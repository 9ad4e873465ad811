"""Addresses to call from: all of 127.0.0.0/8 is this machine, and the login throttle counts by address."""

import itertools

_numbers = itertools.count(2)


def fresh_address() -> str:
    """A loopback address that nobody in this process has called from yet (127.0.0.1 is everybody's)."""
    number = next(_numbers)
    return f"127.{1 + number // 62_500}.{number // 250 % 250}.{number % 250 + 1}"
