"""The key that signs tokens: from the setting, from a private file, or shared through the database (D-4)."""

import asyncio
import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from clientela.core.errors import Unavailable
from clientela.identidad import service, signing
from tests.identidad.services import call
from tests.tools.database import Database


@pytest.fixture(autouse=True)
def own_keyring(monkeypatch: pytest.MonkeyPatch) -> signing.Keyring:
    """Give each test a keyring of its own."""
    fresh = signing.Keyring()
    monkeypatch.setattr(signing, "keyring", fresh)
    return fresh


def test_before_it_is_loaded_nothing_is_signed(own_keyring: signing.Keyring) -> None:
    with pytest.raises(Unavailable):
        _ = own_keyring.key
    with pytest.raises(ValueError, match="32 bytes"):
        own_keyring.load("corta")


def test_the_setting_comes_first(db: Database, own_keyring: signing.Keyring) -> None:
    call(db, service.load_secret, secreto="s" * 40, database_url=db.dsn)
    assert own_keyring.key == b"s" * 40


def test_beside_the_embedded_database_it_is_a_private_file(
    db: Database, tmp_path: Path, own_keyring: signing.Keyring
) -> None:
    home = tmp_path / "datos"
    call(db, service.load_secret, data_dir=home)
    first = own_keyring.key
    file = home / service.KEY_FILE
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(first) >= 43
    call(db, service.load_secret, data_dir=home)
    assert own_keyring.key == first
    assert list(home.iterdir()) == [file]


def test_processes_that_start_at_once_agree_on_the_file(tmp_path: Path) -> None:
    home = tmp_path / "datos"
    with ThreadPoolExecutor(16) as pool:
        found = set(pool.map(lambda _: service._secret_in_file(home / service.KEY_FILE), range(64)))
    assert len(found) == 1


def test_nodes_on_one_database_share_it(
    new_database: Callable[[], Database], own_keyring: signing.Keyring, tmp_path: Path
) -> None:
    database = new_database()
    found = set()
    for node in range(3):
        call(database, service.load_secret, database_url=database.dsn, data_dir=tmp_path / str(node))
        found.add(own_keyring.key)
    assert len(found) == 1
    assert not any(tmp_path.iterdir())


def test_nodes_that_start_at_once_agree(new_database: Callable[[], Database]) -> None:
    from clientela.core.db import Db  # noqa: PLC0415
    from clientela.core.keys import shared_key  # noqa: PLC0415

    async def many(db: Db) -> set[str]:
        return set(await asyncio.gather(*(shared_key(db, "tokens", f"oferta-{n}") for n in range(30))))

    assert len(call(new_database(), many)) == 1
