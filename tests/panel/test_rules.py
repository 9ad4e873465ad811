"""Decisions about drafts and autosaves, in Python and in the database."""

import json
import uuid

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clientela.panel import rules
from clientela.panel.model import (
    Autoguardado,
    BorradorPedido,
    CarritoPedido,
    PreferenciasPedidas,
    ResultadoAutoguardado,
    TipoBorrador,
)

PARTS = st.sets(st.sampled_from(["carrito", "reclamo", "soporte", "preferencias"]))


def asked_for(parts: set[str]) -> Autoguardado:
    return Autoguardado(
        carrito=CarritoPedido((), None) if "carrito" in parts else None,
        borradores={tipo: BorradorPedido({}, None) for tipo in TipoBorrador if tipo.value in parts},
        preferencias=PreferenciasPedidas(None, {"tema": "dark"}) if "preferencias" in parts else None,
    )


@given(PARTS, st.data())
def test_a_section_is_saved_when_all_of_it_was_sent_and_none_is_stale(
    parts: set[str], data: st.DataObject
) -> None:
    may_be_stale = sorted(parts - {"preferencias"})
    stale = data.draw(st.sets(st.sampled_from(may_be_stale))) if may_be_stale else set()
    done = ResultadoAutoguardado({}, tuple(stale))
    drafts = parts & {"reclamo", "soporte"}
    assert rules.saved_sections(asked_for(parts), done) == (
        "carrito" in parts and "carrito" not in stale,
        bool(drafts) and not drafts & stale,
        "preferencias" in parts,
    )


def test_preferences_that_say_nothing_are_not_saved() -> None:
    nothing = Autoguardado(None, {}, PreferenciasPedidas(None, None))
    assert rules.saved_sections(nothing, ResultadoAutoguardado({}, ())) == (False, False, False)


def test_stale_parts_are_named_as_in_the_body() -> None:
    assert rules.section_paths(["carrito", "reclamo", "soporte"]) == [
        "carrito",
        "borradores.reclamo",
        "borradores.soporte",
    ]


@given(st.dictionaries(st.sampled_from(["titulo", "descripcion", "version", "x"]), st.none() | st.text()))
def test_a_draft_has_all_of_its_fields_and_no_other(sent: dict[str, str | None]) -> None:
    whole = rules.whole_draft(TipoBorrador.RECLAMO, sent)
    assert whole == {"titulo": sent.get("titulo") or "", "descripcion": sent.get("descripcion") or ""}


BLANK = " \t\r\n"
TEXT = st.text(alphabet="aá🙂 \n%_\\", max_size=6)
FIELDS = st.fixed_dictionaries({"titulo": TEXT, "descripcion": TEXT})


def is_echo(sent: dict[str, str], typed: dict[str, str]) -> bool:
    """The rule of CONTRACT §12 once more, in other words."""
    texts = {field: text.strip(BLANK) for field, text in typed.items()}
    begins = all(sent[field].strip(BLANK)[: len(text)] == text for field, text in texts.items())
    return begins and any(texts.values())


@pytest.fixture
def sent_by(new_database):
    """A client in a scratch database, and what he sent just now."""
    database = new_database()
    usuario_id, cliente_id = uuid.uuid4(), uuid.uuid4()
    database.execute(
        """WITH u AS (INSERT INTO usuarios (id, nombre, rol, cliente_id, creado_en, actualizado_en)
                      VALUES ($1::uuid, 'Plantada', 'cliente', $2::uuid, now(), now()))
           INSERT INTO clientes (id, usuario_principal_id, nombre, creado_en, actualizado_en)
           VALUES ($2::uuid, $1::uuid, 'Plantada', now(), now())""",
        usuario_id,
        cliente_id,
    )

    def ask(sent: dict[str, str], typed: dict[str, str]) -> bool:
        database.execute("DELETE FROM borradores_enviados")
        database.execute(
            "SELECT fn.borrador_enterrar($1::uuid, 'reclamo', $2::jsonb, now())", cliente_id, json.dumps(sent)
        )
        answer: bool = database.fetchval(
            "SELECT fn.borrador_es_eco($1::uuid, 'reclamo', $2::jsonb, now())", cliente_id, json.dumps(typed)
        )
        return answer

    return ask


@given(sent=FIELDS, typed=FIELDS, cut=st.none() | st.integers(0, 6))
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_database_knows_an_echo_as_the_rule_says(sent_by, sent, typed, cut) -> None:
    if cut is not None:
        typed = {field: text[:cut] for field, text in sent.items()}
    assert sent_by(sent, typed) is is_echo(sent, typed)
