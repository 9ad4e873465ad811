"""Images of strangers: what is stored of them is a plain picture, and decoding them harms nobody (T-UP-1…3)."""

import asyncio
import io
import warnings

import pytest
from PIL import Image

from clientela.core import image_worker, images
from clientela.core.errors import Invalid
from tests.core.pictures import attempt, decoded, defects
from tests.tools import hostile_images
from tests.tools.hostile_images import Case, corpus
from tests.tools.image_bricks import MARK, encoded, exif, picture, png

GREY, RED, GREEN, BLUE, WHITE = (128,) * 3, (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)


async def cleaned(data: bytes) -> Image.Image:
    """What is stored of a file that is taken, decoded."""
    return decoded((await images.normalise(data)).data)


# --- the corpus (T-UP-1, T-UP-3) ---------------------------------------------------------------------------


def test_the_corpus_is_large_enough_to_mean_something() -> None:
    assert len(corpus()) >= 200
    assert sum(case.taken is not True for case in corpus().values()) >= 60
    assert sum(MARK in case.data for case in corpus().values()) >= 25


@pytest.mark.parametrize("family", hostile_images.FAMILIES)
async def test_each_file_is_refused_or_becomes_a_plain_picture(family: str) -> None:
    turns = asyncio.Semaphore(4)

    async def one(case: Case) -> list[str]:
        async with turns:
            made = await attempt(case.data)
        if made is not None:
            shown = decoded(made.data)
            assert (shown.size, made.tipo) == ((made.ancho, made.alto), "image/jpeg")
        return list(defects(case, made.data if made else None))

    found = await asyncio.gather(*map(one, hostile_images.family(family)))
    assert [wrong for each in found for wrong in each] == []


