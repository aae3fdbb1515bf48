"""The pages of sampling, and what is sent to review from other pages."""

import pytest
from django.urls import reverse

from aiops.reviews.models import ReviewItem, SamplingBatch, SamplingPolicy, Stratum
from aiops.reviews.sampling.preview import preview
from tests.factories import (
    make_call,
    make_feature,
    make_price,
    make_prompt,
    make_result,
    make_review_item,
    make_rollup,
    make_sampling,
    make_version,
)

pytestmark = pytest.mark.django_db
LIST = reverse("reviews:sampling")
TYPED = {
    "on": "on", "base_share": "5", "weekly_minimum": "20", "items_per_week": "150", "reviewers": "1",
    "double_share": "18", "gold_share": "5", "scale": "pass_fail", "masked": ["email"], "judge": "",
    "judge_model": "", "judge_share": "0", "judge_repeats": "1", "why": "Monday.",
    **{f"share_{name}": "0" for name in (
        "thumbs_down", "judge_fail", "judge_unsure", "guardrail_near_miss", "canary", "new_topic",
        "rare_locale", "dearest", "longest",
    )},
}  # fmt: skip  # pairs, read as a table


@pytest.fixture
def feature():
    return make_feature(slug="summary")


@pytest.fixture
def page(feature):
    return reverse("reviews:sampling-of", args=[feature.slug])


@pytest.mark.parametrize("features", [1, 3])
def test_the_list_asks_as_many_questions_for_three_features_as_for_one(
    features, as_role, django_assert_num_queries
):
    client = as_role("reviewer")
    for _ in range(features):
        make_review_item(feature=make_sampling().feature)
    client.get(LIST)
    with django_assert_num_queries(8):
        assert client.get(LIST).status_code == 200


def test_the_list_says_how_the_week_stands(as_role, feature):
    make_sampling(feature=feature)
    make_review_item(feature=feature)
    make_review_item(feature=feature, stratum="by_hand", is_random=False)
    SamplingBatch.objects.create(
        feature=feature, stratum="random", since="2026-11-24T11:00Z", until="2026-11-24T12:00Z", population=9,
        share=0.1, drawn=1,
    )  # fmt: skip  # one argument after the other
    make_feature(kind="embedding")
    (row,) = as_role("reviewer").get(LIST).context["rows"]
    assert (row.drawn, row.random, row.waiting, row.seen_until.hour) == (1, 1, 2, 12)


def test_a_lead_sets_sampling_in_percent(as_role, feature, page):
    client = as_role("engineer")
    answer = client.post(page, {**TYPED, "base_share": "2.5", "share_canary": "40"})
    assert answer.status_code == 302
    policy = SamplingPolicy.objects.get()
    assert (policy.base_share, policy.shares, policy.masked) == (0.025, {"canary": 0.4}, ["email"])
    assert policy.changed_by == client.user
    assert client.get(page).context["form"].initial["base_share"] == 2.5


def test_a_preview_saves_nothing(as_role, feature, page):
    make_call()
    answer = as_role("engineer").post(page, {**TYPED, "do": "preview"})
    assert (answer.status_code, answer.context["preview"].calls) == (200, 1)
    assert not SamplingPolicy.objects.exists()


@pytest.mark.parametrize(
    "values", [{"base_share": "101"}, {"weekly_minimum": "151"}, {"judge": "prompt:gone"}]
)
def test_what_cannot_be_is_said_on_the_page(values, as_role, page):
    answer = as_role("engineer").post(page, {**TYPED, **values})
    assert (answer.status_code, answer.context["preview"]) == (422, None)
    assert not SamplingPolicy.objects.exists()


@pytest.fixture
def rubric():
    """A rubric of version 1 and a model with a price."""
    prompt = make_prompt(name="rubric")
    variables = {"output": {"type": "string"}}
    make_version(prompt=prompt, number=1, variables=variables)
    make_price()
    return prompt


