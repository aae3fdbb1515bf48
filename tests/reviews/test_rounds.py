"""Calibration rounds and gold probes: the same outputs for all, and ones whose grade is known."""

from datetime import timedelta

import pytest
from django.urls import reverse

from aiops.core import clock
from aiops.core.errors import Conflict, InvalidInput
from aiops.reviews import actions, claiming, steps
from aiops.reviews.models import CalibrationRound, Grade, ReviewItem, SamplingPolicy, Seat
from aiops.reviews.queries import backlog, people
from tests.factories import (
    make_feature,
    make_review_grade,
    make_review_item,
    make_round,
    make_sampling,
    make_user,
)

pytestmark = pytest.mark.django_db


def reader(**values):
    return make_user(roles=["reviewer"], **{"languages": ["en"], **values})


def grade_next(person, raw=1):
    seat = claiming.claim_next(person)
    return actions.submit_grade(by=person, seat=seat, token=seat.token, raw=raw)


@pytest.fixture
def lead():
    return make_user(roles=["product"], languages=["en"])


@pytest.fixture
def feature():
    found = make_feature()
    for _ in range(6):
        make_review_item(feature=found, state="done", done_at=clock.now())
    return found


@pytest.fixture
def pair():
    return [reader(), reader()]


@pytest.fixture
def opened(lead, feature, pair):
    return actions.start_round(by=lead, feature=feature, people=pair, size=5)


def test_a_round_is_the_same_outputs_for_all_before_anything_else(opened, pair):
    make_review_item(feature=opened.feature)
    assert opened.items.count() == 5
    first = [claiming.claim_next(person).item for person in pair]
    assert first[0] == first[1]
    assert first[0].round_id == opened.pk
    assert {(item.seats, item.is_random, item.state) for item in opened.items.all()} == {(2, False, "open")}


def test_a_round_ends_with_its_last_grade_and_nobody_decides_over_it(opened, pair):
    for person, raw in zip(pair, (1, 0), strict=True):
        for _ in range(5):
            grade_next(person, raw)
    opened.refresh_from_db()
    assert opened.closed_at is not None
    assert not Seat.objects.filter(role="adjudicate").exists()
    assert set(opened.items.values_list("state", flat=True)) == {"done"}


def test_a_grade_of_a_round_that_is_over_stays(opened, pair, lead):
    grade = grade_next(pair[0])
    actions.close_round(by=lead, opened=opened)
    with pytest.raises(Conflict, match="to be learnt from"):
        actions.undo_grade(by=pair[0], grade=grade)


def test_a_lead_ends_a_round_early_and_only_once(opened, pair, lead):
    grade_next(pair[0])
    actions.close_round(by=lead, opened=opened)
    assert list(Seat.objects.filter(item__round=opened).values_list("state", flat=True)) == ["graded"]
    with pytest.raises(Conflict, match="over already"):
        actions.close_round(by=lead, opened=opened)


def test_nobody_gets_in_a_round_what_they_had(lead, feature, pair):
    for item in feature.review_items.all()[:2]:
        item.seats = 2
        item.save()
        seat = Seat.objects.create(item=item, number=2, feature=feature)
        make_review_grade(seat=_held(seat, pair[0]))
    with pytest.raises(InvalidInput, match="Only 4 sampled outputs are left"):
        actions.start_round(by=lead, feature=feature, people=pair)


def _held(seat, person):
    Seat.objects.filter(pk=seat.pk).update(
        state="claimed", reviewer=person, token="9" * 32, claimed_at=clock.now(), lease_until=clock.now()
    )
    return Seat.objects.get(pk=seat.pk)


def test_a_round_takes_languages_that_all_read(lead, feature):
    with pytest.raises(InvalidInput, match="Only 0"):
        actions.start_round(by=lead, feature=feature, people=[reader(), reader(languages=["ja"])])


@pytest.mark.parametrize(
    ("people_of", "words"),
    [
        (lambda: [reader()], "Choose 2 to 20"),
        (lambda: [reader(), make_user(roles=["finance"])], "may not grade"),
    ],
)
def test_a_round_needs_people_who_may_grade(people_of, words, lead, feature):
    with pytest.raises(InvalidInput, match=words):
        actions.start_round(by=lead, feature=feature, people=people_of())


def test_the_page_hides_what_was_said_until_ones_part_is_over(opened, pair, client):
    make_review_item(feature=opened.feature)
    address = reverse("reviews:round", args=[opened.pk])
    client.force_login(pair[0])
    for raw in (0, 1, 1, 1, 1):
        assert client.get(address).context["compared"] is None
        grade_next(pair[0], raw)
    assert client.get(address).context["compared"].differing == 0
    client.force_login(pair[1])
    assert client.get(address).context["compared"] is None
    for _ in range(5):
        grade_next(pair[1])
    page = client.get(address)
    assert page.context["compared"].differing == 1
    assert "People differ on 1 of 5 outputs" in page.content.decode()


def test_a_round_is_for_those_who_take_part(opened, client):
    client.force_login(reader())
    assert client.get(reverse("reviews:round", args=[opened.pk])).url == reverse("reviews:rounds")
    assert list(client.get(reverse("reviews:rounds")).context["page"]) == []


