"""The signing key is made once, for the server's user alone."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from server.audit.checkpoint import key_id
from server.audit.keys import PRIVATE_NAME, PUBLIC_NAME, load_or_make, load_public
from server.platform.settings.config import SettingsError


def test_the_key_is_made_once_and_its_public_half_can_be_handed_out(tmp_path: Path) -> None:
    folder = tmp_path / "audit"
    first = key_id(load_or_make(folder).public_key())
    assert key_id(load_or_make(folder).public_key()) == first
    assert key_id(load_public(folder / PUBLIC_NAME)) == first
    assert stat.S_IMODE((folder / PRIVATE_NAME).stat().st_mode) == 0o600
    assert sorted(path.name for path in folder.iterdir()) == [PUBLIC_NAME, PRIVATE_NAME]


@pytest.mark.parametrize("torn", [b"", b"-----BEGIN PUBLIC"])
def test_a_public_half_that_was_not_written_to_the_end_is_written_again(tmp_path: Path, torn: bytes) -> None:
    first = key_id(load_or_make(tmp_path).public_key())
    (tmp_path / PUBLIC_NAME).write_bytes(torn)
    load_or_make(tmp_path)
    assert key_id(load_public(tmp_path / PUBLIC_NAME)) == first


def test_several_processes_that_start_at_once_make_one_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        keys = list(pool.map(lambda _: key_id(load_or_make(tmp_path).public_key()), range(8)))
    assert len(set(keys)) == 1


def test_an_invalid_key_file_is_a_wrong_setting_and_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / PRIVATE_NAME).write_text("not a key")
    with pytest.raises(SettingsError, match="audit key"):
        load_or_make(tmp_path)
    assert (tmp_path / PRIVATE_NAME).read_text() == "not a key"


def test_a_public_key_that_cannot_be_read_is_a_wrong_setting(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="--public-key"):
        load_public(tmp_path / "nowhere.pem")
