"""The metrics of the media engine for operators."""

from __future__ import annotations

from prometheus_client import REGISTRY, generate_latest

from server.calls.media_metrics import counted
from tests.support.signaling import MediaRecorder


class Refusing(MediaRecorder):
    refused = 3

    def refusals(self) -> dict[str, int]:
        return {"unknown_address": self.refused}


def shown() -> list[str]:
    return [line for line in generate_latest(REGISTRY).decode().splitlines() if "media_refused" in line]


def test_refused_datagrams_are_counted_by_reason_while_the_engine_runs() -> None:
    media = Refusing()
    with counted(media):
        assert 'keneya_media_refused_total{reason="unknown_address"} 3.0' in shown()
        media.refused = 4
        assert 'keneya_media_refused_total{reason="unknown_address"} 4.0' in shown()
    assert not shown()


def test_the_metrics_of_two_engines_in_one_process_do_not_collide() -> None:
    with counted(Refusing()), counted(Refusing()):
        assert shown()
