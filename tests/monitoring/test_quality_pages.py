"""The quality pages: a report is reckoned and shown, calls become cases."""

from datetime import timedelta

import pytest
from django.urls import reverse

from aiops.core import clock
from aiops.core.errors import Conflict, NotAllowed
from aiops.datasets.models import Case
from aiops.monitoring import tasks
from aiops.monitoring.actions import quality as actions
from aiops.monitoring.models import QualityReport
from aiops.monitoring.quality import measuring, showing
from aiops.monitoring.quality.evidence import evidence
from tests.factories import (
    make_call,
    make_cases,
    make_dataset,
    make_feature,
    make_rollup,
    make_round,
    make_user,
)
from tests.factories.judged import make_graded, make_judge_policy, make_judged_calls

pytestmark = pytest.mark.django_db


@pytest.fixture
def few_draws(monkeypatch):
    """Enough to see a number."""
    monkeypatch.setattr("aiops.evaluations.anchoring.DRAWS", 500)


def make_quality(slug="summary"):
    """A feature whose Japanese answers are worse, and a candidate that is worst there."""
    policy = make_judge_policy(feature=make_feature(slug=slug))
    good = make_judged_calls(policy, 80)
    bad = make_judged_calls(policy, 20, passed=False, locale="ja")
    tried = make_judged_calls(
        policy, 20, passed=False, locale="ja", arm="candidate", approach_name="summary v4"
    )
    make_graded(good[:30])
    make_graded(bad + tried, passed=False, probability=0.5)
    return policy.feature


def test_a_report_holds_the_whole_and_its_slices(few_draws):
    feature = make_quality()
    tasks.measure_quality()
    found = showing.shown(feature, "7d", QualityReport.objects.get())
    assert found.whole.measured
    assert (found.whole.graded, found.whole.judged) == (70, 120)
    assert [one.name for one in found.of("locale")] == ["en", "ja"]
    assert {one.name: one.measured for one in found.of("version")} == {"summary v3": True, "summary v4": True}
    assert found.weakest.name == "ja"
    (arm,) = found.arms
    assert (arm.title, [name for name, _ in arm.rows]) == ("summary v4, candidate", ["All", "ja"])
    assert found.trend[-1] == pytest.approx(found.whole.mean, abs=0.1)
    assert found.judge["state"] == "UNKNOWN"
    assert found.locales == ["en", "ja"]


def test_a_report_is_made_anew_only_when_there_is_something_new(few_draws):
    feature = make_quality()
    assert measuring.due(feature)
    measuring.measure(feature, clock.now() + timedelta(seconds=1))
    assert not measuring.due(feature)
    assert not measuring.due(make_feature())
    QualityReport.objects.update(at=clock.now() - timedelta(hours=7))
    assert measuring.due(feature)


def test_what_somebody_chose_and_what_was_withdrawn_says_nothing_of_others():
    policy = make_judge_policy(feature=make_feature())
    calls = make_judged_calls(policy, 6)
    make_graded(calls[:2])
    make_graded(calls[2:3], stratum="by_hand")
    make_graded(calls[3:4], state="withdrawn")
    make_graded(calls[4:5], round=make_round(feature=policy.feature))
    found = evidence(policy.feature, clock.now() - timedelta(days=5))
    assert len(found.humans) == 2
    assert sum(one.n for one in found.verdicts) == 6
    assert {one.judge for one in found.humans} == {("j1", True)}


def test_evidence_is_read_in_a_constant_number_of_questions(django_assert_num_queries):
    feature = make_quality()
    with django_assert_num_queries(4):
        evidence(feature, clock.now() - timedelta(days=5))


def test_the_page_says_what_it_rests_on_and_warns(as_role, few_draws):
    make_quality()
    tasks.measure_quality()
    page = as_role("engineer").get(reverse("quality:page", args=["summary"])).content.decode()
    assert "True pass rate" in page
    assert "70 human grades and 120 judged" in page
    assert "summary v4, candidate" in page
    assert "What the judge is worth here is not known" in page
    assert "View as table" in page
    narrowed = as_role("viewer").get(
        reverse("quality:page", args=["summary"]), {"locale": "ja", "range": "2d"}
    )
    assert "Pass rate, ja" in narrowed.content.decode()
    rows = b"".join(as_role("viewer").get(reverse("quality:csv", args=["summary"])).streaming_content)
    assert b"7d,locale,ja,measured" in rows


