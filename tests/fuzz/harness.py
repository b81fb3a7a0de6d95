"""A small deterministic fuzzer for every parser of network input.

A crash on bad input is the parser's fault, never the input's: a target may raise only the errors it documents.
The same `rng_seed` gives the same inputs. An input that once broke a target is kept as one line of hex
in ``corpus/<name>/*.hex`` and is replayed before anything is mutated, for good.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

CORPUS = Path(__file__).parent / "corpus"
# Nothing longer than one UDP datagram on an Ethernet path with some slack; longer inputs only cost time.
MAX_INPUT_BYTES = 2_048
# Values at the edges of length, count and version fields.
EDGE_BYTES = (0x00, 0x01, 0x7F, 0x80, 0x81, 0xBE, 0xDE, 0xFE, 0xFF)

Mutation = Callable[[random.Random, bytearray, Sequence[bytes]], bytearray]


def _flip_bits(rng: random.Random, data: bytearray, _seeds: Sequence[bytes]) -> bytearray:
    for _ in range(rng.randint(1, 8)):
        if data:
            data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    return data


def _flip_header_bits(rng: random.Random, data: bytearray, _seeds: Sequence[bytes]) -> bytearray:
    """Flip bits of the first bytes, where lengths, counts and flags are: most parsers decide there."""
    for _ in range(rng.randint(1, 4)):
        if data:
            data[rng.randrange(min(len(data), 24))] ^= 1 << rng.randrange(8)
    return data


def _set_edge_bytes(rng: random.Random, data: bytearray, _seeds: Sequence[bytes]) -> bytearray:
    for _ in range(rng.randint(1, 3)):
        if data:
            data[rng.randrange(len(data))] = rng.choice(EDGE_BYTES)
    return data


def _truncate(rng: random.Random, data: bytearray, _seeds: Sequence[bytes]) -> bytearray:
    return data[: rng.randint(0, len(data))]


def _extend(rng: random.Random, data: bytearray, _seeds: Sequence[bytes]) -> bytearray:
    return data + rng.randbytes(rng.randint(1, 64))


def _cut_out(rng: random.Random, data: bytearray, _seeds: Sequence[bytes]) -> bytearray:
    start = rng.randint(0, len(data))
    return data[:start] + data[start + rng.randint(1, 8) :]


def _insert(rng: random.Random, data: bytearray, _seeds: Sequence[bytes]) -> bytearray:
    at = rng.randint(0, len(data))
    return data[:at] + rng.randbytes(rng.randint(1, 8)) + data[at:]


def _splice(rng: random.Random, data: bytearray, seeds: Sequence[bytes]) -> bytearray:
    other = rng.choice(seeds)
    return data[: rng.randint(0, len(data))] + other[rng.randint(0, len(other)) :]


def _random(rng: random.Random, _data: bytearray, _seeds: Sequence[bytes]) -> bytearray:
    return bytearray(rng.randbytes(rng.randint(0, 96)))


MUTATIONS: tuple[Mutation, ...] = (
    _flip_bits,
    _flip_header_bits,
    _set_edge_bytes,
    _truncate,
    _extend,
    _cut_out,
    _insert,
    _splice,
    _random,
)


def mutations(seeds: Sequence[bytes], count: int, rng_seed: int) -> Iterator[bytes]:
    """`count` inputs made from `seeds`, one to three mutations deep, the same for the same `rng_seed`."""
    rng = random.Random(rng_seed)
    for _ in range(count):
        data = bytearray(rng.choice(seeds))
        for _ in range(rng.choice((1, 1, 2, 3))):
            data = rng.choice(MUTATIONS)(rng, data, seeds)
        yield bytes(data[:MAX_INPUT_BYTES])


def corpus(name: str) -> list[bytes]:
    """Every saved input of target `name`, in the order of the file names."""
    files = sorted((CORPUS / name).glob("*.hex"))
    return [bytes.fromhex(file.read_text(encoding="ascii")) for file in files]


def fuzz(
    target: Callable[[bytes], object],
    seeds: Sequence[bytes],
    allowed: type[Exception] | tuple[type[Exception], ...],
    count: int,
    rng_seed: int,
    *,
    name: str | None = None,
) -> int:
    """Feed the corpus, the seeds and `count` mutations to `target`; returns how many it accepted.

    `name` is the corpus folder (default: the target's own name). Raises AssertionError, with the input as
    hex, for any exception that is not in `allowed`; pass ``()`` for a target that may raise nothing.
    """
    assert seeds, "a fuzz target needs at least one real input to start from"
    label = name or str(getattr(target, "__name__", "target"))
    accepted = 0
    for data in (*corpus(label), *seeds, *mutations(seeds, count, rng_seed)):
        try:
            target(data)
        except allowed:
            continue
        except Exception as error:
            raise AssertionError(f"{label} raised {error!r} on input {data.hex()}") from error
        accepted += 1
    return accepted
