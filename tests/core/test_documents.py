"""Papers are set in a process of its own, within limits, from data that are never markup."""

import io
import time
from datetime import UTC, datetime

import pytest
from pypdf import PdfReader

from clientela.core import documents
from clientela.core.errors import Unavailable

MOMENT = datetime(2026, 11, 20, 14, 3, 27, tzinfo=UTC)
SHOWING = "#let datos = json(bytes(sys.inputs.datos))\n#datos.texto"
HOSTILE = [
    '#read("/etc/passwd")', "*negrita* _cursiva_ $x^2$ @cita <etiqueta> `crudo` \\", "= Título", "https://example.com",
    "]#panic()[", '"; #import "@preview/cetz:0.3.0"', "שלום مرحبا", "--- ... ~ 'x' \"y\"", "// no es un comentario",
]  # fmt: skip


def text_of(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


@pytest.mark.parametrize("text", HOSTILE)
async def test_what_somebody_typed_is_text(text: str) -> None:
    found = text_of(await documents.to_pdf(SHOWING, {"texto": text}, MOMENT))
    if text.isascii():
        assert "".join(found.split()) == "".join(text.split())
    else:
        # Read from right to left; every letter is there.
        assert sorted("".join(found.split())) == sorted("".join(text.split()))


async def test_control_a_template_that_evaluates_its_data_would_be_noticed() -> None:
    evaluating = '#let datos = json(bytes(sys.inputs.datos))\n#eval(datos.texto, mode: "markup")'
    found = text_of(await documents.to_pdf(evaluating, {"texto": HOSTILE[1].split(" ")[0]}, MOMENT))
    assert "*" not in found


@pytest.mark.parametrize(
    "reaching",
    [
        '#read("/etc/passwd")',
        '#read("../../../../../../etc/passwd")',
        '#import "@preview/cetz:0.3.0"',
        "#panic()",
    ],
)
async def test_a_template_reaches_nothing(reaching: str) -> None:
    with pytest.raises(Unavailable):
        await documents.to_pdf(reaching, {}, MOMENT)


async def test_the_same_makes_the_same_bytes() -> None:
    first, second = [await documents.to_pdf(SHOWING, {"texto": "Hola"}, MOMENT) for _ in range(2)]
    assert first == second
    assert first.startswith(b"%PDF-")


async def test_one_that_hangs_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "WORK_SECONDS", 0.5)
    monkeypatch.setattr(documents, "_WORKER", ("-I", "-B", "-c", "import time; time.sleep(60)"))
    begun = time.monotonic()
    with pytest.raises(Unavailable):
        await documents.to_pdf(SHOWING, {"texto": "x"}, MOMENT)
    assert time.monotonic() - begun < 30
    assert documents._Desk.busy == 0


async def test_one_that_never_ends_by_itself_is_ended_by_the_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker's own limit, of which the server knows nothing but the status."""
    from clientela.core import document_worker  # noqa: PLC0415

    assert document_worker.MAX_CPU_SECONDS <= documents.WORK_SECONDS
    code = (
        "from clientela.core import document_worker as w; w.MAX_CPU_SECONDS = 1; w.limit()\nwhile True: pass"
    )
    monkeypatch.setattr(documents, "_WORKER", ("-I", "-B", "-c", code))
    with pytest.raises(Unavailable):
        await documents.to_pdf(SHOWING, {"texto": "x"}, MOMENT)


async def test_one_that_writes_without_end_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "_MAX_PDF", 1 << 20)
    code = "import sys\nwhile True: sys.stdout.write('x' * 65536)"
    monkeypatch.setattr(documents, "_WORKER", ("-I", "-B", "-c", code))
    with pytest.raises(Unavailable):
        await documents.to_pdf(SHOWING, {"texto": "x"}, MOMENT)


async def test_whoever_finds_no_place_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "WAIT_SECONDS", 0.05)
    monkeypatch.setattr(documents._Desk, "busy", documents.AT_ONCE)
    with pytest.raises(Unavailable) as caught:
        await documents.to_pdf(SHOWING, {"texto": "x"}, MOMENT)
    assert caught.value.code == "servicio_ocupado"
