"""Janus' video room as a system of the lab, with the values of its sample configuration.

Owns: the configuration, written into a temporary directory, and the start of Debian's `janus`. Must never touch
/etc/janus.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from benchmarks.lab.systems.plain import PlainPages
from benchmarks.lab.systems.plain_server import READY
from benchmarks.lab.systems.process import running
from benchmarks.lab.systems.system import Where

EXECUTABLE = "janus"
WEBSOCKET_PORT = 8188  # the same number as in pages/janus.js
# Debian keeps its plugins under the machine's multi-arch folder.
INSTALLED = Path("/usr/lib")

# The sample room: bitrate and fir_freq are the sample's own values, VP8 and Opus are its defaults.
ROOM = """room-1234: {
    description = "Demo Room"
    publishers = 6
    bitrate = 128000
    fir_freq = 10
    audiocodec = "opus"
    videocodec = "vp8"
}
"""


def missing_janus() -> str | None:
    """Why Janus cannot run here, in one sentence; None if it can."""
    if shutil.which(EXECUTABLE) is None:
        return "'janus' is not installed (tools/bootstrap.sh lab)"
    return None if _folder("plugins") is not None else "the plugins of 'janus' are not in Debian's folder"


def _folder(kind: str) -> Path | None:
    return next(INSTALLED.glob(f"*/janus/{kind}"), None)


def write_configuration(directory: Path, host: str) -> None:
    """Write the whole configuration of Janus: one plugin, one transport, one address."""
    general = f"""general: {{
    configs_folder = "{directory}"
    plugins_folder = "{_folder("plugins")}"
    transports_folder = "{_folder("transports")}"
    debug_level = 4
}}
loggers: {{ disable = "{_all_but("loggers", "none of them")}" }}
nat: {{ ice_enforce_list = "{host}" }}
plugins: {{ disable = "{_all_but("plugins", "videoroom")}" }}
transports: {{ disable = "{_all_but("transports", "websockets")}" }}
"""
    (directory / "janus.jcfg").write_text(general)
    (directory / "janus.plugin.videoroom.jcfg").write_text(ROOM)
    (directory / "janus.transport.websockets.jcfg").write_text(
        f'general: {{ ws = true, ws_port = {WEBSOCKET_PORT}, ws_ip = "{host}" }}\n'
    )


def _all_but(kind: str, wanted: str) -> str:
    folder = _folder(kind)
    names = sorted(path.name for path in folder.glob("*.so")) if folder is not None else []
    return ",".join(name for name in names if wanted not in name)


class Janus(PlainPages):
    """Chromium to Chromium through Janus' video room."""

    name = "janus"

    @asynccontextmanager
    async def serve(self, where: Where) -> AsyncIterator[int | None]:
        """Run Janus, and a server for the page; only the processor time of Janus counts."""
        self._origin = where.origin
        command = [
            sys.executable,
            "-m",
            "benchmarks.lab.systems.plain_server",
            where.host,
            str(where.port),
            self.name,
        ]
        with tempfile.TemporaryDirectory(prefix="keneya-lab-") as name:
            write_configuration(Path(name), where.host)
            janus_command = [EXECUTABLE, "--disable-colors", f"--configs-folder={name}"]
            janus_command.append(f"--config={name}/janus.jcfg")
            async with (
                running(janus_command, namespace=where.namespace) as janus,
                running(command, namespace=where.namespace) as pages,
            ):
                await janus.wait_for_line("WebSockets thread started")
                await pages.wait_for_line(READY)
                yield janus.pid
