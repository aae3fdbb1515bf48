import threading

import pytest
from django.db import IntegrityError, connection, connections, transaction
from django.db.utils import DatabaseError

from aiops.evaluations import claims, store
from aiops.evaluations.models import Result, Run, Shard
from tests.evaluations.stage import make_stage
from tests.evaluations.stage import result_row as row

pytestmark = pytest.mark.django_db


def case_ids(run):
    return list(run.dataset_version.dataset.cases.order_by("position").values_list("id", flat=True))


def test_two_shards_share_a_providers_concurrency():
    run = make_stage(120, concurrency=7).start()
    first, second = run.shards.all()
    assert (claims.take(first.pk).slots, claims.take(second.pk).slots) == (4, 3)
    run.refresh_from_db()
    assert run.state == "running"
    assert run.started_at is not None


def test_a_shard_without_a_free_slot_stays_queued():
    stage = make_stage(3, concurrency=2)
    assert claims.take(stage.start().shards.get().pk).slots == 2
    later = stage.start()
    assert claims.take(later.shards.get().pk) is None
    assert later.shards.get().state == "queued"


def test_slots_come_back_when_a_shard_is_given_back():
    stage = make_stage(3, concurrency=2)
    claim = claims.take(stage.start().shards.get().pk)
    assert claims.release(claim, Shard.State.FINISHED) is True
    assert claims.release(claim, Shard.State.FINISHED) is False
    assert claims.take(stage.start().shards.get().pk).slots == 2


def test_a_shard_of_a_run_that_is_over_is_not_to_be_had():
    run = make_stage(3).start()
    Run.objects.update(state="cancelled", finished_at=run.created_at)
    assert claims.take(run.shards.get().pk) is None


def test_a_shard_whose_worker_is_silent_is_queued_again_and_its_money_kept_apart():
    run = make_stage(3).start(ceiling=1)
    claim = claims.take(run.shards.get().pk)
    assert store.lease(claim, store.Decimal("0.25"))
    assert claims.reclaim_lost() == []
    Shard.objects.update(heartbeat_at="2020-01-01T00:00Z")
    assert claims.reclaim_lost() == [claim.shard.pk]
    run.refresh_from_db()
    shard = run.shards.get()
    assert (shard.state, shard.slots, shard.held) == ("queued", 0, 0)
    assert (run.held, run.unaccounted) == (0, store.Decimal("0.25"))
    with pytest.raises(store.Fenced):
        store.write(claim, [row(case_ids(run)[0])])
    with pytest.raises(store.Fenced):
        store.lease(claim, store.Decimal("0.25"))
    assert not Result.objects.exists()


def test_a_batch_sent_again_counts_nothing_twice():
    run = make_stage(3).start()
    claim = claims.take(run.shards.get().pk)
    one, two, _ = case_ids(run)
    store.write(claim, [row(one), row(two, error_kind="timeout", unaccounted="0.1")])
    written = store.write(claim, [row(one), row(two)])
    assert (written.state, written.done, written.failed) == ("running", 1, 1)
    run.refresh_from_db()
    assert (str(run.cost), str(run.unaccounted)) == ("1.0000000000", "0.1000000000")
    assert Result.objects.count() == 2


def test_a_run_ends_once_when_all_its_shards_are_over():
    run = make_stage(120, concurrency=4).start()
    first, second = (claims.take(shard.pk) for shard in run.shards.all())
    claims.release(first, Shard.State.FINISHED)
    assert claims.settle_run(run.pk) is False
    claims.release(second, Shard.State.STOPPED)
    assert claims.settle_run(run.pk) is True
    assert claims.settle_run(run.pk) is False
    assert Run.objects.get().state == "stopped"


@pytest.mark.django_db(transaction=True)
def test_many_workers_at_once_never_take_more_slots_than_there_are(settings):
    settings.EVALUATIONS = {**settings.EVALUATIONS, "parallel": 8, "shard_least": 1}
    stage = make_stage(40, concurrency=10)
    shards = [shard.pk for run in (stage.start(), stage.start()) for shard in run.shards.all()]
    assert len(shards) == 16
    taken, barrier = [], threading.Barrier(len(shards) * 2)

    def worker(shard_id):
        barrier.wait()
        claim = claims.take(shard_id)
        if claim is not None:
            taken.append((shard_id, claim.slots))
        connections.close_all()

    threads = [threading.Thread(target=worker, args=(shard_id,)) for shard_id in shards * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(slots for _, slots in taken) == 10
    assert len({shard_id for shard_id, _ in taken}) == len(taken)


@pytest.mark.parametrize("column", ["repeats = 2", "model_id = model_id + 1", "scorers = '[]'", "total = 5"])
def test_what_a_run_does_can_not_be_changed_by_anyone(column):
    make_stage(3).start()
    refused = pytest.raises(DatabaseError, match="what it runs cannot change")
    with refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE evaluations_run SET {column}")  # noqa: S608 - the texts above


def test_results_are_written_once_by_anyone():
    run = make_stage(3).start()
    store.write(claims.take(run.shards.get().pk), [row(case_ids(run)[0])])
    with pytest.raises(IntegrityError, match="is written once"), transaction.atomic():
        Result.objects.update(output="better")
