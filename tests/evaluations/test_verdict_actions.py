"""What one may do from a verdict, and the filters of its flipped cases."""

import pytest
from django.urls import reverse

from aiops.evaluations import actions
from tests.evaluations.stage import BY
from tests.evaluations.test_verdicts import CASES, Two, good, only_english
from tests.factories import make_case, make_review, make_verdict

pytestmark = pytest.mark.django_db


@pytest.fixture
def blocked(provider):
    two = Two(provider, CASES)
    two.baseline(good)
    return actions.judge_run(by=BY, run=two.candidate(only_english))


def page(client, verdict, **query):
    return client.get(reverse("evaluations:verdict", args=[verdict.pk]), query).content.decode()


def test_flipped_cases_are_narrowed_by_the_groups_of_the_verdict(as_role, blocked):
    answer = as_role("viewer").get(reverse("evaluations:verdict", args=[blocked.pk]), {"locale": "ja"})
    fields = {field.name: list(field.field.choices) for field in answer.context["form"].groups}
    assert fields["locale"] == [("", "all"), ("en", "English, 40"), ("ja", "Japanese, 40")]
    assert [value for value, _ in fields["category"]] == ["", "delivery", "refund"]
    assert answer.context["chosen"] == {"locale": "ja"}


def test_group_that_the_verdict_does_not_know_narrows_nothing(as_role, blocked):
    answer = as_role("viewer").get(reverse("evaluations:verdict", args=[blocked.pk]), {"locale": "xx"})
    assert answer.context["chosen"] == {}


def test_one_group_alone_is_nothing_to_choose_from(as_role):
    answer = as_role("viewer").get(reverse("evaluations:verdict", args=[make_verdict().pk]))
    assert answer.context["form"].groups == []


def test_viewer_is_offered_nothing_to_do(as_role, blocked):
    text = page(as_role("viewer"), blocked)
    assert [word in text for word in ("Override", "Run on", "Add cases", "Ask for changes")] == [False] * 4


def test_override_opens_the_form_of_the_acceptance(as_role, blocked):
    client = as_role("product")
    assert "?accept=1#accept" in page(client, blocked)
    assert '<details class="panel" id="accept" open>' in page(client, blocked, accept=1)


def test_more_cases_are_offered_where_there_are_some(as_role, blocked):
    client, dataset = as_role("engineer"), blocked.candidate.dataset_version.dataset
    assert "Add cases" in page(client, blocked)
    make_case(dataset=dataset)
    text = page(client, blocked)
    assert "Run on 1 more case<" in text
    assert f"?run={blocked.candidate_id}&amp;dataset=d{dataset.pk}" in text


def test_changes_are_asked_for_in_the_review_that_is_open(as_role, blocked):
    client = as_role("engineer")
    assert "Ask for changes" not in page(client, blocked)
    review = make_review(version=blocked.candidate.version)
    text = page(client, blocked)
    assert f'href="{reverse("releases:request", args=[review.pk])}#answer-text">Ask for changes' in text


def test_pass_leads_to_its_review(as_role, blocked):
    passed = make_verdict(candidate=blocked.candidate, outcome="PASS", reason="within_margin")
    client = as_role("engineer")
    assert "Open a review" in page(client, passed)
    make_review(version=blocked.candidate.version)
    assert "Open the review" in page(client, passed)
