"""The lead's pages: what is left, who gets what, what was said of an item."""

from datetime import timedelta

import pytest
from django.urls import reverse

from aiops.core import clock
from aiops.core.errors import InvalidInput
from aiops.reviews import actions, claiming, steps
from aiops.reviews.models import Grade, ReviewItem, Seat
from aiops.reviews.queries import backlog
from tests.factories import (
    make_claim,
    make_feature,
    make_review_grade,
    make_review_item,
    make_user,
)

pytestmark = pytest.mark.django_db
LEAD, ITEMS = reverse("reviews:lead"), reverse("reviews:items")


def reader(*languages):
    return make_user(roles=["reviewer"], languages=list(languages) or ["en"])


@pytest.fixture
def lead(as_role):
    return as_role("product")


@pytest.fixture
def feature():
    return make_feature()


def decided(feature):
    """An item on which two people differ, and a third one said fail."""
    item = make_review_item(feature=feature, seats=2)
    for raw in (1, 0, 0):
        make_review_grade(item=item, raw=raw, comment=f"I say {raw}")
        item = steps.move_on(item)
    return item


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize(("name", "questions"), [("lead", 11), ("items", 6), ("adjudication", 9)])
def test_a_list_asks_as_many_questions_for_three_rows_as_for_one(
    name, questions, count, lead, django_assert_num_queries
):
    for _ in range(count):
        make_claim()
        make_review_item(seats=2, state="adjudicate")
        decided(make_feature())
    lead.get(reverse(f"reviews:{name}"))
    with django_assert_num_queries(questions):
        assert lead.get(reverse(f"reviews:{name}")).status_code == 200


def test_the_backlog_is_told_by_feature_and_language_with_who_reads_it(feature, lead):
    one = reader("en")
    make_review_item(feature=feature, seats=2)
    make_review_item(feature=feature, language="ja", created_at=clock.now() - timedelta(days=3))
    make_review_grade(item=make_review_item(feature=feature, seats=2))
    first, second = backlog.lines(feature.slug)
    assert (first.language, first.items, first.seats, first.readers) == ("ja", 1, 1, [])
    assert (second.items, second.seats, second.readers, second.needs) == (2, 3, [one], 2)
    page = lead.get(LEAD, {"feature": feature.slug}).content.decode()
    assert "nobody" in page
    assert "some items need two" in page


def test_what_waits_for_a_person_leaves_out_what_they_cannot_have(feature):
    one, other = reader("en"), reader("en")
    make_review_item(feature=feature)
    make_review_item(feature=feature, language="ja")
    mine, theirs = make_review_item(feature=feature), make_review_item(feature=feature)
    Seat.objects.filter(item=mine).update(reserved_for=one)
    Seat.objects.filter(item=theirs).update(reserved_for=other)
    make_claim(other, item=make_review_item(feature=feature))
    make_review_grade(reviewer=one, item=make_review_item(feature=feature, seats=2))
    found = backlog.waiting_for(one)
    assert [(row.slug, row.items, row.reserved) for row in found] == [(feature.slug, 2, 1)]
    assert backlog.waiting_for(make_user(roles=["finance"])) == []


def test_a_lead_keeps_the_next_items_for_a_person(feature, lead):
    person = reader("en")
    items = [make_review_item(feature=feature) for _ in range(3)]
    asked = {"feature": feature.slug, "language": "en", "person": person.pk, "count": 2}
    assert "2 kept for" in lead.post(reverse("reviews:assign"), asked, follow=True).content.decode()
    kept = Seat.objects.filter(reserved_for=person).values_list("item", flat=True)
    assert set(kept) == {items[0].pk, items[1].pk}
    nothing = lead.post(reverse("reviews:assign"), {**asked, "language": "ja"}, follow=True)
    assert "could grade" in nothing.content.decode()
    wrong = lead.post(reverse("reviews:assign"), {**asked, "count": 0}, follow=True)
    assert "greater than or equal to 1" in wrong.content.decode()


def test_a_lead_sets_how_many_grade_each_item(feature, lead):
    item, other = make_review_item(feature=feature), make_review_item(feature=feature, language="ja")
    asked = {"feature": feature.slug, "language": "en", "reviewers": 3}
    lead.post(reverse("reviews:set-reviewers"), asked)
    assert (ReviewItem.objects.get(pk=item.pk).seats, ReviewItem.objects.get(pk=other.pk).seats) == (3, 1)
    for wrong in ({**asked, "reviewers": 9}, {**asked, "language": "xx"}):
        assert lead.post(reverse("reviews:set-reviewers"), wrong).url == LEAD


def test_what_lies_with_a_person_goes_to_another_who_can_have_it(feature):
    by, away, other = make_user(roles=["product"]), reader("en", "ja"), reader("en")
    held = make_claim(away, item=make_review_item(feature=feature))
    kept, foreign = make_review_item(feature=feature), make_review_item(feature=feature, language="ja")
    Seat.objects.filter(item__in=[kept, foreign]).update(reserved_for=away)
    assert actions.clear_desk(by=by, person=away, to=other, reason="On leave.") == 3
    states = set(Seat.objects.values_list("item", "state", "reserved_for"))
    assert states == {
        (held.item_id, "free", other.pk),
        (kept.pk, "free", other.pk),
        (foreign.pk, "free", None),
    }
    assert claiming.keep(held.pk, held.token) is None
    with pytest.raises(InvalidInput, match="Nothing waits"):
        actions.clear_desk(by=by, person=away, reason="Again.")
    with pytest.raises(InvalidInput, match="Say why"):
        actions.clear_desk(by=by, person=other, to=other, reason="So.")


