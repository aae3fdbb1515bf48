"""The work of a shard whose run asks a model: render, call, score, store, until nothing is left.

The thread that enters here does everything that needs the database; calls run in a second one (`caller.py`),
which always has more jobs waiting than it can start, so that storing a batch holds up no call.
"""

import time
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from aiops.catalog.connect import open_provider
from aiops.catalog.pricing import worst_case
from aiops.core.errors import InvalidInput
from aiops.evaluations import halting, rows, store
from aiops.evaluations.batch import Batch
from aiops.evaluations.caller import Caller, Job, Outcome
from aiops.evaluations.claims import Claim
from aiops.evaluations.models import Run, Shard
from aiops.evaluations.purse import Purse
from aiops.evaluations.scorers import build_scorers
from aiops.evaluations.work import Item, items_of, request_for
from aiops.prompts.render import render

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aiops.evaluations.scorers.base import Scorer

PATIENCE = (
    4  # times the provider's timeout for one answer with its retries: nobody waits, so rate limits may pass
)


class AskingWork:
    """The state of one worker on one shard."""

    def __init__(self, claim: Claim, look: Callable[[], None] | None = None) -> None:
        self.claim = claim
        self.run_row = claim.run
        self.asked = claim.run.asked
        self.batch = Batch(claim, look)
        self.timing = self.batch.timing
        self.purse = Purse(claim)
        self.scorers: Mapping[str, Scorer] = build_scorers(claim.run.scorers)
        self.pending: deque[Item] = deque(items_of(claim.shard, claim.run))
        self.ready: Job | None = None  # rendered, waiting for money
        self.outstanding = 0
        self.out_of_money = False
        self.refusals = halting.Refusals()

    def run(self) -> Shard.State:
        """Work until nothing is left or the run is over; the state in which to give the shard back."""
        if not self.pending:
            return Shard.State.FINISHED
        provider = self.asked.model.provider
        with Caller(
            lambda: open_provider(provider), self.claim.slots, PATIENCE * provider.timeout_seconds
        ) as caller:
            while self._goes_on():
                self._feed(caller)
                self._collect(caller)
            self._finish(caller)
        if self.out_of_money:
            return Shard.State.STOPPED
        return Shard.State.QUEUED if self.batch.halted else Shard.State.FINISHED

    def _goes_on(self) -> bool:
        left = bool(self.ready or self.pending or self.outstanding)
        return left and not self.batch.halted and not self.out_of_money

    def _feed(self, caller: Caller) -> None:
        """Keep up to three times as many jobs with the caller as run at once, as far as the money goes."""
        if self.outstanding > 2 * self.claim.slots:
            return
        jobs: list[Job | None] = []
        while self.outstanding + len(jobs) < 3 * self.claim.slots:
            self.ready = self.ready or self._next_job()
            if self.ready is None or not self.batch.patiently(self.purse.hold, self.ready.worst):
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
            try:
                messages = render(self.asked.version, item.golden.inputs)
            except InvalidInput as error:
                self.batch.rows.append(rows.refused(item, "prompt_not_rendered", error))
                continue
            request = request_for(self.run_row, messages, item.repeat)
            schema = self.asked.version.output_schema
            worst = worst_case(messages, request.max_tokens, self.asked.price, schema=schema)
            return Job(item=item, request=request, worst=worst)
        return None

    def _wait_for_money(self, job: Job) -> None:
        """Calls under way give money back when they are over: ours, then those of other shards. Else it is
        over.
        """
        self.purse.surrender()
        self._flush()
        held = Run.objects.filter(id=self.run_row.id, held__gt=0)
        if self.batch.halted or self.batch.patiently(held.exists):
            time.sleep(min(0.2, self.timing.heartbeat))
        else:
            self.out_of_money = not self.batch.patiently(self.purse.fits, job.worst)

    def _collect(self, caller: Caller) -> None:
        """Wait for one outcome, no longer than until the next write is due; write when it is."""
        due_at = self.batch.due_at
        if self.outstanding:
            for outcome in caller.take(due_at - time.monotonic()):
                if time.monotonic() >= due_at + self.timing.heartbeat:  # a scorer may take seconds
                    self._flush()
                    due_at = self.batch.flushed_at
                self.outstanding -= 1
                self._settle(outcome)
        if self.batch.due or time.monotonic() >= due_at:
            self._flush()

    def _settle(self, outcome: Outcome) -> None:
        job = outcome.job
        self.purse.settle(job.worst)
        self.refusals.see(outcome.error)
        self.batch.rows.append(rows.answered(job.item, job, outcome, self.scorers, self.asked.price))

    def _flush(self) -> None:
        written = self.batch.flush(self._write)
        if self.refusals.hopeless and written.done == 0:
            halting.fail(self.run_row.id, self.refusals.reason)
            self.batch.halted = True

    def _write(self) -> store.Written:
        return store.write(self.claim, self.batch.rows, held=self.purse.held if self.purse.limited else None)

    def _finish(self, caller: Caller) -> None:
        """Take back what has not been started, wait for the calls under way, and store them."""
        self.outstanding -= len(caller.drop())
        while self.outstanding:
            self._collect(caller)
        self.purse.surrender()
        self.purse.promised *= 0
        self._flush()
