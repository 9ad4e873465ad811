"""Pure rules of identity, by tables of cases and by random ones."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clientela.core.text import clave_acceso
from clientela.identidad.model import Identificadores, tipo_of
from clientela.identidad.passwords import common_passwords
from clientela.identidad.rules import (
    keys_by_field,
    network_of,
    normal_password,
    password_problem,
    read_email,
    read_usernick,
)

COMMON = common_passwords()


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("juan@example.com", "juan@example.com"),
        (" Juan.Perez+x@Example.COM ", "Juan.Perez+x@example.com"),
        ("caja@tienda.local", "caja@tienda.local"),
        ("caja@tienda.test", "caja@tienda.test"),
        ("o'brien@example.com", "o'brien@example.com"),
        ("a@exämple.com", "a@exämple.com"),
        ("a@b", None),
        ("a@localhost", None),
        ("@example.com", None),
        ("a@", None),
        ("a b@example.com", None),
        ("a@b@example.com", None),
        ("ñandu@example.com", None),
        ('"a b"@example.com', None),
        ("a@[127.0.0.1]", None),
        ("Juan <juan@example.com>", None),
        ("a@example.com,b@example.com", None),
        ("a@example.com\nBcc: b@example.com", None),
        ("a" * 243 + "@example.com", None),
        ("", None),
    ],
)
def test_emails(text: str, read: str | None) -> None:
    assert read_email(text) == read


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("vania", "vania"),
        (" Vania.Rojas ", "Vania.Rojas"),
        ("70000001", "70000001"),
        ("700-00001", "700-00001"),
        ("7000 0001", "7000 0001"),
        ("ñandú_9", "ñandú_9"),
        ("ab", None),
        ("a b c", None),
        ("a@b", None),
        ("x" * 61, None),
        ("", None),
    ],
)
def test_usernicks(text: str, read: str | None) -> None:
    assert read_usernick(text, "BO") == read


def test_one_name_in_three_fields_is_one_key() -> None:
    names = Identificadores(
        correo="Juan@Example.com", celular="7000-0001", celular_e164="+59170000001", usernick="+591 70000001"
    )
    assert keys_by_field(names, "BO") == {
        "correo": "juan@example.com",
        "celular": "+59170000001",
        "usernick": "+59170000001",
    }
    assert keys_by_field(Identificadores(usernick="Vania"), "BO") == {"usernick": "vania"}
    assert keys_by_field(Identificadores(), "BO") == {}


@given(st.text(max_size=40))
def test_a_key_is_its_own_key(text: str) -> None:
    key = clave_acceso(text, "BO")
    assert clave_acceso(key, "BO") == key


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("190.129.10.20", "190.129.10.20"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("::ffff:190.129.10.20", "190.129.10.20"),
        ("fe80::1%eth0", "fe80::/64"),
        ("unknown", "unknown"),
        ("", ""),
    ],
)
def test_what_an_address_is_counted_under(address: str, network: str) -> None:
    assert network_of(address) == network


@given(st.text(max_size=100))
def test_any_password_is_judged_alike_however_it_is_composed(text: str) -> None:
    verdicts = {
        password_problem(unicodedata.normalize(form, text), ("Juan",), COMMON) for form in ("NFC", "NFD")
    }
    assert len(verdicts) == 1
    if verdicts == {None}:
        assert len(normal_password(text)) >= 8
        assert len(normal_password(text).encode()) <= 72


@given(st.lists(st.one_of(st.none(), st.text(max_size=30)), max_size=5), st.text(min_size=8, max_size=20))
def test_any_own_data_may_be_compared_with(own: list[str | None], password: str) -> None:
    assert password_problem(password, [*own, "+59170000001", "+999123456"], COMMON) in {
        None, "contrasenia_larga", "contrasenia_corta", "contrasenia_comun", "contrasenia_personal",
    }  # fmt: skip


def test_the_list_of_common_passwords_is_as_it_says() -> None:
    assert len(COMMON) > 15_000
    assert all(password == password.casefold() and len(password) >= 8 for password in COMMON)
    assert {"password", "contraseña", "12345678", "qwertyuiop", "bolivia2024"} <= COMMON
    assert not {"clientela-demo", "clientela-pruebas", "securepassword123"} & COMMON


def test_tipo_follows_the_role() -> None:
    assert tipo_of("cliente") == "cliente"
    assert {tipo_of(rol) for rol in ("vendedor", "tecnico", "soporte", "admin")} == {"usuario"}
