"""Calls and runs that somebody sends to review, and what of their texts people are shown."""

import pytest

from aiops.audit.models import AuditEvent
from aiops.core.errors import InvalidInput, NotAllowed
from aiops.reviews import actions, masking
from aiops.reviews.actions import sending
from aiops.reviews.models import ReviewItem
from tests.factories import (
    make_call,
    make_feature,
    make_guideline,
    make_result,
    make_run,
    make_sampling,
    make_user,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def feature():
    return make_feature(slug="summary")


def test_calls_are_sent_once_with_the_features_scale_and_guideline(user, feature):
    make_sampling(feature=feature, scale="one_to_five", reviewers=3)
    guideline = make_guideline(feature=feature)
    call = make_call()
    (item,) = actions.send_calls(by=user, calls=[call], note=" Odd. ")
    assert (item.source_id, item.stratum, item.probability, item.is_random) == (
        call.id,
        "by_hand",
        1.0,
        False,
    )
    assert (item.scale, item.guideline, item.note, item.places.count()) == (
        "one_to_five",
        guideline,
        "Odd.",
        3,
    )
    assert actions.send_calls(by=user, calls=[call]) == []
    event = AuditEvent.objects.get(action="reviews.calls_sent")
    assert (event.after, event.reason) == ({"calls": [call.id]}, "Odd.")


def test_calls_of_several_features_are_sent_together(user, feature):
    make_feature(slug="reply")
    made = actions.send_calls(
        by=user, calls=[make_call(), make_call(feature="reply"), make_call(feature="gone")]
    )
    assert sorted(item.feature.slug for item in made) == ["reply", "summary"]


@pytest.mark.parametrize("values", [{"output": None}, {"feature": "gone"}])
def test_what_has_no_text_is_not_sent(values, user, feature):
    with pytest.raises(InvalidInput, match="nothing to grade"):
        actions.send_calls(by=user, calls=[make_call(**values)])


def test_no_calls_and_too_many_are_refused(user):
    with pytest.raises(InvalidInput, match="1 to 200"):
        actions.send_calls(by=user, calls=[])


def test_reviewers_send_nothing(feature):
    with pytest.raises(NotAllowed):
        actions.send_calls(by=make_user(roles=["reviewer"]), calls=[make_call()])


def test_a_runs_answers_are_sent_each_once(user):
    result = make_result()
    failed = make_run()
    (item,) = actions.send_run(by=user, run=result.run)
    assert (item.result, item.source_id, item.stratum) == (result, str(result.pk), "run")
    assert (item.inputs, item.output, item.locale) == (result.case.inputs, "late", result.case.locale)
    assert item.model == result.run.model.name
    assert AuditEvent.objects.get(action="reviews.run_sent").after == {"items": 1}
    with pytest.raises(InvalidInput, match="in review already"):
        actions.send_run(by=user, run=result.run)
    with pytest.raises(InvalidInput, match="has no answers"):
        actions.send_run(by=user, run=failed)
    with pytest.raises(InvalidInput, match="Send 1 to 2,000"):
        actions.send_run(by=user, run=failed, most=0)


def test_a_part_of_a_run_is_sent_by_chance(user):
    run = make_result().run
    for number in range(3):
        make_result(run=run, repeat=number + 1, case=run.results.get(repeat=0).case)
    assert len(actions.send_run(by=user, run=run, most=2)) == 2
    assert len(actions.send_run(by=user, run=run)) == 2
    assert ReviewItem.objects.count() == 4


def test_personal_data_is_masked_by_the_features_rule(user, feature):
    make_sampling(feature=feature, masked=["email"])
    passage = {
        "number": 1,
        "text": "Ask ann@example.com",
        "url": "https://x.example/ann@example.com",
        "score": 0.5,
    }
    call = make_call(
        inputs={"ticket": "From bob@example.com, +49 30 123456"},
        output="Ask ann@example.com.",
        passages=[passage],
    )
    (item,) = actions.send_calls(by=user, calls=[call])
    assert item.inputs == {"ticket": "From [email], +49 30 123456"}
    assert item.output == "Ask [email]."
    assert item.passages == [{**passage, "text": "Ask [email]"}]


@pytest.mark.parametrize(
    ("inputs", "messages", "shown"),
    [
        ({"a": "b"}, [["user", "c"]], {"a": "b"}),
        ({}, [["user", "c"]], {"message": "c"}),
        (None, [["system", "s"], ["user", "c"]], {"message": "c", "earlier": "system: s"}),
        (None, None, {}),
        (None, [["user"]], {}),
    ],
)
def test_what_was_asked_is_shown_also_without_variables(inputs, messages, shown):
    assert masking.asked(inputs, messages) == shown


def test_a_long_note_is_cut(user, feature):
    (item,) = actions.send_calls(by=user, calls=[make_call()], note="x" * 900)
    assert len(item.note) == sending.MOST_NOTE
