"""A whole call in virtual time: a station and a doctor, each behind a link of its own, and the relay between them.

Owns: the wiring, the schedule of changes, and the measurements of a call: delay and loss of voice, queueing delay,
the rung of each direction. The links are the lab's, the relay is the engine's, the pages behave like Chromium; only
sockets, encryption and the wall clock are left out.
"""

from __future__ import annotations

import gc
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from benchmarks.lab.emulator.profiles import PROFILES, Conditions
from benchmarks.lab.emulator.tally import percentile
from media.core.parameters import Rung, SendParameters
from media.core.quality import rung_of
from media.engine.relay.control import UplinkReport
from media.engine.relay.stills import Stills
from media.engine.transport.offer import read_offer
from tests.sim.agenda import Agenda
from tests.sim.page import SEND_REPORT_BYTES, Page
from tests.sim.pipe import Pipe, Reliable, Wire
from tests.sim.relay import DATA_OVERHEAD_BYTES, Seat, join

OFFER = read_offer(
    (Path(__file__).parents[1] / "media" / "engine" / "transport" / "data" / "chromium_offer.sdp")
    .read_bytes()
    .decode("ascii")
)
SAMPLE_MS = 250.0
# A conversation tolerates this delay beyond the path's own.
LATE_MS = 350.0
# `send_parameters` in its WebSocket, TLS and TCP.
PARAMETERS_BYTES = 420
# By then, a warm leg has had its first three probe clusters.
WARM_S = 9.0


@dataclass(frozen=True)
class Moment:
    """One side, four times a second: the parameters its page shall follow, and the estimate of its downlink."""

    now_ms: float
    parameters: SendParameters
    rung: Rung
    down_bps: int
    page_bps: float
    down_queue_ms: float


class Side:
    """A page, its leg, and the two directions of its link."""

    def __init__(
        self,
        agenda: Agenda,
        rng: random.Random,
        name: str,
        conditions: Conditions,
        stills: Stills,
        talk_s: tuple[float, float] | None,
    ) -> None:
        self.name = name
        self.conditions = conditions
        self.moments: list[Moment] = []
        self.vanished_ms: list[float] = []
        """When large packets counted as dropped without a word, in either direction of the link."""
        self._agenda = agenda
        self.down = Pipe(agenda, conditions.down(), rng, self._came_down)
        self.up = Pipe(agenda, conditions.up(), rng, self._came_up)
        self.page = Page(agenda, rng, OFFER, self.up.send, talk_s)
        self.seat = Seat(agenda, rng, name, OFFER, self.down.send, stills)
        slot = self.seat.member.downlink.slots[0]
        self.page.knows_rtx(slot.video.rtx.ssrc, slot.video.ssrc)

        def rtt_ms() -> float:
            return self.page.rtt_ms

        self._streams = {
            "signal_down": Reliable(
                agenda, "signal_down", self.down.send, self.up.send, self.page.parameters_changed, rtt_ms
            ),
            "signal_up": Reliable(agenda, "signal_up", self.up.send, self.down.send, self._reported, rtt_ms),
            "data_down": Reliable(
                agenda, "data_down", self.down.send, self.up.send, self.page.stills.arrived, rtt_ms
            ),
            "data_up": Reliable(
                agenda,
                "data_up",
                self.up.send,
                self.down.send,
                lambda data: stills.arrived(self.seat.member, data),
                rtt_ms,
            ),
        }
        self.seat.leg.data = self._streams["data_down"]
        self.seat.parameters_changed = lambda parameters: self._streams["signal_down"].send(
            parameters, PARAMETERS_BYTES
        )
        self.page.send_report = lambda report: self._streams["signal_up"].send(report, SEND_REPORT_BYTES)
        self.page.stills.send_message = lambda data: self._streams["data_up"].send(
            data, len(data) + DATA_OVERHEAD_BYTES
        )

    def _came_down(self, wire: Wire) -> None:
        if wire.kind == "check":
            self.up.send(Wire("check", wire.body, len(wire)))
        elif wire.kind in self._streams:
            self._streams[wire.kind].arrived(wire.body)
        else:
            self.page.arrived(wire)

    def _came_up(self, wire: Wire) -> None:
        if wire.kind in self._streams:
            self._streams[wire.kind].arrived(wire.body)
        self.seat.arrived(wire)

    def _reported(self, report: dict[str, Any]) -> None:
        self.seat.control.sending_reported(
            UplinkReport(report["bps"], report["limited_by"], report["quantizer"])
        )

    def sample(self) -> None:
        member = self.seat.member
        if member.downlink.large_packets.vanish or member.uplink.video.unseen.vanishes:
            self.vanished_ms.append(self._agenda.now_ms)
        parameters, estimate = self.seat.parameters, member.downlink.estimate
        self.moments.append(
            Moment(
                self._agenda.now_ms,
                parameters,
                rung_of(parameters, stills=parameters.stills.every_s > 0),
                estimate.estimate_bps,
                self.page.estimate.target_bps,
                estimate.queue_ms,
            )
        )

    def reshape(self, conditions: Conditions) -> None:
        self.conditions = conditions
        self.down.reshape(conditions.down())
        self.up.reshape(conditions.up())


@dataclass(frozen=True)
class Voice:
    """One direction of voice within a window: the share that was lost, and the delay of the rest (ms)."""

    lost_ratio: float
    delays_ms: tuple[float, ...]
    longest_gap_ms: float

    def late_ms(self, quantile: float) -> float:
        """Delay above the least of the window."""
        return percentile(self.delays_ms, quantile) - min(self.delays_ms, default=0.0)


