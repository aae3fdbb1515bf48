"""Evaluations, judges, comparisons and tries are paid out of the same budgets as calls, and seen on Spend."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db.models import Sum

from aiops.budgets.models import Budget, Lease, Period
from aiops.core import clock
from aiops.core.errors import Conflict
from aiops.evaluations import actions, claims, pairwise_claims, pairwise_work, runner, spent, store
from aiops.evaluations.asking import AskingWork
from aiops.evaluations.models import PlaygroundCall, Run, Shard
from aiops.evaluations.playground import asking as planning
from aiops.evaluations.playground import recording
from aiops.gateway import queries as calls
from aiops.gateway.models import Rollup
from aiops.providers.errors import Timeout
from aiops.providers.protocol import ChatReply, Usage
from tests.evaluations.rubrics import make_rubric
from tests.evaluations.stage import BY, always, make_stage, raising, result_row
from tests.factories import make_price, make_tenant, make_user

pytestmark = pytest.mark.django_db
COST = Decimal("0.006")  # of a call: 100 tokens in, 50 out


@pytest.fixture(autouse=True)
def judge_of_pairs(provider, monkeypatch):
    monkeypatch.setattr(pairwise_work, "open_provider", lambda _row: provider)


@pytest.fixture
def internal():
    return make_tenant(slug="internal")


def make_budget(amount, **values):
    return Budget.objects.create(**{"period": "month", "amount": Decimal(amount), **values})


def raise_to(budget, amount):
    Budget.objects.filter(pk=budget.pk).update(amount=Decimal(amount))


def gone(budget):
    """What was spent of it and what is out with workers."""
    return Period.objects.values_list("spent", "leased").get(budget=budget)


def sums(**equal):
    """(calls, cost, worst cases in it) by purpose and model."""
    rows = Rollup.objects.filter(tenant="internal", **equal).order_by("served_by", "model")
    return [(row.served_by, row.model, row.calls, row.cost, row.unaccounted) for row in rows]


def judged(stage):
    rubric = make_rubric(provider=stage.model.provider)
    make_price(model=rubric.model, input=Decimal("0.00001"), output=Decimal("0.0001"))
    return rubric, {"type": "judge", "prompt": rubric.name}


def test_a_run_is_paid_out_of_every_budget_that_applies_and_is_seen_as_spend(provider, internal):
    stage = make_stage(20)
    budgets = [make_budget("5"), make_budget("4", tenant=internal), make_budget("3", feature=stage.feature)]
    run = runner.run_inline(stage.start().pk)
    assert (run.state, run.cost) == ("finished", 20 * COST)
    assert [gone(budget) for budget in budgets] == [(run.cost, 0)] * 3
    assert set(Lease.objects.values_list("state", flat=True)) == {"closed"}
    assert sums(feature=stage.feature.slug) == [("evaluation", stage.model.name, 20, run.cost, 0)]
    row = Rollup.objects.get()
    assert (row.input_tokens, row.output_tokens, row.hour.minute) == (2000, 1000, 0)


def test_what_an_evaluation_asks_is_no_live_traffic(provider):
    stage = make_stage(3)
    runner.run_inline(stage.start().pk)
    assert calls.live_mix(stage.feature.slug) == {}


def test_judges_are_paid_and_seen_beside_the_answers(provider):
    stage = make_stage(4)
    rubric, judge = judged(stage)
    budget = make_budget("5")
    verdict = '{"verdict": "pass", "reason": "x"}'
    provider.answer = lambda request: verdict if request.response_schema else "fine"
    run = runner.run_inline(stage.start(scorers=[{"type": "contains"}, judge]).pk)
    assert (run.state, run.cost) == ("finished", 8 * COST)
    assert gone(budget) == (run.cost, 0)
    found = {(purpose, model, count, cost) for purpose, model, count, cost, _ in sums()}
    assert found == {
        ("evaluation", stage.model.name, 4, 4 * COST),
        ("judge", rubric.model.name, 4, 4 * COST),
    }


def test_a_full_budget_stops_a_run_in_words_and_more_room_lets_it_go_on(provider, internal):
    stage = make_stage(40)
    budget = make_budget("0.1", tenant=internal, feature=stage.feature)
    run = runner.run_inline(stage.start().pk)
    assert (run.state, 0 < run.done < 40, run.held) == ("stopped", True, 0)
    assert run.reason.startswith(f"The monthly budget of internal × {stage.feature} leaves no room ($0.0")
    assert ": raise it or wait until 1 " in run.reason
    spent_then, leased = gone(budget)
    assert (spent_then, leased) == (run.cost, 0)
    assert spent_then <= budget.amount < spent_then + Decimal("0.012")  # no call that fits is left undone
    raise_to(budget, 5)
    run = runner.run_inline(actions.continue_run(by=BY, run=run).pk)
    assert (run.state, run.done, run.reason, len(provider.asked)) == ("finished", 40, "", 40)
    assert gone(budget) == (40 * COST, 0)
    assert sums()[0][2:4] == (40, 40 * COST)


def test_an_empty_budget_stops_a_run_before_it_asks_anything(provider):
    make_budget("0", period="day")
    run = runner.run_inline(make_stage(3).start().pk)
    assert (run.state, run.accounted, provider.asked) == ("stopped", 0, [])
    assert run.reason.startswith("The daily budget of everything leaves no room ($0.00 of $0.00 left)")


def test_a_soft_budget_stops_nothing(provider):
    budget = make_budget("0.01", hard=False)
    run = runner.run_inline(make_stage(5).start().pk)
    assert run.state == "finished"
    assert gone(budget) == (5 * COST, 0)


def test_the_ceiling_of_a_run_holds_beside_the_budgets(provider):
    budget = make_budget("5")
    run = runner.run_inline(make_stage(40).start(ceiling=Decimal("0.05")).pk)
    assert (run.state, run.reason) == ("stopped", "")
    assert gone(budget) == (run.cost, 0)


def test_rules_and_reused_answers_cost_nothing(provider):
    stage = make_stage(3)
    runner.run_inline(stage.start().pk)
    budget = make_budget("0")
    run = runner.run_inline(stage.start(reuse=True).pk)
    assert (run.state, run.reused, run.cost) == ("finished", 3, 0)
    assert not Period.objects.filter(budget=budget).exists()


def test_an_unknown_bill_counts_at_its_worst(provider):
    budget = make_budget("0.05")
    provider.answer = raising(Timeout("No answer."))
    run = runner.run_inline(make_stage(20).start().pk)
    assert (run.state, run.cost) == ("stopped", 0)
    assert gone(budget) == (run.unaccounted, 0)
    assert [(cost, worst) for *_, cost, worst in sums()] == [(run.unaccounted, run.unaccounted)]


def test_a_vendor_that_bills_more_than_was_held_is_an_overrun(provider):
    budget = make_budget("5")
    provider.usage = Usage(input=100, output=5000)
    run = runner.run_inline(make_stage(1).start().pk)
    assert gone(budget) == (run.cost, 0)
    assert Period.objects.get().overrun > Decimal("0.4")


def test_a_cancelled_run_gives_back_what_it_has_not_spent(provider):
    budget = make_budget("5")
    run = make_stage(30).start()

    (shard,) = run.shards.all()
    work_of = claims.take(shard.pk)
    Run.objects.filter(pk=run.pk).update(state="cancelled", finished_at=clock.now())
    AskingWork(work_of).run()
    run.refresh_from_db()
    assert gone(budget) == (run.cost, 0)


def test_a_result_written_twice_is_paid_once(provider):
    budget = make_budget("5")
    stage = make_stage(2)
    (shard,) = stage.start().shards.all()
    claim = claims.take(shard.pk)
    purse = spent.purse_of(claims.instance(claim), stage.feature, 4)
    (lease,) = purse.hold(Decimal(1)).leases
    case = stage.dataset_version.dataset.cases.first()
    row = result_row(case.pk, charges={lease: Decimal("0.5")})
    for _ in range(2):
        store.write(claim, [row])
    assert gone(budget)[0] == Decimal("0.5")
    assert sums() == [("evaluation", stage.model.name, 1, Decimal("0.5"), 0)]


def test_what_a_dead_worker_had_counts_as_spent(provider, settings):
    settings.EVALUATIONS = {**settings.EVALUATIONS, "lost": -1.0}
    budget = make_budget("5")
    stage = make_stage(60, concurrency=2)
    run = stage.start()
    dead = run.shards.first()
    claim = claims.take(dead.pk)
    purse = spent.purse_of(claims.instance(claim), stage.feature, 2)
    hold = purse.hold(Decimal("0.1"))
    case = stage.dataset_version.dataset.cases.first()
    store.write(
        claim, [result_row(case.pk, cost="0.04", charges=dict.fromkeys(hold.leases, Decimal("0.04")))]
    )
    lease = Lease.objects.get()
    assert claims.reclaim_lost() == [dead.pk]
    lease.refresh_from_db()
    assert lease.state == "lost"
    assert gone(budget) == (lease.granted, 0)
    run.refresh_from_db()
    assert run.unaccounted == lease.granted - Decimal("0.04")
    assert Rollup.objects.get(reason="lost").cost == run.unaccounted
    with pytest.raises(store.Fenced):
        store.write(claim, [result_row(case.pk)])
    settings.EVALUATIONS = {**settings.EVALUATIONS, "lost": 10.0}
    run = runner.run_inline(run.pk)
    assert (run.state, run.done) == ("finished", 60)
    assert gone(budget) == (run.cost + run.unaccounted, 0)
    assert Rollup.objects.aggregate(sum=Sum("cost"))["sum"] == run.cost + run.unaccounted


def test_a_shard_waits_for_money_of_another_one(provider, monkeypatch):
    """The second one's worst case fits once the first has its true cost."""
    stage = make_stage(120, concurrency=2)
    budget = make_budget("0.02")
    run = stage.start()
    mine, other = run.shards.all()
    claim = claims.take(other.pk)
    held = spent.purse_of(claims.instance(claim), stage.feature, 1)
    held.hold(Decimal("0.0195"))
    naps = []

    def nap(_seconds):
        naps.append(gone(budget))
        held.close()
        claims.release(claim, Shard.State.FINISHED)

    monkeypatch.setattr(runner.time, "sleep", nap)
    runner.run_shard(mine.pk)
    assert naps
    run.refresh_from_db()
    assert run.done > 0
    assert gone(budget) == (run.cost, 0)


