"""The counters of the process, in the format of Prometheus.

Owns: the counters of HTTP and sign-in; other parts define theirs next to their code, in the same registry.
Labels must never contain names, addresses, paths from requests or anything about a patient.
"""

from __future__ import annotations

from prometheus_client import Counter, Histogram

HTTP_REQUESTS = Counter(
    "keneya_http_requests", "Requests answered, by route pattern and status", ["method", "route", "status"]
)
HTTP_SECONDS = Histogram(
    "keneya_http_seconds",
    "Time to answer a request (a WebSocket counts until it closes)",
    ["route"],
    # From a file in memory to a page over a 2G link.
    buckets=(0.001, 0.005, 0.02, 0.1, 0.5, 2, 10, 60),
)
CONNECTIONS_SENT_AWAY = Counter(
    "keneya_connections_sent_away", "TCP connections that were closed to keep room for others", ["reason"]
)
SIGN_IN_REFUSALS = Counter(
    "keneya_sign_in_refusals", "Sign-ins and enrolments that were refused for any reason", ["kind"]
)
