"""The files of the reports in LibreOffice, in French and in English: columns intact, nothing is calculated."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path
from xml.etree import ElementTree

import pytest

from server.reports.sheet import MARKS, Cell, Reader, sheet
from tests.server.reports.test_sheet import BEFORE, SIGNS
from tests.support.patience import PATIENCE_S

PROGRAM = shutil.which("soffice")

pytestmark = pytest.mark.skipif(
    PROGRAM is None, reason="LibreOffice is not installed; on Debian: apt-get install libreoffice-calc"
)

# LibreOffice's filter for text: separator, quotation mark, UTF-8, first line, no columns of their own, language
# (Microsoft's number of it); a cell in quotes is not text for being in quotes; numbers and dates are looked for,
# and what begins with a sign is calculated: whoever presses "OK" to all of it is safe.
LANGUAGES = {Reader.FRENCH: 1036, Reader.ENGLISH: 1033}
TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"

HEADS = ("site", "count", "share", "none", "end")
# An XML document holds none of these; a file that people get may.
NAMES = [before + sign for before in BEFORE for sign in SIGNS if before not in ("\0", "\x1f")]
NUMBERS: tuple[Cell, ...] = (3, 0.5, None, "fin")


async def opened(folder: Path, text: str, reader: Reader) -> list[list[ElementTree.Element]]:
    """The cells of the first sheet, row by row, as the program understood them."""
    file = folder / "report.csv"
    file.write_bytes(text.encode())
    asked = (
        f"CSV:{ord(MARKS[reader].separator)},34,76,1,,{LANGUAGES[reader]},false,true,false,false,false,0,true"
    )
    program = await asyncio.create_subprocess_exec(
        str(PROGRAM), f"-env:UserInstallation=file://{folder}/profile", "--headless", f"--infilter={asked}",
        "--convert-to", "fods", "--outdir", str(folder), str(file),
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    async with asyncio.timeout(10 * PATIENCE_S):
        await program.wait()
    tree = ElementTree.parse(folder / "report.fods")
    return [list(row.iter(f"{TABLE}table-cell")) for row in tree.iter(f"{TABLE}table-row")]


def words(cell: ElementTree.Element) -> str:
    return "\n".join("".join(line.itertext()) for line in cell.iter(f"{TEXT}p"))


@pytest.mark.parametrize("reader", Reader)
async def test_nothing_runs_and_every_column_is_where_it_was(tmp_path: Path, reader: Reader) -> None:
    text = sheet(HEADS, [(name, *NUMBERS) for name in NAMES], reader)
    head, *rows = (await opened(tmp_path, text, reader))[: len(NAMES) + 1]
    assert [words(cell) for cell in head][: len(HEADS)] == list(HEADS)
    assert len(rows) == len(NAMES)
    for name, (site, count, share, none, end, *_) in zip(NAMES, rows, strict=True):
        assert site.get(f"{TABLE}formula") is None, repr(name)
        assert site.get(f"{OFFICE}value-type") == "string", repr(name)
        assert [cell.get(f"{OFFICE}value") for cell in (count, share)] == ["3", "0.5"], repr(name)
        assert (words(none), words(end)) == ("", "fin"), repr(name)
