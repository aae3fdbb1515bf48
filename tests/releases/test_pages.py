"""The pages of reviews and of what is in production."""

import pytest
from django.contrib.messages import get_messages

from aiops.accounts.models import Workspace
from aiops.prompts import actions as prompts
from aiops.prompts.models import Label
from aiops.releases import actions
from aiops.releases.models import LineComment, Release, ReviewRequest
from tests.factories import (
    make_comment,
    make_feature,
    make_label,
    make_prompt,
    make_review,
    make_user,
    make_version,
)
from tests.releases.test_shipping import approve, judged

pytestmark = pytest.mark.django_db
SOURCE = (
    b"---\nname: triage\nvariables: {ticket: {type: string}, unused: {type: string, default: x}}\n"
    b"output_schema: {type: object, properties: {team: {type: string}}}\n---\nWhich team? {{ ticket }}\n"
)


@pytest.fixture
def engineer(as_role):
    return as_role("engineer")


@pytest.fixture
def review():
    """Of v2, while v1 is in production."""
    prompt = make_prompt(name="triage", feature=make_feature())
    make_label(version=make_version(prompt=prompt))
    return make_review(
        version=make_version(
            prompt=prompt,
            source=b"---\nname: triage\nvariables: {ticket: {type: string}}\n---\nSum: {{ ticket }}\n",
        )
    )


def page(client, url):
    answer = client.get(url)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize("reviews", [1, 3])
def test_the_list_asks_as_many_questions_for_three_as_for_one(
    reviews, engineer, django_assert_max_num_queries
):
    for _ in range(reviews):
        make_review()
    with django_assert_max_num_queries(9):
        assert page(engineer, "/releases/").count("Friendlier") == reviews


def test_each_list_is_empty_with_words(engineer):
    assert "No review is open" in page(engineer, "/releases/?show=nonsense")
    assert "None of yours" in page(engineer, "/releases/?show=mine")
    assert "None has ended" in page(engineer, "/releases/?show=closed")


def test_a_review_is_opened_from_the_page_of_a_version(engineer):
    version = make_version(note="Shorter")
    path = f"/releases/prompts/{version.prompt.name}/1/open/"
    assert path in page(engineer, f"/prompts/{version.prompt.name}/versions/1/")
    shown = page(engineer, path)
    assert 'value="Shorter"' in shown
    assert "first version in production" in shown
    assert engineer.post(path, {"title": ""}).status_code == 422
    opened = engineer.post(path, {"title": "Shorter", "description": "Agents read less."})
    review = ReviewRequest.objects.get()
    assert (opened.url, review.opened_by) == (f"/releases/{review.pk}/", engineer.user)
    assert engineer.get(path).url == opened.url
    assert "Agents read less." in page(engineer, opened.url)


def test_what_is_live_gets_no_review(engineer):
    label = make_label()
    refused = engineer.post(f"/releases/prompts/{label.prompt.name}/1/open/", {"title": "Again"})
    assert (refused.status_code, "is in production already" in refused.content.decode()) == (422, True)


def test_the_page_says_what_is_missing_and_where_to_get_it(engineer, review):
    shown = page(engineer, f"/releases/{review.pk}/")
    assert "No verdict against v1, which is in production." in shown
    assert f"/evaluations/new/?version={review.version.pk}" in shown
    assert "Nobody has approved it yet." in shown
    assert "Ship v2" not in shown
    judged(review, "BLOCK")
    assert "BLOCK: As before." in page(engineer, f"/releases/{review.pk}/")


def test_a_review_goes_its_way_on_the_page(engineer, review):
    path = f"/releases/{review.pk}/"
    judged(review)
    engineer.post(f"{path}answer/", {"answer": "approved", "cycle": "1"})
    assert "Ship v2" in page(engineer, path)
    shipped = engineer.post(f"{path}ship/", {"expected": "1"})
    assert [m.extra_tags for m in get_messages(shipped.wsgi_request)] == [
        "/releases/prompts/triage/1/roll-back/?expected=2&reason=undone"
    ]
    shown = page(engineer, path)
    assert f"<dt>Approved by</dt><dd>{engineer.user.email}" in shown
    assert "v2 against v1" in shown
    engineer.post("/releases/prompts/triage/1/roll-back/?expected=2&reason=undone")
    assert Label.objects.get().version.number == 1
    history = page(engineer, "/releases/prompts/triage/")
    assert "Roll back to v2" in history
    assert "undone" in history
    assert "No feature is served by this prompt" in history


