"""One digest over every decision that the simulator's whole matrix of calls makes.

    python -m tests.sim.digest           every link, warm and cold, both thin directions, faces and falls
    python -m tests.sim.digest --quick   the first call of each kind
    python -m tests.sim.digest --each    a line for each call as well, to see where two versions differ

Two versions of the relay with the same decisions print the same digest: a change that only moves code proves it
here. Values count, names of fields do not. Must never judge a call: the tests do.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from enum import Enum
from itertools import islice
from typing import Any

from benchmarks.lab.emulator.profiles import PROFILES, Conditions
from tests.sim.call import CallSim
from tests.sim.page import FACE_QUANTIZER
from tests.sim.twoway import WARM_S, TwoWayCall

RTT_MS = 200.0
LINKS = PROFILES | {str(kbps): Conditions(kbps, kbps, RTT_MS) for kbps in (16, 32, 64, 128, 256)}
Call = tuple[str, Callable[[], Any]]


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="the first call of each kind only")
    parser.add_argument("--each", action="store_true", help="a line for each call as well")
    chosen = parser.parse_args()
    whole = hashlib.sha256()
    count = 0
    for kind in (two_way_calls, one_way_calls, faces, falls):
        for name, play in islice(kind(), 1 if chosen.quick else None):
            one = hashlib.sha256(repr(plain(play())).encode()).hexdigest()
            if chosen.each:
                print(name, one[:16], flush=True)
            whole.update(one.encode())
            count += 1
    print(json.dumps({"calls": count, "quick": chosen.quick, "digest": whole.hexdigest()}))


def two_way_calls() -> Iterator[Call]:
    """Each link of the table, from a warm leg and without prior knowledge."""
    for name, conditions in LINKS.items():
        for warm_s in (WARM_S, 0.0):

            def play(conditions: Conditions = conditions, warm_s: float = warm_s) -> Any:
                return decisions(TwoWayCall(conditions, warm_s=warm_s).run(60))

            yield f"two-way {name} warm {warm_s:g} s", play


def one_way_calls() -> Iterator[Call]:
    """One thin direction, with each loss."""
    for thin in ("down", "up"):
        for loss in (0.0, 0.01, 0.1):
            for rate_kbps in (64, 128, 256):

                def play(thin: str = thin, loss: float = loss, rate_kbps: int = rate_kbps) -> Any:
                    sim = CallSim(rate_bps=rate_kbps * 1000, loss=loss, thin=thin, start_bps=96_000)
                    return sim.run(60)

                yield f"one-way {thin} {rate_kbps} loss {loss:g}", play


def faces() -> Iterator[Call]:
    """Encoders that report a fine picture."""
    for kbps in (64, 256, 1_000):

        def play(kbps: int = kbps) -> Any:
            return decisions(face(Conditions(kbps, kbps, RTT_MS)).run(90))

        yield f"face {kbps}", play


def falls() -> Iterator[Call]:
    """A link that collapses in mid-call, and comes back; people who take turns; a storm of losses."""
    for seed in (1, 2, 3):

        def play(seed: int = seed) -> Any:
            call = face(Conditions(256, 256, RTT_MS), seed).run(30 + seed * 0.037)
            call.schedule([(0, {"down_kbps": 20, "up_kbps": 20}), (20, {"down_kbps": 256, "up_kbps": 256})])
            return decisions(call.run(50))

        yield f"fall {seed}", play
    yield (
        "turns",
        lambda: decisions(TwoWayCall(Conditions(64, 64, RTT_MS), talk_s=(4.0, 2.0)).run(60)),
    )
    yield "losses", lambda: decisions(TwoWayCall(Conditions(128, 128, RTT_MS, 10)).run(60))
    yield "bursts", lambda: decisions(TwoWayCall(Conditions(64, 64, RTT_MS, 8, burst_packets=6.0)).run(60))


def face(conditions: Conditions, seed: int = 1) -> TwoWayCall:
    """A call of two talking heads."""
    call = TwoWayCall(conditions, seed=seed)
    for side in call.sides:
        side.page.quantizer = FACE_QUANTIZER
    return call


def decisions(call: TwoWayCall) -> list[Any]:
    """Every parameter, packet, voice packet heard and picture seen of both sides."""
    return [
        (side.moments, side.page.spoken, side.page.heard, side.page.seen, side.up.voice_dropped_ms)
        for side in call.sides
    ]


def plain(value: Any) -> Any:
    """The values alone, in order: no name of a class, a field or an enum is part of a decision."""
    if is_dataclass(value):
        return [plain(getattr(value, field.name)) for field in fields(value)]
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, dict):
        return [(plain(key), plain(one)) for key, one in value.items()]
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    return value


if __name__ == "__main__":
    main()
