"""What the source names: error codes with their statuses, event types, audited actions.

Read from the syntax tree of `src/clientela` and from the text of its SQL, so that the references under `docs/` and
the tests over them cannot disagree with the code.
"""

import ast
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import clientela
from clientela.core import errors

PACKAGE = Path(clientela.__file__).parent
_FALLO = re.compile(r"fn\.fallo\(\s*(\d+)\s*,\s*'([a-z0-9_]+)'")
# A refusal whose code is chosen before: `v_code := 'x'` and the like cannot be followed, so such a function says
# in a comment which codes it may give: `-- fallo 409: borrador_enviado, version_anterior`.
_FALLO_NAMED = re.compile(r"--\s*fallo (\d+):\s*([a-z0-9_, ]+)")
_EVENT = re.compile(r"'([a-z_]+\.[a-z_]+)'")
_EMIT = re.compile(r"(?<!FUNCTION )fn\.evento(?:_emitir)?\((.*?)\);", re.DOTALL)
_AUDIT = re.compile(r"(?<!FUNCTION )fn\.(?:chat_)?auditar\(\s*['\w.]+\s*,\s*'([a-z_.]+)'")


def python_files() -> list[Path]:
    """Every module of the package."""
    return sorted(PACKAGE.rglob("*.py"))


def sql_texts() -> Iterator[tuple[Path, str]]:
    """Every text that may hold SQL: the functions of the domains and every module."""
    for file in [*sorted(PACKAGE.rglob("*.sql")), *python_files()]:
        yield file, file.read_text(encoding="utf-8")


@cache
def _tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


def named_codes(codes: Iterable[str]) -> set[str]:
    """Return which of these codes the source names at all, besides the tables of their texts and statuses."""
    tables = {"textos.py", "codigos.py"}
    literals = {
        node.value
        for file in python_files()
        if file.name not in tables
        for node in ast.walk(_tree(file))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    sql = "\n".join(text for file, text in sql_texts() if file.suffix == ".sql")
    return {code for code in codes if code in literals or re.search(rf"\b{code}\b", sql)}


def calls() -> Iterator[tuple[Path, ast.Call, str]]:
    """Every call in the package, with the last part of the name that is called."""
    for file in python_files():
        for node in ast.walk(_tree(file)):
            if isinstance(node, ast.Call):
                name = (
                    node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                )
                yield file, node, name


def _text(node: ast.expr | None) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _keyword(call: ast.Call, name: str) -> ast.expr | None:
    return next((kw.value for kw in call.keywords if kw.arg == name), None)


def _number(node: ast.expr) -> int | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, int) else None


def _branches(node: ast.expr | None) -> list[str]:
    """Return the texts that an expression may be: a literal, or the two of `a if c else b`."""
    if isinstance(node, ast.IfExp):
        return _branches(node.body) + _branches(node.orelse)
    text = _text(node)
    return [text] if text else []


def error_classes() -> dict[str, int]:
    """Name → status of every error class, also of those that a module derives for itself."""
    found = {
        name: kind.status
        for name, kind in vars(errors).items()
        if isinstance(kind, type) and issubclass(kind, errors.AppError)
    }
    for file in python_files():
        for node in ast.walk(_tree(file)):
            if isinstance(node, ast.ClassDef):
                bases = [base.id for base in node.bases if isinstance(base, ast.Name) and base.id in found]
                if bases:
                    found.setdefault(node.name, found[bases[0]])
    return found


def error_codes() -> dict[str, set[int]]:
    """Code → the statuses that it is raised with."""
    found: dict[str, set[int]] = defaultdict(set)
    for code, status in (*_raised_codes(), *_default_codes(), *_sql_codes()):
        found[code].add(status)
    return dict(found)


def _raised_codes() -> Iterator[tuple[str, int]]:
    """Codes that Python names where it builds an error, and those that replace a route's missing fields."""
    classes = error_classes()
    for _, call, name in calls():
        if name == "route":
            yield from ((code, 400) for code in _branches(_keyword(call, "missing_code")))
        if name not in classes:
            continue
        status = next(filter(None, map(_number, call.args[1:])), classes[name])
        for node in (call.args[0] if call.args else None, _keyword(call, "code")):
            yield from ((code, status) for code in _branches(node))


def _default_codes() -> Iterator[tuple[str, int]]:
    """Codes that a class gives itself when none is named."""
    for kind in vars(errors).values():
        if isinstance(kind, type) and issubclass(kind, errors.AppError):
            init = kind.__init__
            defaults = (*(init.__defaults__ or ()), (init.__kwdefaults__ or {}).get("code"))
            yield from ((code, kind.status) for code in defaults if isinstance(code, str))
    classes = error_classes()
    for file in python_files():
        for node in ast.walk(_tree(file)):
            if isinstance(node, ast.ClassDef) and node.name in classes:
                own = [call for call in ast.walk(node) if isinstance(call, ast.Call) and call.args]
                inits = [call for call in own if getattr(call.func, "attr", "") == "__init__"]
                yield from ((code, classes[node.name]) for call in inits for code in _branches(call.args[0]))


def _sql_codes() -> Iterator[tuple[str, int]]:
    """Codes that SQL functions refuse with."""
    for _, text in sql_texts():
        for status, code in _FALLO.findall(text):
            yield code, int(status)
        for status, codes in _FALLO_NAMED.findall(text):
            yield from ((code.strip(), int(status)) for code in codes.split(","))


def event_types() -> set[str]:
    """Every type that is written to the event stream, by a service or by a SQL function."""
    found = set()
    for _, call, name in calls():
        if name == "emit" and len(call.args) > 1:
            found.update(_branches(call.args[1]))
    for _, text in sql_texts():
        for arguments in _EMIT.findall(text):
            found.update(_EVENT.findall(arguments))
    return found


def audited_actions() -> set[str]:
    """Every action that is written to the audit log."""
    found = set()
    for file, call, name in calls():
        if name == "record" and len(call.args) > 1 and file.name != "audit.py":
            found.update(_branches(call.args[1]))
    for _, text in sql_texts():
        found.update(_AUDIT.findall(text))
    return found
