"""The command line of benchmarks.matrix: what it wants, skips and writes."""

import io

import pytest
from rich.console import Console

from benchmarks import call, matrix
from benchmarks.lab.emulator.links import DEFAULT_LINKS, LINKS, QUICK_LINKS
from benchmarks.lab.readings.ledger import Key, Ledger


@pytest.fixture
def calls(monkeypatch):
    """Every call that would be held; none is."""
    held = []

    async def measure(key, _options):
        held.append((key.link, key.system))
        if key.system == "janus":
            raise call.Refused("'janus' is not installed")
        return {"error": "no"} if key.system == "p2p" else {"value": len(held)}

    monkeypatch.setattr(matrix, "measure", measure)
    monkeypatch.setattr(matrix, "commit", lambda: "abc")
    return held


async def run(ledger, *arguments):
    output = io.StringIO()
    options = matrix.parse_arguments(arguments)
    await matrix.run(options, ledger, Console(file=output, width=120))
    return output.getvalue()


def test_all_systems_on_all_links_by_default():
    options = matrix.parse_arguments([])
    assert options.profiles == list(DEFAULT_LINKS)
    assert options.systems == list(call.SYSTEMS)
    assert (options.seconds, options.settle) == (60, 15)


def test_quick_is_fewer_and_shorter():
    options = matrix.parse_arguments(["--quick"])
    assert options.profiles == list(QUICK_LINKS)
    assert (options.seconds, options.settle) == (20, 5)


@pytest.mark.parametrize("link", LINKS)
def test_every_link_is_one_that_a_call_understands(link):
    assert call.schedule_of(call.parse_arguments(LINKS[link])).base.down_kbps > 0


async def test_what_is_there_is_skipped_and_what_failed_is_tried_again(tmp_path, calls):
    ledger = Ledger(tmp_path / "2026-01-01.json")
    wanted = ("--profiles", "32", "64", "--systems", "keneya", "p2p")
    assert "4 of 4 calls left, about 6 minutes" in await run(ledger, *wanted)
    calls.clear()
    assert "2 of 4 calls left" in await run(ledger, *wanted)
    assert calls == [("32", "p2p"), ("64", "p2p")]
    calls.clear()
    await run(ledger, *wanted, "--again")
    assert len(calls) == 4


async def test_a_system_that_is_missing_is_named_and_the_rest_goes_on(tmp_path, calls):
    ledger = Ledger(tmp_path / "2026-01-01.json")
    output = await run(ledger, "--profiles", "32", "--systems", "janus", "keneya")
    assert "janus on 32: 'janus' is not installed" in output
    assert ledger.results("talk", 60.0) == {("32", "keneya"): {"value": 2}}


def test_a_machine_without_the_means_is_refused_in_one_line(capsys, monkeypatch):
    monkeypatch.setattr(call.netns, "missing_privilege", lambda: "network namespaces need root")
    assert matrix.main([]) == 2
    assert capsys.readouterr().err == "benchmarks.matrix: network namespaces need root\n"


def test_each_picture_has_a_table_of_its_own_and_the_plots_are_of_the_first(tmp_path, monkeypatch):
    drawn = []
    monkeypatch.setattr(matrix.plots, "draw", lambda cells, *_: drawn.append(cells) or [])
    ledger = Ledger(tmp_path / "2026-01-01.json")
    for picture in ("hard", "talk"):
        ledger.put(Key("64", "p2p", picture, 60.0), "abc", {"error": picture})
    (path,) = matrix.write(matrix.parse_arguments(["--picture", "hard"]), ledger)
    text = path.read_text()
    assert text.index("## Picture `talk`") < text.index("## Picture `hard`")
    assert text.count("| 64 | p2p | no call |") == 2
    assert drawn == [{("64", "p2p"): {"error": "talk"}}]
