"""The grading page: one item after another, blind, by forms; a golden case and an alarm by one key each."""

import uuid

import pytest
from django.urls import reverse

from aiops.alerts.models import Alert
from aiops.audit.models import AuditEvent
from aiops.core.errors import Conflict
from aiops.datasets import actions as datasets
from aiops.datasets.models import Case
from aiops.reviews import actions
from aiops.reviews.models import Escalation, Grade, Seat, Skip
from tests import factories
from tests.factories import (
    make_case,
    make_claim,
    make_dataset,
    make_feature,
    make_guideline,
    make_review_grade,
    make_review_item,
)

pytestmark = pytest.mark.django_db
QUEUE = reverse("reviews:queue")
HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def reviewer(as_role):
    client = as_role("reviewer")
    client.user.languages = ["en"]
    client.user.save()
    return client


def shown(client, **asked):
    return client.get(QUEUE, asked).context["seat"]


def send(client, seat, name="grade", **values):
    htmx = HTMX if values.pop("htmx", False) else {}
    sent = {"token": seat.token, **({"raw": 1} if name == "grade" else {}), **values}
    return client.post(reverse(f"reviews:{name}", args=[seat.pk]), sent, **htmx)


def test_the_page_holds_the_item_that_it_shows(reviewer):
    item = make_review_item()
    seat = shown(reviewer)
    assert (seat.item, seat.reviewer, seat.state) == (item, reviewer.user, "claimed")
    assert shown(reviewer).token == seat.token


def test_the_page_is_blind(reviewer):
    make_review_item(
        approach_name="secret-prompt v7", model="sim-large", arm="candidate", stratum="judge_fail",
        output="Your lamp is **late** <script>.", note="somebody doubts it",
    )  # fmt: skip  # pairs, read as a table
    said = reviewer.get(QUEUE).content.decode()
    assert "<strong>late</strong> &lt;script&gt;" in said
    for hidden in ("secret-prompt", "sim-large", "candidate", "judge", "somebody doubts"):
        assert hidden not in said


def test_passages_and_guideline_stand_beside_the_output(reviewer):
    feature = make_feature()
    make_guideline(feature=feature, text="- Be <b>exact</b>.")
    passage = {"number": 1, "title": "Returns", "document": "r.md", "text": "You have 60 days."}
    make_review_item(feature=feature, output="60 days [1].", passages=[passage])
    said = reviewer.get(QUEUE).content.decode()
    assert 'href="#passage-1"' in said
    assert 'id="passage-1"' in said
    assert "<mark>You have 60 days.</mark>" in said
    assert "Be &lt;b&gt;exact" in said


def test_a_grade_is_stored_and_the_next_item_comes(reviewer):
    make_review_item()
    following = make_review_item()
    answer = send(
        reviewer, shown(reviewer), raw=0, reasons=["wrong", "tone"], comment="No.", seconds="41.5",
        corrected_output="It is late.\r\n", htmx=True,
    )  # fmt: skip  # pairs, read as a table
    grade = Grade.objects.get()
    assert (grade.raw, grade.reasons, grade.comment, grade.seconds) == (0, ["wrong", "tone"], "No.", 41.5)
    assert grade.corrected_output == ""  # what the page had filled in
    assert answer.context["seat"].item == following
    assert answer.templates[0].name == "reviews/_sheet.html"
    assert (answer.context["queue"].done, answer.context["queue"].total) == (1, 2)


def test_without_scripts_the_queue_follows(reviewer):
    feature = make_feature()
    make_review_item(feature=feature)
    answer = send(reviewer, shown(reviewer), feature=feature.slug)
    assert answer.url == f"{QUEUE}?feature={feature.slug}"
    page = reviewer.get(answer.url)
    assert (page.context["seat"], "Nothing to grade" in page.content.decode()) == (None, True)


def test_the_queue_is_narrowed_to_a_feature(reviewer):
    make_review_item()
    wanted = make_review_item()
    assert shown(reviewer, feature=wanted.feature.slug).item == wanted


def test_nothing_in_a_foreign_language_waits(reviewer):
    make_review_item(language="ja")
    assert shown(reviewer) is None


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"raw": ""}, "Choose a grade first."),
        ({"raw": 5}, "5 is no grade here"),
        ({"raw": 0, "golden": "1"}, "Write the better answer first"),
        ({"reasons": ["nonsense"]}, "nonsense"),
    ],
)
def test_a_form_that_does_not_fit_keeps_what_was_typed(values, words, reviewer):
    make_review_item()
    answer = send(reviewer, shown(reviewer), comment="My words.", **values)
    assert (answer.status_code, Grade.objects.count(), Case.objects.count()) == (422, 0, 0)
    said = answer.content.decode()
    assert words in said
    assert "My words.</textarea>" in said


