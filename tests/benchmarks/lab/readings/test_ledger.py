"""What has been measured is kept, and not measured twice."""

from benchmarks.lab.readings.ledger import Key, Ledger, newest_with

KEY = Key("64", "keneya", "talk", 60.0)


def test_results_outlive_the_run(tmp_path):
    path = tmp_path / "new" / "2026-01-02.json"
    Ledger(path).put(KEY, "abc", {"value": 1})
    again = Ledger(path)
    assert again.has(KEY, "abc")
    assert again.results("talk", 60.0) == {("64", "keneya"): {"value": 1}}
    assert [one.name for one in path.parent.iterdir()] == [path.name]


def test_another_commit_length_or_picture_is_another_measurement(tmp_path):
    ledger = Ledger(tmp_path / "2026-01-02.json")
    ledger.put(KEY, "abc", {})
    assert not ledger.has(KEY, "def")
    assert not ledger.has(Key("64", "keneya", "hard", 60.0), "abc")
    assert not ledger.has(Key("64", "keneya", "talk", 20.0), "abc")
    assert ledger.results("hard", 60.0) == {}


def test_a_failed_call_is_kept_but_tried_again(tmp_path):
    ledger = Ledger(tmp_path / "2026-01-02.json")
    ledger.put(KEY, "abc", {"error": "no"})
    assert not ledger.has(KEY, "abc")
    assert ledger.results("talk", 60.0) == {("64", "keneya"): {"error": "no"}}


def test_a_newer_result_takes_the_place_of_the_older(tmp_path):
    ledger = Ledger(tmp_path / "2026-01-02.json")
    ledger.put(KEY, "abc", {"value": 1})
    ledger.put(KEY, "def", {"value": 2})
    assert ledger.results("talk", 60.0) == {("64", "keneya"): {"value": 2}}
    assert ledger.commits() == {"def"}


def test_the_newest_file_of_a_commit_is_gone_on_with(tmp_path):
    for day, commit in (("2026-01-01", "abc"), ("2026-01-02", "abc"), ("2026-01-03", "def")):
        Ledger(tmp_path / f"{day}.json").put(KEY, commit, {})
    found = newest_with(tmp_path, "abc")
    assert found is not None
    assert found.path.name == "2026-01-02.json"
    assert newest_with(tmp_path, "xyz") is None
