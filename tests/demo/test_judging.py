"""What the live judge and the reviewers of the demo said, with a few calls."""

from datetime import UTC, datetime, timedelta

import pytest

from aiops.demo import deciding, judging
from aiops.demo.judged_calls import Answered, older
from aiops.demo.judged_grades import Desk, grade
from aiops.demo.records import Past
from aiops.demo.served import By
from aiops.reviews.models import Grade, ReviewItem, SamplingPolicy, Seat, Stratum
from tests.factories import make_feature, make_user

NOW = datetime(2026, 11, 25, 15, 30, tzinfo=UTC)
LARGE = By("prompt", "support-summary v3", 3, 3, "sim-large", 200)


def past():
    serving = {"support-summary": [(datetime.min.replace(tzinfo=UTC), LARGE)]}
    return Past(NOW, serving, deciding.wanted().stop, {})


def answered(place, **values):
    facts = {
        "id": f"call_{place}", "at": NOW - timedelta(hours=place), "tenant": "acme", "locale": "en",
        "category": "refund", "version": "support-summary v3", "version_id": 3, "number": 3,
        "model": "sim-large", "arm": "stable", "inputs": {"ticket": "x"}, "output": "y",
    }  # fmt: skip  # pairs, read as a table
    return Answered(**{**facts, **values})


def test_older_calls_are_the_same_for_everybody_and_before_those_that_are_there():
    first, second = (list(older(past(), "support-summary", 5)) for _ in range(2))
    assert [call.id for call in first] == [call.id for call in second]
    assert len({call.id for call in first}) == len(first) > 100
    assert max(call.at for call in first) < past().whole_since
    assert {call.version for call in first} == {"support-summary v3"}


@pytest.mark.django_db
def test_people_grade_what_they_read_and_the_newest_waits():
    policy = SamplingPolicy.objects.create(feature=make_feature(), double_share=1.0)
    # Now and then somebody sees it otherwise, by name: these two do not, of these calls.
    english = make_user(email="english@example.com", roles=["reviewer"], languages=["en"])
    both = make_user(email="both@example.com", roles=["reviewer"], languages=["en", "ja"])
    bad = answered(3, locale="ja", inputs={"ticket": "返金"})
    problems = {bad.alike: ("language", "Not in the language of the ticket.")}
    calls = [answered(1), answered(2), bad, answered(4, locale="fr"), answered(5)]
    drawn = {call.id: (Stratum.RANDOM, 0.05) for call in calls if call.id != "call_5"}
    grade(Desk(policy, [english, both], problems, NOW), calls, drawn, 1)
    items = {item.source_id: item for item in ReviewItem.objects.all()}
    assert set(items) == {"call_1", "call_2", "call_3", "call_4"}
    assert (items["call_1"].state, items["call_4"].state) == ("open", "open")  # the newest, and French
    assert items["call_2"].seats == 2
    (failed,) = Grade.objects.filter(item=items["call_3"])
    assert (failed.reviewer, failed.passed, failed.reasons) == (both, False, ["language"])
    assert Seat.objects.filter(state="graded").count() == Grade.objects.count() == 3


def test_the_manifest_of_quality_is_one():
    wanted = judging.wanted()
    assert set(wanted.shares) <= set(Stratum.values)
    assert (judging.content.FOLDER / "prompts" / wanted.rubric / "v1.prompt").exists()
