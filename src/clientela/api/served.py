"""Stored images as answers: exactly what they are, whole, and harmless wherever they are opened."""

from typing import Final

from clientela.api.call import Call, Reply
from clientela.core.files import media_type, name_of

_ALWAYS: Final = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    # Ranges are not served, so none can be asked for a thousand times.
    "Accept-Ranges": "none",
}
# Whoever holds a private image's address shall neither keep it nor find it in a cache.
_PRIVATE: Final = {"Cache-Control": "private, no-store"}
# Front ends live at other origins.
_PUBLIC: Final = {
    "Cache-Control": "public, max-age=31536000, immutable",
    "Cross-Origin-Resource-Policy": "cross-origin",
}


def private_image(key: str, content: bytes) -> Reply:
    """Answer with an image that nobody may keep; without a validator, so that it is always shown whole."""
    return _image(key, content, _PRIVATE)


def public_image(call: Call, key: str, content: bytes) -> Reply:
    """Answer with an image that everybody may keep, for what lies under a name never changes; 304 for who has it."""
    etag = f'"{name_of(key)}"'
    headers = _PUBLIC | {"ETag": etag}
    known = {tag.strip().removeprefix("W/") for tag in (call.header(b"if-none-match") or "").split(",")}
    if known & {etag, "*"}:
        return Reply(None, 304, headers, media_type(key))
    return _image(key, content, headers)


def _image(key: str, content: bytes, headers: dict[str, str]) -> Reply:
    named = {"Content-Disposition": f'inline; filename="{name_of(key)}"'}
    return Reply(content, headers=_ALWAYS | named | headers, content_type=media_type(key))
