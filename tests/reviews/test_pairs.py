"""Two runs side by side before people: sides by the seat's token, no names, a choice kept as what it was."""

import uuid
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from aiops.core.errors import InvalidInput
from aiops.reviews import actions, claiming, sides
from aiops.reviews.models import Grade, ReviewItem
from aiops.reviews.queries.pairs import verdict
from tests.factories import (
    make_answered_pair,
    make_pair,
    make_pairs,
    make_result,
    make_review_item,
    make_run,
    make_user,
)

STRAIGHT, SWAPPED = uuid.UUID(int=2), uuid.UUID(int=3)
HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.mark.parametrize("token", [STRAIGHT, SWAPPED])
@pytest.mark.parametrize("raw", [0, 1, 2])
def test_what_is_kept_stands_where_it_was_chosen(raw, token):
    assert sides.stored(sides.position(raw, token), token) == raw


def test_sides_follow_the_token():
    assert [sides.stored(sides.LEFT, token) for token in (STRAIGHT, SWAPPED)] == [1, 0]
    assert [sides.stored(place, STRAIGHT) for place in (0, 1, 2, 7)] == [2, 1, 0, -1]


def test_half_of_all_tokens_swap():
    swapped = sum(sides.is_swapped(uuid.uuid4()) for _ in range(1000))
    assert 400 < swapped < 600


@pytest.fixture
def reviewer(as_role):
    client = as_role("reviewer")
    client.user.languages = ["en"]
    client.user.save()
    return client


def choose(client, output):
    """Grade the pair on the page: the side on which `output` ("new") stands, else neither."""
    page = client.get(reverse("reviews:queue"))
    seat, written = page.context["seat"], [one.written for one in page.context["pair"]]
    place = next((n for n, text in enumerate(written, 1) if text.startswith(output)), 0)
    sent = {"token": seat.token, "raw": place, "reasons": ["tone"], "comment": "Plainer."}
    return client.post(reverse("reviews:grade", args=[seat.pk]), sent, **HTMX)


@pytest.mark.django_db
@pytest.mark.parametrize(("chosen", "raw", "value"), [("new", 1, 1.0), ("old", 0, 0.0), ("?", 2, 0.5)])
def test_a_choice_is_kept_as_the_answer_that_was_chosen(chosen, raw, value, reviewer):
    make_pairs(cases=2)
    choose(reviewer, chosen)
    grade = Grade.objects.get()
    assert (grade.raw, grade.value, grade.scale, grade.corrected_output) == (raw, value, "pairwise", "")
    back = reviewer.post(reverse("reviews:undo"), **HTMX)
    written = [one.written for one in back.context["pair"]]
    place = back.context["said"]["raw"]
    assert (written[place - 1][:3] if place else "?") == chosen


@pytest.mark.django_db
def test_a_pair_is_blind_and_what_does_not_fit_keeps_the_side(reviewer):
    opened = make_pairs()
    page = reviewer.get(reverse("reviews:queue"))
    said = page.content.decode()
    assert sorted(one.written for one in page.context["pair"]) == ["new 0", "old 0"]
    for hidden in ("andidate", "aseline", opened.items.get().approach_name, "with my answer</span>"):
        assert hidden not in said
    seat = page.context["seat"]
    sent = {"token": seat.token, "raw": 7}
    assert reviewer.post(reverse("reviews:grade", args=[seat.pk]), sent).status_code == 422


@pytest.mark.django_db
def test_the_page_of_a_comparison_counts_what_people_chose(reviewer):
    opened = make_pairs(cases=3, size=3)
    for chosen in ("new", "new", "?"):
        choose(reviewer, chosen)
    said = verdict(opened)
    assert (said.all.better, said.all.worse, said.all.ties) == (2, 0, 1)
    assert said.left in {0, 1, 2}
    opened.refresh_from_db()
    assert opened.closed_at is not None
    page = reviewer.get(reverse("reviews:pairs-of", args=[opened.pk])).content.decode()
    assert "3 of 3 grades on 3 cases" in page
    assert opened.title in reviewer.get(reverse("reviews:pairs")).content.decode()


@pytest.mark.django_db
def test_a_lead_puts_two_runs_into_the_queue(as_role):
    candidate, baseline = make_answered_pair(2)
    client = as_role("engineer")
    address = reverse("reviews:new-pairs", args=[candidate.pk])
    assert f'value="{baseline.pk}"' in client.get(address).content.decode()
    answer = client.post(address, {"baseline": baseline.pk, "size": 1, "reviewers": 2})
    item = ReviewItem.objects.get()
    assert answer.url == reverse("reviews:pairs-of", args=[item.round_id])
    assert (item.seats, item.scale, item.result.run, item.other.run) == (2, "pairwise", candidate, baseline)
    assert client.post(address, {"baseline": baseline.pk, "size": 0, "reviewers": 1}).status_code == 422


@pytest.mark.django_db
def test_a_run_without_another_says_what_to_do(as_role):
    run = make_run(state="finished")
    page = as_role("engineer").get(reverse("reviews:new-pairs", args=[run.pk]))
    assert "There is no other run" in page.content.decode()


@pytest.mark.django_db
def test_what_cannot_be_compared_is_refused():
    by = make_user(roles=["engineer"])
    candidate, baseline = make_answered_pair()
    started: dict[str, Any] = {"by": by, "candidate": candidate, "baseline": baseline}
    for facts, words in (
        ({"size": 0}, "1 to 500"),
        ({"reviewers": 6}, "1 to 5 people"),
        ({"baseline": candidate}, "with itself"),
        ({"baseline": make_run()}, "only finished"),
        ({"baseline": make_run(state="finished")}, "the same frozen cases"),
    ):
        with pytest.raises(InvalidInput, match=words):
            actions.start_pairs(**{**started, **facts})
    for run in (same := make_pair(dataset_version=candidate.dataset_version)):
        make_result(run=run, case=candidate.results.get().case)
    with pytest.raises(InvalidInput, match="two answers that differ"):
        actions.start_pairs(by=by, candidate=same[0], baseline=same[1])


@pytest.mark.django_db
def test_the_database_keeps_pairs_and_others_apart():
    item = make_review_item()
    for facts in ({"scale": "pairwise"}, {"other_output": "late"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            ReviewItem.objects.filter(pk=item.pk).update(**facts)


@pytest.mark.django_db
def test_a_pair_is_claimed_as_any_other_item():
    opened = make_pairs()
    seat = claiming.claim_next(make_user(roles=["reviewer"], languages=["en"]))
    assert seat.item == opened.items.get()
