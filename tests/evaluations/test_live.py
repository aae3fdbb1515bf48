"""What pages and reports say of the live calls, with none, few and many of them."""

from datetime import timedelta

import pytest
from django.urls import reverse

from aiops.core import clock
from aiops.evaluations import actions, live, summaries, verdict_report
from aiops.evaluations.models import GatePolicy
from aiops.evaluations.reweighting import Kind, Reweighted
from aiops.evaluations.statistics import Interval
from aiops.gateway.queries import live_mix
from tests.evaluations.side_by_side import EXACT, TONE, finished, staged
from tests.evaluations.stage import BY
from tests.factories.gateway import make_rollup

pytestmark = pytest.mark.django_db
ENGLISH, JAPANESE = {"category": "refund", "locale": "en"}, {"category": "refund", "locale": "ja"}
HALF = "Re-weighted to the live mix of the last 28 days (1,000 calls): 50 % ("
COLLECTING = "Re-weighted to the live mix of the last 28 days: collecting, 63 of 100 live calls."


@pytest.fixture
def stage():
    """80 English cases and 20 Japanese ones, to be weighed against live calls."""
    return staged([ENGLISH] * 80 + [JAPANESE] * 20)


@pytest.fixture
def client(as_role):
    return as_role("engineer")


def calls(stage, english, japanese=0, **more):
    for locale, count in (("en", english), ("ja-JP", japanese)):
        if count:
            make_rollup(
                **{"feature": stage.feature.slug, "category": "refund", "locale": locale, "calls": count}
                | more
            )


def only_english(stage, **values):
    return finished(stage, *[True] * 80, False, **values)


def of(run, scorer=""):
    return live.of_run(run, summaries.measured([run])[0].columns, scorer)


def text_of(response):
    assert response.status_code == 200
    return response.content.decode().replace("\N{NO-BREAK SPACE}", " ")


def plain(text):
    return text.replace("\N{NO-BREAK SPACE}", " ")


def test_what_was_served_in_the_last_days_is_counted_in_one_question(stage, django_assert_num_queries):
    slug = stage.feature.slug
    for outcome in ("answered", "cached", "degraded", "queued", "refused"):
        make_rollup(feature=slug, locale="ja", outcome=outcome, calls=10)
    make_rollup(feature=slug, locale="ja", tenant="other", arm="candidate", calls=3)
    make_rollup(feature=slug, locale="en", hour=clock.now() - timedelta(days=29))
    make_rollup(feature=slug, locale="de", calls=0)
    make_rollup(feature="another", locale="ja")
    with django_assert_num_queries(1):
        assert live_mix(slug) == {("unknown", "ja"): 43}
    assert live_mix(slug, days=30) == {("unknown", "ja"): 43, ("unknown", "en"): 10}


def test_a_run_is_weighed_by_the_live_calls(stage):
    calls(stage, 500, 500)
    found = of(only_english(stage))
    assert plain(found.sentence).startswith(HALF)
    assert "plain 80 %. The 100 judged cases cover 100.0 % of live calls." in plain(found.sentence)
    assert (found.total.plain, found.total.interval.mid) == (0.8, 0.5)
    assert found.bounds == f"{100 * found.total.interval.low:.0f}–{100 * found.total.interval.high:.0f}"
    assert found.is_share


def test_a_run_by_a_scorer_of_values_has_a_mean(stage):
    calls(stage, 500, 500)
    run = finished(stage, *[{"tone": 0.9}] * 80, {"tone": 0.5}, scorers=[TONE])
    found = of(run, "tone")
    assert found.sentence.startswith(
        "Re-weighted to the live mix of the last 28 days (1,000 calls): 0.700 (0.70–0.70), plain 0.820."
    )
    assert (found.bounds, found.is_share) == ("0.70–0.70", False)
    assert of(run, "another").total is None


@pytest.mark.parametrize(
    ("category", "locale", "said"),
    [
        ("unknown", "", "no number, since cases and calls have neither categories nor locales in common."),
        ("refund", "de", "no number. The 100 judged cases cover 0.0 % of live calls."),
    ],
)
def test_calls_unlike_any_case_make_no_number(stage, category, locale, said):
    calls(stage, 200, category=category, locale=locale)
    found = of(only_english(stage))
    assert said in plain(found.sentence)
    assert live.as_json(found)["total"].get("score") is None or found.mix.folded.nothing


