"""A checkpoint is accepted only when this key has signed exactly this content."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from server.audit import checkpoint
from server.audit.checkpoint import NotACheckpoint

KEY = Ed25519PrivateKey.generate()
MADE = checkpoint.sign(KEY, sequence=12, head_hash="ab" * 32, at_ms=1_763_000_000_000)


def test_a_written_checkpoint_is_read_back_unchanged() -> None:
    assert "\n" not in MADE.line()
    assert checkpoint.read(MADE.line()) == MADE
    assert checkpoint.is_genuine(checkpoint.read(MADE.line().encode()), KEY.public_key())


@pytest.mark.parametrize(
    "changed",
    [
        replace(MADE, sequence=13),
        replace(MADE, hash="cd" * 32),
        replace(MADE, at_ms=1),
        replace(MADE, key_id="0" * 16),
        replace(MADE, signature="00" * 64),
    ],
)
def test_no_field_can_be_changed(changed: checkpoint.Checkpoint) -> None:
    assert not checkpoint.is_genuine(changed, KEY.public_key())


def test_a_checkpoint_signed_by_another_key_is_refused() -> None:
    assert not checkpoint.is_genuine(MADE, Ed25519PrivateKey.generate().public_key())


LINE = MADE.line().encode()


@pytest.mark.parametrize("end", [1, 8, 9, 60, len(LINE) - 1])
@pytest.mark.parametrize("after", [b"\n", b"", b"\0\0\0\n"])
def test_a_line_that_was_not_written_to_the_end_takes_none_of_the_others_along(
    end: int, after: bytes
) -> None:
    assert checkpoint.lines_of(LINE + b"\n" + LINE[:end] + after + LINE + b"\n") == ([LINE, LINE], 1)
    assert checkpoint.lines_of(LINE + b"\n" + LINE[:end]) == ([LINE], 1)


@given(st.binary(max_size=60))
def test_what_is_no_beginning_of_a_line_is_handed_on_to_be_refused(junk: bytes) -> None:
    whole, _ = checkpoint.lines_of(LINE + b"\n" + b"x" + junk + b"\n" + LINE)
    assert whole[0] == whole[-1] == LINE
    assert any(line.startswith(b"x") for line in whole)


def test_an_empty_file_has_no_lines() -> None:
    assert checkpoint.lines_of(b"\n \n") == ([], 0)


@given(st.binary(max_size=400) | st.text(max_size=400).map(str.encode))
def test_any_other_line_is_refused(line: bytes) -> None:
    with pytest.raises(NotACheckpoint):
        checkpoint.read(line)


@pytest.mark.parametrize("line", ["", "{}", MADE.line()[:-1], MADE.line() + "x" * 1000, "[" * 900, "\ud800"])
def test_parts_of_a_checkpoint_are_refused(line: str) -> None:
    with pytest.raises(NotACheckpoint):
        checkpoint.read(line)