def test_without_ground_there_is_no_number(as_role, few_draws):
    policy = make_judge_policy(feature=make_feature(slug="new"))
    make_graded(make_judged_calls(policy, 40)[:12])
    tasks.measure_quality()
    page = as_role("engineer").get(reverse("quality:page", args=["new"])).content.decode()
    assert "collecting, 12 of 20" in page
    empty = as_role("engineer").get(reverse("quality:page", args=[make_feature().slug])).content.decode()
    assert "Nothing measured yet" in empty


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_asks_a_constant_number_of_questions(
    as_role, few_draws, count, django_assert_max_num_queries
):
    for place in range(count):
        make_quality(f"summary-{place}")
    tasks.measure_quality()
    client = as_role("engineer")
    with django_assert_max_num_queries(12):
        page = client.get(reverse("quality:list")).content.decode()
    assert page.count("not trusted") == 0
    assert "summary-0" in page


def test_a_fall_is_said_where_the_newest_interval_lies_below():
    def figure(mean, low, high):
        return {"mean": mean, "low": low, "high": high, "graded": 40, "judged": 300, "judge": 0.9}

    ranges = {
        "2d": {"all": {}, "locale": [["ja", figure(0.45, 0.3, 0.6)], ["en", figure(0.9, 0.8, 0.97)]]},
    }
    before = {"locale": [["ja", figure(0.75, 0.68, 0.81)], ["en", figure(0.92, 0.9, 0.95)]]}
    found = showing.shown(make_feature(), "7d", QualityReport(figures={"ranges": ranges, "before": before}))
    (fall,) = found.falls
    assert fall.sentence == "ja: 45\xa0% (30–60) in the last 2 days, 75\xa0% in the weeks before."


def test_losses_and_figures_in_words():
    loss = {"state": "measured", "loss": 0.412, "low": 0.22, "high": 0.581, "judge_loss": -0.02}
    assert showing.Loss(loss).words == "41.2\xa0points worse (+22.0 to +58.1)"
    assert (showing.Loss(loss).tone, showing.Loss(loss).judge) == ("block", "2.0\xa0points better")
    few = {"state": "collecting", "graded": 40, "graded_control": 12, "needed": 20, "judge_loss": None}
    assert (showing.Loss(few).words, showing.Loss(few).judge) == ("collecting, 12 of 20", "–")
    assert showing.Loss({**loss, "loss": 0.0, "low": -0.1, "high": 0.1}).words.startswith("no difference")
    whole = showing.Figure(
        {"mean": 0.93, "low": 0.861, "high": 0.971, "graded": 60, "judged": 2000, "judge": 0.96, "plain": 0.9,
         "covered": 0.8, "left_out": 3}
    )  # fmt: skip  # pairs, read as a table
    assert whole.sentence == (
        "True pass rate 93\xa0% (86–97), 60 human grades and 2,000 judged. The judge alone says 96.0\xa0%."
    )
    assert len(whole.notes) == 3


def make_asked(feature, count=3):
    """A golden set of English cases, and Japanese calls."""
    dataset = make_dataset(feature=feature, name="golden")
    make_cases(dataset, [{"category": "refund", "locale": "en"}] * 25)
    make_rollup(feature=feature.slug, category="refund", locale="en", calls=80)
    make_rollup(feature=feature.slug, category="refund", locale="ja", calls=70)
    for place in range(count):
        make_call(
            feature=feature.slug, category="refund", locale="ja",
            inputs={"ticket": f"返金 {place}, write to me@example.com"},
        )  # fmt: skip  # arguments by what they belong to
    return dataset


def test_calls_that_the_golden_set_lacks_are_offered_and_taken(as_role):
    feature = make_feature(slug="summary")
    dataset = make_asked(feature)
    client = as_role("engineer")
    page = client.get(reverse("quality:page", args=["summary"])).content.decode()
    assert "refund · ja" in page
    answer = client.post(
        reverse("quality:add-cases", args=["summary"]), {"category": "refund", "locale": "ja"}
    )
    assert answer.url == reverse("datasets:cases", args=["golden"])
    made = Case.objects.filter(dataset=dataset, tags=["from-live"])
    assert {case.inputs["ticket"] for case in made} == {f"返金 {n}, write to [email]" for n in range(3)}
    assert {(case.expected, case.locale, case.category) for case in made} == {(None, "ja", "refund")}
    assert all(case.metadata["source"]["call"].startswith("call_") for case in made)
    with pytest.raises(Conflict, match="No such call"):
        actions.add_live_cases(by=client.user, feature=feature, category="refund", locale="ja")
    again = client.post(
        reverse("quality:add-cases", args=["summary"]), {"category": "refund", "locale": "ja"}
    )
    assert again.url == reverse("quality:page", args=["summary"])


def test_a_feature_without_a_golden_set_gets_one_and_who_may_not_is_refused():
    feature = make_feature(slug="summary")
    make_call(feature="summary", inputs={"ticket": "Hello"}, category="unknown")
    dataset, (case,) = actions.add_live_cases(by=make_user(roles=["administrator"]), feature=feature)
    assert (dataset.name, case.category) == ("summary-reviewed", "")
    with pytest.raises(NotAllowed):
        actions.add_live_cases(by=make_user(roles=["viewer"]), feature=feature)
