"""The fuzzer itself: it repeats its inputs, finds a planted fault, and allows documented errors."""

from __future__ import annotations

import pytest

from tests.fuzz.harness import CORPUS, corpus, fuzz, mutations


def _reads_beyond_its_length(data: bytes) -> int:
    if not data:
        raise ValueError("empty")
    return data[data[0]]


def test_the_same_seed_gives_the_same_inputs() -> None:
    first = list(mutations([b"abcdef"], 200, 7))
    assert first == list(mutations([b"abcdef"], 200, 7))
    assert first != list(mutations([b"abcdef"], 200, 8))


def test_a_planted_fault_is_found_and_its_input_reported() -> None:
    with pytest.raises(AssertionError, match=r"IndexError.* on input [0-9a-f]+"):
        fuzz(_reads_beyond_its_length, [b"\x01\x02"], ValueError, 500, 1)


def test_a_documented_error_is_not_a_fault() -> None:
    accepted = fuzz(_reads_beyond_its_length, [b"\x01\x02"], (ValueError, IndexError), 500, 1)
    assert 0 < accepted < 501


def test_every_corpus_file_is_readable_hex() -> None:
    for folder in CORPUS.iterdir():
        if folder.is_dir():
            corpus(folder.name)