# Comparisons


def pair_of(provider, cases=6):
    stage = make_stage(cases)
    provider.answer = always("old")
    baseline = runner.run_inline(stage.start().pk)
    provider.answer = always("new")
    candidate = runner.run_inline(stage.start().pk)
    text = {"type": "string"}
    rubric = make_rubric(variables={"first": text, "second": text}, provider=stage.model.provider)
    make_price(model=rubric.model, input=Decimal("0.00001"), output=Decimal("0.0001"))
    provider.answer = always('{"better": "tie", "reason": "x"}')
    Rollup.objects.all().delete()
    row = actions.start_pairwise(by=BY, candidate=candidate, baseline=baseline, judge={"prompt": rubric.name})
    return row, rubric


def test_a_comparison_is_paid_stops_in_words_and_goes_on(provider):
    row, rubric = pair_of(provider)
    budget = make_budget("0.06")
    assert pairwise_work.run_pairwise(row.pk)
    row.refresh_from_db()
    assert (row.state, row.held) == ("stopped", 0)
    assert row.reason.startswith("The monthly budget of everything leaves no room")
    assert gone(budget) == (row.cost, 0)
    raise_to(budget, 5)
    row = actions.continue_pairwise(by=BY, pairwise=row)
    assert pairwise_work.run_pairwise(row.pk)
    row.refresh_from_db()
    assert (row.state, row.done, row.cost) == ("finished", 6, 12 * COST)
    assert gone(budget) == (row.cost, 0)
    assert sums() == [("pairwise", rubric.model.name, 12, row.cost, 0)]


