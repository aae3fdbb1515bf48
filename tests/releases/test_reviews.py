"""Reviews: opened, talked about, approved by somebody else, led on to another version."""

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from aiops.audit.models import AuditEvent
from aiops.core.actors import SystemActor
from aiops.core.errors import Conflict, InvalidInput, NotAllowed
from aiops.releases import actions, queries
from aiops.releases.models import Approval, LineComment, ReviewRequest
from tests.factories import make_comment, make_label, make_prompt, make_review, make_user, make_version

pytestmark = pytest.mark.django_db
SHELL = SystemActor("shell")


@pytest.fixture
def reviewer():
    return make_user(roles=["engineer"])


@pytest.fixture
def review():
    return make_review()


def approve(review, by, **values):
    return actions.answer_request(by=by, request=review, answer="approved", cycle=review.cycle, **values)


def test_a_review_takes_its_title_from_the_note_of_its_version(user):
    version = make_version(note="Shorter\nand friendlier")
    review = actions.open_request(by=user, version=version)
    assert (review.title, review.state, review.cycle) == ("Shorter", "open", 1)
    event = AuditEvent.objects.get()
    assert (event.action, event.after["sha256"]) == ("releases.review_opened", version.sha256)
    without_note = make_version()
    assert actions.open_request(by=SHELL, version=without_note).title == f"{without_note} to production"


def test_a_version_has_one_open_review_and_none_once_it_is_live(user, review):
    with pytest.raises(Conflict, match="has an open review already"):
        actions.open_request(by=user, version=review.version)
    with pytest.raises(Conflict, match="is in production already"):
        actions.open_request(by=user, version=make_label().version)
    actions.close_request(by=user, request=review, reason="not now")
    assert actions.open_request(by=user, version=review.version).state == "open"


def test_a_second_person_approves_and_the_hash_is_kept(review, reviewer):
    given = approve(review, reviewer, text="Good.")
    review.refresh_from_db()
    assert (review.state, given.sha256) == ("approved", review.version.sha256)
    event = AuditEvent.objects.first()
    assert (event.action, event.reason, event.after["version"]) == ("releases.approved", "Good.", 1)


@pytest.mark.parametrize("roles", [["engineer"], ["administrator"]])
def test_nobody_approves_what_they_wrote_or_opened(roles):
    author, opener = make_user(roles=roles), make_user(roles=roles)
    review = make_review(version=make_version(author=author), opened_by=opener)
    for person in (author, opener):
        with pytest.raises(NotAllowed, match="somebody else approves it"):
            approve(review, person)
        with pytest.raises(DatabaseError, match="nobody approves their own work"), transaction.atomic():
            answer_by_hand(review, person)


def answer_by_hand(review, by, **values):
    """Past the action, straight into the table."""
    return Approval.objects.create(
        **{
            "request": review,
            "cycle": review.cycle,
            "version": review.version,
            "sha256": review.version.sha256,
            "answer": "approved",
            "by": by,
            **values,
        }
    )


@pytest.mark.parametrize("wrong", [{"cycle": 2}, {"sha256": "0" * 64}])
def test_the_database_refuses_an_approval_of_something_else(review, reviewer, wrong):
    with pytest.raises(DatabaseError, match="that are under review"), transaction.atomic():
        answer_by_hand(review, reviewer, **wrong)


def test_answers_are_never_changed_or_deleted(review, reviewer):
    given = approve(review, reviewer)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Approval.objects.filter(pk=given.pk).update(text="Never mind")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        given.delete()


def test_another_version_begins_a_cycle_that_nobody_has_approved(review, reviewer):
    approve(review, reviewer)
    second = make_version(prompt=review.prompt)
    editor = make_user(roles=["engineer"])
    review = actions.update_request(by=editor, request=review, version=second)
    assert (review.state, review.cycle, queries.answers(review)) == ("open", 2, [])
    with pytest.raises(NotAllowed, match="somebody else approves it"):
        approve(review, editor)
    approve(review, reviewer)
    review.refresh_from_db()
    assert review.state == "approved"
    assert [entry.revision.cycle for entry in queries.conversation(review) if entry.revision] == [2]


def test_the_answer_to_a_version_that_was_replaced_meanwhile_does_not_count(review, reviewer, user):
    actions.update_request(by=user, request=review, version=make_version(prompt=review.prompt))
    with pytest.raises(Conflict, match="The review is about v2 by now"):
        actions.answer_request(by=reviewer, request=review, answer="approved", cycle=1)


