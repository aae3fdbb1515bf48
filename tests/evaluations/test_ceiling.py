from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aiops.evaluations import actions, claims, runner, store
from aiops.evaluations.models import Run, Shard
from aiops.evaluations.purse import Purse
from aiops.providers.errors import Timeout
from aiops.providers.protocol import Usage
from tests.evaluations.stage import BY, make_stage, raising, result_row

pytestmark = pytest.mark.django_db


@pytest.fixture
def stage():
    return make_stage(30, concurrency=3)


def spent(run):
    run.refresh_from_db()
    return run.cost + run.unaccounted + run.held


def test_a_run_stops_before_it_passes_its_ceiling(provider):
    stage = make_stage(40, concurrency=4)
    run = runner.run_inline(stage.start(ceiling=Decimal("0.1")).pk)
    assert run.state == "stopped"
    assert 0 < run.done < 40
    assert spent(run) <= run.ceiling
    worst = Decimal("0.011")  # 100 tokens out and some 60 in
    assert run.cost > run.ceiling - worst  # nothing that fits is left undone
    assert run.held == 0


def test_a_stopped_run_goes_on_with_a_higher_ceiling_and_asks_nothing_twice(provider):
    run = runner.run_inline(make_stage(30).start(ceiling=Decimal("0.05")).pk)
    done = run.done
    run = runner.run_inline(actions.continue_run(by=BY, run=run, ceiling=Decimal(5)).pk)
    assert (run.state, run.done) == ("finished", 30)
    assert done < 30 == len(provider.asked)


def test_a_ceiling_below_one_call_stops_at_once(provider):
    run = runner.run_inline(make_stage(3).start(ceiling=Decimal("0.001")).pk)
    assert (run.state, run.accounted, provider.asked) == ("stopped", 0, [])


def test_an_unknown_bill_counts_at_its_worst(provider):
    provider.answer = raising(Timeout("No answer."))
    run = runner.run_inline(make_stage(40).start(ceiling=Decimal("0.1")).pk)
    assert run.state == "stopped"
    assert run.cost == 0
    assert Decimal("0.08") < run.unaccounted <= run.ceiling


def test_a_shard_waits_for_money_that_another_one_holds(provider):
    stage = make_stage(120, concurrency=2)
    run = stage.start(ceiling=Decimal("0.2"))
    mine, other = run.shards.all()
    claim = claims.take(other.pk)
    assert store.lease(claim, Decimal("0.199"))
    naps = []

    def nap(seconds):
        naps.append(seconds)
        claims.release(claim, Shard.State.FINISHED)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runner.time, "sleep", nap)
        runner.run_shard(mine.pk)
    assert naps
    run.refresh_from_db()
    assert run.done > 5
    assert spent(run) <= run.ceiling


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    ceiling=st.decimals("0.01", "1", places=4),
    calls=st.lists(
        st.tuples(st.integers(0, 1), st.decimals("0.001", "0.3", places=4), st.floats(0, 1), st.booleans()),
        max_size=30,
    ),
    batch=st.integers(1, 5),
)
def test_no_order_of_holds_and_settlements_passes_the_ceiling(stage, ceiling, calls, batch):
    """Two workers hold, settle and write in any order; what counts never passes, and nothing stays held."""
    run = stage.start(ceiling=ceiling)
    Shard.objects.filter(run=run).delete()
    shards = [Shard.objects.create(run=run, ordinal=n, first=n, stop=n + 1) for n in range(2)]
    held = [claims.take(shard.pk) for shard in shards]
    purses = [Purse(claim) for claim in held]
    cases = iter(run.dataset_version.dataset.cases.values_list("id", flat=True))
    rows = [[], []]
    for who, worst, share, unknown in calls:
        if not purses[who].hold(worst):
            continue
        assert spent(run) <= ceiling
        cost = (worst * Decimal(share)).quantize(Decimal("0.0000000001"))
        purses[who].settle(worst)
        billed = {"cost": 0, "unaccounted": worst} if unknown else {"cost": cost, "unaccounted": 0}
        rows[who].append(result_row(next(cases), **billed))
        if len(rows[who]) >= batch:
            store.write(held[who], rows[who], held=purses[who].held)
            store.write(held[who], rows[who], held=purses[who].held)  # a connection was lost: sent again
            rows[who] = []
        assert spent(run) <= ceiling
    for purse, claim, left in zip(purses, held, rows, strict=True):
        purse.surrender()
        store.write(claim, left, held=purse.held)
    assert spent(run) <= ceiling
    assert run.held == 0
    Run.objects.filter(pk=run.pk).delete()


def test_usage_above_the_worst_case_is_counted_as_it_is(provider):
    provider.usage = Usage(input=100, output=5000)
    run = runner.run_inline(make_stage(1).start(ceiling=Decimal("0.1")).pk)
    assert run.cost == Decimal("0.501")
