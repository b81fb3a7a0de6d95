"""Sealed files open whole or in part, and not at all once a byte or their end is gone."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.platform.sealing.errors import SealBroken
from server.platform.sealing.sealedfiles import CHUNK_BYTES, SEALED_CHUNK_BYTES, Pieces, SealedFile, seal_file

KEY = bytes(range(32))
LONG = bytes(n * 7 % 251 for n in range(3 * CHUNK_BYTES + 1000))


def sealed(folder: Path, content: bytes = LONG) -> Path:
    path = folder / "one.sealed"
    assert seal_file(path, KEY, "one", BytesIO(content)) == len(content)
    return path


@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, len(LONG)])
def test_a_file_is_read_back_whole(tmp_path: Path, size: int) -> None:
    file = SealedFile(sealed(tmp_path, LONG[:size]), KEY, "one")
    assert (file.size, file.read()) == (size, LONG[:size])


@given(start=st.integers(0, len(LONG) + 10), length=st.integers(0, len(LONG)))
def test_any_part_is_read_alone(tmp_path_factory: pytest.TempPathFactory, start: int, length: int) -> None:
    folder = tmp_path_factory.getbasetemp() / "part"
    folder.mkdir(exist_ok=True)
    path = folder / "one.sealed"
    if not path.exists():
        sealed(folder)
    assert SealedFile(path, KEY, "one").read(start, length) == LONG[start : start + length]


def test_no_piece_of_the_content_is_in_the_file(tmp_path: Path) -> None:
    held = sealed(tmp_path).read_bytes()
    assert not [at for at in range(0, len(LONG), 500) if LONG[at : at + 16] in held]
    assert sealed(tmp_path).stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("cut", [1, 1000, 1016, SEALED_CHUNK_BYTES + 1016, len(LONG)])
def test_a_cut_file_does_not_open(tmp_path: Path, cut: int) -> None:
    path = sealed(tmp_path)
    path.write_bytes(path.read_bytes()[:-cut])
    with pytest.raises(SealBroken):
        SealedFile(path, KEY, "one").read(0, 10)


def test_chunks_that_changed_places_or_bytes_do_not_open(tmp_path: Path) -> None:
    data = sealed(tmp_path).read_bytes()
    head, body = data[:24], data[24:]
    swapped = body[SEALED_CHUNK_BYTES : 2 * SEALED_CHUNK_BYTES] + body[:SEALED_CHUNK_BYTES]
    for wrong in (head + swapped + body[2 * SEALED_CHUNK_BYTES :], data[:100] + b"\0" + data[101:]):
        (tmp_path / "one.sealed").write_bytes(wrong)
        with pytest.raises(SealBroken):
            SealedFile(tmp_path / "one.sealed", KEY, "one").read()


def test_a_file_under_another_name_or_key_does_not_open(tmp_path: Path) -> None:
    path = sealed(tmp_path)
    for key, name in ((KEY, "two"), (bytes(32), "one")):
        with pytest.raises(SealBroken):
            SealedFile(path, key, name)


def test_pieces_grow_over_torn_ends_and_show_nothing(tmp_path: Path) -> None:
    path = tmp_path / "one.pieces"
    pieces = Pieces(path)
    assert pieces.size == 0
    pieces.append(KEY, "one", LONG[:300])
    begun = path.stat().st_size
    pieces.append(KEY, "one", LONG[300:900])
    full = path.read_bytes()
    for torn in range(begun, len(full)):
        path.write_bytes(full[:torn])
        assert pieces.size == 300
        pieces.append(KEY, "one", LONG[300:900])
        assert (pieces.size, pieces.read(KEY, "one")) == (900, LONG[:900])
    assert LONG[:16] not in path.read_bytes()
    with pytest.raises(SealBroken):
        pieces.read(KEY, "two")
