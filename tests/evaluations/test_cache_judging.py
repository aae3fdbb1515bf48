"""Checks of the semantic cache that words do not settle are put to the feature's judge, and paid for."""

import json
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db.models import Sum

from aiops.budgets.models import Lease
from aiops.core import clock
from aiops.core.actors import SystemActor
from aiops.evaluations import cache_judging, tasks
from aiops.features import actions
from aiops.features.policy import Policy
from aiops.gateway import cache_queries
from aiops.gateway.models import Rollup, SemanticCheck
from aiops.gateway.semantic.threshold import Bin
from aiops.providers import errors
from tests.evaluations.rubrics import make_rubric
from tests.evaluations.stage import MemoryProvider, always, raising
from tests.factories import make_budget, make_feature, make_price, make_provider

pytestmark = pytest.mark.django_db
PRICE = 100 * Decimal("0.00001") + 50 * Decimal("0.0001")  # of one answer of the judge


@pytest.fixture
def vendor(monkeypatch):
    memory = MemoryProvider(answer=says("pass"))
    monkeypatch.setattr(cache_judging, "open_provider", lambda _row: memory)
    return memory


def says(verdict):
    return always(json.dumps({"reason": "Both say it.", "verdict": verdict}))


@pytest.fixture
def feature():
    rubric = make_rubric("reference", provider=make_provider(max_concurrency=4))
    make_price(model=rubric.model, input=Decimal("0.00001"), output=Decimal("0.0001"))
    feature = make_feature(slug="summary")
    use(feature, rubric.name)
    return feature


def use(feature, judge):
    policy = Policy.model_validate({"cache": {"semantic": "shadow", "judge": judge}})
    actions.set_policy(by=SystemActor("test"), feature=feature, policy=policy)


def make_check(minutes=5, **values):
    facts = {
        "call_id": "c", "feature": "summary", "tenant": "acme", "similarity": 0.95, "equivalent": False,
        "served": False, "question": "How?", "neighbour": "How so?", "stored": "Press it.",
        "fresh": "You press the button.", "judged": "waiting",
    }  # fmt: skip  # pairs, read as a table
    return SemanticCheck.objects.create(**{**facts, "at": clock.now() - timedelta(minutes=minutes), **values})


def settled():
    return list(SemanticCheck.objects.order_by("-at").values_list("judged", "equivalent", "reason"))


def bins():
    return cache_queries.bins("summary", clock.now() - timedelta(days=1))


def test_the_judge_settles_what_waits_once_and_is_paid(vendor, feature):
    budget = make_budget(tenant=None, feature=feature, amount=Decimal(5))
    make_check(), make_check(), make_check(equivalent=True, judged="")
    tasks.judge_cache_checks()
    tasks.judge_cache_checks()
    assert [row[:2] for row in settled()].count(("judge", True)) == 2
    assert len(vendor.asked) == 2
    asked = vendor.asked[0].messages[-1].content
    assert ("Press it." in asked, "You press the button." in asked) == (True, True)
    sums = Rollup.objects.filter(tenant="internal", served_by="judge").aggregate(
        n=Sum("calls"), c=Sum("cost")
    )
    assert sums == {"n": 2, "c": 2 * PRICE}
    assert budget.periods.get().spent == 2 * PRICE
    assert not Lease.objects.filter(state="open").exists()
    assert bins() == [Bin(0.94, 3, 0)]


@pytest.mark.parametrize(
    ("answer", "judged", "reason"),
    [
        (says("fail"), "judge", "Both say it."),
        (always("What?"), "failed", None),
    ],
)
def test_what_the_judge_denies_or_garbles_stays_wrong(vendor, feature, answer, judged, reason):
    vendor.answer = answer
    make_check()
    tasks.judge_cache_checks()
    ((now, same, why),) = settled()
    assert (now, same, reason in {None, why}) == (judged, False, True)
    assert bins() == [Bin(0.94, 1, 1)]


def test_a_judge_that_is_away_is_asked_again_and_until_then_later_checks_do_not_count(vendor, feature):
    vendor.answer = raising(errors.Refused("away", status=404))
    make_check(9, equivalent=True, judged=""), make_check(6), make_check(3, equivalent=True, judged="")
    tasks.judge_cache_checks()
    assert [row[0] for row in settled()] == ["", "waiting", ""]
    assert bins() == [Bin(0.94, 1, 0)]
    vendor.answer = says("pass")
    tasks.judge_cache_checks()
    assert bins() == [Bin(0.94, 3, 0)]


def test_without_money_it_waits(vendor, feature):
    make_budget(tenant=None, feature=feature, amount=Decimal("0.0001"))
    make_check()
    tasks.judge_cache_checks()
    assert (vendor.asked, settled()) == ([], [("waiting", False, "")])


def test_a_claimed_check_is_left_to_its_worker(vendor, feature):
    make_check(claimed_at=clock.now())
    tasks.judge_cache_checks()
    assert vendor.asked == []


def test_what_cannot_be_asked_counts_by_words(vendor, feature):
    make_check(60 * 25)
    tasks.judge_cache_checks()
    assert settled() == [("failed", False, "The judge was not asked in time.")]
    make_check()
    use(feature, "no-such-rubric")
    tasks.judge_cache_checks()
    assert [row[0] for row in settled()] == ["waiting", "failed"]
    use(feature, "")
    tasks.judge_cache_checks()
    assert settled()[0] == ("failed", False, "The feature has no judge any more.")
    assert vendor.asked == []
