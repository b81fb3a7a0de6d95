"""Logging: structlog for our own lines; lines of the standard library take the same processors.

Owns: the format and the processors of every line, always including `refuse_sensitive`. A second call of
`configure_logging` replaces the first.
"""

from __future__ import annotations

import logging
import sys

import structlog

from server.platform.redacted import refuse_sensitive

# Libraries whose ordinary log lines contain addresses, SDP or SQL with its parameters.
QUIET = {
    "aioice": logging.WARNING,
    "aiortc": logging.WARNING,
    "aiosqlite": logging.WARNING,
    "alembic": logging.WARNING,
    "asyncio": logging.WARNING,
    "sqlalchemy": logging.WARNING,
    # Logs every failed handshake of a stranger; the access log and the counters already have them.
    "aiohttp.server": logging.ERROR,
}


def configure_logging(level: str, log_format: str) -> None:
    """Write all log lines to standard error. ``log_format``: json or console."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        refuse_sensitive,
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=_renderers(log_format))
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name, quiet_level in QUIET.items():
        logging.getLogger(name).setLevel(max(quiet_level, root.level))


def _renderers(log_format: str) -> list[structlog.typing.Processor]:
    first: structlog.typing.Processor = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    if log_format == "json":
        # Tracebacks without local variables, which contain what people typed.
        return [
            first,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ]
    plain = structlog.dev.plain_traceback
    return [first, structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=plain)]