class TwoWayCall:
    """Call `run`, `reshape` the station's link in between, then read the results."""

    def __init__(
        self,
        station: Conditions,
        doctor: Conditions = PROFILES["bamako"],
        *,
        seed: int = 1,
        warm_s: float = WARM_S,
        talk_s: tuple[float, float] | None = None,
    ) -> None:
        random.seed(seed)  # the relay randomizes its report times with the global generator
        self.agenda = Agenda()
        rng = random.Random(seed)
        self._stills = Stills()
        self.station = Side(self.agenda, rng, "station", station, self._stills, talk_s)
        self.doctor = Side(self.agenda, rng, "doctor", doctor, self._stills, talk_s)
        self.sides = (self.station, self.doctor)
        for side in self.sides:
            side.page.warm()
        self.agenda.run(warm_s * 1000)
        self.joined_ms = self.agenda.now_ms
        join([side.seat for side in self.sides], self._stills, self.joined_ms)
        for side in self.sides:
            self.agenda.every(SAMPLE_MS, side.sample)

    @property
    def now_ms(self) -> float:
        return self.agenda.now_ms

    def run(self, seconds: float) -> TwoWayCall:
        # A call keeps all that it measures: the collector would look through it again and again, in vain.
        collects = gc.isenabled()
        gc.disable()
        try:
            self.agenda.run(self.agenda.now_ms + seconds * 1000)
        finally:
            if collects:
                gc.enable()
        return self

    def settle(self, seconds: float) -> TwoWayCall:
        """Run, then reset the links' counts."""
        self.run(seconds)
        for side in self.sides:
            side.down.reset_tally()
            side.up.reset_tally()
        return self

    def schedule(self, changes: Sequence[tuple[float, Mapping[str, float | None]]]) -> None:
        """(seconds from now, fields of `Conditions` that change): the station's link from then on."""
        for wait_s, fields in changes:
            self.agenda.after(
                wait_s * 1000,
                lambda fields=fields: self.station.reshape(replace(self.station.conditions, **fields)),
            )

    def voice(self, speaker: Side, from_ms: float = 0.0, to_ms: float = float("inf")) -> Voice:
        """How the other side heard `speaker`: voice packets of the window that had time to arrive."""
        listener = self.doctor if speaker is self.station else self.station
        spoken = {
            index: sent_ms
            for index, sent_ms in speaker.page.spoken.items()
            if from_ms <= sent_ms < min(to_ms, self.now_ms - 3_000)
        }
        came = {index: listener.page.heard[index] for index in spoken if index in listener.page.heard}
        arrivals = sorted(came.values())
        return Voice(
            1 - len(came) / max(1, len(spoken)),
            tuple(arrived_ms - spoken[index] for index, arrived_ms in came.items()),
            max((later - earlier for earlier, later in pairwise(arrivals)), default=0.0),
        )

    def voice_impaired_ms(self, speaker: Side, from_ms: float = 0.0) -> list[float]:
        """When voice of `speaker` was dropped by a full queue, or was sent to arrive over `LATE_MS` late."""
        listener = self.doctor if speaker is self.station else self.station
        delays = {
            sent_ms: listener.page.heard[index] - sent_ms
            for index, sent_ms in speaker.page.spoken.items()
            if index in listener.page.heard and sent_ms >= from_ms
        }
        least_ms = min(delays.values(), default=0.0)
        late = [sent_ms for sent_ms, delay_ms in delays.items() if delay_ms > least_ms + LATE_MS]
        dropped = [
            at_ms
            for at_ms in speaker.up.voice_dropped_ms + listener.down.voice_dropped_ms
            if at_ms >= from_ms
        ]
        return sorted(late + dropped)

    def seen_bps(self, viewer: Side, from_ms: float, to_ms: float | None = None) -> float:
        """The rate of video that reached `viewer`, in bit/s of RTP."""
        until_ms = self.now_ms if to_ms is None else to_ms
        size_bytes = sum(size for at_ms, size in viewer.page.seen if from_ms <= at_ms < until_ms)
        return size_bytes * 8000 / max(1.0, until_ms - from_ms)


def between(side: Side, from_ms: float, to_ms: float = float("inf")) -> list[Moment]:
    return [moment for moment in side.moments if from_ms <= moment.now_ms < to_ms]


def rung_changes(moments: Sequence[Moment]) -> int:
    return sum(earlier.rung is not later.rung for earlier, later in pairwise(moments))


def used_share(pipe: Pipe, window_s: float) -> float:
    """The share of its rate that a direction carried, random loss included."""
    shape = pipe.shape
    return pipe.tally.delivered_bytes * 8 / (1 - shape.loss) / window_s / shape.rate_bps


def queue_ms(pipe: Pipe, quantile: float = 0.95) -> float:
    return percentile(pipe.tally.queue_ms, quantile)


def video_kept_over_voice(call: TwoWayCall, speaker: Side, from_ms: float, patience_ms: float) -> list[float]:
    """Moments after which `speaker`'s voice was still impaired `patience_ms` later and its video had not fallen."""
    impaired_ms = call.voice_impaired_ms(speaker, from_ms)
    faults = []
    for at_ms in impaired_ms:
        still = [later_ms for later_ms in impaired_ms if patience_ms <= later_ms - at_ms <= patience_ms + 500]
        before, after = (
            between(speaker, at_ms - SAMPLE_MS, at_ms),
            between(speaker, at_ms, at_ms + patience_ms + 500),
        )
        if not still or not before or not after:
            continue
        was_bps = before[-1].parameters.video.max_bitrate_bps
        if all(
            one.parameters.video.active and one.parameters.video.max_bitrate_bps >= was_bps for one in after
        ):
            faults.append(at_ms)
    return faults
