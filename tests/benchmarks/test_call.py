"""The command line of benchmarks.call: what it understands, and how it refuses."""

import pytest

from benchmarks import call
from benchmarks.lab.emulator.profiles import PROFILES


def schedule(*arguments):
    return call.schedule_of(call.parse_arguments(arguments))


def test_a_profile_is_taken_as_it_stands():
    assert schedule("--profile", "edge").base == PROFILES["edge"]


def test_options_change_a_profile():
    base = schedule("--profile", "edge", "--down", "64", "--loss", "5", "--burst", "3").base
    assert (base.down_kbps, base.up_kbps, base.rtt_ms) == (64, 200, 840)
    assert (base.loss_percent, base.burst_packets) == (5, 3)


def test_a_rate_of_zero_and_no_loss_are_wishes_too():
    base = schedule("--profile", "edge", "--down", "0", "--loss", "0", "--queue", "0", "--rtt", "0").base
    assert (base.down_kbps, base.loss_percent, base.queue_ms, base.rtt_ms) == (0, 0, 0, 0)


def test_without_a_profile_nothing_is_lost_or_delayed():
    base = schedule("--down", "64", "--up", "32").base
    assert (base.down_kbps, base.up_kbps, base.rtt_ms, base.loss_percent) == (64, 32, 0, 0)


def test_changes_are_kept_in_order():
    changing = schedule("--down", "64", "--at", "10:down=20,up=20", "--at", "12..14:down=0")
    assert changing.moments_s() == [10, 12, 14]


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--at", "soon:down=1"], "--at 'soon:down=1'"),
        (["--loss", "90", "--burst", "2"], "a loss of 0.9 is impossible"),
        (["--loss", "1", "--at", "5:loss=120"], "loss ratio"),
    ],
)
def test_an_impossible_wish_is_refused_in_one_line_with_status_2(arguments, why, capsys):
    assert call.main(arguments) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.count("\n") == 1
    assert why in output.err


@pytest.mark.parametrize(
    "arguments", [["--profile", "5g"], ["--down", "-1"], ["--down", "fast"], ["--system", "x"]]
)
def test_an_unreadable_option_ends_with_status_2(arguments, capsys):
    with pytest.raises(SystemExit) as leaving:
        call.main(arguments)
    assert leaving.value.code == 2
    assert arguments[0] in capsys.readouterr().err


@pytest.mark.parametrize(
    "reason", ["network namespaces need root", "/dev/net/tun is missing or may not be opened"]
)
def test_a_machine_without_the_means_is_refused_in_one_line(reason, capsys, monkeypatch):
    monkeypatch.setattr(call.netns, "missing_privilege", lambda: reason)
    assert call.main(["--profile", "edge"]) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err == f"benchmarks.call: {reason}\n"


def test_a_machine_without_a_browser_is_refused(capsys, monkeypatch):
    monkeypatch.setattr(call.netns, "missing_privilege", lambda: None)
    monkeypatch.setattr(call.browser, "missing_browser", lambda: "/usr/bin/chromium is not installed")
    assert call.main([]) == 2
    assert "chromium is not installed" in capsys.readouterr().err


def test_a_machine_without_janus_is_refused_only_when_janus_is_wanted(capsys, monkeypatch):
    monkeypatch.setattr(call.netns, "missing_privilege", lambda: None)
    monkeypatch.setattr(call.browser, "missing_browser", lambda: None)
    monkeypatch.setattr(call.shutil, "which", lambda name: None if name == "janus" else f"/usr/bin/{name}")
    assert call.main(["--system", "janus"]) == 2
    assert "'janus' is not installed" in capsys.readouterr().err
    call.refuse_if_impossible("p2p")
