"""Secrets of second factors are sealed under a key that is not in the database."""

from __future__ import annotations

from pathlib import Path

import pytest

from server.people.signin.vault import Vault, VaultClosed


def test_a_sealed_secret_opens_again_in_a_later_process_too(tmp_path: Path) -> None:
    sealed = Vault(tmp_path).seal("GEZDGNBV", "ac_1")
    assert "GEZDGNBV" not in sealed
    assert Vault(tmp_path).open(sealed, "ac_1") == "GEZDGNBV"


def test_the_key_file_is_for_the_server_alone(tmp_path: Path) -> None:
    Vault(tmp_path / "new").seal("x", "ac_1")
    (file,) = (tmp_path / "new").iterdir()
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_sealed_secret_is_worth_nothing_in_another_account_or_under_another_key(tmp_path: Path) -> None:
    vault = Vault(tmp_path / "one")
    sealed = vault.seal("GEZDGNBV", "ac_1")
    with pytest.raises(VaultClosed):
        vault.open(sealed, "ac_2")
    with pytest.raises(VaultClosed):
        Vault(tmp_path / "other").open(sealed, "ac_1")


def test_a_broken_key_file_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "identity.key").write_bytes(b"short")
    with pytest.raises(VaultClosed):
        Vault(tmp_path).seal("x", "ac_1")
    assert (tmp_path / "identity.key").read_bytes() == b"short"


def test_sealing_twice_gives_different_results(tmp_path: Path) -> None:
    vault = Vault(tmp_path)
    assert vault.seal("x", "ac_1") != vault.seal("x", "ac_1")
