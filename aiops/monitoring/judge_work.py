"""Asks a feature's live judge about the calls that wait for it, for a while; the rest waits for next time."""

import time
from collections import deque
from dataclasses import dataclass, field

import structlog
from django.db import InterfaceError, OperationalError

from aiops.budgets.ledger import Hold, NoRoom
from aiops.budgets.spending import refusal, settled
from aiops.catalog.connect import open_provider
from aiops.core.errors import InvalidInput
from aiops.core.money import ZERO
from aiops.evaluations import spent
from aiops.evaluations.caller import Job, Outcome
from aiops.evaluations.desk import Desk
from aiops.evaluations.hearing import hear
from aiops.evaluations.judging import questions
from aiops.evaluations.scorers.base import Golden, Judgement
from aiops.evaluations.scorers.judge_reply import Grade, Heard, Ruling, failed, judgement
from aiops.evaluations.work import Item
from aiops.gateway.inside import Bill
from aiops.gateway.models import Call
from aiops.monitoring import judge_claims, live_judge
from aiops.monitoring.judge_claims import Claim, Found
from aiops.reviews.models import JudgedCall, SamplingPolicy

log = structlog.get_logger(__name__)

MOST = 500  # calls that one worker takes in one go
SECONDS = 40.0  # after which no new call is asked about
BATCH = 20
EVERY = 2.0  # seconds between writes, which are heartbeats
SILENT = 5  # unanswered questions in a row, after which the vendor is left alone until the next time
GONE = "The call's texts are no longer kept."


def judge(policy: SamplingPolicy) -> bool:
    """Look for calls of the feature and ask about them; False where somebody else does."""
    claim = judge_claims.take(policy)
    if claim is None:
        return False
    problem = ""
    try:
        judge_claims.seen(claim, live_judge.choose(policy, claim.watch))
        live_judge.give_up(policy, claim.digest)
        problem = Work(claim).run()
    except judge_claims.Fenced:
        log.info("live_judge_lost", feature=policy.feature.slug)
        return True
    except (OperationalError, InterfaceError):
        log.exception("database_stays_away", feature=policy.feature.slug)
        return True
    except Exception as error:
        log.exception("live_judge_failed", feature=policy.feature.slug)
        problem = f"The worker could not go on: {error}"
    judge_claims.release(claim, problem)
    return True


@dataclass
class Asked:
    """A call before the judge; `hold` pays for all of its questions."""

    row: JudgedCall
    jobs: list[Job]
    hold: Hold | None = None
    heard: list[Heard] = field(default_factory=list)
    bills: list[Bill] = field(default_factory=list)
    silent: bool = False

    def note(self, outcome: Outcome) -> None:
        self.silent = self.silent or outcome.reply is None
        self.heard.append(hear(outcome))
        self.bills.append(spent.judges_bill(outcome))

    def found(self, pass_at: int) -> Found:
        """A call that somebody did not answer about waits for another time, unless others did."""
        cost = sum((bill.cost + bill.unaccounted for bill in self.bills), ZERO)
        charges = settled([self.hold] if self.hold else [], cost)
        nobody = self.silent and all(one.reply is None for one in self.heard)
        said = None if nobody else judgement(self.heard, pass_at=pass_at)
        return Found(self.row, said, split(self.heard, pass_at), self.bills, charges)


def split(heard: list[Heard], pass_at: int) -> bool:
    """Whether the judge, asked several times, says pass and fail."""
    said = set()
    for one in heard:
        if isinstance(one.reply, Ruling):
            said.add(one.reply.verdict == "pass")
        elif isinstance(one.reply, Grade):
            said.add(one.reply.score >= pass_at)
    return len(said) > 1


class Work:
    """The state of the one worker on a feature's judge."""

    def __init__(self, claim: Claim) -> None:
        self.claim = claim
        self.seat = claim.seat()
        self.provider = self.seat.model.provider
        self.spending = spent.purse_of(claim.instance, claim.policy.feature, claim.slots)
        rows = list(live_judge.waiting(claim.policy, claim.digest)[:MOST])
        self.texts = live_judge.texts(rows)
        self.pending = deque(rows)
        self.under_way: dict[int, Asked] = {}
        self.found: list[Found] = []
        self.problem = ""
        self.silent = 0
        self.ends = time.monotonic() + SECONDS
        self.written_at = time.monotonic()

    def run(self) -> str:
        """Until nothing is left or the time is over; why calls still wait, "" where they do not."""
        slots = {self.provider.pk: self.claim.slots}
        with Desk([self.provider], slots, open_provider) as desk:
            while (self.pending and not self.over) or desk.busy:
                if not self.over:
                    self._feed(desk)
                self._collect(desk)
        self._write()
        self.spending.close()
        return self.problem

    @property
    def over(self) -> bool:
        return bool(self.problem) or time.monotonic() > self.ends

    def _feed(self, desk: Desk) -> None:
        while self.pending and len(self.under_way) < 2 * self.claim.slots and not self.problem:
            asked = self._asked(self.pending[0])
            if asked is not None and not self._pay(asked, busy=desk.busy):
                return
            row = self.pending.popleft()
            if asked is not None:
                self.under_way[row.pk] = asked
                desk.submit(asked.jobs)

    def _asked(self, row: JudgedCall) -> Asked | None:
        """The questions about a call; None where there is nothing to ask, which is written down."""
        call = self.texts.get(row.call_id)
        if call is None or call.output is None:
            self.found.append(Found(row, failed(GONE)))
            return None
        golden = Golden(inputs=said_to(call), category=call.category, locale=call.locale)
        try:
            asked = questions(self.seat, golden, {"output": call.output})
        except InvalidInput as error:
            asked = failed(f"could not be asked: {error}")
        if isinstance(asked, Judgement):
            self.found.append(Found(row, asked))
            return None
        item = Item(row.pk, 0, golden, ())
        return Asked(
            row, [Job(item, one.request, one.worst, self.provider.pk, question=one) for one in asked]
        )

    def _pay(self, asked: Asked, *, busy: bool) -> bool:
        """Hold its money. Where a budget is full it is over, once nothing under way gives any back."""
        worst = sum((job.worst for job in asked.jobs), ZERO)
        try:
            asked.hold = self.spending.hold(worst)
        except NoRoom as full:
            if not busy:
                self.problem = refusal(full)
            return False
        return True

    def _collect(self, desk: Desk) -> None:
        if desk.busy:
            for outcome in desk.take(max(0.05, self.written_at + EVERY - time.monotonic())):
                self._note(outcome)
        if len(self.found) >= BATCH or time.monotonic() > self.written_at + EVERY:
            self._write()

    def _note(self, outcome: Outcome) -> None:
        asked = self.under_way[outcome.job.item.case_id]
        asked.note(outcome)
        self.silent = self.silent + 1 if outcome.reply is None else 0
        if self.silent >= SILENT and not self.problem:
            self.problem = f"The judge does not answer: {asked.heard[-1].problem}"
        if len(asked.heard) == len(asked.jobs):
            del self.under_way[asked.row.pk]
            self.found.append(asked.found(self.seat.pass_at))

    def _write(self) -> None:
        judge_claims.write(self.claim, self.found)
        self.spending.keep()
        self.found, self.written_at = [], time.monotonic()


def said_to(call: Call) -> dict[str, str]:
    """What the feature was asked: its inputs by name, or the caller's messages."""
    if call.inputs:
        return {str(name): str(value) for name, value in call.inputs.items()}
    spoken = [str(text) for role, text in call.messages or [] if role == "user"]
    return {"messages": "\n\n".join(spoken)}