def test_a_hold_that_is_lost_is_said_and_the_next_item_comes(reviewer):
    make_review_item()
    seat = shown(reviewer)
    Seat.objects.filter(pk=seat.pk).update(token=uuid.uuid4(), reviewer=factories.make_user())
    following = make_review_item()
    answer = send(reviewer, seat, htmx=True)
    assert (answer.status_code, answer.context["seat"].item) == (200, following)
    assert "You no longer hold this item" in answer.content.decode()
    assert reviewer.get(QUEUE).status_code == 200
    assert send(reviewer, seat).url == QUEUE
    assert Grade.objects.count() == 0


def test_undo_brings_the_last_grade_back_with_what_was_said(reviewer):
    first = make_review_item()
    make_review_item()
    send(reviewer, shown(reviewer), raw=0, comment="Too cold.", reasons=["tone"])
    assert shown(reviewer).item != first
    page = reviewer.post(reverse("reviews:undo"), **HTMX)
    assert page.context["seat"].item == first
    assert {name: page.context["said"][name] for name in ("raw", "reasons", "comment")} == {
        "raw": 0, "reasons": ["tone"], "comment": "Too cold.",
    }  # fmt: skip  # pairs, read as a table
    assert Grade.objects.count() == 0
    assert shown(reviewer).item == first


def test_without_scripts_undo_leads_to_the_queue(reviewer):
    make_review_grade(reviewer=reviewer.user)
    assert reviewer.post(reverse("reviews:undo")).url == QUEUE
    assert "There is nothing to undo" in reviewer.post(reverse("reviews:undo"), **HTMX).content.decode()


def test_undo_that_comes_too_late_says_so(reviewer):
    grade = make_review_grade(reviewer=reviewer.user)
    Seat.objects.create(
        item=grade.item, role="adjudicate", feature=grade.item.feature, state="claimed", token=uuid.uuid4(),
        reviewer=factories.make_user(), claimed_at=grade.at, lease_until=grade.at,
    )  # fmt: skip  # pairs, read as a table
    assert "A third person is at this item" in reviewer.post(reverse("reviews:undo"), **HTMX).content.decode()


def test_a_skip_says_why_and_the_item_is_gone(reviewer):
    make_review_item()
    answer = send(reviewer, shown(reviewer), "skip", why="knowledge", htmx=True)
    assert (Skip.objects.get().why, answer.context["seat"]) == ("knowledge", None)


def test_a_skip_without_a_reason_skips_nothing(reviewer):
    make_review_item()
    seat = shown(reviewer)
    assert "Choose why you skip it." in send(reviewer, seat, "skip", htmx=True).content.decode()
    send(reviewer, seat, "skip", why="other", token=uuid.uuid4())
    assert Skip.objects.count() == 0


def test_a_page_that_lives_keeps_its_item(reviewer):
    make_review_item()
    seat = shown(reviewer)
    assert send(reviewer, seat, "beat").status_code == 204
    lost = send(reviewer, seat, "beat", token=uuid.uuid4())
    assert "You no longer hold this item" in lost.content.decode()
    assert reviewer.post(reverse("reviews:beat", args=[seat.pk])).status_code == 200


def test_one_key_raises_the_alarm_with_the_call_linked(reviewer):
    item = make_review_item(tenant="acme", locale="en-GB")
    seat = shown(reviewer)
    page = send(reviewer, seat, "escalate", comment="It tells them to drink it.", htmx=True)
    alert = Alert.objects.get()
    assert (alert.link, alert.severity, alert.feature) == (f"/calls/{item.source_id}/", 3, item.feature.slug)
    assert (alert.what, alert.where) == (
        f"A reviewer calls an output of {item.feature.slug} harmful",
        f"{item.feature.slug}, acme, en-GB, delivery",
    )
    assert "It is late" not in f"{alert.what} {alert.where} {alert.todo}"
    assert "The alarm is raised" in page.content.decode()
    assert AuditEvent.objects.get(action="reviews.escalated").reason == "It tells them to drink it."
    send(reviewer, seat, "escalate")
    assert (Escalation.objects.count(), Alert.objects.get().times) == (1, 1)
    assert "The alarm is raised" in reviewer.get(QUEUE).content.decode()