def test_a_lead_starts_and_ends_a_round_from_its_pages(as_role, feature, pair):
    client = as_role("product")
    asked = {"feature": feature.slug, "people": [one.pk for one in pair], "size": 5, "title": "Tone"}
    refused = client.post(reverse("reviews:new-round"), {**asked, "people": [pair[0].pk]})
    assert (refused.status_code, "Choose 2 to 20" in refused.content.decode()) == (422, True)
    address = client.post(reverse("reviews:new-round"), asked).url
    opened = CalibrationRound.objects.get()
    assert (address, str(opened)) == (reverse("reviews:round", args=[opened.pk]), "Tone")
    client.post(reverse("reviews:close-round", args=[opened.pk]))
    assert (
        "over already"
        in client.post(reverse("reviews:close-round", args=[opened.pk]), follow=True).content.decode()
    )
    assert client.get(reverse("reviews:new-round")).status_code == 200


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_of_rounds_asks_as_many_questions_for_three_as_for_one(
    count, as_role, django_assert_num_queries
):
    for _ in range(count):
        make_round()
    client = as_role("product")
    client.get(reverse("reviews:rounds"))
    with django_assert_num_queries(6):
        client.get(reverse("reviews:rounds"))


@pytest.fixture
def probe(lead):
    """A known pass, of a feature where every other item is a probe."""
    item = make_review_item(seats=2)
    make_sampling(feature=item.feature, gold_share=0.5)
    for _ in range(2):
        make_review_grade(item=item)
    steps.move_on(item)
    return actions.add_probe(by=lead, item=ReviewItem.objects.get(pk=item.pk))


def test_a_probe_is_a_copy_that_counts_for_nothing(probe):
    assert (probe.round.kind, probe.gold["raw"], probe.is_random, probe.state) == ("gold", 1, False, "open")
    assert backlog.backlogs([probe.feature_id]) == {}


def test_a_probe_comes_once_after_some_grade_and_looks_like_any_other(probe):
    person = reader()
    for _ in range(12):
        make_review_item(feature=probe.feature)
    graded = [grade_next(person).item_id for _ in range(12)]
    assert graded.count(probe.pk) == 1
    probe.refresh_from_db()
    assert probe.state == "open"


@pytest.mark.parametrize("share", [0, None])
def test_without_a_share_nobody_gets_probes(share, probe):
    rows = SamplingPolicy.objects.all()
    rows.update(gold_share=0) if share == 0 else rows.delete()
    person = reader()
    for _ in range(8):
        make_review_item(feature=probe.feature)
        assert grade_next(person).item_id != probe.pk


def test_who_graded_the_original_never_gets_the_probe(probe):
    person = Grade.objects.earliest("pk").reviewer
    person.languages = ["en"]
    person.save()
    for _ in range(8):
        make_review_item(feature=probe.feature)
        assert grade_next(person).item_id != probe.pk


def test_a_missed_probe_is_told_once_it_cannot_be_undone(probe, client):
    person = reader()
    Seat.objects.create(item=probe, number=1, feature=probe.feature, reserved_for=person)
    grade = grade_next(person, raw=0)
    assert grade.item_id == probe.pk
    assert list(people.otherwise(person)) == []
    Grade.objects.filter(pk=grade.pk).update(at=clock.now() - timedelta(hours=1))
    assert list(people.otherwise(person, "gold")) == [grade]
    grade.refresh_from_db()
    with pytest.raises(Conflict, match="to be learnt from"):
        actions.change_grade(by=person, grade=grade, raw=1, reason="I see it now.")
    client.force_login(person)
    assert "known answer" in client.get(reverse("reviews:reviewers")).content.decode()


def test_only_what_is_settled_becomes_a_probe_and_only_once(probe, lead):
    original = ReviewItem.objects.get(source_id=probe.source_id, round=None)
    with pytest.raises(Conflict, match="already"):
        actions.add_probe(by=lead, item=original)
    with pytest.raises(InvalidInput, match="that is done"):
        actions.add_probe(by=lead, item=make_review_item())
    alone = make_review_item()
    make_review_grade(item=alone)
    with pytest.raises(InvalidInput, match="alone"):
        actions.add_probe(by=lead, item=steps.move_on(alone))


def test_what_a_third_person_decided_is_what_a_probe_knows(lead):
    item = make_review_item(seats=2)
    for raw in (1, 0, 0):
        make_review_grade(item=item, raw=raw)
        item = steps.move_on(item)
    assert actions.add_probe(by=lead, item=item).gold["passed"] is False


def test_a_probe_is_made_and_ended_from_the_pages(as_role, probe):
    client = as_role("product")
    listed = client.get(reverse("reviews:probes"))
    assert [(item.pk, item.had) for item in listed.context["page"]] == [(probe.pk, 0)]
    client.post(reverse("reviews:end-probe", args=[probe.pk]))
    probe.refresh_from_db()
    assert probe.state == "withdrawn"
    again = client.post(reverse("reviews:end-probe", args=[probe.pk]), follow=True)
    assert "already" in again.content.decode()
    original = ReviewItem.objects.get(source_id=probe.source_id, round=None)
    refused = client.post(reverse("reviews:make-probe", args=[original.pk]), follow=True)
    assert "is a gold probe already" in refused.content.decode()
