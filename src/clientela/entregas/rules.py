"""Decisions about deliveries: no database, no clock."""


def plate(text: str) -> str:
    """Return a plate as it is stored: capitals, one blank where there were some."""
    return " ".join(text.upper().split())
