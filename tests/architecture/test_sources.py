"""Habits of the source that a linter does not know: where SQL lives, how long a file may be, what is never said."""

import ast
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "clientela"
LONGEST = 400

# A statement, not a sentence: a keyword in capitals with what must follow it.
SQL = re.compile(
    r"^\s*(--.*\n\s*)*("
    r"SELECT\s|INSERT\s+INTO\s|UPDATE\s+\w+(\s+(AS\s+)?\w+)?\s+SET\s|DELETE\s+FROM\s|WITH\s+\w+.*\sAS\s"
    r"|(CREATE|ALTER|DROP|TRUNCATE)\s+(TABLE|INDEX|FUNCTION|DATABASE|SCHEMA|TYPE)\s|LISTEN\s|NOTIFY\s|LOCK\s+TABLE\s)"
)
# Split so that this list does not contain what it forbids.
NEVER = re.compile(
    "|".join(
        [
            r"\bissue\s+#?\d",
            r"(?<![\w.])/" + r"tmp/",
            r"(?<![\w./])/" + r"work/",
            r"py" + r"pi\.org|pythonhosted" + r"\.org",
            r"#\s*(TO" + r"DO|FIX" + r"ME|XX" + r"X|HA" + r"CK)\b",
            r"pytest\.(mark\.)?(skip|xfail)",
        ]
    ),
    re.IGNORECASE,
)


def tracked(*endings: str) -> list[Path]:
    """The files of the repository with one of these endings, committed or about to be."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\n")
    files = [ROOT / name for name in listed if name.endswith(endings or ("",)) and name]
    return [file for file in files if file.is_file()]


def sql_outside(source: str) -> list[str]:
    """The SQL statements among the string constants of a module."""
    texts = [
        node.value
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    return [text for text in texts if SQL.match(text)]


def test_sql_lives_only_in_stores_core_and_migrations() -> None:
    offenders = {
        str(file.relative_to(ROOT)): found
        for file in PACKAGE.rglob("*.py")
        if not {"store.py", "store", "core", "migrations"} & set(file.relative_to(PACKAGE).parts)
        if (found := sql_outside(file.read_text(encoding="utf-8")))
    }
    assert offenders == {}


def test_functions_lie_in_a_domain_or_core() -> None:
    places = {str(file.relative_to(PACKAGE)) for file in PACKAGE.rglob("*.sql")}
    assert {place for place in places if not re.fullmatch(r"\w+/functions(_\w+)?\.sql", place)} == set()


@pytest.mark.parametrize(
    "text",
    [
        "SELECT 1",
        "\n    INSERT INTO carritos (id) VALUES ($1)",
        "UPDATE carritos AS c SET version = 1",
        "-- Why.\nDELETE FROM carritos",
        "WITH viejo AS (SELECT 1) SELECT * FROM viejo",
        "LISTEN clientela_eventos",
    ],
)
def test_planted_statement_is_seen(text: str) -> None:
    assert sql_outside(f"def f(db):\n    return db.fetch({text!r})\n") == [text]


@pytest.mark.parametrize("text", ["Select a product", "Update the cart", "Deleted", "with a name as given"])
def test_sentence_is_no_statement(text: str) -> None:
    assert sql_outside(f"X = {text!r}\n") == []


def test_no_file_is_longer_than_a_reader_can_hold() -> None:
    lengths = {
        str(file.relative_to(ROOT)): len(file.read_text(encoding="utf-8").splitlines())
        for file in tracked(".py", ".sql")
    }
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST} == {}


def test_nothing_is_said_that_means_nothing_to_a_reader() -> None:
    """No numbers of tickets, no paths of one machine, no hosts of registries, nothing left undone or skipped."""
    offenders = [
        f"{file.relative_to(ROOT)}:{number}: {line.strip()[:100]}"
        for file in tracked(
            ".py", ".sql", ".md", ".txt", ".toml", ".yaml", ".yml", ".ini", ".mako", "Makefile", "run"
        )
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
        if NEVER.search(line)
    ]
    assert offenders == []


@pytest.mark.parametrize(
    "text",
    [
        "as iss" + "ue 12 says",
        "see /" + "tmp/x",
        "from /" + "work/x",
        "# TO" + "DO: later",
        "@pytest.mark.sk" + "ip",
    ],
)
def test_planted_word_is_seen(text: str) -> None:
    assert NEVER.search(text)


def test_every_function_of_the_database_is_called() -> None:
    """Functions that nobody calls are dead code as elsewhere."""
    sources = {
        file: file.read_text(encoding="utf-8") for file in [*PACKAGE.rglob("*.sql"), *PACKAGE.rglob("*.py")]
    }
    everything = "\n".join(sources.values())
    assert uncalled(everything) == set()


def uncalled(text: str) -> set[str]:
    """The functions of schema `fn` that a text defines and never mentions again."""
    defined = re.findall(r"CREATE FUNCTION fn\.(\w+)", text)
    return {name for name in defined if len(re.findall(rf"\bfn\.{name}\b", text)) < 2}


def test_planted_dead_function_is_seen() -> None:
    assert uncalled("CREATE FUNCTION fn.a() …; CREATE FUNCTION fn.b() … SELECT fn.a()") == {"b"}


def test_services_stay_small() -> None:
    """A service past ten public functions is split by idea."""

    def public(file: Path, kind: Callable[[ast.stmt], bool]) -> int:
        body = ast.parse(file.read_text(encoding="utf-8")).body
        return sum(kind(node) and not getattr(node, "name", "_").startswith("_") for node in body)

    sizes = {
        str(file.relative_to(PACKAGE)): public(file, lambda node: isinstance(node, ast.AsyncFunctionDef))
        for file in PACKAGE.rglob("service.py")
    }
    assert {name: count for name, count in sizes.items() if count > 10} == {}
