"""What is installed is what was locked, and nothing secret is committed (T-SC-1)."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.markers import Marker

from tests.architecture.test_sources import ROOT, tracked

# Forms of secrets that have a recognisable shape; written so that the list does not find itself.
SECRETS = re.compile(
    "|".join(
        [
            r"-----BEGIN (?:[A-Z]+ )?PRIVATE " + r"KEY-----",
            r"\bAKIA[0-9A-Z]{16}\b",
            r"\bgh[pousr]_[A-Za-z0-9]{36}\b",
            r"\bxox[abprs]-[A-Za-z0-9-]{10,}",
            r"\bsk-[A-Za-z0-9]{32,}\b",
            r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{20,}",
            r"\$2[aby]\$(?:1[0-9])\$[./A-Za-z0-9]{53}",
        ]
    )
)


def pins(name: str) -> dict[str, str]:
    """Package → version of one lock on this Python; every pin must have hashes."""
    text = (ROOT / "requirements" / name).read_text(encoding="utf-8")
    joined = text.replace("\\\n", " ")
    found = {}
    for line in joined.splitlines():
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = re.match(r"([a-z0-9-]+)(?:\[[a-z0-9,-]+\])?==([^\s;]+)(?:\s*;\s*(.*?))?\s+--", line)
        assert match, f"no pin: {line[:80]}"
        assert "--hash=sha256:" in line, f"no hash: {line[:80]}"
        if match[3] is None or Marker(match[3]).evaluate():
            found[match[1]] = match[2]
    return found


def declared(section: list[str]) -> set[str]:
    """The names in a list of requirements."""
    return {re.split(r"[\[<>=;\s]", item)[0].lower().replace("_", "-") for item in section}


def test_locks_are_complete() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    groups = project["dependency-groups"]
    base, dev = pins("base.txt"), pins("dev.txt")
    assert declared(project["project"]["dependencies"]) | declared(groups["build"]) <= base.keys()
    assert declared(groups["dev"]) <= dev.keys()
    assert {name for name in base if dev.get(name) != base[name]} == set(), "the two locks disagree"


def test_locks_name_no_host() -> None:
    for name in ("base.txt", "dev.txt"):
        text = (ROOT / "requirements" / name).read_text(encoding="utf-8")
        assert not re.search(r"://|--(extra-)?index-url|--find-links|--trusted-host", text)


def test_installed_packages_are_the_locked_ones() -> None:
    """The tests speak of what a user will install."""
    listed = subprocess.run(
        [sys.executable, "-m", "pip", "list", "--format=freeze", "--disable-pip-version-check"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    pairs = (line.lower().split("==") for line in listed.splitlines() if "==" in line)
    installed = {re.sub(r"[-_.]+", "-", name): version for name, version in pairs}
    locked = pins("dev.txt")
    ours = {"clientela", "setuptools", "pip"}
    wrong = {n: (v, locked.get(n)) for n, v in installed.items() if n not in ours and locked.get(n) != v}
    assert wrong == {}


def bandit(*targets: Path) -> int:
    """The exit status of bandit for findings of high severity."""
    program = Path(sys.executable).with_name("bandit")
    command = [str(program), "--quiet", "-lll", "--recursive", *map(str, targets)]
    return subprocess.run(command, capture_output=True, check=False).returncode


def test_bandit_finds_nothing_grave(tmp_path: Path) -> None:
    assert bandit(ROOT / "src") == 0
    planted = tmp_path / "planted.py"
    planted.write_text("import subprocess\nsubprocess.run('ls ' + input(), shell=True)\n")
    assert bandit(planted) == 1


def test_no_secret_is_committed() -> None:
    found = []
    for file in tracked():
        if file.suffix in {".png", ".ico", ".woff2"}:
            continue
        text = file.read_text(encoding="utf-8", errors="replace")
        found += [f"{file.relative_to(ROOT)}: {match[0][:12]}…" for match in SECRETS.finditer(text)]
    assert found == []


@pytest.mark.parametrize(
    "secret",
    [
        "-----BEGIN RSA PRIVATE " + "KEY-----",
        "AKIA" + "ABCDEFGHIJKLMNOP",
        "ghp_" + "a" * 36,
        "eyJ" + "a" * 20 + ".eyJ" + "b" * 20 + "." + "c" * 30,
        "$2b$12$" + "a" * 53,
    ],
)
def test_planted_secret_is_seen(secret: str) -> None:
    assert SECRETS.search(f'key = "{secret}"')
