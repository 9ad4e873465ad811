"""Forms: bracketed fields become what JSON would have said, files stay apart, malformed ones are refused."""

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clientela.api import forms
from clientela.api.body import read_body
from clientela.api.clientes.schemas import ClienteEntrada
from clientela.core.errors import BadRequest, Invalid

KIND = "multipart/form-data; boundary=XX"


def form(*parts: tuple[str, str | None, bytes], end: bytes = b"--XX--\r\n") -> bytes:
    raw = b""
    for name, filename, content in parts:
        file = f'; filename="{filename}"\r\nContent-Type: text/html' if filename is not None else ""
        raw += f'--XX\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n'.encode()
        raw += content + b"\r\n"
    return raw + end


def test_brackets_make_objects_and_lists() -> None:
    read = forms.parse(
        form(
            ("nombre", None, "Ñandú".encode()),
            ("ventanas_entrega[1][dia_semana]", None, b"3"),
            ("ventanas_entrega[0][dia_semana]", None, b"1"),
            ("ventanas_entrega[0][activo]", None, b"on"),
            ("categorias_ids[]", None, b"2"),
            ("categorias_ids[]", None, b"5"),
            ("0", None, b"x"),
        ),
        KIND,
    )
    assert read.fields == {
        "nombre": "Ñandú",
        "ventanas_entrega": [{"dia_semana": "1", "activo": "on"}, {"dia_semana": "3"}],
        "categorias_ids": ["2", "5"],
        "0": "x",
    }
    assert read.files == {}


def test_an_empty_text_is_null_and_an_empty_file_field_is_absent() -> None:
    read = forms.parse(form(("nit", None, b""), ("foto_perfil", "", b"")), KIND)
    assert read.fields == {"nit": None}
    assert read.files == {}


def test_a_file_is_kept_apart_without_its_name_or_type() -> None:
    read = forms.parse(form(("foto_perfil", "../../etc/passwd", b"\x89PNG")), KIND)
    assert read.files == {"foto_perfil": forms.Upload(b"\x89PNG")}


def test_of_files_with_one_name_the_last_is_kept() -> None:
    assert forms.parse(form(("f", "a", b"1"), ("f", "b", b"2")), KIND).files == {"f": forms.Upload(b"2")}


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (b"", KIND),
        (b"hola", KIND),
        (form(("a", None, b"1"), end=b""), KIND),
        (form(("a", None, b"1")), "multipart/form-data"),
        (form(("a", None, b"1")), "multipart/form-data; boundary=" + "x" * 201),
        (form(("a[b][", None, b"1")), KIND),
        (form(("[a]", None, b"1")), KIND),
        (form(("a" + "[b]" * 40, None, b"1")), KIND),
        (form(*[("a[]", None, b"1")] * (forms.MAX_PARTS + 1)), KIND),
        (form(("a", None, b"1")).replace(b"name=", b"nombre="), KIND),
    ],
)
def test_a_malformed_form_is_refused(raw: bytes, kind: str) -> None:
    with pytest.raises(BadRequest) as caught:
        forms.parse(raw, kind)
    assert caught.value.code == "formulario_invalido"


@pytest.mark.parametrize("content", [b"\x00", b"\xff", "x\u0000".encode(), b"x" * (forms.MAX_TEXT + 1)])
def test_a_text_that_cannot_be_stored_is_refused_by_its_field(content: bytes) -> None:
    with pytest.raises(Invalid) as caught:
        forms.parse(form(("ventanas_entrega[0][hora]", None, content)), KIND)
    assert list(caught.value.errors or {}) == ["ventanas_entrega.0.hora"]


# --- whatever is sent is read or refused -------------------------------------------------------------------------

KNOWN = [
    "nombre",
    "activo",
    "limite_credito",
    "localidad_id",
    "fecha_nacimiento",
    "genero",
    "foto_perfil",
    "ventanas_entrega",
    "ventanas_entrega[]",
    "ventanas_entrega[0][dia_semana]",
    "ventanas_entrega[0][hora_fin]",
    "ventanas_entrega[x][hora_fin]",
    "categorias_ids[]",
    "categorias_ids[7]",
    "direcciones[0][direccion]",
    "direcciones[0][latitud]",
    "vendedor_asignado_id",
    "crear_usuario",
]
SAID = ["", "1", "on", "-1", "1e999", "NaN", "9" * 30, "12:00", "2026-02-30", "F", "٣", "\U0001f600", "\x00"]
names = st.sampled_from(KNOWN) | st.text('ab[]019.%é"\\;=\x00\t', max_size=14)
contents = st.sampled_from([text.encode() for text in SAID]) | st.binary(max_size=24)
parts = st.lists(st.tuples(names, st.none() | st.text("ab./\\\x00é", max_size=8), contents), max_size=12)


def read_or_refuse(raw: bytes) -> None:
    """What the route of a new client does with a form, up to the register."""
    with contextlib.suppress(BadRequest, Invalid):
        read_body(ClienteEntrada, forms.parse(raw, KIND).fields, lenient=True).as_new()


@given(parts)
@settings(max_examples=400)
def test_any_parts_are_read_or_refused(sent: list[tuple[str, str | None, bytes]]) -> None:
    read_or_refuse(form(*sent))


@given(parts, st.data())
@settings(max_examples=400)
def test_any_bytes_are_read_or_refused(
    sent: list[tuple[str, str | None, bytes]], data: st.DataObject
) -> None:
    raw = form(("nombre", None, b"X"), *sent)
    begins = data.draw(st.integers(0, len(raw)))
    ends = data.draw(st.integers(begins, len(raw)))
    read_or_refuse(raw[:begins] + data.draw(st.binary(max_size=6)) + raw[ends:])
