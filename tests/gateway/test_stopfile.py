import pytest

from aiops.gateway import stopfile
from aiops.gateway.picture import Stop

SUMMARY = Stop(scope="feature", target="summary", reason="nonsense")
ALL = Stop(scope="global", reason="fire")


def test_without_a_file_nothing_is_stopped(tmp_path):
    assert stopfile.read(tmp_path) == ()


def test_stops_are_added_replaced_and_removed(tmp_path):
    stopfile.add(tmp_path, SUMMARY)
    stopfile.add(tmp_path, ALL)
    again = SUMMARY.model_copy(update={"reason": "still"})
    stopfile.add(tmp_path, again)
    assert stopfile.read(tmp_path) == (ALL, again)
    assert stopfile.remove(tmp_path, "global", "") is True
    assert stopfile.remove(tmp_path, "global", "") is False
    assert stopfile.read(tmp_path) == (again,)


def test_the_last_stop_takes_the_file_with_it(tmp_path):
    stopfile.add(tmp_path, ALL)
    stopfile.remove(tmp_path, "global", "")
    assert not stopfile.path_in(tmp_path).exists()


def test_the_file_is_ours_alone(tmp_path):
    stopfile.add(tmp_path, ALL)
    assert stopfile.path_in(tmp_path).stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["stop.json", "stop.lock"]


def test_watching_says_when_the_stops_are_others(tmp_path):
    watched = stopfile.Watched(tmp_path)
    assert watched.changed() is False
    stopfile.add(tmp_path, ALL)
    assert (watched.changed(), watched.changed(), watched.stops) == (True, False, (ALL,))
    stopfile.remove(tmp_path, "global", "")
    assert (watched.changed(), watched.stops) == (True, ())


def test_a_file_that_is_no_list_of_stops_changes_nothing_and_is_said_once(tmp_path):
    watched = stopfile.Watched(tmp_path)
    stopfile.add(tmp_path, ALL)
    watched.changed()
    stopfile.path_in(tmp_path).write_text('{"stops": [{"scope": "universe"}]}')
    with pytest.raises(stopfile.Unreadable, match="no list of stops"):
        watched.changed()
    assert (watched.changed(), watched.stops) == (False, (ALL,))


def test_a_write_that_fails_leaves_the_old_file(tmp_path, monkeypatch):
    stopfile.add(tmp_path, ALL)
    monkeypatch.setattr("os.fsync", lambda _: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        stopfile.add(tmp_path, SUMMARY)
    assert stopfile.read(tmp_path) == (ALL,)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["stop.json", "stop.lock"]
