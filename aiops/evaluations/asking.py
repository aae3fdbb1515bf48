"""The work of a shard that asks models: render, call, hear the judges, score, store, until nothing is left.

The thread that enters here does everything that needs the database; calls run in others (`caller.py`), which
always have more jobs waiting than they can start, so that storing a batch holds up no call.
"""

import time
from collections import deque
from collections.abc import Callable
from decimal import Decimal

from aiops.budgets.ledger import Hold, NoRoom
from aiops.budgets.spending import out_with, refusal, settled
from aiops.catalog.connect import open_provider
from aiops.core.money import ZERO
from aiops.evaluations import claims, halting, spent, store
from aiops.evaluations.batch import Batch
from aiops.evaluations.caller import Outcome
from aiops.evaluations.claims import Claim
from aiops.evaluations.desk import Desk
from aiops.evaluations.hearing import Hearing
from aiops.evaluations.judging import seats_of
from aiops.evaluations.models import Run, Shard
from aiops.evaluations.posing import ByModel, Here, Ready
from aiops.evaluations.purse import Purse
from aiops.evaluations.work import Item, items_of


class AskingWork:
    """The state of one worker on one shard."""

    def __init__(self, claim: Claim, look: Callable[[], None] | None = None) -> None:
        self.claim = claim
        self.run_row = claim.run
        self.batch = Batch(claim, look)
        self.timing = self.batch.timing
        self.purse = Purse(claim)
        self.spending = spent.purse_of(claims.instance(claim), claim.run.feature, claim.slots)
        self.holds: dict[tuple[int, int], list[Hold]] = {}  # by the item that they pay for
        self.seats = seats_of(claim.run.scorers)
        items = items_of(claim.shard, claim.run)
        self.posing = (ByModel if claim.run.approach.asks_model else Here)(claim.run, self.seats, items)
        self.pending: deque[Item] = deque(items)
        self.ready: Ready | None = None  # rendered, waiting for money
        self.unpaid: deque[Hearing] = deque()  # answered, waiting for the judges' money
        self.hearings: dict[tuple[int, int], Hearing] = {}
        self.out_of_money = False
        self.full: NoRoom | None = None  # the budget that has no room; None: it is the ceiling
        self.refusals = halting.Refusals()

    def run(self) -> Shard.State:
        """Work until nothing is left or the run is over; the state in which to give the shard back."""
        if not self.pending:
            return Shard.State.FINISHED
        with self._desk() as desk:
            while self._goes_on(desk):
                self._feed(desk)
                self._collect(desk)
            self._finish(desk)
        if self.out_of_money:
            self._say_why()
            return Shard.State.STOPPED
        return Shard.State.QUEUED if self.batch.halted else Shard.State.FINISHED

    def _desk(self) -> Desk:
        """A caller for the approach's provider and for each of its judges'."""
        slots = dict(self.claim.judge_slots)
        providers = {seat.model.provider_id: seat.model.provider for seat in self.seats}
        if self.run_row.model is not None:
            slots[self.run_row.model.provider_id] = self.claim.slots
            providers[self.run_row.model.provider_id] = self.run_row.model.provider
        return Desk(list(providers.values()), slots, open_provider)

    def _goes_on(self, desk: Desk) -> bool:
        left = bool(self.ready or self.pending or self.unpaid or desk.busy)
        return left and not self.batch.halted and not self.out_of_money

    def _feed(self, desk: Desk) -> None:
        """Judges first: what is answered is not left half done. Then new cases, as far as the money goes."""
        self._pay_judges(desk)
        started: list[Ready] = []
        room = 0 if self.unpaid else desk.room(self.posing.provider)
        while len(started) < room:
            self.ready = self.ready or self._next()
            if self.ready is None or not self._hold(self.ready.item, self.ready.worst):
                break
            started.append(self.ready)
            self.ready = None
        self._start(desk, started)
        if self.unpaid and not desk.busy:
            self._pay_last(desk)
        elif self.ready is not None and not desk.busy:
            self._wait_for_money(self.ready)

    def _hold(self, item: Item, worst: Decimal) -> bool:
        """Promise `worst` USD for `item`, under the run's ceiling and out of every budget."""
        self.full = None
        if not self.batch.patiently(self.purse.hold, worst):
            return False
        try:
            hold = self.batch.patiently(self.spending.hold, worst)
        except NoRoom as full:
            self.purse.free_again(worst)
            self.full = full
            return False
        self.holds.setdefault((item.case_id, item.repeat), []).append(hold)
        return True

    def _next(self) -> Ready | None:
        """The next case that can be asked; those that can't are rows at once."""
        while self.pending:
            ready = self.posing.ready(self.pending.popleft())
            if ready.job is not None or not ready.row["error_kind"]:
                return ready
            self.batch.rows.append(ready.row)
        return None

    def _start(self, desk: Desk, started: list[Ready]) -> None:
        desk.submit(ready.job for ready in started if ready.job is not None)
        for ready in started:
            if ready.job is None:
                self._hear(Hearing(ready.item, ready.row, self.seats, ready.worst))
        self._pay_judges(desk)

    def _hear(self, hearing: Hearing) -> None:
        """The answer goes before its judges, once they can be paid."""
        if hearing.waiting:
            self.unpaid.append(hearing)
        else:
            self._close(hearing)

    def _pay_judges(self, desk: Desk) -> None:
        while self.unpaid:
            hearing = self.unpaid[0]
            missing = hearing.missing
            if missing and not self._hold(hearing.item, missing):
                return
            hearing.promised += missing
            self.unpaid.popleft()
            self.hearings[hearing.key] = hearing
            desk.submit(hearing.jobs)

    def _pay_last(self, desk: Desk) -> None:
        """Nothing of ours is under way that could give money back, and to wait for other shards, which hold
        money for answers as we do, might be for ever: what can't be paid now is stored without its judges.
        """
        self._surrender()
        self._pay_judges(desk)
        if self.unpaid and not desk.busy:
            hearing = self.unpaid.popleft()
            hearing.unpaid()
            self._close(hearing)

    def _close(self, hearing: Hearing) -> None:
        self.purse.settle(hearing.promised)
        row = hearing.closed()
        paid = row["cost"] + row["judge_cost"] + row["unaccounted"]
        row["charges"] = settled(self.holds.pop(hearing.key, ()), paid)
        self.batch.rows.append(row)

    def _wait_for_money(self, ready: Ready) -> None:
        """Calls under way give money back when they are over: ours, then those of other shards. Else it is
        over.
        """
        self._surrender()
        if self.batch.halted or self.batch.patiently(self._others_hold):
            time.sleep(min(0.2, self.timing.heartbeat))
        elif self._hold(ready.item, ready.worst):
            self._let_go(ready.item)
            self.purse.free_again(ready.worst)
        else:
            self.out_of_money = True

    def _others_hold(self) -> bool:
        """Whether other shards of the run have money that may come back."""
        if self.full is None:
            return Run.objects.filter(id=self.run_row.id, held__gt=0).exists()
        return out_with(spent.run_prefix(self.run_row.id), but=self.spending.instance)

    def _let_go(self, item: Item) -> None:
        """Nothing was asked about `item`."""
        settled(self.holds.pop((item.case_id, item.repeat), ()), ZERO)

    def _surrender(self) -> None:
        """Write what is known, and keep no money but what calls under way need."""
        self.purse.surrender()
        self._flush()
        self.batch.patiently(self.spending.surrender)

    def _say_why(self) -> None:
        """In the run, where it was not its ceiling."""
        if self.full is not None:
            active = Run.objects.filter(id=self.run_row.id, state__in=Run.ACTIVE)
            active.update(reason=refusal(self.full))

    def _collect(self, desk: Desk) -> None:
        """Wait for one outcome, no longer than until the next write is due; write when it is."""
        due_at = self.batch.due_at
        if desk.busy:
            for outcome in desk.take(due_at - time.monotonic()):
                if time.monotonic() >= due_at + self.timing.heartbeat:  # a scorer may take seconds
                    self._flush()
                    due_at = self.batch.flushed_at
                self._settle(outcome)
        if self.batch.due or time.monotonic() >= due_at:
            self._flush()

    def _settle(self, outcome: Outcome) -> None:
        job = outcome.job
        if job.question is None:
            self.refusals.see(outcome.error)
            row = self.posing.answered(outcome)
            self._hear(Hearing(job.item, row, self.seats, job.worst + job.reserve))
            return
        hearing = self.hearings[job.item.case_id, job.item.repeat]
        hearing.note(outcome)
        if not hearing.waiting:
            self._close(self.hearings.pop(hearing.key))

    def _flush(self) -> None:
        written = self.batch.flush(self._write)
        self.batch.patiently(self.spending.keep)
        if self.refusals.hopeless and written.done == 0:
            halting.fail(self.run_row.id, self.refusals.reason)
            self.batch.halted = True

    def _write(self) -> store.Written:
        return store.write(self.claim, self.batch.rows, held=self.purse.held if self.purse.limited else None)

    def _finish(self, desk: Desk) -> None:
        """Take back the cases that have not been started, wait for the calls under way, and store them.

        An answer that was paid for is still judged, as far as the ceiling allows.
        """
        dropped = desk.drop()
        desk.submit([job for job in dropped if job.question is not None])
        for job in dropped:
            if job.question is None:
                self._let_go(job.item)
        while desk.busy or self.unpaid:
            self._pay_judges(desk)
            if self.unpaid and not desk.busy:
                self._pay_last(desk)
            self._collect(desk)
        self.purse.surrender()
        self.purse.promised *= 0
        self._flush()
        self.batch.patiently(self.spending.close)
