"""What a lead may ask for, and what the audit says of it."""

import pytest

from aiops.audit.models import AuditEvent
from aiops.core.errors import InvalidInput, NotAllowed
from aiops.reviews import actions
from aiops.reviews.models import SamplingBatch, SamplingPolicy
from tests.factories import asked_sampling, make_feature, make_price, make_sampling, make_user, make_version

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"base_share": 1.5}, "0 to 100 %"),
        ({"shares": {"longest": -0.1}}, "0 to 100 %"),
        ({"gold_share": 0.6}, "at most 50 %"),
        ({"shares": {"random": 0.1}}, "no stratum “random”"),
        ({"weekly_minimum": 200}, "more than all items"),
        ({"reviewers": 6}, "One to five people"),
        ({"judge_repeats": 0}, "asked one to five times"),
        ({"scale": "stars"}, "Choose a scale"),
        ({"masked": ["names"]}, "kinds of personal data"),
    ],
)
def test_what_cannot_be_is_refused(values, words, user):
    with pytest.raises(InvalidInput, match=words):
        actions.change_sampling(by=user, feature=make_feature(), asked=asked_sampling(**values))
    assert not SamplingPolicy.objects.exists()


def test_a_judge_is_pinned_whole_or_not_at_all(user):
    feature, price, version = make_feature(), make_price(), make_version()
    with pytest.raises(InvalidInput, match="a model that has a price"):
        actions.change_sampling(by=user, feature=feature, asked=asked_sampling(judge_version=version))
    judge = {"judge_version": version, "judge_model": price.model, "judge_price": price, "judge_share": 0.1}
    actions.change_sampling(by=user, feature=feature, asked=asked_sampling(**judge))
    event = AuditEvent.objects.get(action="reviews.sampling_changed")
    assert event.after["judge"] == f"{version} on {price.model}"


def test_a_change_says_what_was_before_and_why(user):
    policy = make_sampling(base_share=0.2)
    actions.change_sampling(by=user, feature=policy.feature, asked=asked_sampling(), why="Fewer people.")
    event = AuditEvent.objects.get(action="reviews.sampling_changed")
    assert (event.before["base_share"], event.after["base_share"], event.reason) == (
        0.2,
        0.05,
        "Fewer people.",
    )
    policy.refresh_from_db()
    assert (policy.changed_by, SamplingBatch.objects.exists()) == (user, False)


def test_hours_in_which_it_was_off_are_not_drawn_later(user):
    policy = make_sampling(on=False)
    actions.change_sampling(by=user, feature=policy.feature, asked=asked_sampling())
    assert SamplingBatch.objects.get().population == 0


def test_reviewers_set_nothing():
    with pytest.raises(NotAllowed):
        actions.change_sampling(
            by=make_user(roles=["reviewer"]), feature=make_feature(), asked=asked_sampling()
        )