def test_what_cannot_be_done_is_said(engineer, review):
    path = f"/releases/{review.pk}/"
    assert "There is no verdict against v1" in engineer.post(f"{path}ship/", follow=True).content.decode()
    refused = engineer.post(f"{path}answer/", {"answer": "changes", "cycle": "1"}, follow=True)
    assert "Say what should change." in refused.content.decode()
    refused = engineer.post(f"{path}answer/", {"answer": "perhaps"}, follow=True)
    assert "Approve, or ask for changes." in refused.content.decode()
    refused = engineer.post("/releases/prompts/triage/2/roll-back/", follow=True)
    assert "was never in production" in refused.content.decode()
    assert Release.objects.count() == 1


def test_the_author_sees_why_somebody_else_approves(as_role):
    author = as_role("administrator")
    review = make_review(version=make_version(author=author.user))
    shown = page(author, f"/releases/{review.pk}/")
    assert "somebody else approves it" in shown
    assert "Approve v1" not in shown
    assert (
        author.post(f"/releases/{review.pk}/answer/", {"answer": "approved", "cycle": "1"}).status_code == 302
    )
    assert not review.approvals.exists()


def test_a_line_is_commented_on_and_the_comment_resolved(engineer, review):
    path = f"/releases/{review.pk}/"
    assert 'name="line" value="1"' in page(engineer, f"{path}?part=1&line=1&all=1")
    given = {"text": "<b>Why?</b>", "part": "1", "line": "1"}
    answer = engineer.post(f"{path}comment/", given)
    said = LineComment.objects.get()
    assert answer.url == f"{path}#comment-{said.pk}"
    shown = page(engineer, f"{path}?all=1")
    assert shown.count("&lt;b&gt;Why?&lt;/b&gt;") == 2  # below its line, and in the conversation
    assert "Message 1, line 1 of v2" in shown
    engineer.post(f"{path}comments/{said.pk}/resolve/")
    assert "Resolved" in page(engineer, path)


def test_a_comment_without_words_or_place_comes_back_with_its_mistake(engineer, review):
    path = f"/releases/{review.pk}/comment/"
    assert "This field is required" in engineer.post(path, {"text": ""}).content.decode()
    answer = engineer.post(path, {"text": "Where?", "part": "1", "line": "99"})
    assert (answer.status_code, "has no line 99 there" in answer.content.decode()) == (422, True)


def test_the_conversation_tells_versions_and_answers_in_order(engineer, review):
    reviewer = make_user(roles=["product"])
    make_comment(request=review, text="An early word")
    approve(review, reviewer)
    path = f"/releases/{review.pk}/"
    make_version(prompt=review.prompt, source=review.version.source)
    assert "Update to v3" in page(engineer, path)
    assert engineer.post(f"{path}update/", {"version": "nonsense"}).status_code == 404
    engineer.post(f"{path}update/", {"version": "3"})
    shown = page(engineer, path)
    assert "does not count any more: v3 came after" in shown
    assert "an earlier cycle" in shown
    assert "cycle 2 begins" in shown
    actions.answer_request(
        by=reviewer, request=ReviewRequest.objects.get(), answer="changes", cycle=2, text="Keep the tone."
    )
    shown = page(engineer, path)
    assert "Keep the tone." in shown
    assert "Changes are asked for." in shown
    engineer.post(f"{path}close/", {"reason": "later"})
    assert "closed the review" in page(engineer, path)


def test_four_eyes_that_are_off_are_said(engineer, review):
    Workspace.objects.create(four_eyes="off")
    shown = page(engineer, f"/releases/{review.pk}/")
    assert "Four eyes are off in this workspace." in shown
    assert "one person alone may ship" in shown


def test_checks_read_the_variables_and_the_schema(engineer, user):
    prompt = prompts.create_prompt(by=user, name="triage")
    version = prompts.create_version(by=user, prompt=prompt, source=SOURCE)
    review = make_review(version=version)
    shown = page(engineer, f"/releases/{review.pk}/")
    assert "is declared and never used" in shown
    assert "Valid JSON Schema: team." in shown
    assert "Never evaluated." in shown


def test_those_who_only_look_see_no_buttons(as_role, review):
    viewer = as_role("viewer")
    shown = page(viewer, f"/releases/{review.pk}/")
    assert "Your roles do not let you approve" in shown
    assert "<textarea" not in shown
    assert "No other version was in production." in page(viewer, "/releases/prompts/triage/")
    assert "Nothing was in production yet" in page(viewer, f"/releases/prompts/{make_prompt().name}/")


def test_home_says_which_reviews_wait(engineer, review):
    shown = page(engineer, "/")
    assert f'href="/releases/{review.pk}/"' in shown
    assert "1 thing waits for you" in shown
