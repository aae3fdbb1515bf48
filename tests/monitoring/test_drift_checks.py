from datetime import UTC, datetime, timedelta

import pytest

from aiops.alerts.models import Alert
from aiops.core import clock
from aiops.monitoring.drift import checking, collecting, paging, reference, watching, wording
from aiops.monitoring.drift.reference import Kept
from aiops.monitoring.models import DriftCheck, DriftPolicy, DriftProgress, DriftReading, DriftWindow
from tests.factories import make_call, make_feature
from tests.factories.drift import make_windows

pytestmark = pytest.mark.django_db
MONDAY = datetime(2026, 10, 5, 9, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
TODAY = MONDAY + 30 * DAY  # a Wednesday


def check(pace="day", start=TODAY):
    return checking.check("reply", pace, start.replace(hour=0) if pace == "day" else start)


def readings(looked, against="own"):
    return {one.signal: one for one in looked.readings.filter(against=against)}


def often(every):
    return lambda number: number % every == 0


def test_quiet_windows_are_steady():
    make_windows("reply", MONDAY, 31)
    found = readings(check())
    assert {found[name].state for name in ("refusals", "topics", "languages", "cost", "latency")} == {
        "STEADY"
    }
    assert found["refusals"].n_reference >= 10 * found["refusals"].n == 1200
    assert (found["judge_pass"].state, found["retrieval"].state) == ("COLLECTING", "COLLECTING")
    assert wording.collecting(found["retrieval"]) == "Collecting, 0 of 100 calls in the window"


def test_a_rate_that_rises_is_drift_and_names_its_calls():
    make_windows("reply", MONDAY, 30)
    make_windows("reply", TODAY, 1, refusing=lambda n: n % 4 == 0 or n % 20 == 0)
    one = readings(looked := check())["refusals"]
    assert (one.state, one.n, one.is_practical) == ("DRIFT", 120, True)
    assert (one.before, one.value) == pytest.approx((0.05, 0.25))
    assert one.parts[0]["name"] == "ja"
    assert one.movers[0].startswith("call_20261104")
    assert wording.sentence(one) == "Refusals 5 % → 25 % (n 120)".replace(" %", "\N{NO-BREAK SPACE}%")
    assert wording.where(one).startswith("Most in ja: 20")
    assert looked.level > 0


def test_less_than_a_hundred_calls_collect():
    make_windows("reply", MONDAY, 30)
    make_windows("reply", TODAY, 1, calls=63)
    one = readings(check())["refusals"]
    assert (one.state, one.p, wording.collecting(one)) == (
        "COLLECTING", None, "Collecting, 63 of 100 calls in the window",
    )  # fmt: skip  # a tuple


def test_less_than_four_weeks_collect():
    make_windows("reply", TODAY - 20 * DAY, 21)
    one = readings(check())["refusals"]
    assert wording.collecting(one) == "Collecting, 20 of 28 days to compare with"


def test_a_deploy_restarts_the_reference_of_outputs_and_hides_nothing():
    make_windows("reply", MONDAY, 30)
    make_windows("reply", TODAY, 1, serving="reply v2", refusing=often(3))
    looked = check()
    own, before = readings(looked), readings(looked, "before")
    assert (own["refusals"].state, own["topics"].state) == ("COLLECTING", "STEADY")
    assert (before["refusals"].state, before["refusals"].versus) == ("DRIFT", "reply v1")
    assert "since reply v2" in wording.sentence(before["refusals"])
    assert "topics" not in before


def test_a_week_after_the_deploy_the_version_before_is_no_longer_asked():
    make_windows("reply", MONDAY, 22)
    make_windows("reply", MONDAY + 22 * DAY, 9, serving="reply v2")
    assert readings(check(), "before") == {}


def test_a_candidate_is_held_against_what_serves():
    make_windows("reply", MONDAY, 31)
    make_windows("reply", TODAY, 1, serving="reply v2", candidate=True, refusing=often(3))
    found = readings(check(), "candidate")["refusals"]
    assert (found.state, found.versus) == ("DRIFT", "reply v1")
    assert "in the candidate reply v2" in wording.sentence(found)


def test_other_topics_and_other_words_are_drift():
    make_windows("reply", MONDAY, 30)
    make_windows("reply", TODAY, 1, category=lambda _: "warranty", asked="Is my lamp still under warranty?")
    found = readings(check())
    assert (found["topics"].state, found["topics"].facts["name"]) == ("DRIFT", "warranty")
    assert found["input_meaning"].state == "DRIFT"
    assert found["input_length"].state == "DRIFT"
    assert len(found["input_meaning"].movers) == 12
    assert wording.change(found["input_meaning"]).endswith("SD away")
    assert wording.label(found["topics"]) == "Topics asked: warranty"
    assert len(found["topics"].movers) == 12


def test_an_hour_is_compared_with_the_hours_around_it():
    for week in range(5):
        for hour in (-1, 0, 1):
            make_windows("reply", TODAY - (5 - week) * 7 * DAY + hour * HOUR, 1)
    make_windows("reply", TODAY, 1)
    found = readings(looked := check("hour"))
    assert found["refusals"].state == "STEADY"
    assert (found["refusals"].facts["same"], looked.limit) == ("same hours of the week", 4320)


def test_enough_evidence_pages_once_and_begins_anew():
    make_windows("reply", MONDAY, 30)
    make_windows("reply", TODAY, 2, refusing=often(2))
    first, second = check(), check(start=TODAY + DAY)
    alert = Alert.objects.get()
    assert (first.paged, first.limit, first.alert) == (True, 180, alert.pk)
    assert alert.severity == Alert.Severity.CRITICAL
    assert alert.what.startswith("Drift in reply: Refusals ")
    assert second.levels["topics"] < 1
    assert alert.times == 1 + second.paged
    assert check() is None


def test_a_policy_may_tell_nobody():
    DriftPolicy.objects.create(feature=make_feature(slug="reply"), on=False, hourly=False, false_pages=4)
    make_windows("reply", MONDAY, 30)
    make_windows("reply", TODAY, 1, refusing=often(2))
    looked = check()
    assert (looked.paged, looked.limit) == (False, 22.5)
    assert not Alert.objects.exists()


def test_a_better_version_wakes_nobody():
    make_windows("reply", MONDAY, 30, refusing=often(3))
    make_windows("reply", TODAY, 1, serving="reply v2", refusing=lambda _: False)
    looked = check()
    assert readings(looked, "before")["refusals"].state == "DRIFT"
    assert looked.levels["refusals"] == 0


def test_a_window_without_calls_is_not_looked_at():
    assert check() is None


def kept(hour, serving="v1", calls=100):
    return Kept(0, hour, serving, is_candidate=False, calls=calls, sampled=calls)


def test_the_narrowest_reference_that_is_large_enough_is_chosen():
    past = [kept(TODAY - n * DAY) for n in range(1, 30)]

    def same(current):
        found = reference.chosen(past, [current], hourly=False, span=28 * DAY, until=TODAY)
        return found.same, found.days

    assert same(kept(TODAY, calls=30)) == ("same hours of the week", 4)
    assert same(kept(TODAY, calls=100)) == ("same hours, working days or week-ends alike", 20)
    assert same(kept(TODAY, calls=200)) == ("same hours of any day", 28)
    assert same(kept(TODAY + HOUR)) == ("same hours of any day", 0)


def test_what_served_before_is_known_for_a_week():
    past = [kept(TODAY - n * DAY, "v1" if n > 3 else "v2") for n in range(1, 20)]
    assert reference.before(past, "v2", TODAY) == "v1"
    assert reference.before(past, "v2", TODAY + 5 * DAY) == ""
    assert reference.before(past, "v3", TODAY) == "v2"
    assert reference.before([], "v1", TODAY) == ""


def test_watching_collects_and_looks_once(monkeypatch):
    now = TODAY + 26 * HOUR
    monkeypatch.setattr(clock, "now", lambda: now)
    for hour in range(3):
        make_call(feature="reply", at=TODAY + hour * HOUR, approach_name="reply v1")
    first = watching.watch("reply")
    assert first.collected_until == TODAY + 25 * HOUR
    assert (DriftWindow.objects.count(), DriftCheck.objects.count()) == (3, 4)
    assert set(DriftReading.objects.values_list("state", flat=True)) == {"COLLECTING"}
    watching.watch("reply")
    assert (DriftWindow.objects.count(), DriftCheck.objects.count()) == (3, 4)


def test_one_worker_at_a_time_watches(monkeypatch):
    DriftProgress.objects.create(pk="reply", begun_at=clock.now(), heartbeat_at=clock.now())
    assert watching.watch("reply") is None
    later = clock.now() + timedelta(minutes=11)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert watching.watch("reply").begun_at is None


def test_what_fails_is_kept_and_stops_the_next_one_not(monkeypatch):
    monkeypatch.setattr(collecting, "first_hour", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        watching.watch("reply")
    progress = DriftProgress.objects.get()
    assert (progress.begun_at, progress.error) == (None, "ZeroDivisionError: division by zero")


def test_old_windows_keep_what_a_reference_needs():
    make_windows("reply", MONDAY, 2)
    DriftWindow.objects.filter(hour=MONDAY).update(hour=MONDAY - collecting.KEPT)
    assert collecting.thin(MONDAY + 2 * DAY) == 1
    assert DriftWindow.objects.get().is_thin
    assert collecting.thin(MONDAY + 2 * DAY) == 0


def test_a_page_without_drift_says_so_too():
    row = DriftCheck.objects.create(
        feature="reply", pace="day", start=TODAY, until=TODAY + DAY, calls=1, limit=90, false_pages=1
    )
    assert paging.page(row).what == "Drift in reply"
