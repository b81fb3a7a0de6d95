"""A small file is whole or not there."""

from __future__ import annotations

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from server.platform import files


def test_the_first_who_writes_is_the_one_whose_file_stays(tmp_path: Path) -> None:
    path = tmp_path / "made" / "key"
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: files.write_once(path, bytes([number]) * 32), range(8)))
    assert len(set(path.read_bytes())) == 1
    assert len(path.read_bytes()) == 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [one.name for one in path.parent.iterdir()] == ["key"]


@pytest.mark.parametrize("write", [files.write_once, files.replace])
def test_a_process_that_ends_in_the_middle_leaves_no_half_file_and_nothing_in_the_way(
    tmp_path: Path, write: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert callable(write)
    path = tmp_path / "key"

    def killed(handle: int) -> None:
        os._exit(9)

    child = os.fork()
    if child == 0:
        monkeypatch.setattr(files.os, "fsync", killed)
        write(path, b"x" * 32)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    assert not path.exists()
    write(path, b"y" * 32)
    assert path.read_bytes() == b"y" * 32


def test_replacing_puts_the_new_file_in_place_with_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "public"
    path.write_bytes(b"")
    files.replace(path, b"whole", mode=0o644)
    assert (path.read_bytes(), stat.S_IMODE(path.stat().st_mode)) == (b"whole", 0o644)
    assert [one.name for one in tmp_path.iterdir()] == ["public"]
