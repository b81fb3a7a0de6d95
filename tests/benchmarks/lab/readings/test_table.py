"""The matrix in Markdown and in plots."""

import pytest

from benchmarks.lab.emulator.links import LINKS, rate_kbps
from benchmarks.lab.readings import plots, table


def side(**values):
    numbers = {"hidden_ratio": 0.012, "longest_gap_ms": 87, "mouth_to_ear_ms": 356.4, "stoi": 0.914}
    numbers |= {"pesq_wb": None, "video_fps": 13.49, "video_width": 320, "ssim": 0.9088, "freezes": 2}
    return {**numbers, **values}


def cell(**values):
    numbers = {"station": side(), "clinician": side(hidden_ratio=0.3, video_fps=0.0)}
    numbers |= {"down": {"queue_ms_p95": 321.9}, "up": {"queue_ms_p95": 52.3}}
    return {**numbers, "data_mb_per_15min": 26.72, "server_cpu_s_per_min": 1.29, **values}


def rows(text):
    return [[part.strip() for part in line.strip("|\n").split("|")] for line in text.splitlines()]


def test_a_row_says_what_the_clinic_and_the_doctor_got():
    header, _, row = rows(table.markdown({("128", "keneya"): cell()}, ["128"], ["keneya"]))
    shown = dict(zip(header, row, strict=True))
    assert (shown["link"], shown["system"]) == ("128", "keneya")
    assert shown["hidden audio %"] == "1.2 / 30.0"
    assert shown["mouth to ear ms"] == "356 / 356"
    assert shown["PESQ"] == "– / –"
    assert shown["width"] == "320 / –"
    assert shown["queue p95 ms, down / up"] == "322 / 52"


def test_rows_come_in_the_order_of_links_and_systems_and_only_what_was_measured():
    cells = {("64", "p2p"): cell(), ("16", "p2p"): cell(), ("64", "keneya"): cell()}
    text = table.markdown(cells, ["16", "64", "256"], ["keneya", "p2p"])
    assert [row[:2] for row in rows(text)[2:]] == [["16", "p2p"], ["64", "keneya"], ["64", "p2p"]]


def test_every_row_has_as_many_cells_as_the_heading():
    cells = {
        ("64", "p2p"): cell(),
        ("64", "janus"): {"error": "no"},
        ("64", "x"): cell(server_cpu_s_per_min=None),
    }
    widths = {len(row) for row in rows(table.markdown(cells, ["64"], ["p2p", "janus", "x"]))}
    assert widths == {len(table.COLUMNS) + 2}


def test_a_call_that_failed_is_shown_as_such():
    text = table.markdown({("16", "janus"): {"error": "it ended"}}, ["16"], ["janus"])
    assert rows(text)[2][:3] == ["16", "janus", "no call"]


def test_plots_are_drawn_over_rates_as_png_and_svg(tmp_path):
    cells = {(rate, system): cell() for rate in ("32", "128") for system in ("keneya", "p2p")}
    cells["32", "janus"] = {"error": "dead"}
    cells["edge", "keneya"] = cell()
    paths = plots.draw(cells, ["keneya", "p2p", "janus"], tmp_path)
    assert {path.name for path in paths} == {
        f"{name}.{suffix}" for name in ("hidden", "fps", "queue") for suffix in ("png", "svg")
    }
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in paths if path.suffix == ".png")
    assert all("<svg" in path.read_text() for path in paths if path.suffix == ".svg")


def test_the_worse_side_is_what_is_plotted():
    values = {plot.name: plot.value(cell()) for plot in plots.PLOTS}
    assert values == {"hidden": pytest.approx(30), "fps": 0.0, "queue": 321.9}


def test_without_symmetric_links_there_is_nothing_to_plot(tmp_path):
    assert plots.draw({("edge", "keneya"): cell()}, ["keneya"], tmp_path) == []


def test_links_stand_at_their_rate_or_off_the_axis():
    assert [rate_kbps(link) for link in ("16", "256", "128-loss10", "2g-rural")] == [16, 256, None, None]
    assert LINKS["64"] == ["--down", "64", "--up", "64", "--rtt", "200"]