def test_who_may_stop_the_feature_is_one_click_away_from_it(as_role):
    client = as_role("engineer")
    client.user.languages = ["en"]
    client.user.save()
    item = make_review_item()
    page = send(client, shown(client), "escalate", htmx=True)
    assert f"/flags/stop/?scope=feature&amp;target={item.feature.slug}" in page.content.decode()


def test_an_output_of_an_evaluation_is_no_emergency():
    result = factories.make_result()
    seat = make_claim(item=make_review_item(source="result", source_id=str(result.pk), result=result))
    actions.escalate_item(by=seat.reviewer, seat=seat, token=seat.token)
    assert Alert.objects.get().severity == 2
    assert Alert.objects.get().link == reverse("evaluations:result", args=[result.run_id, result.pk])


def test_who_lost_the_item_raises_no_alarm(reviewer):
    make_review_item()
    seat = shown(reviewer)
    lost = send(reviewer, seat, "escalate", token=uuid.uuid4(), htmx=True)
    assert "No alarm was raised. You no longer hold" in lost.content.decode()
    assert send(reviewer, seat, "escalate", token="nonsense").url == QUEUE
    assert Alert.objects.count() == 0


def test_a_corrected_output_becomes_a_golden_case_in_the_draft(reviewer):
    dataset = make_dataset(feature=make_feature())
    item = make_review_item(feature=dataset.feature, inputs={"ticket": "Where?", "n": 2}, locale="en")
    send(reviewer, shown(reviewer), raw=0, corrected_output='{"late": true}', golden="1")
    case = Case.objects.get()
    assert (case.key, case.inputs, case.expected) == (
        f"review-{item.pk}", {"ticket": "Where?", "n": "2"}, {"late": True},
    )  # fmt: skip  # a row
    assert (case.category, case.locale, case.tags) == ("delivery", "en", ["from-review"])
    assert case.metadata["source"]["call"] == item.source_id
    assert (case.dataset, case.created_by) == (dataset, reviewer.user)
    reviewer.post(reverse("reviews:undo"))
    assert Case.objects.filter(until=None).count() == 0


def test_a_good_output_is_a_golden_case_as_it_is_in_a_set_of_its_own(reviewer):
    item = make_review_item(category="unknown")
    assert f"{item.feature.slug}-reviewed" in reviewer.get(QUEUE).content.decode()
    send(reviewer, shown(reviewer), golden="1")
    case = Case.objects.get()
    assert (case.expected, case.category) == ("It is late.", "")
    assert (case.dataset.name, case.dataset.feature) == (f"{item.feature.slug}-reviewed", item.feature)


def evaluated(key="t-1"):
    case = make_case(key=key)
    result = factories.make_result(case=case)
    seat = make_claim(item=make_review_item(source="result", source_id=str(result.pk), result=result))
    return case, {
        "by": seat.reviewer,
        "seat": seat,
        "token": seat.token,
        "raw": 0,
        "corrected_output": "Soon.",
    }


def test_of_an_evaluated_case_the_expected_answer_is_corrected():
    case, said = evaluated()
    grade, made = actions.grade_as_case(**said)
    assert (made.key, made.expected, made.dataset, grade.raw) == (case.key, "Soon.", case.dataset, 0)


def test_a_case_that_was_removed_meanwhile_is_a_conflict_and_the_grade_is_not_stored():
    case, said = evaluated()
    datasets.remove_case(by=said["by"], case=case)
    with pytest.raises(Conflict, match="no longer in the draft"):
        actions.grade_as_case(**said)
    assert Grade.objects.count() == 0


def test_an_item_without_named_inputs_is_no_case(reviewer):
    make_review_item(inputs={})
    assert "No named inputs" in send(reviewer, shown(reviewer), golden="1").content.decode()


@pytest.mark.parametrize("waiting", [1, 3])
def test_the_page_asks_as_many_questions_for_three_items_as_for_one(
    waiting, reviewer, django_assert_num_queries
):
    feature = make_feature()
    for _ in range(waiting):
        make_review_item(feature=feature)
    reviewer.get(QUEUE)
    with django_assert_num_queries(13):
        assert reviewer.get(QUEUE).status_code == 200


@pytest.mark.parametrize("role", ["viewer", "finance", "auditor"])
def test_who_may_not_grade_sees_no_output(role, as_role):
    assert as_role(role).get(QUEUE).status_code == 403
