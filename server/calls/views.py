"""Translates values of the pure core and of the engine into messages for pages.

Owns: the translation. Must never decide anything.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from media.core import parameters as engine
from signaling import messages as wire
from signaling.consultation import Consultation, ConsultationRecord, Member
from signaling.queue import waiting_s
from signaling.routing import OfferWidth, Skills, suits


def send_parameters(leg_id: str, parameters: engine.SendParameters) -> wire.SendParameters:
    """The parameters that a page sends with."""
    audio, video = parameters.audio, parameters.video
    return wire.SendParameters(
        leg_id=leg_id,
        audio=wire.AudioParameters(
            active=audio.active,
            max_bitrate_bps=audio.max_bitrate_bps,
            ptime_ms=audio.ptime_ms,
            dtx=audio.dtx,
            fec=audio.fec,
            red=audio.red,
            level=audio.level,
        ),
        video=_video(video),
        low=_video(parameters.low) if parameters.low.active else msgspec.UNSET,
    )


def _video(video: engine.VideoSend) -> wire.VideoParameters:
    return wire.VideoParameters(
        active=video.active,
        max_bitrate_bps=video.max_bitrate_bps,
        max_framerate=video.max_framerate,
        scale_resolution_down_by=video.scale_resolution_down_by,
        codec=video.codec,
        degradation_preference=video.degradation_preference,
        scalability_mode=video.scalability_mode,
    )


def slots(
    leg_id: str, assignments: Sequence[engine.SlotAssignment], whose: Callable[[str], str | None]
) -> wire.Slots:
    """The participant of each slot; ``whose`` gives the participant of a leg."""
    return wire.Slots(
        leg_id=leg_id,
        slots=[
            wire.Slot(
                index=a.index,
                audio_mid=a.audio_mid,
                video_mid=a.video_mid,
                participant_id=None if a.source_leg_id is None else whose(a.source_leg_id),
            )
            for a in assignments
        ],
    )


def link(quality: engine.LinkQuality) -> wire.LinkQuality:
    """The quality of a link."""
    return wire.LinkQuality(
        level=quality.level,
        rtt_ms=quality.rtt_ms,
        loss_ratio=quality.loss_ratio,
        down_kbps=quality.down_kbps,
        up_kbps=quality.up_kbps,
    )


def rungs(leg_id: str, report: engine.RungReport) -> wire.Rungs:
    """The rungs of a leg."""
    return wire.Rungs(leg_id=leg_id, down=report.down, up=report.up, reason=report.reason)


def preferences(chosen: wire.Preferences) -> engine.Preferences:
    """A participant's preferences, as the engine takes them."""
    return engine.Preferences(
        audio_only=chosen.audio_only, save_data=chosen.save_data, profile=chosen.profile
    )


WIDENED = {step: wire.Widened(step.name.lower()) for step in OfferWidth}


def queue_entry(
    record: ConsultationRecord, now: float, quality: wire.LinkQuality, clinician_id: str, skills: Skills
) -> wire.QueueEntry:
    """One waiting consultation as this clinician sees it."""
    return wire.QueueEntry(
        consultation_id=record.consultation_id,
        site=record.site,
        station=record.station_name,
        urgency=record.urgency,
        reason="" if record.wishes.discreet else record.reason,
        waiting_s=waiting_s(record, now),
        link=quality,
        specialty="" if record.wishes.discreet else record.wishes.specialty,
        language=record.wishes.language,
        gender_wish=record.wishes.gender,
        asks_for_you=record.wishes.clinician_id == clinician_id,
        handed_over_by="" if record.wishes.discreet else record.handed_over_by,
        suits=suits(record.wishes, skills),
        discreet=record.wishes.discreet,
    )


def consultation(found: Consultation, participant: Callable[[Member], wire.Participant]) -> wire.Consultation:
    """A consultation as its participants see it, with the site of its station."""

    def placed(member: Member) -> wire.Participant:
        shown = participant(member)
        if member.role is not wire.Role.STATION:
            return shown
        return msgspec.structs.replace(shown, site=found.record.site)

    return wire.Consultation(
        consultation_id=found.consultation_id,
        state=found.state,
        urgency=found.record.urgency,
        reason=found.record.reason,
        discreet=found.record.wishes.discreet,
        participants=[placed(member) for member in found.members],
    )