def test_a_run_without_scores_says_nothing(stage):
    calls(stage, 200)
    found = of(finished(stage, None))
    assert (found.sentence, found.bounds, found.total) == ("", "", None)


def test_cases_of_one_cluster_vary_together(stage):
    loose = staged([ENGLISH] * 40)
    tied = staged([{**ENGLISH, "metadata": {"cluster": f"c{at // 20}"}} for at in range(40)])
    whole = staged([{**ENGLISH, "metadata": {"cluster": "c"}} for _ in range(40)])
    widths = []
    for one in (loose, tied, whole):
        calls(one, 200)
        found = of(finished(one, *[True] * 20, False)).total.interval
        widths.append(found.high - found.low)
    assert widths == sorted(widths)
    assert widths[0] < widths[1]


@pytest.mark.parametrize(
    ("english", "japanese", "said", "not_said"),
    [(0, 0, "", "live mix"), (63, 0, COLLECTING, "plain 80"), (500, 500, "plain 80 %.", "collecting")],
)
def test_the_page_of_a_run_with_none_few_and_many_calls(client, stage, english, japanese, said, not_said):
    calls(stage, english, japanese)
    text = text_of(client.get(reverse("evaluations:run", args=[only_english(stage).pk])))
    assert said in text
    assert not_said not in text


@pytest.fixture
def verdict(stage):
    baseline, candidate = finished(stage, True), only_english(stage)
    return actions.compare_runs(by=BY, candidate=candidate, baseline=baseline)


def test_the_page_of_a_verdict_with_none_few_and_many_calls(client, stage, verdict):
    url = reverse("evaluations:verdict", args=[verdict.pk])
    assert "live mix" not in text_of(client.get(url))
    calls(stage, 63)
    assert COLLECTING in text_of(client.get(url))
    calls(stage, 437, 500, tenant="other")
    text = text_of(client.get(url))
    assert "plain 80 %; against the baseline −50.0 points (" in text
    assert "), plain −20.0. The 100 judged cases cover 100.0 % of live calls." in text
    assert "This has no effect on the verdict." in text


def test_a_verdict_asks_one_question_more_however_many_groups(
    client, stage, verdict, django_assert_num_queries
):
    summaries.measured([verdict.candidate, verdict.baseline])
    for japanese in (0, 500):
        calls(stage, 500, japanese, tenant=f"t{japanese}")
        with django_assert_num_queries(2):  # and both runs' columns
            live.of_verdict(verdict)


def test_a_fragment_of_a_verdict_asks_for_no_calls(client, stage, verdict, django_assert_max_num_queries):
    with django_assert_max_num_queries(30) as asked:
        client.get(reverse("evaluations:verdict", args=[verdict.pk]), headers={"HX-Request": "true"})
    assert [row for row in asked.captured_queries if "gateway_rollup" in row["sql"]] == []


def test_a_verdict_on_values_has_a_change_of_means(stage):
    GatePolicy.objects.create(feature=stage.feature, number=1, deciding_scorer="tone")
    baseline = finished(stage, {"tone": 0.9}, scorers=[TONE])
    candidate = finished(stage, *[{"tone": 0.9}] * 80, {"tone": 0.5}, scorers=[TONE])
    calls(stage, 500, 500)
    found = live.of_verdict(actions.compare_runs(by=BY, candidate=candidate, baseline=baseline))
    assert (found.total.kind, found.change.kind) == (Kind.MEAN, Kind.MEAN_CHANGE)
    assert "; against the baseline −20.0 points (−20.0 to −20.0), plain −8.0." in plain(found.sentence)


def test_a_verdict_by_a_scorer_that_a_run_has_no_longer_has_no_number(stage, verdict):
    calls(stage, 500)
    verdict.policy = GatePolicy(feature=stage.feature, number=1, deciding_scorer="gone")
    found = live.of_verdict(verdict)
    assert (found.total, found.change) == (None, None)