def test_pillow_with_its_defaults_does_not_hold() -> None:
    """The control: open whatever can be opened, save it as it was, as most programs do."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        suspects = [case for case in corpus().values() if case.taken is not True or MARK in case.data]
        failed = [case.name for case in suspects if by_defaults(case)]
    assert len(failed) >= 10, failed
    assert {"other-gif", "bomb-png-13000", "comment-jpeg"} <= set(failed)


def by_defaults(case: Case) -> bool:
    """Whether Pillow left alone takes what must be refused, or keeps what must go."""
    try:
        image = Image.open(io.BytesIO(case.data))
        if image.width * image.height > image_worker.MAX_PIXELS:
            return True
        out = io.BytesIO()
        image.save(out, image.format)
    except Exception:  # noqa: BLE001 - decoders raise whatever comes to their minds
        return False
    return case.taken is False or MARK in out.getvalue()


# --- the picture stays the picture -------------------------------------------------------------------------


def quarters() -> Image.Image:
    """Red and green above, blue and white below."""
    image = Image.new("RGB", (64, 32), "white")
    for colour, corner in ((RED, (0, 0)), (GREEN, (32, 0)), (BLUE, (0, 16))):
        image.paste(colour, (*corner, corner[0] + 32, corner[1] + 16))
    return image


def near(image: Image.Image, place: tuple[int, int], colour: tuple[int, ...]) -> bool:
    found = image.convert("RGB").getpixel(place)
    assert isinstance(found, tuple)
    return all(abs(a - b) <= 12 for a, b in zip(found, colour, strict=True))


# Corners as they must be seen, above and below, from left to right: what each orientation of EXIF means.
UPRIGHT = {
    1: (RED, GREEN, BLUE, WHITE),
    2: (GREEN, RED, WHITE, BLUE),
    3: (WHITE, BLUE, GREEN, RED),
    4: (BLUE, WHITE, RED, GREEN),
    5: (RED, BLUE, GREEN, WHITE),
    6: (BLUE, RED, WHITE, GREEN),
    7: (WHITE, GREEN, BLUE, RED),
    8: (GREEN, WHITE, RED, BLUE),
    9: (RED, GREEN, BLUE, WHITE),
}


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
async def test_pictures_stand_upright_without_the_tag_that_said_so(kind: str) -> None:
    for orientation, corners in UPRIGHT.items():
        image = await cleaned(encoded(kind, quarters(), exif=exif(orientation)))
        w, h = (32, 64) if 5 <= orientation <= 8 else (64, 32)
        assert image.size == (w, h)
        places = [(4, 4), (w - 5, 4), (4, h - 5), (w - 5, h - 5)]
        assert [near(image, *pair) for pair in zip(places, corners, strict=True)] == [True] * 4, orientation
        assert dict(image.getexif()) == {}


async def test_colours_survive_every_mode() -> None:
    half = png(16, 16, depth=16, raw=(b"\0" + b"\x80\x00" * 16) * 16)
    assert near(await cleaned(half), (8, 8), GREY)
    cmyk = Image.new("CMYK", (16, 16), (0, 255, 255, 0))
    assert near(await cleaned(encoded("JPEG", cmyk)), (8, 8), RED)
    for mode, colour, shown in (
        ("LA", (128, 255), GREY), ("LA", (0, 0), WHITE), ("RGBA", (255, 0, 0, 255), RED),
        ("RGBA", (255, 0, 0, 0), WHITE), ("RGBA", (0, 0, 0, 127), GREY), ("1", 1, WHITE), ("L", 128, GREY),
    ):  # fmt: skip
        for kind in ("PNG", "WEBP") if mode == "RGBA" else ("PNG",):
            image = await cleaned(encoded(kind, Image.new(mode, (16, 16), colour)))
            assert near(image, (8, 8), shown), (mode, colour, kind)


async def test_of_several_pictures_the_first_is_taken() -> None:
    first, second = Image.new("RGB", (16, 16), RED), Image.new("RGB", (16, 16), BLUE)
    for kind in ("PNG", "WEBP"):
        animated = encoded(kind, first, save_all=True, append_images=[second])
        assert near(await cleaned(animated), (8, 8), RED)


async def test_a_photo_loses_little() -> None:
    photo = picture("RGB", (16, 12)).resize((640, 480), Image.Resampling.BICUBIC)
    image = await cleaned(encoded("JPEG", photo, quality=95))
    assert image.size == photo.size
    apart = [abs(a - b) for a, b in zip(image.tobytes(), photo.tobytes(), strict=True)]
    assert sum(apart) / len(apart) < 3


# --- bounds (T-UP-2) ---------------------------------------------------------------------------------------


async def test_the_size_of_a_file_is_bounded() -> None:
    allowed = encoded("JPEG")
    allowed += bytes(images.MAX_BYTES - len(allowed))
    assert await attempt(allowed) is not None
    with pytest.raises(Invalid) as caught:
        await images.normalise(allowed + b"\0", "ci_anverso")
    assert caught.value.errors == {"ci_anverso": [images.refusal("x", too_large=True).errors["x"][0]]}  # type: ignore[index]


async def test_who_is_refused_hears_why() -> None:
    texts = {}
    for name in ("bomb-png-13000", "other-gif", "broken-jpeg-half", "bomb-webp-26-megapixels"):
        with pytest.raises(Invalid) as caught:
            await images.normalise(corpus()[name].data)
        texts[name] = (caught.value.errors or {})["imagen"][0]
    assert "demasiado grande" in texts["bomb-png-13000"]
    assert texts["bomb-webp-26-megapixels"] == texts["bomb-png-13000"]
    assert texts["other-gif"] == texts["broken-jpeg-half"] != texts["bomb-png-13000"]


async def test_all_fields_that_do_not_pass_are_named_at_once() -> None:
    good, bad = encoded("PNG"), b"GIF89a"
    assert set(await images.normalise_all({"foto_perfil": good, "ci_reverso": good})) == {
        "foto_perfil",
        "ci_reverso",
    }
    with pytest.raises(Invalid) as caught:
        await images.normalise_all({"foto_perfil": bad, "ci_anverso": good, "ci_reverso": bad})
    assert caught.value.code == "imagen_invalida"
    assert set(caught.value.errors or {}) == {"foto_perfil", "ci_reverso"}
