"""One worker on one shard: claim it, do its work, give it back.

What the work is depends on the approach: models are asked, its own and its judges' (`asking.py`), or rules
or a classifier answer here and no judge is asked (`answering.py`).
"""

import time
from collections.abc import Callable

import structlog
from django.db import InterfaceError, OperationalError

from aiops.evaluations import claims, dispatch, halting, store
from aiops.evaluations.answering import AnsweringWork
from aiops.evaluations.asking import AskingWork
from aiops.evaluations.judging import is_judge
from aiops.evaluations.models import Run, Shard

log = structlog.get_logger(__name__)


def run_shard(shard_id: int, *, alone: bool = False, look: Callable[[], None] | None = None) -> bool:
    """Claim the shard and do its work; False where it was not to be had.

    Whatever happens the shard is given back: finished, stopped at the ceiling, or queued for another try.
    """
    claim = claims.take(shard_id, alone=alone)
    if claim is None:
        return False
    state = Shard.State.QUEUED
    try:
        work = AskingWork if _asks(claim.run) else AnsweringWork
        state = work(claim, look).run()
    except store.Fenced:
        log.info("shard_lost", shard=shard_id)
    except (OperationalError, InterfaceError):
        log.exception("database_stays_away", shard=shard_id)  # the sweep will find the shard
        return True
    except Exception as error:
        log.exception("shard_failed", shard=shard_id)
        halting.fail(claim.run.id, f"The worker could not go on: {error}"[:1000])
    except BaseException:  # somebody at a shell had enough
        claims.release(claim, Shard.State.QUEUED)
        raise
    claims.release(claim, state)
    claims.settle_run(claim.run.id)
    dispatch.dispatch()
    return True


def _asks(run: Run) -> bool:
    return run.approach.asks_model or any(is_judge(entry) for entry in run.scorers)


def run_inline(run_id: int, look: Callable[[], None] | None = None) -> Run:
    """Do all of a run in this process, and wait for the parts that other workers hold; return it as it ended.

    `look` is called after every write.
    """
    while Run.objects.filter(id=run_id, state__in=Run.ACTIVE).exists():
        queued = Shard.objects.filter(run_id=run_id, state=Shard.State.QUEUED)
        ids = list(queued.values_list("id", flat=True))
        took = [run_shard(shard_id, alone=True, look=look) for shard_id in ids]
        claims.settle_run(run_id)
        if not any(took):
            claims.reclaim_lost()
            time.sleep(0.1)
    return Run.objects.get(id=run_id)