def test_reports_carry_it(stage, verdict):
    assert live.as_json(live.of_verdict(verdict)) is None
    calls(stage, 63)
    few = live.as_json(live.of_verdict(verdict))
    assert (few["calls"], few["distance"], few["missing"], few["total"]) == (63, None, [], None)
    calls(stage, 437, 400, tenant="other")
    calls(stage, 100, category="billing", tenant="third")
    found = live.of_verdict(verdict)
    figures = live.as_json(found)
    assert (figures["calls"], figures["least_calls"], figures["days"]) == (1000, 100, 28)
    assert figures["missing"] == [{"group": "billing · en", "cases": 0, "live_share": 0.1}]
    assert figures["total"]["score"] == pytest.approx(5 / 9)
    assert (figures["total"]["kind"], figures["total"]["covered"]) == ("share", 0.9)
    assert figures["change"]["plain"] == pytest.approx(-0.2)
    assert found.sentence in verdict_report.as_markdown(verdict.candidate, verdict, found.sentence).replace(
        "\\", ""
    )
    assert plain(found.sentence) in verdict_report.as_text(verdict, found.sentence)


def test_a_number_that_there_is_not_is_null_and_a_dash():
    none = Reweighted(Kind.SHARE, 19, 0.5, 1.0, None)
    assert (live.shown(none), live.bounds(none)) == ("–", "")
    assert live._reweighted_json(none)["score"] is None
    assert live.bounds(Reweighted(Kind.SHARE, 19, 0.5, 1.0, Interval(0.1, 0.5, 0.9))) == "10–90"


@pytest.mark.parametrize(
    ("english", "japanese", "row"),
    [
        (0, 0, None),
        (63, 0, "collecting, 63 of 100 live calls"),
        (500, 500, "<b>50 %</b>"),
        (200, 300, "<b>40 %</b>"),
    ],
)
def test_the_comparison_has_a_row_once_there_are_calls(client, stage, english, japanese, row):
    calls(stage, english, japanese)
    runs = [only_english(stage), finished(stage, True)]
    text = text_of(client.get(f"{reverse('evaluations:side-by-side')}?run={runs[0].pk}&run={runs[1].pk}"))
    assert ("Re-weighted to the live mix" in text) == (row is not None)
    assert (row or "Quality") in text


def test_the_comparison_shows_means_and_dashes(client, stage):
    calls(stage, 500, 500)
    runs = [finished(stage, {"tone": 0.5}, scorers=[TONE]), finished(stage, {"tone": 0.25}, scorers=[TONE])]
    url = f"{reverse('evaluations:side-by-side')}?run={runs[0].pk}&run={runs[1].pk}&scorer=tone"
    assert "<b>0.250</b>" in text_of(client.get(url))
    calls(stage, 9000, locale="de")
    assert "covers 10.0 % of calls" in text_of(client.get(url))


def test_runs_that_share_nothing_have_no_row(client, stage):
    calls(stage, 500, 500)
    runs = [only_english(stage, scorers=[EXACT]), finished(stage, {"tone": 0.5}, scorers=[TONE])]
    text = text_of(client.get(f"{reverse('evaluations:side-by-side')}?run={runs[0].pk}&run={runs[1].pk}"))
    assert "live mix" not in text


def form_text(client, stage):
    version = f"v{stage.dataset_version.pk}"
    return text_of(
        client.get(f"{reverse('evaluations:start')}?feature={stage.feature.slug}&dataset={version}")
    )


def test_the_form_says_how_the_set_differs(client, stage):
    assert "Against live calls" not in form_text(client, stage)
    calls(stage, 63)
    assert "collecting, 63 of 100 live calls" in form_text(client, stage)
    calls(stage, 437, 300, tenant="other")
    calls(stage, 200, category="billing", tenant="third")
    text = form_text(client, stage)
    assert '<details class="panel" open>' in text
    assert "<b>30 %</b> of the cases would have to be others" in text
    assert "billing · en: 20.0 % of live calls, 0 of 100 cases" in text
    assert "<th>ja</th>" in text


def test_the_form_folds_up_a_mix_that_is_alike(client, stage):
    calls(stage, 800, 200)
    text = form_text(client, stage)
    assert "The set asks much what the 1,000 live calls of the last 28 days asked." in text
    assert '<details class="panel" open>' not in text


def test_the_form_says_where_there_is_nothing_to_compare(client, stage):
    calls(stage, 800, category="unknown", locale="")
    assert "there is no mix to compare" in form_text(client, stage)
