"""The import contracts hold on the tree as it is, and each of them catches what it is there for."""

import shutil
import subprocess
import sys
from copy import deepcopy
from pathlib import Path
from typing import Any

import grimp
import pytest
from importlinter import configuration
from importlinter.application.use_cases import _register_contract_types, read_user_options
from importlinter.domain.contract import registry

ROOT = Path(__file__).resolve().parents[2]
CONFIG = ROOT / ".importlinter"

# Importer, imported, and the contract that must object. One row at least for each contract and each border.
PLANTED = [
    ("clientela.settings", "clientela.core.ids", "house"),
    ("clientela.core.db", "clientela.identidad.service", "house"),
    ("clientela.core.mail", "clientela.api.dialects", "house"),
    ("clientela.identidad.service", "clientela.organizacion.service", "house"),
    ("clientela.identidad.service", "clientela.clientes.service", "house"),
    ("clientela.clientes.service", "clientela.catalogo.service", "house"),
    ("clientela.catalogo.service", "clientela.carritos.service", "house"),
    ("clientela.carritos.service", "clientela.panel.service", "house"),
    ("clientela.panel.service", "clientela.tickets.service", "house"),
    ("clientela.tickets.service", "clientela.flows.submit_claim", "house"),
    ("clientela.flows.submit_claim", "clientela.api.call", "house"),
    ("clientela.api.call", "clientela.app", "house"),
    ("clientela.demo", "clientela.api.call", "house"),
    ("clientela.migrations.runner", "clientela.app", "house"),
    ("clientela.worker", "clientela.cli", "house"),
    ("clientela.surprise", None, "house"),
    ("clientela.api.panel", "clientela.api.v1", "api"),
    ("clientela.api.v1", "clientela.api.castella", "api"),
    ("clientela.api.call", "clientela.api.openapi", "api"),
    ("clientela.api.dialects", "clientela.api.call", "api"),
    ("clientela.api.permisos", "clientela.api.auth", "api"),
    ("clientela.api.utils", None, "api"),
    ("clientela.carritos.store", "clientela.carritos.service", "domain"),
    ("clientela.carritos.model", "clientela.carritos.rules", "domain"),
    ("clientela.carritos.rules", "clientela.carritos.store", "domain"),
    ("clientela.tickets.utils", None, "domain"),
    ("clientela.flows.submit_claim", "clientela.flows.register_customer", "flows"),
    ("clientela.carritos.service", "asyncpg", "sql"),
    ("clientela.core.events", "asyncpg", "sql"),
    ("clientela.api.call", "asyncpg", "sql"),
    ("clientela.carritos.service", "litestar", "http"),
    ("clientela.core.errors", "litestar", "http"),
    ("clientela.cli", "litestar", "http"),
    ("clientela.api.panel", "clientela.carritos.store", "stores"),
    ("clientela.flows.submit_claim", "clientela.tickets.store", "stores"),
    ("clientela.demo", "clientela.clientes.store", "stores"),
    ("clientela.worker", "clientela.carritos.store", "stores"),
    ("clientela.carritos.rules", "clientela.core.db", "pure"),
    ("clientela.carritos.model", "clientela.core.clock", "pure"),
    ("clientela.catalogo.rules", "clientela.settings", "pure"),
    ("clientela.panel.rules", "clientela.core.mail", "pure"),
    ("clientela.carritos.service", "clientela.catalogo.store", "own_store"),
    ("clientela.tickets.service", "clientela.clientes.store", "own_store"),
    ("clientela.identidad.jobs", "clientela.organizacion.store", "own_store"),
]


@pytest.fixture(scope="module")
def options() -> Any:
    """The committed configuration, as lint-imports reads it."""
    configuration.configure()
    read = read_user_options(str(CONFIG))
    _register_contract_types(read)
    return read


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    """Who imports whom in the tree as it is."""
    return grimp.build_graph("clientela", include_external_packages=True, cache_dir=None)


def broken(options: Any, graph: grimp.ImportGraph) -> set[str]:
    """The ids of the contracts that the graph violates."""
    found = set()
    for contract in options.contracts_options:
        kind = registry.get_contract_class(contract["type"])
        made = kind(name=contract["name"], session_options=options.session_options, contract_options=contract)
        if not made.check(graph=deepcopy(graph), verbose=False).kept:
            found.add(contract["id"])
    return found


def test_tree_keeps_every_contract(options: Any, graph: grimp.ImportGraph) -> None:
    assert broken(options, graph) == set()


def test_planted_violations_cover_every_contract(options: Any) -> None:
    assert {contract["id"] for contract in options.contracts_options} == {row[2] for row in PLANTED}


@pytest.mark.parametrize(("importer", "imported", "contract"), PLANTED)
def test_planted_violation_is_caught(
    options: Any, graph: grimp.ImportGraph, importer: str, imported: str | None, contract: str
) -> None:
    changed = deepcopy(graph)
    for module in (importer, imported):
        if module and module not in changed.modules:
            changed.add_module(module, is_squashed=not module.startswith("clientela"))
    if imported:
        changed.add_import(importer=importer, imported=imported, line_number=1, line_contents="planted")
    assert contract in broken(options, changed)


def test_command_fails_on_a_violation_in_a_file(tmp_path: Path) -> None:
    """What `make check` runs reads the files themselves and ends with an error."""
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(CONFIG, tmp_path)
    with (tmp_path / "src/clientela/core/ids.py").open("a") as file:
        file.write("\nfrom clientela.identidad import service\n")
    program = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [program, "--no-cache"],
        cwd=tmp_path, env={"PYTHONPATH": str(tmp_path / "src")}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1, done.stdout
    assert "clientela.core.ids -> clientela.identidad.service" in done.stdout