def test_an_update_names_another_version_of_the_same_prompt(review, user):
    with pytest.raises(InvalidInput, match="is no version of"):
        actions.update_request(by=user, request=review, version=make_version())
    assert actions.update_request(by=user, request=review, version=review.version).cycle == 1
    other = make_review(version=make_version(prompt=review.prompt))
    with pytest.raises(Conflict, match="has an open review of its own"):
        actions.update_request(by=user, request=review, version=other.version)


def test_changes_asked_for_stand_until_that_person_approves(review, reviewer):
    second = make_user(roles=["product"])
    with pytest.raises(InvalidInput, match="Say what should change"):
        actions.answer_request(by=second, request=review, answer="changes", cycle=1)
    actions.answer_request(by=second, request=review, answer="changes", cycle=1, text="Say it in Japanese.")
    approve(review, reviewer)
    review.refresh_from_db()
    assert review.state == "changes"
    approve(review, second)
    review.refresh_from_db()
    assert review.state == "approved"


def test_only_those_who_may_review_answer_and_only_while_it_is_open(review, reviewer, user):
    with pytest.raises(NotAllowed, match="Your roles do not let you"):
        approve(review, make_user(roles=["viewer"]))
    actions.close_request(by=user, request=review)
    with pytest.raises(Conflict, match="This review is closed"):
        approve(review, reviewer)
    review.refresh_from_db()
    assert queries.why_not_answer(review, reviewer) == "This review is closed."


def test_a_comment_keeps_the_line_that_it_is_about(review, reviewer):
    said = actions.comment(by=reviewer, request=review, text=" In which language? ", part=1, line=1)
    assert (said.quote, said.text, said.cycle) == ("Summarise: {{ ticket }}", "In which language?", 1)
    assert actions.comment(by=reviewer, request=review, text="Settings", part=0, line=1).quote == "variables:"
    assert actions.comment(by=reviewer, request=review, text="In all: fine.").line is None


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"text": " "}, "Write what you have to say"),
        ({"text": "x" * 10_001}, "at most 10,000 fit"),
        ({"text": "Where?", "part": 1, "line": 2}, "has no line 2 there"),
        ({"text": "Where?", "part": 7, "line": 1}, "has no line 1 there"),
    ],
)
def test_a_comment_that_says_nothing_or_stands_nowhere_is_refused(review, reviewer, given, why):
    with pytest.raises(InvalidInput, match=why):
        actions.comment(by=reviewer, request=review, **given)


def test_a_comment_is_resolved_once(reviewer):
    said = make_comment()
    first = actions.resolve_comment(by=reviewer, comment=said)
    assert (first.resolved_by, bool(first.resolved_at)) == (reviewer, True)
    assert actions.resolve_comment(by=make_user(), comment=said).resolved_by == reviewer
    assert AuditEvent.objects.filter(action="releases.comment_resolved").count() == 1


@pytest.mark.parametrize(
    "wrong",
    [{"state": "closed"}, {"state": "open", "closed_at": "2026-01-01T00:00Z"}],
)
def test_the_database_ties_the_state_to_its_end(review, wrong):
    with pytest.raises(IntegrityError), transaction.atomic():
        ReviewRequest.objects.filter(pk=review.pk).update(**wrong)


@pytest.mark.parametrize("wrong", [{"line": None}, {"line": 0}, {"text": ""}])
def test_the_database_keeps_comments_in_their_place(wrong):
    said = make_comment()
    with pytest.raises(IntegrityError), transaction.atomic():
        LineComment.objects.filter(pk=said.pk).update(**wrong)


def test_open_reviews_wait_for_those_who_may_answer_them(reviewer):
    author = make_user(roles=["engineer"])
    review = make_review(opened_by=author)
    make_review(version=make_version(author=reviewer), opened_by=reviewer)
    assert list(queries.waiting_for(reviewer)) == [review]
    assert not queries.waiting_for(make_user(roles=["finance"])).exists()
    approve(review, reviewer)
    assert not queries.waiting_for(reviewer).exists()


def test_lists_have_open_own_and_ended_ones(reviewer, user):
    mine, other, ended = make_review(opened_by=reviewer), make_review(), make_review()
    actions.close_request(by=user, request=ended)
    assert queries.counts(reviewer) == {"open": 2, "mine": 1, "closed": 1}
    assert list(queries.requests_listed("open", reviewer)) == [other, mine]
    assert list(queries.requests_listed("mine", reviewer)) == [mine]
    assert list(queries.requests_listed("closed", reviewer)) == [ended]


def test_a_prompt_with_other_versions_offers_the_newer_ones():
    prompt = make_prompt()
    review = make_review(version=make_version(prompt=prompt))
    newer = make_version(prompt=prompt)
    assert list(queries.newer_versions(review)) == [newer]