def test_a_live_judge_is_pinned_and_stays_at_its_version(as_role, feature, page, rubric):
    client = as_role("engineer")
    model = make_price().model.name
    judge = {"judge": "prompt:rubric", "judge_model": model, "judge_share": "10"}
    assert client.post(page, {**TYPED, **judge}).status_code == 302
    pinned = SamplingPolicy.objects.get()
    assert (pinned.judge_version.number, pinned.judge_model.name, pinned.judge_share) == (1, model, 0.1)
    make_version(prompt=rubric, number=2, variables={"output": {"type": "string"}})
    assert client.post(page, {**TYPED, **judge, "judge": "keep"}).status_code == 302
    assert SamplingPolicy.objects.get().judge_version.number == 1
    other = make_price().model.name
    client.post(page, {**TYPED, **judge, "judge": "keep", "judge_model": other})
    kept = SamplingPolicy.objects.get()
    assert (kept.judge_version.number, kept.judge_model.name) == (1, other)
    client.post(page, {**TYPED, **judge})
    assert SamplingPolicy.objects.get().judge_version.number == 2


def test_a_week_is_foreseen_from_the_last_calls(feature):
    for number in range(10):
        make_call(arm="candidate" if number < 2 else "stable")
    make_rollup(calls=1_000)
    seen = preview(feature, base=0.05, shares={"canary": 0.5}, items_per_week=1_000, weekly_minimum=20)
    lines = {line.stratum: (line.calls, line.share, line.items) for line in seen.lines}
    assert lines == {"random": (800, 0.05, 40.0), "canary": (200, 0.5, 100.0)}
    assert (seen.calls, seen.items, seen.is_cut) == (1_000, 140.0, False)


def test_a_week_without_room_says_so(feature):
    make_call()
    make_rollup(calls=1_000)
    seen = preview(feature, base=0.5, shares={"canary": 0.6}, items_per_week=10, weekly_minimum=0)
    assert seen.is_cut
    assert seen.items == pytest.approx(10)
    assert [line.items for line in seen.lines if line.stratum == Stratum.CANARY] == [0]


def test_new_topics_are_foreseen_by_their_limit(feature):
    for _ in range(100):
        make_call()
    seen = preview(feature, base=0.0, shares={"new_topic": 1.0}, items_per_week=100, weekly_minimum=0)
    assert sum(line.calls for line in seen.lines) == 100


def test_a_call_is_sent_from_its_page(as_role, feature):
    client, call = as_role("engineer"), make_call()
    assert b"Send to review" in client.get(reverse("calls:call", args=[call.id])).content
    url = reverse("reviews:send-call", args=[call.id])
    assert client.post(url, {"note": "Odd."}).url == reverse("calls:call", args=[call.id])
    assert ReviewItem.objects.get().note == "Odd."
    assert client.post(url).status_code == 302
    assert client.post(reverse("reviews:send-call", args=["call_gone"])).status_code == 404


def test_a_call_without_a_text_is_not_sent(as_role, feature):
    call = make_call(output=None)
    as_role("engineer").post(reverse("reviews:send-call", args=[call.id]))
    assert not ReviewItem.objects.exists()


def test_a_sample_of_what_the_explorer_shows_is_sent(as_role, feature):
    client = as_role("engineer")
    for locale in ("ja", "ja", "en"):
        make_call(locale=locale)
    url = reverse("reviews:send-sample") + "?locale=ja"
    assert client.post(url, {"most": "5"}).url == reverse("calls:list") + "?locale=ja"
    assert set(ReviewItem.objects.values_list("locale", flat=True)) == {"ja"}
    for most in ("0", "1"):
        client.post(reverse("reviews:send-sample") + "?locale=fr", {"most": most})
    assert ReviewItem.objects.count() == 2


def test_a_runs_answers_are_sent_from_its_page(as_role):
    client, run = as_role("engineer"), make_result().run
    url = reverse("reviews:send-run", args=[run.pk])
    for _ in range(2):
        assert client.post(url, {"most": ""}).url == reverse("evaluations:run", args=[run.pk])
    client.post(url, {"most": "0"})
    assert ReviewItem.objects.get().stratum == "run"
