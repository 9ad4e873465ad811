"""Documents cannot lie: what they list is what the code has."""

import re
from pathlib import Path

import pytest

from clientela.core.codigos import ESTADOS
from clientela.core.textos import MENSAJES
from clientela.settings import Settings
from tools import generate_docs, inventory

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"


@pytest.mark.parametrize("path", generate_docs.GENERATED, ids=lambda path: path.name)
def test_generated_reference_is_current(path: Path) -> None:
    made = generate_docs.GENERATED[path]()
    assert path.read_text(encoding="utf-8") == made, "run `make docs` and commit it"


def test_outdated_source_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inventory, "event_types", lambda: {"cart.updated", "planted.type"})
    with pytest.raises(generate_docs.OutdatedSourceError, match=r"planted\.type"):
        generate_docs.events()


def test_every_setting_says_what_it_means() -> None:
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []


def test_every_named_setting_exists() -> None:
    """Whoever reads `CLIENTELA_X` anywhere can set it."""
    known = {f"CLIENTELA_{name.upper()}" for name in Settings.model_fields}
    files = [*DOCS.rglob("*.md"), *ROOT.glob("*.md"), *(ROOT / "src").rglob("*.py")]
    named = {
        (name, file.name)
        for file in files
        for name in re.findall(r"\bCLIENTELA_[A-Z][A-Z_]*[A-Z]\b", file.read_text(encoding="utf-8"))
    }
    assert {(name, file) for name, file in named if name not in known} == set()


def test_every_code_that_is_raised_has_a_text_and_a_status() -> None:
    raised = inventory.error_codes()
    assert raised.keys() - MENSAJES.keys() == set(), "codes without a text"
    assert MENSAJES.keys() - inventory.named_codes(MENSAJES) == set(), "texts that nobody uses"
    assert ESTADOS.keys() ^ MENSAJES.keys() == set(), "codes without a status, or statuses of no code"
    wrong = {code: (ESTADOS[code], raised[code]) for code in raised if ESTADOS[code] not in raised[code]}
    assert wrong == {}, "documented status, statuses in the code"


def test_unused_text_is_noticed() -> None:
    assert inventory.named_codes({"no_encontrado", "code_that_nobody_names"}) == {"no_encontrado"}


def test_every_code_has_a_test() -> None:
    """A code that no test provokes is a promise that nobody keeps."""
    here = Path(__file__)
    tests = "\n".join(
        file.read_text(encoding="utf-8") for file in (ROOT / "tests").rglob("*.py") if file != here
    )
    assert {code for code in MENSAJES if not re.search(rf"\b{code}\b", tests)} == set()


def test_every_table_is_in_the_glossary() -> None:
    glossary = (DOCS / "glossary.md").read_text(encoding="utf-8").lower()
    migrations = (ROOT / "src/clientela/migrations/versions").glob("*.py")
    tables = {
        name
        for file in migrations
        for name in re.findall(r"CREATE (?:UNLOGGED )?TABLE (\w+)", file.read_text(encoding="utf-8"))
    }
    assert len(tables) > 10
    assert {table for table in tables if f"`{table}`" not in glossary} == set()


def test_decisions_are_numbered_and_say_what_keeps_them_true() -> None:
    pages = sorted((DOCS / "decisions").glob("*.md"))
    assert [page.name[:4] for page in pages] == [f"{number:04}" for number in range(1, len(pages) + 1)]
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert text.startswith(f"# {int(page.name[:4])}. "), page.name
        assert "\n## What keeps it true\n" in text, page.name


def test_links_between_documents_lead_somewhere() -> None:
    broken = [
        f"{file.relative_to(ROOT)} → {target}"
        for file in [*DOCS.rglob("*.md"), *ROOT.glob("*.md")]
        for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", file.read_text(encoding="utf-8"))
        if not (file.parent / target).exists()
    ]
    assert broken == []
