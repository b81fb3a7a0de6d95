"""Temporal layers in a room: which pictures have layers, and which layers each slot forwards.

Owns: the rules of media/core/share/layerrule.py for each publisher and slot, and the filters of the slots. Must
never decide a bitrate: steering sees the free rate of a receiver that does not take every layer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from media.core.parameters import ClinicalProfile, SendParameters, VideoSend
from media.core.quality import ReceiverView
from media.core.repair import PLAIN_VOICE_BPS
from media.core.share import (
    GROUP_WATCHERS_MIN,
    LAYER_MODE,
    LAYERED_CODECS,
    LayerChoice,
    LayerRule,
    LayerView,
    room_with_layers,
)
from media.engine.relay.inbound import InboundStream
from media.engine.relay.outbound import OutboundStream
from media.engine.relay.rooms import Member
from media.engine.share.pictureroom import slot_of
from media.engine.share.sharer import Plan

NOT_ASKED = VideoSend()


@dataclass(slots=True)
class _Source:
    """One publisher: its rule, its last parameters, and the layers of each slot that shows it."""

    rule: LayerRule = field(default_factory=LayerRule)
    asked: VideoSend = NOT_ASKED
    choices: dict[OutboundStream, LayerChoice] = field(default_factory=dict)

    @property
    def rests(self) -> bool:
        """Whether no slot has a choice of layers."""
        return not self.rule.on and not self.choices


class TemporalLayers:
    """See the module's docstring."""

    def __init__(self) -> None:
        self._sources: dict[InboundStream, _Source] = {}

    def share(self, plan: Plan, now_ms: float) -> Plan:
        """Set the slots' filters; in the plan, a receiver of some layers has room for the whole picture."""
        publisher = plan.publisher
        source = self._sources.get(publisher.uplink.video)
        if len(plan.receivers) < GROUP_WATCHERS_MIN and (source is None or source.rests):
            return plan  # a call of two people needs no layers and no sum of rates
        if source is None:
            source = self._sources[publisher.uplink.video] = _Source()
        shown = [_slot(member, publisher) if view.wants_video else None for member, view in plan.receivers]
        watching = [view for view, out in zip(plan.views, shown, strict=True) if out is not None]
        rooms_bps = [_room_bps(view) for view in watching]
        on = source.rule.follow(now_ms, LayerView(rooms_bps, suitable=_suitable(source.asked, watching)))
        source.choices = {out: source.choices.get(out, LayerChoice()) for out in shown if out is not None}
        if not on:
            for out in source.choices:
                out.pass_all_layers()
            return plan
        views = [
            view if out is None else _filtered(source, out, view, rooms_bps, now_ms)
            for view, out in zip(plan.views, shown, strict=True)
        ]
        return replace(plan.seen_as(views), scalability_mode=LAYER_MODE)

    def asked(self, publisher: Member, parameters: SendParameters) -> None:
        """The publisher got these parameters."""
        source = self._sources.get(publisher.uplink.video)
        if source is None:
            source = self._sources[publisher.uplink.video] = _Source()
        source.asked = parameters.video

    def forget(self, publisher: Member) -> None:
        """The publisher's leg has closed."""
        self._sources.pop(publisher.uplink.video, None)


def _filtered(
    source: _Source, out: OutboundStream, view: ReceiverView, rooms_bps: Sequence[float], now_ms: float
) -> ReceiverView:
    """Forward as many layers to this slot as its link carries; returns its receiver as steering must see it."""
    room_bps = _room_bps(view)
    choice = source.choices[out].follow(now_ms, room_bps, source.asked.max_bitrate_bps)
    if not out.pass_layers(choice).seen:
        return view
    more_bps = room_with_layers(room_bps, rooms_bps) - room_bps
    return replace(view, estimate_bps=view.estimate_bps + max(0.0, more_bps))


def _suitable(asked: VideoSend, watching: Sequence[ReceiverView]) -> bool:
    """Whether frames may be left out: the profile "motion" needs every frame, and "detail" already has few."""
    faces = all(view.profile is ClinicalProfile.FACE for view in watching)
    return faces and asked.active and asked.codec in LAYERED_CODECS


def _slot(viewer: Member, publisher: Member) -> OutboundStream | None:
    """The stream in which `viewer` sees the publisher's own picture, not a lower copy; None: it sees none."""
    out = slot_of(viewer, publisher)
    return out if out is not None and out.source is publisher.uplink.video else None


def _room_bps(view: ReceiverView) -> float:
    return view.estimate_bps - PLAIN_VOICE_BPS - view.audio_overhead_bps
