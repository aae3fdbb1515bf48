"""What reviewers go by: in versions, written by leads, read by all who grade."""

import pytest
from django.urls import reverse

from aiops.accounts.models import User
from aiops.audit.models import AuditEvent
from aiops.core.errors import Conflict, InvalidInput, NotAllowed
from aiops.reviews import actions
from tests.factories import make_feature, make_guideline, make_user

pytestmark = pytest.mark.django_db
LIST = reverse("reviews:guidelines")


def lead() -> User:
    return make_user(roles=["engineer"])


def test_a_guideline_is_written_in_versions():
    feature, by = make_feature(), lead()
    first = actions.write_guideline(by=by, feature=feature, text=" - Exact.\r\n- Kind. ", note="begun")
    again = actions.write_guideline(by=by, feature=feature, text="- Exact.\n- Kind.", based_on=1)
    second = actions.write_guideline(by=by, feature=feature, text="- Exact.", based_on=1)
    assert (first.number, first.text, again.pk, second.number) == (1, "- Exact.\n- Kind.", first.pk, 2)
    assert AuditEvent.objects.filter(action="reviews.guideline_written").count() == 2


@pytest.mark.parametrize("text", ["", " \0 ", "x" * 20_001])
def test_a_guideline_says_something_and_no_book(text):
    with pytest.raises(InvalidInput, match="at most 20,000"):
        actions.write_guideline(by=lead(), feature=make_feature(), text=text)


def test_nobody_writes_over_somebody_else():
    made = make_guideline()
    with pytest.raises(Conflict, match="version 1 since you began with version 0"):
        actions.write_guideline(by=lead(), feature=made.feature, text="- Other.")


def test_who_grades_does_not_write():
    with pytest.raises(NotAllowed):
        actions.write_guideline(by=make_user(roles=["reviewer"]), feature=make_feature(), text="- x")


@pytest.mark.parametrize("features", [1, 3])
def test_the_list_asks_as_many_questions_for_three_features_as_for_one(
    features, as_role, django_assert_num_queries
):
    for _ in range(features):
        make_guideline()
    client = as_role("reviewer")
    client.get(LIST)
    with django_assert_num_queries(5):
        assert client.get(LIST).status_code == 200


def test_a_version_shows_what_it_changed(as_role):
    feature = make_feature()
    make_guideline(feature=feature, text="- Be exact.")
    make_guideline(feature=feature, text="- Be <i>exact</i>.\n\nAn example.")
    page = as_role("reviewer").get(reverse("reviews:guidelines-of", args=[feature.slug]))
    said = page.content.decode()
    assert "Version 2, in force" in said
    assert "&lt;i&gt;" in said
    assert page.context["diff"][0].kind == "del"
    old = as_role("reviewer").get(reverse("reviews:guideline", args=[feature.slug, 1]))
    assert "not in force any more" in old.content.decode()


def test_without_one_what_holds_for_all_is_shown(as_role):
    page = as_role("reviewer").get(reverse("reviews:guidelines-of", args=[make_feature().slug]))
    assert "None of its own yet" in page.content.decode()


def test_a_lead_writes_the_next_version_on_the_page(as_role):
    made = make_guideline(text="- Be exact.")
    address = reverse("reviews:write-guideline", args=[made.feature.slug])
    client = as_role("product")
    assert "- Be exact." in client.get(address).content.decode()
    sent = {"text": "- Be kind.", "note": "kinder", "based_on": 1}
    assert client.post(address, sent).url == reverse("reviews:guidelines-of", args=[made.feature.slug])
    assert client.post(address, {**sent, "text": "- Other."}).status_code == 422
    assert made.feature.guidelines.get(number=2).note == "kinder"
