"""Identifiers: UUIDv7 for main entities, read strictly."""

import re
from uuid import UUID

import msgspec
import uuid_utils.compat

_FORM = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def uuid7() -> UUID:
    """Make a new identifier; later ones sort after earlier ones."""
    return uuid_utils.compat.uuid7()


def parse_uuid(text: str) -> UUID | None:
    """Read an identifier in its usual form (36 characters); None for anything else."""
    if len(text) != 36:
        return None
    try:
        # As strict as the form below at this length, and it builds the value four times as fast as UUID(text).
        return msgspec.convert(text, UUID)
    except msgspec.ValidationError:
        return None


def canonical_uuid(text: str) -> str | None:
    """Return an identifier's usual text in lower case; None for anything else.

    For values that only travel on to the database: it takes the text, and building a UUID would cost more.
    """
    return text.lower() if len(text) == 36 and _FORM.fullmatch(text) else None