def test_a_lead_hands_over_from_the_page(feature, lead):
    seat = make_claim(reader("en"), item=make_review_item(feature=feature))
    address = reverse("reviews:clear-desk", args=[seat.reviewer_id])
    assert "This field is required" in lead.post(address, {}, follow=True).content.decode()
    assert "1 taken from" in lead.post(address, {"reason": "Away."}, follow=True).content.decode()
    assert "Nothing waits" in lead.post(address, {"reason": "Away."}, follow=True).content.decode()


def test_items_are_narrowed_by_what_stands_in_the_url(feature, lead):
    waiting, done = make_review_item(feature=feature), decided(feature)
    foreign = make_review_item(language="ja")

    def listed(**asked):
        return [item.pk for item in lead.get(ITEMS, asked).context["page"]]

    assert listed() == [waiting.pk, foreign.pk]
    assert listed(state="done") == [done.pk]
    assert listed(state="all", feature=feature.slug) == [done.pk, waiting.pk]
    assert listed(language="ja") == [foreign.pk]
    assert listed(state="all", why="differ") == [done.pk]
    assert listed(why="skipped") == []
    reader("en")
    assert listed(why="nobody") == [foreign.pk]


def test_what_is_still_graded_shows_nobody_what_was_said(feature, lead):
    item = make_review_item(feature=feature, seats=2)
    for raw in (1, 0):
        make_review_grade(item=item, raw=raw, comment=f"I say {raw}")
    steps.move_on(item)
    page = lead.get(reverse("reviews:item", args=[item.pk]))
    assert (page.context["blind"], "I say" in page.content.decode()) == (True, False)
    listed = lead.get(reverse("reviews:adjudication"))
    assert (listed.context["count"], "I say" in listed.content.decode()) == (1, False)


def test_a_done_item_shows_all_that_was_said_and_what_it_said_before(feature, lead):
    item = decided(feature)
    Grade.objects.filter(item=item, seat__number=1, raw=1).update(comment="I said more")
    page = lead.get(reverse("reviews:item", args=[item.pk])).content.decode()
    assert ("I said more" in page, "“I say 1”" in page, "decided" in page) == (True, True, True)
    assert "decided" in lead.get(reverse("reviews:adjudication")).content.decode()


def test_an_item_is_for_leads_and_for_those_who_graded_it(feature, client):
    item = decided(feature)
    address = reverse("reviews:item", args=[item.pk])
    client.force_login(Grade.objects.filter(item=item).earliest("pk").reviewer)
    page = client.get(address).content.decode()
    assert ("A third person" in page, "Another reviewer" in page) == (True, True)
    client.force_login(reader())
    assert client.get(address).url == reverse("reviews:queue")


def test_a_lead_does_to_an_item_what_can_be_done(feature, lead):
    person, item = reader("en"), make_review_item(feature=feature)

    def did(name, **values):
        page = lead.post(reverse(f"reviews:{name}", args=[item.pk]), values, follow=True)
        return page.content.decode()

    assert f"Kept for {person.email}" in did("assign-item", person=person.pk)
    assert "Kept for nobody" in did("assign-item", person="")
    assert "3 grade it" in did("item-reviewers", reviewers="3")
    assert "1 to 5 people" in did("item-reviewers", reviewers="many")
    assert "Say why" in did("requeue")
    assert "back in the queue" in did("requeue", reason="It hung.")
    assert "Nobody is asked" in did("withdraw", reason="A test.")
    assert "Put it back in the queue" in did("withdraw", reason="A test.")


def test_who_decides_is_somebody_who_has_not_graded(feature, client):
    item = make_review_item(feature=feature, seats=2)
    graders = [make_review_grade(item=item, raw=raw).reviewer for raw in (1, 0)]
    steps.move_on(item)
    for person in graders:
        person.languages = ["en"]
        person.save()
        client.force_login(person)
        assert client.get(reverse("reviews:adjudication")).context["waiting"][0][1] == "you graded it"
    third = reader("en")
    client.force_login(third)
    assert client.get(reverse("reviews:adjudication")).context["waiting"][0][1] == ""
    make_claim(third, item=make_review_item())
    page = client.get(reverse("reviews:queue"), {"item": item.pk})
    assert page.context["seat"].item_id == item.pk
    client.force_login(reader("ja"))
    assert client.get(reverse("reviews:adjudication")).context["waiting"][0][1] == "somebody is at it"


def test_who_graded_an_item_sees_it_differently_with_a_reason(feature, client):
    person = reader()
    grade = make_review_grade(item=make_review_item(feature=feature, seats=2), reviewer=person)
    client.force_login(person)
    address = reverse("reviews:change-grade", args=[grade.item_id])
    said = {"raw": 0, "reasons": ["tone"], "comment": "Rude.", "reason": "I read it again."}
    assert "Say why" in client.post(address, {**said, "reason": ""}, follow=True).content.decode()
    page = client.post(address, said, follow=True).content.decode()
    assert ("Changed" in page, "You said" in page) == (True, True)
    grade.refresh_from_db()
    assert (grade.raw, grade.reasons, grade.comment) == (0, ["tone"], "Rude.")
    latest = client.get(reverse("reviews:reviewers")).context["latest"]
    assert [one.pk for one in latest] == [grade.pk]


def test_of_what_is_still_graded_a_lead_does_not_see_what_a_person_said(feature, lead):
    grade = make_review_grade(item=make_review_item(feature=feature, seats=2))
    page = lead.get(reverse("reviews:reviewer", args=[grade.reviewer_id]))
    assert list(page.context["latest"]) == []
