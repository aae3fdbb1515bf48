import pytest

from aiops.evaluations import claims, dispatch, tasks
from aiops.evaluations.models import Run, Shard
from aiops.evaluations.timing import Timing, timing
from tests.evaluations.stage import make_stage


def shard_ids(run):
    return list(run.shards.values_list("id", flat=True))


@pytest.mark.django_db(transaction=True)
def test_a_new_run_is_sent_once_its_transaction_is_committed(sent):
    run = make_stage(120).start()
    assert sent == [("evaluations.run_shard", pk) for pk in shard_ids(run)]
    assert dispatch.dispatch() == 0  # under way


@pytest.mark.django_db(transaction=True)
def test_a_message_that_nobody_took_is_sent_again(sent):
    run = make_stage(3).start()
    Shard.objects.update(dispatched_at="2020-01-01T00:00Z")
    sent.clear()
    tasks.sweep()
    assert sent == [("evaluations.run_shard", shard_ids(run)[0])]


@pytest.mark.django_db(transaction=True)
def test_the_sweep_takes_work_from_the_dead(sent):
    run = make_stage(3).start()
    claims.take(shard_ids(run)[0])
    Shard.objects.update(heartbeat_at="2020-01-01T00:00Z")
    sent.clear()
    tasks.sweep()
    assert sent == [("evaluations.run_shard", shard_ids(run)[0])]


@pytest.mark.django_db
def test_the_sweep_ends_what_is_done_and_forgets_money_of_the_cancelled():
    done, cancelled = make_stage(3).start(), make_stage(3).start(ceiling=1)
    done.shards.update(state="finished")
    Run.objects.filter(pk=cancelled.pk).update(state="cancelled", finished_at=done.created_at, held=1)
    dispatch.sweep()
    done.refresh_from_db()
    cancelled.refresh_from_db()
    assert (done.state, cancelled.held) == ("finished", 0)


@pytest.mark.django_db(transaction=True)
def test_runs_take_turns(sent, settings):
    settings.EVALUATIONS = {**settings.EVALUATIONS, "parallel": 1, "shard_work": 10}
    stage = make_stage(40)
    first = stage.start()
    claims.take(shard_ids(first)[0])
    second = stage.start()
    sent.clear()
    Shard.objects.update(dispatched_at=None)
    dispatch.dispatch()
    assert sent == [("evaluations.run_shard", pk) for pk in sorted(shard_ids(second)[:2])]


@pytest.mark.django_db
def test_the_task_is_a_door(provider):
    run = make_stage(2).start()
    tasks.run_shard(shard_ids(run)[0])
    assert Run.objects.get().state == "finished"


def test_timing_takes_what_it_knows_from_the_settings(settings):
    settings.EVALUATIONS = {"lost": 3.0, "unheard_of": 1}
    assert timing() == Timing(lost=3.0)
