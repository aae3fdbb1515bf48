"""The live judge of calls: a share of them, each once, within the budget."""

import json
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db.models import Sum

from aiops.budgets.models import Budget, Lease
from aiops.core import clock
from aiops.evaluations.judges import digest_of
from aiops.gateway.call_ids import new_id
from aiops.gateway.models import Rollup
from aiops.monitoring import judge_claims, judge_work, live_judge, tasks
from aiops.providers import errors
from aiops.reviews import forgetting
from aiops.reviews.models import JudgedCall, JudgeWatch, ReviewItem, SamplingPolicy
from tests.evaluations.rubrics import make_rubric
from tests.evaluations.stage import MemoryProvider, always, raising
from tests.factories import make_budget, make_call, make_feature, make_price, make_provider
from tests.factories.judged import make_judged_calls

pytestmark = pytest.mark.django_db

AGO = timedelta(minutes=5)
PRICE = 100 * Decimal("0.00001") + 50 * Decimal("0.0001")  # of one answer of the judge


@pytest.fixture
def vendor(monkeypatch):
    memory = MemoryProvider(answer=always(json.dumps({"reason": "Says it.", "verdict": "pass"})))
    monkeypatch.setattr(judge_work, "open_provider", lambda _row: memory)
    return memory


def make_judged(*, share=1.0, **values):
    """The policy of a feature with a live judge."""
    rubric = make_rubric("input", provider=make_provider(max_concurrency=4))
    price = make_price(model=rubric.model, input=Decimal("0.00001"), output=Decimal("0.0001"))
    feature = make_feature(slug="summary")
    return SamplingPolicy.objects.create(
        feature=feature, judge_version=rubric.version, judge_model=rubric.model, judge_price=price,
        judge_share=share, **values,
    )  # fmt: skip  # arguments by what they belong to


def calls(count, **values):
    return [make_call(at=clock.now() - AGO - timedelta(seconds=n), **values) for n in range(count)]


def of(policy):
    return live_judge.policies().get(pk=policy.pk)


def states():
    return sorted(JudgedCall.objects.values_list("state", flat=True))


def test_answered_calls_are_judged_once_and_paid_for(vendor):
    policy = make_judged()
    budget = make_budget(tenant=None, feature=policy.feature, amount=Decimal(5))
    calls(3)
    make_call(at=clock.now() - AGO, outcome="degraded")
    make_call(at=clock.now() - AGO, inputs=None, messages=None)
    make_call(at=clock.now() - AGO, feature="other")
    tasks.judge_calls()
    tasks.judge_calls()
    rows = JudgedCall.objects.all()
    assert [(row.state, row.passed, row.value, row.is_random) for row in rows] == [
        ("judged", True, 1.0, True)
    ] * 3
    assert {(row.reason, row.cost, row.category, row.version_number) for row in rows} == {
        ("Says it.", PRICE, "unknown", 3)
    }
    assert len(vendor.asked) == 3
    assert "Where is my lamp?" in vendor.asked[0].messages[-1].content
    sums = Rollup.objects.filter(tenant="internal", served_by="judge").aggregate(
        n=Sum("calls"), c=Sum("cost")
    )
    assert sums == {"n": 3, "c": 3 * PRICE}
    assert budget.periods.get().spent == 3 * PRICE
    assert not Lease.objects.filter(state="open").exists()
    watch = JudgeWatch.objects.get()
    assert (watch.held_by, watch.problem, watch.token) == ("", "", 2)


def test_the_share_goes_by_the_calls_id_alone():
    policy = make_judged(share=0.2)
    ids = [new_id(1_800_000_000.0 + n) for n in range(2000)]
    inside = {one for one in ids if live_judge.chosen_by(policy, one)}
    assert 300 < len(inside) < 500
    assert inside == {one for one in reversed(ids) if live_judge.chosen_by(policy, one)}
    policy.judge_share = 0.4
    assert inside <= {one for one in ids if live_judge.chosen_by(policy, one)}


def test_what_people_grade_is_judged_too_and_told_apart(vendor):
    policy = make_judged(share=0.00001)
    (call,) = calls(1)
    ReviewItem.objects.create(
        feature=policy.feature, source="call", source_id=call.id, source_at=call.at, stratum="random",
        probability=0.05, week=call.at.date(),
    )  # fmt: skip  # arguments by what they belong to
    judge_work.judge(of(policy))
    row = JudgedCall.objects.get()
    assert (row.state, row.is_random) == ("judged", False)


