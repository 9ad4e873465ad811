"""Stored images as answers: exactly what they are, whole, and harmless wherever they are opened."""

from typing import Final

from clientela.api.call import Reply
from clientela.core.files import media_type, name_of

# Whoever holds a private image's address shall neither keep it nor find it in a cache.
_PRIVATE: Final = {"Cache-Control": "private, no-store"}
# What lies under a name never changes, and front ends live at other origins.
_PUBLIC: Final = {
    "Cache-Control": "public, max-age=31536000, immutable",
    "Cross-Origin-Resource-Policy": "cross-origin",
}


def image(key: str, content: bytes, *, public: bool = False) -> Reply:
    """Answer with a stored image; ranges are not served, so none can be asked for a thousand times."""
    headers = {
        "Content-Disposition": f'inline; filename="{name_of(key)}"',
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Accept-Ranges": "none",
        **(_PUBLIC if public else _PRIVATE),
    }
    return Reply(content, headers=headers, content_type=media_type(key))
