"""The pass rate of live answers, from verdicts and grades alone."""

from datetime import date, timedelta
from random import Random

import pytest

from aiops.evaluations.anchoring import Stratum, true_pass_rate
from aiops.evaluations.trust import Trust
from aiops.monitoring.quality import estimating
from aiops.monitoring.quality.samples import Evidence, Human, Verdicts

DAY = date(2026, 11, 20)


def verdicts(n, *, passed=True, locale="en", digest="j1", chance=0.2, day=DAY, arm="stable", model="large"):
    return Verdicts(day, "refund", locale, "summary v3", arm, model, digest, passed, chance, n)


def humans(
    n,
    *,
    passed=True,
    judge=True,
    locale="en",
    digest="j1",
    chance=0.05,
    is_random=True,
    arm="stable",
    day=DAY,
):
    verdict = None if judge is None else (digest, judge)
    one = Human(day, "refund", locale, "summary v3", arm, "large", passed, chance, is_random, verdict)
    return [one] * n


def seen(*rows):
    verdicts = [row for row in rows if isinstance(row, Verdicts)]
    return Evidence(verdicts, [one for row in rows if isinstance(row, list) for one in row])


PLAIN = seen(
    verdicts(1920),
    verdicts(80, passed=False),
    humans(50),
    humans(2, passed=False),
    humans(3, judge=False),
    humans(5, passed=False, judge=False),
)


def test_equal_chances_give_the_plain_estimate():
    found = estimating.figure(PLAIN, "summary")
    want = true_pass_rate([Stratum(80, 8, 3), Stratum(1920, 52, 50)], seed=found["seed"])
    assert (found["mean"], found["low"], found["high"]) == pytest.approx((want.mean, want.low, want.high))
    assert (found["state"], found["graded"], found["judged"], found["left_out"]) == ("measured", 60, 2000, 0)
    assert found["judge"] == pytest.approx(0.96)
    assert found["plain"] is None


def test_a_tail_that_was_graded_more_often_counts_no_more():
    """Half of the judge's fails are graded, one in twenty of the others."""
    tail = humans(40, judge=False, chance=0.5, is_random=False)
    tail += humans(40, passed=False, judge=False, chance=0.5, is_random=False)
    found = estimating.figure(seen(verdicts(1800), verdicts(200, passed=False), humans(90), tail), "summary")
    assert found["mean"] == pytest.approx(0.945, abs=0.01)


def test_without_verdicts_people_speak_alone_and_below_twenty_nobody_does():
    alone = estimating.figure(seen(humans(40, judge=None), humans(10, passed=False, judge=None)), "x")
    assert (alone["state"], alone["mean"], alone["judge"]) == ("humans_only", pytest.approx(0.8), None)
    few = estimating.figure(seen(verdicts(500), humans(12)), "x")
    assert (few["state"], few["graded"], few["needed"], few["mean"]) == ("collecting", 12, 20, None)
    assert few["judge"] == 1.0
    left = estimating.figure(seen(verdicts(500), humans(30), humans(7, judge=None)), "x")
    assert (left["graded"], left["left_out"]) == (30, 7)


def test_another_judge_begins_strata_of_its_own():
    both = seen(
        verdicts(500),
        verdicts(500, digest="j2", passed=False),
        humans(20),
        humans(20, digest="j2", judge=False),
    )
    found = estimating.figure(both, "x")
    assert found["mean"] > 0.95  # the second judge fails what people pass


def test_what_is_asked_less_often_than_judged_counts_less():
    skewed = seen(
        verdicts(500), humans(40), verdicts(500, locale="ja", passed=False),
        humans(40, locale="ja", passed=False, judge=False),
    )  # fmt: skip  # arguments by what they belong to
    live = {("refund", "en"): 900, ("refund", "ja"): 100}
    found = estimating.figure(skewed, "x", live)
    assert found["mean"] == pytest.approx(0.89, abs=0.03)
    assert found["plain"] == pytest.approx(0.5, abs=0.03)
    assert found["judge"] == pytest.approx(0.9, abs=0.01)
    assert (found["covered"], found["calls"]) == (1.0, 1000)


def test_live_groups_that_nobody_judged_are_owned_up_to():
    live = {("refund", "en"): 300, ("billing", "fr"): 100}
    assert estimating.figure(PLAIN, "x", live)["covered"] == 0.75
    assert estimating.figure(PLAIN, "x", {("billing", "fr"): 9})["covered"] == 0.0


def test_the_loss_of_an_arm_is_measured_on_the_same_mix():
    stable = seen(
        verdicts(400), humans(40), verdicts(100, locale="ja"), verdicts(100, locale="ja", passed=False),
        humans(20, locale="ja"), humans(20, locale="ja", passed=False, judge=False),
    )  # fmt: skip  # arguments by what they belong to
    candidate = seen(
        verdicts(50, locale="ja", arm="candidate"),
        verdicts(50, locale="ja", arm="candidate", passed=False),
        humans(15, locale="ja", arm="candidate"),
        humans(15, locale="ja", arm="candidate", passed=False, judge=False),
    )
    found = estimating.difference(candidate, stable, "x")
    assert found["state"] == "measured"
    assert found["loss"] == pytest.approx(0.0, abs=0.05)  # all Japanese, and no worse than stable's Japanese
    assert found["judge_loss"] == pytest.approx(0.0, abs=0.01)
    few = estimating.difference(seen(verdicts(50, arm="candidate"), humans(12)), stable, "x")
    assert (few["state"], few["graded"], few["needed"]) == ("collecting", 12, 20)


def test_only_random_grades_weigh_the_judge():
    mild = seen(
        verdicts(970), verdicts(30, passed=False), humans(180), humans(12, passed=False),
        humans(9, passed=False, judge=False),
        humans(50, passed=False, judge=False, is_random=False, chance=0.9),
    )  # fmt: skip  # arguments by what they belong to
    found = estimating.trust(mild, "j1")
    assert (found.fail_recall.hits, found.fail_recall.n) == (9, 21)
    assert found.state is Trust.NOT_TRUSTED
    assert estimating.trust(mild, "another").state is Trust.UNKNOWN


def test_days_and_slices():
    late = DAY + timedelta(days=3)
    both = seen(verdicts(5), verdicts(7, day=late, locale="ja"), humans(2), humans(1, day=late, locale="ja"))
    assert [one.n for one in both.between(DAY, DAY).verdicts] == [5]
    assert len(both.between(late, late).humans) == 1
    assert both.of(locale="ja").verdicts[0].n == 7
    assert both.values("locale") == ["ja", "en"]


def test_the_interval_covers_the_truth_whatever_the_judge_is_worth():
    """A small version of the simulation program: a judge that says pass to half of the fails."""
    draw, hits = Random(4), 0
    for trial in range(10):
        counts = {(good, said): 0 for good in (True, False) for said in (True, False)}
        graded = dict.fromkeys(counts, 0)
        for _ in range(1500):
            good = draw.random() < 0.85
            said = draw.random() < (0.95 if good else 0.5)
            counts[good, said] += 1
            graded[good, said] += draw.random() < 0.06
        whole = seen(
            verdicts(counts[True, True] + counts[False, True]),
            verdicts(counts[True, False] + counts[False, False], passed=False),
            *(humans(n, passed=good, judge=said) for (good, said), n in graded.items()),
        )
        found = estimating.figure(whole, f"trial {trial}")
        hits += found["low"] <= 0.85 <= found["high"]
    assert hits >= 8