def test_it_stops_at_the_budget_and_says_so(vendor):
    policy = make_judged()
    make_budget(tenant=None, feature=policy.feature, amount=Decimal("0.03"))
    calls(12)
    judge_work.judge(of(policy))
    watch = JudgeWatch.objects.get()
    assert "leaves no room" in watch.problem
    assert JudgedCall.objects.filter(state="waiting").count() == 12 - len(vendor.asked)
    assert JudgedCall.objects.aggregate(cost=Sum("cost"))["cost"] <= Decimal("0.03")
    Budget.objects.update(amount=Decimal(9))
    judge_work.judge(of(policy))
    assert states() == ["judged"] * 12
    assert JudgeWatch.objects.get().problem == ""


def test_an_answer_that_is_none_is_no_verdict_and_no_zero(vendor):
    policy = make_judged()
    vendor.answer = always("Looks fine to me.")
    calls(1)
    judge_work.judge(of(policy))
    row = JudgedCall.objects.get()
    assert (row.state, row.passed, row.value, row.cost) == ("failed", None, None, PRICE)
    assert row.reason.startswith("The judge did not answer with the JSON object asked for")


def test_a_vendor_that_is_away_leaves_the_calls_for_later(vendor):
    policy = make_judged()
    good, vendor.answer = vendor.answer, raising(errors.Refused("No such model", status=404))
    calls(8)
    judge_work.judge(of(policy))
    assert set(states()) == {"waiting"}
    assert len(vendor.asked) < 16
    assert JudgeWatch.objects.get().problem.startswith("The judge does not answer")
    vendor.answer = good
    judge_work.judge(of(policy))
    assert set(states()) == {"judged"}


def test_asked_several_times_it_may_disagree_with_itself(vendor):
    policy = make_judged(judge_repeats=3)
    said = iter(["pass", "fail", "pass"])
    vendor.answer = lambda _request: json.dumps({"reason": "So.", "verdict": next(said)})
    calls(1)
    judge_work.judge(of(policy))
    row = JudgedCall.objects.get()
    assert (row.passed, row.unsure, row.value) == (True, True, pytest.approx(2 / 3))


def test_one_worker_at_a_time_and_the_money_of_a_dead_one_counts(vendor):
    policy = make_judged()
    budget = make_budget(tenant=None, feature=policy.feature, amount=Decimal(5))
    claim = judge_claims.take(of(policy))
    assert claim is not None
    assert not judge_work.judge(of(policy))
    calls(1)
    live_judge.choose(policy, claim.watch)
    work = judge_work.Work(claim)
    work._pay(work._asked(work.pending[0]), busy=False)  # its worker dies here, with a question on its way
    JudgeWatch.objects.update(heartbeat_at=clock.now() - timedelta(minutes=2))
    assert judge_work.judge(of(policy))
    assert states() == ["judged"]
    assert budget.periods.get().spent > PRICE
    with pytest.raises(judge_claims.Fenced):
        judge_claims.write(claim, [])


def test_late_records_are_found_and_old_calls_are_given_up(vendor):
    policy = make_judged()
    calls(1)
    judge_work.judge(of(policy))
    make_call(at=clock.now() - timedelta(minutes=10))  # its record came late
    judge_work.judge(of(policy))
    assert states() == ["judged"] * 2
    JudgedCall.objects.update(
        state="waiting", passed=None, value=None, judged_at=None, at=clock.now() - timedelta(days=4)
    )
    judge_work.judge(of(policy))
    assert states() == ["missed"] * 2


def test_another_rubric_is_another_judge(vendor):
    policy = make_judged()
    calls(1)
    judge_work.judge(of(policy))
    before = live_judge.entry_of(of(policy))
    other = make_rubric("input", provider=policy.judge_model.provider)
    policy.judge_version = other.version
    policy.save()
    assert digest_of(live_judge.entry_of(of(policy))) != digest_of(before)
    judge_work.judge(of(policy))
    assert JudgedCall.objects.count() == 2


def test_a_call_without_inputs_shows_the_judge_what_the_caller_said():
    call = make_call(inputs={}, messages=[["system", "Be brief."], ["user", "Where is my lamp?"]])
    assert judge_work.said_to(call) == {"messages": "Where is my lamp?"}


def test_reasons_go_with_the_texts_of_the_calls_and_verdicts_stay():
    policy = make_judged()
    now = clock.now()
    make_judged_calls(policy, 1, at=now - timedelta(days=900), reason="It says: where is my lamp?")
    make_judged_calls(policy, 1, at=now, reason="Fine.")
    forgetting.forget()
    assert set(JudgedCall.objects.values_list("reason", "passed")) == {("", True), ("Fine.", True)}
