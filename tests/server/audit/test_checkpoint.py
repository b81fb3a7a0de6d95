"""A checkpoint is believed exactly when this key has signed exactly this."""

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


def test_a_line_comes_back_as_the_checkpoint_it_was() -> None:
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


def test_another_key_is_not_this_key() -> None:
    assert not checkpoint.is_genuine(MADE, Ed25519PrivateKey.generate().public_key())


@given(st.binary(max_size=400) | st.text(max_size=400).map(str.encode))
def test_anything_else_is_no_checkpoint(line: bytes) -> None:
    with pytest.raises(NotACheckpoint):
        checkpoint.read(line)


@pytest.mark.parametrize("line", ["", "{}", MADE.line()[:-1], MADE.line() + "x" * 1000, "[" * 900, "\ud800"])
def test_pieces_of_one_are_no_checkpoint(line: str) -> None:
    with pytest.raises(NotACheckpoint):
        checkpoint.read(line)
