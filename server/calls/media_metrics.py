"""Prometheus counters of the media engine, read from the engine at each scrape.

Owns: their names. Labels are fixed words of the engine, never a participant, a leg or an address.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import REGISTRY
from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector

from server.calls.media_port import MediaPort


class _MediaCollector(Collector):
    def __init__(self, media: MediaPort) -> None:
        self._media = media

    def describe(self) -> list[CounterMetricFamily]:
        """Nothing: `collect` gives the names when the engine runs."""
        return []

    def collect(self) -> Iterator[CounterMetricFamily]:
        """The refused datagrams, packets and messages since the engine started."""
        refused = CounterMetricFamily(
            "keneya_media_refused",
            "Datagrams, packets and messages that the media engine refused",
            labels=["reason"],
        )
        for reason, count in self._media.refusals().items():
            refused.add_metric([reason], count)
        yield refused


@contextmanager
def counted(media: MediaPort) -> Iterator[None]:
    """Keep the counters of ``media`` in the registry for the length of the block."""
    collector = _MediaCollector(media)
    REGISTRY.register(collector)
    try:
        yield
    finally:
        REGISTRY.unregister(collector)
