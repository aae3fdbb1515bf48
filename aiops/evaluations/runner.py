"""One worker on one shard: render, call, score, store, until nothing is left.

The thread that enters here does everything that needs the database; calls run in a second one (`caller.py`),
which always has more jobs waiting than it can start, so that storing a batch holds up no call.
"""

import time
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import structlog
from django.db import InterfaceError, OperationalError, connection

from aiops.catalog.connect import open_provider
from aiops.catalog.pricing import worst_case
from aiops.core.errors import InvalidInput
from aiops.evaluations import claims, dispatch, halting, rows, store
from aiops.evaluations.caller import Caller, Job, Outcome
from aiops.evaluations.claims import Claim
from aiops.evaluations.models import Run, Shard
from aiops.evaluations.purse import Purse
from aiops.evaluations.scorers import build_scorers
from aiops.evaluations.timing import timing
from aiops.evaluations.work import Item, items_of, request_for
from aiops.prompts.render import render

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aiops.evaluations.scorers.base import Scorer

log = structlog.get_logger(__name__)

PATIENCE = (
    4  # times the provider's timeout for one answer with its retries: nobody waits, so rate limits may pass
)


def run_shard(shard_id: int, *, alone: bool = False, look: Callable[[], None] | None = None) -> bool:
    """Claim the shard and do its work; False where it was not to be had.

    Whatever happens the shard is given back: finished, stopped at the ceiling, or queued for another try.
    """
    claim = claims.take(shard_id, alone=alone)
    if claim is None:
        return False
    state = Shard.State.QUEUED
    try:
        state = ShardWork(claim, look).run()
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


class ShardWork:
    """The state of one worker on one shard."""

    def __init__(self, claim: Claim, look: Callable[[], None] | None = None) -> None:
        self.claim = claim
        self.look = look
        self.run_row = claim.run
        self.timing = timing()
        self.purse = Purse(claim)
        self.scorers: Mapping[str, Scorer] = build_scorers(claim.run.scorers)
        self.pending: deque[Item] = deque(items_of(claim.shard, claim.run))
        self.ready: Job | None = None  # rendered, waiting for money
        self.outstanding = 0
        self.batch: list[dict[str, Any]] = []
        self.flushed_at = time.monotonic()
        self.halted = False
        self.out_of_money = False
        self.refusals = halting.Refusals()

    def run(self) -> Shard.State:
        """Work until nothing is left or the run is over; the state in which to give the shard back."""
        if not self.pending:
            return Shard.State.FINISHED
        provider = self.run_row.model.provider
        with Caller(
            lambda: open_provider(provider), self.claim.slots, PATIENCE * provider.timeout_seconds
        ) as caller:
            while (
                not self.halted and (self.ready or self.pending or self.outstanding) and not self.out_of_money
            ):
                self._feed(caller)
                self._collect(caller)
            self._finish(caller)
        if self.out_of_money:
            return Shard.State.STOPPED
        return Shard.State.QUEUED if self.halted else Shard.State.FINISHED

    def _feed(self, caller: Caller) -> None:
        """Keep up to three times as many jobs with the caller as run at once, as far as the money goes."""
        if self.outstanding > 2 * self.claim.slots:
            return
        jobs: list[Job | None] = []
        while self.outstanding + len(jobs) < 3 * self.claim.slots:
            self.ready = self.ready or self._next_job()
            if self.ready is None or not self._with_patience(self.purse.hold, self.ready.worst):
                break
            jobs.append(self.ready)
            self.ready = None
        self.outstanding += len(jobs)
        caller.submit(jobs)
        if self.ready is not None and not self.outstanding:
            self._wait_for_money(self.ready)

    def _next_job(self) -> Job | None:
        while self.pending:
            item = self.pending.popleft()
            run = self.run_row
            try:
                messages = render(run.version, item.golden.inputs)
            except InvalidInput as error:
                self.batch.append(rows.refused(item, "prompt_not_rendered", error))
                continue
            request = request_for(run, messages, item.repeat)
            worst = worst_case(messages, request.max_tokens, run.price, schema=run.version.output_schema)
            return Job(item=item, request=request, worst=worst)
        return None

    def _wait_for_money(self, job: Job) -> None:
        """Calls under way give money back when they are over: ours, then those of other shards. Else it is
        over.
        """
        self.purse.surrender()
        self._flush()
        if self.halted or self._with_patience(Run.objects.filter(id=self.run_row.id, held__gt=0).exists):
            time.sleep(min(0.2, self.timing.heartbeat))
        else:
            self.out_of_money = not self._with_patience(self.purse.fits, job.worst)

    def _collect(self, caller: Caller) -> None:
        """Wait for one outcome, no longer than until the next write is due; write when it is."""
        due = self.flushed_at + (self.timing.batch if self.batch else self.timing.heartbeat)
        if self.outstanding:
            for outcome in caller.take(due - time.monotonic()):
                if time.monotonic() >= due + self.timing.heartbeat:  # a scorer may take seconds
                    self._flush()
                    due = self.flushed_at
                self.outstanding -= 1
                self._settle(outcome)
        full = len(self.batch) >= self.timing.batch_results
        if full or time.monotonic() >= due:
            self._flush()

    def _settle(self, outcome: Outcome) -> None:
        job = outcome.job
        self.purse.settle(job.worst)
        self.refusals.see(outcome.error)
        self.batch.append(rows.answered(job.item, job, outcome, self.scorers, self.run_row.price))

    def _flush(self) -> None:
        written = self._with_patience(self._write)
        self.batch = []
        self.flushed_at = time.monotonic()
        if self.look is not None:
            self.look()
        if self.refusals.hopeless and written.done == 0:
            halting.fail(self.run_row.id, self.refusals.reason)
            self.halted = True
        if written.state not in Run.ACTIVE:
            self.halted = True

    def _write(self) -> store.Written:
        return store.write(self.claim, self.batch, held=self.purse.held if self.purse.limited else None)

    def _finish(self, caller: Caller) -> None:
        """Take back what has not been started, wait for the calls under way, and store them."""
        self.outstanding -= len(caller.drop())
        while self.outstanding:
            self._collect(caller)
        self.purse.surrender()
        self.purse.promised *= 0
        self._flush()

    def _with_patience(self, act: Any, *args: Any) -> Any:
        """Do `act`; while the database is away try again, results staying in memory meanwhile."""
        deadline = time.monotonic() + self.timing.database_patience
        pause = 0.05
        while True:
            try:
                return act(*args)
            except (OperationalError, InterfaceError):
                if time.monotonic() > deadline or connection.in_atomic_block:
                    raise
                log.warning("database_away", shard=self.claim.shard.id, results_waiting=len(self.batch))
                connection.close()
                time.sleep(pause)
                pause = min(2 * pause, 1.0)