def test_what_a_dead_comparison_had_counts_as_spent(provider, settings):
    row, _ = pair_of(provider)
    budget = make_budget("5")
    claim = pairwise_claims.take(row.pk)
    spent.purse_of(pairwise_claims.instance(claim), row.candidate.feature, 1).hold(Decimal("0.1"))
    settings.EVALUATIONS = {**settings.EVALUATIONS, "lost": -1.0}
    pairwise_claims.sweep()
    row.refresh_from_db()
    lease = Lease.objects.get()
    assert (row.state, row.slots, lease.state) == ("queued", 0, "lost")
    assert gone(budget) == (lease.granted, 0)
    assert [(purpose, cost) for purpose, _, _, cost, _ in sums()] == [("pairwise", lease.granted)]


# The playground


def begun(stage):
    planned = planning.plan(stage.version, {"ticket": "Late."}, [stage.model])
    return recording.begin(
        by=make_user(), prompt=stage.version.prompt, version=stage.version, draft="", inputs={}, case=None,
        planned=planned,
    )  # fmt: skip  # arguments by what they belong to


def answered():
    return recording.Heard("ok", ChatReply("ok", Usage(input=100, output=50), "stop", "m"), latency_ms=5.0)


def test_a_try_is_paid_and_seen():
    stage, budget = make_stage(1), make_budget("5")
    _, (call,) = begun(stage)
    assert gone(budget) == (0, call.unaccounted)
    for _ in range(2):
        recording.end(call, answered())
    assert gone(budget) == (COST, 0)
    assert sums() == [("playground", stage.model.name, 1, COST, 0)]


def test_a_try_without_room_is_refused_in_words_and_leaves_nothing():
    stage = make_stage(1)
    make_budget("0.001", feature=stage.feature)
    with pytest.raises(Conflict, match=f"The monthly budget of {stage.feature} leaves no room"):
        begun(stage)
    assert not PlaygroundCall.objects.exists()


def test_a_try_whose_process_died_counts_at_its_worst():
    stage, budget = make_stage(1), make_budget("5")
    _, (call,) = begun(stage)
    recording.bury()
    assert gone(budget)[0] == 0
    PlaygroundCall.objects.update(started_at=clock.now() - timedelta(minutes=10))
    recording.bury()
    call.refresh_from_db()
    assert (call.state, call.error_kind) == ("failed", "lost")
    assert gone(budget) == (call.unaccounted, 0)
    assert sums() == [("playground", stage.model.name, 1, call.unaccounted, call.unaccounted)]
