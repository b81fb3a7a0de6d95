"""`python -m benchmarks.matrix`: measures every system on every link, and writes a table and plots.

Owns: the command line and the order of calls; each call is a `python -m benchmarks.call` of its own. A call that
was measured on the same commit is skipped, unless --again is given.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from benchmarks import call
from benchmarks.lab.emulator.links import DEFAULT_LINKS, LINKS, QUICK_LINKS
from benchmarks.lab.readings import plots, table
from benchmarks.lab.readings.ledger import Key, Ledger, newest_with
from benchmarks.lab.senses.picture import PICTURES

ROOT = Path(__file__).resolve().parent.parent
RESULTS = Path(__file__).parent / "results"
SECONDS, SETTLE_S = 60.0, 15.0
QUICK_SECONDS, QUICK_SETTLE_S = 20.0, 5.0
# What every call takes besides its measured time: server and browsers start, the station enrols and connects.
OVERHEAD_S = 20.0
# What a call runs: changes elsewhere (documents, tests) do not make a measurement obsolete.
MEASURED = ("server", "media", "signaling", "web", "benchmarks/lab", "benchmarks/call.py")


def parse_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line; --quick means fewer links and shorter calls."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.matrix", description=__doc__)
    parser.add_argument("--profiles", nargs="+", choices=LINKS, metavar="LINK", help=", ".join(LINKS))
    parser.add_argument("--systems", nargs="+", choices=call.SYSTEMS, default=list(call.SYSTEMS))
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--settle", type=float)
    parser.add_argument("--picture", choices=PICTURES, default="talk")
    parser.add_argument("--quick", action="store_true", help="three links, 20 s each")
    parser.add_argument("--again", action="store_true", help="also measure what this commit already has")
    parser.add_argument("--results", type=Path, default=RESULTS, metavar="DIR")
    options = parser.parse_args(arguments)
    options.profiles = options.profiles or list(QUICK_LINKS if options.quick else DEFAULT_LINKS)
    options.seconds = options.seconds or (QUICK_SECONDS if options.quick else SECONDS)
    if options.settle is None:
        options.settle = QUICK_SETTLE_S if options.quick else SETTLE_S
    return options


def commit() -> str:
    """The commit whose code is measured; marked as changed if measured files differ from it."""
    name = _git("rev-parse", "--short=12", "HEAD").strip()
    return f"{name}-changed" if _git("status", "--porcelain", "--", *MEASURED).strip() else name


def _git(*arguments: str) -> str:
    return subprocess.run(
        ["git", "-C", str(ROOT), *arguments], check=True, capture_output=True, text=True
    ).stdout


async def measure(key: Key, options: argparse.Namespace) -> dict[str, Any]:
    """Hold one call; ``{"error": ...}`` if it failed. Raises Refused if this machine cannot hold it."""
    arguments = ["--system", key.system, *LINKS[key.link], "--picture", key.picture]
    arguments += ["--seconds", str(key.seconds), "--settle", str(options.settle)]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.call", *arguments),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=ROOT,
    )
    try:
        output, errors = await process.communicate()
    except asyncio.CancelledError:
        process.terminate()  # the call then ends its namespaces and browsers itself
        await process.wait()
        raise
    text = errors.decode(errors="replace").strip()
    if process.returncode == call.REFUSED:
        raise call.Refused(text.removeprefix("benchmarks.call: "))
    if process.returncode != 0:
        return {"error": text.splitlines()[-1] if text else f"status {process.returncode}"}
    result: dict[str, Any] = json.loads(output)
    return result


async def run(options: argparse.Namespace, ledger: Ledger, console: Console) -> None:
    """Measure the missing cells; each result is written at once."""
    name = commit()
    wanted = [
        Key(link, system, options.picture, options.seconds)
        for link in options.profiles
        for system in options.systems
    ]
    left = [key for key in wanted if options.again or not ledger.has(key, name)]
    minutes = len(left) * (options.seconds + options.settle + OVERHEAD_S) / 60
    console.print(f"{len(left)} of {len(wanted)} calls left, about {minutes:.0f} minutes; commit {name}")
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("", total=len(left))
        for key in left:
            progress.update(task, description=f"{key.link} {key.system}")
            try:
                result = await measure(key, options)
            except call.Refused as refusal:
                console.print(f"{key.system} on {key.link}: {refusal}")
            else:
                if "error" in result:
                    console.print(f"{key.system} on {key.link} failed: {result['error']}")
                ledger.put(key, name, result)
            progress.advance(task)


def write(options: argparse.Namespace, ledger: Ledger) -> list[Path]:
    """Write tables and plots from all results; returns their files. Plots show the first picture only."""
    known = {picture: ledger.results(picture, options.seconds) for picture in PICTURES}
    path = ledger.path.with_suffix(".md")
    head = (
        f"# Calls of {options.seconds:g} s\n\n"
        "Pairs: what the clinic / what the doctor received. Measured on "
        f"{', '.join(sorted(ledger.commits()))} by `python -m benchmarks.matrix`; benchmarks/README.md tells "
        "what each number means.\n"
    )
    systems = list(call.SYSTEMS)
    tables = [
        f"\n## Picture `{picture}`\n\n{table.markdown(cells, list(LINKS), systems)}"
        for picture, cells in known.items()
        if cells
    ]
    path.write_text("".join((head, *tables)))
    drawn = next((cells for cells in known.values() if cells), {})
    return [path, *plots.draw(drawn, systems, ledger.path.parent)]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the matrix; returns the exit status."""
    options = parse_arguments(arguments)
    console = Console()
    try:
        call.refuse_if_impossible()
    except call.Refused as refusal:
        print(f"benchmarks.matrix: {refusal}", file=sys.stderr)
        return call.REFUSED
    today = options.results / f"{datetime.datetime.now(datetime.UTC).date()}.json"
    ledger = newest_with(options.results, commit()) or Ledger(today)
    status = 0
    try:
        asyncio.run(run(options, ledger, console))
    except KeyboardInterrupt:
        console.print("interrupted; the same command continues from here")
        status = call.INTERRUPTED
    if ledger.path.exists():
        for path in write(options, ledger):
            console.print(str(path))
    return status


if __name__ == "__main__":
    sys.exit(main())
