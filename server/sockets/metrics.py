"""Prometheus counters of signaling.

Owns: names and labels. Labels are fixed words of the protocol; never a participant, a patient or an address.
"""

from __future__ import annotations

from prometheus_client import Counter, Gauge

REFUSED = Counter(
    "keneya_signaling_refused_total", "Messages that a person was told could not be carried out", ["code"]
)
BROKEN = Counter(
    "keneya_signaling_protocol_errors_total", "Sockets closed because the page broke the protocol", ["code"]
)
TURNED_AWAY = Counter("keneya_signaling_turned_away_total", "Sockets that never became a session", ["reason"])
SLOW_READERS = Counter("keneya_signaling_slow_readers_total", "Sockets cut because the page did not read")
RESUMED = Counter("keneya_signaling_sessions_total", "Sessions opened or resumed", ["how"])
SOCKETS = Gauge("keneya_signaling_sockets", "WebSockets open now")
