"""One worker on a comparison of two runs: each case goes before the judge twice, with the sides exchanged."""

import time
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

import structlog
from django.db import InterfaceError, OperationalError

from aiops.budgets.ledger import Hold, NoRoom
from aiops.budgets.spending import refusal, settled
from aiops.catalog.connect import open_provider
from aiops.core.errors import InvalidInput
from aiops.core.money import ZERO
from aiops.datasets import queries as datasets
from aiops.evaluations import halting, pairwise_claims, rows, spent, store
from aiops.evaluations.caller import Job, Outcome
from aiops.evaluations.desk import Desk
from aiops.evaluations.hearing import hear
from aiops.evaluations.judging import questions, seats_of
from aiops.evaluations.models import Pairwise, PairwiseResult, Result
from aiops.evaluations.pairwise_claims import PairwiseClaim
from aiops.evaluations.scorers.base import Golden, Judgement
from aiops.evaluations.scorers.judge_reply import Heard, Preference
from aiops.evaluations.timing import timing
from aiops.evaluations.work import Item
from aiops.gateway.inside import Bill

log = structlog.get_logger(__name__)

SIDES: Sequence[Mapping[str, str]] = (  # what "first" and "second" are, forwards and backwards
    {"first": "candidate", "second": "baseline", "tie": "tie"},
    {"first": "baseline", "second": "candidate", "tie": "tie"},
)
_VERDICTS = {"candidate": "better", "baseline": "worse", "tie": "tie"}
MAX_REASON = 2000


def run_pairwise(pairwise_id: int) -> bool:
    """Claim the comparison and do its work; False where it was not to be had. It is always given back."""
    claim = pairwise_claims.take(pairwise_id)
    if claim is None:
        return False
    try:
        state, reason = PairwiseWork(claim).run()
    except store.Fenced:
        log.info("pairwise_lost", pairwise=pairwise_id)
        return True
    except (OperationalError, InterfaceError):
        log.exception("database_stays_away", pairwise=pairwise_id)  # the sweep will find it
        return True
    except Exception as error:
        log.exception("pairwise_failed", pairwise=pairwise_id)
        state, reason = Pairwise.State.FAILED, f"The worker could not go on: {error}"[:1000]
    pairwise_claims.release(claim, state, reason)
    return True


def comparable_cases(candidate: int, baseline: int) -> dict[int, tuple[int, int]]:
    """By case: the ids of the first answers of both runs, where both have one."""
    answered = Result.objects.filter(error_kind="", repeat=0)
    one = dict(answered.filter(run=candidate).values_list("case_id", "id"))
    other = dict(answered.filter(run=baseline).values_list("case_id", "id"))
    return {case: (one[case], other[case]) for case in one if case in other}


@dataclass
class Pair:
    """One case under way; `held` USD are promised to its two calls."""

    item: Item
    ids: tuple[int, int]
    jobs: list[Job] = field(default_factory=list)
    problem: str = ""
    heard: dict[int, Heard] = field(default_factory=dict)
    bills: list[Bill] = field(default_factory=list)
    hold: Hold | None = None

    @property
    def cost(self) -> Decimal:
        return sum((bill.cost for bill in self.bills), ZERO)

    @property
    def unaccounted(self) -> Decimal:
        return sum((bill.unaccounted for bill in self.bills), ZERO)

    @property
    def held(self) -> Decimal:
        return sum((job.worst for job in self.jobs), ZERO)

    def note(self, outcome: Outcome) -> None:
        self.heard[outcome.job.item.repeat] = hear(outcome)
        self.bills.append(spent.judges_bill(outcome, "pairwise"))

    def charges(self) -> dict[int, Decimal]:
        """What its leases have to pay; the rest of its hold is free again."""
        return settled([self.hold] if self.hold else [], self.cost + self.unaccounted)

    @property
    def over(self) -> bool:
        return len(self.heard) == len(self.jobs)

    def result(self, pairwise: Pairwise) -> PairwiseResult:
        """What both orders say together; a verdict that changes with the order is a tie."""
        said = [_side(self.heard.get(order), SIDES[order]) for order in (0, 1)]
        whole = all(said)
        agreed = said[0] == said[1]
        verdict = (_VERDICTS[said[0]] if agreed else "tie") if whole else ""
        return PairwiseResult(
            pairwise=pairwise,
            case_id=self.item.case_id,
            candidate_result_id=self.ids[0],
            baseline_result_id=self.ids[1],
            verdict=verdict,
            forward=said[0],
            backward=said[1],
            changed=whole and not agreed,
            reason=rows.storable(self.problem or self._reason(agreed=agreed))[:MAX_REASON],
            cost=self.cost,
            unaccounted=self.unaccounted,
        )

    def _reason(self, *, agreed: bool) -> str:
        failed = [one.problem for one in self.heard.values() if one.reply is None]
        if failed:
            return f"The judge {failed[0]}"
        said = [self.heard[order].reply for order in (0, 1)]
        texts = [reply.reason for reply in said if reply is not None]
        return texts[0] if agreed else f"Candidate first: {texts[0]} Baseline first: {texts[1]}"


def _side(heard: Heard | None, sides: Mapping[str, str]) -> str:
    reply = heard.reply if heard is not None else None
    return sides[reply.better] if isinstance(reply, Preference) else ""


class PairwiseWork:
    """The state of the one worker on a comparison."""

    def __init__(self, claim: PairwiseClaim) -> None:
        self.claim = claim
        self.row = claim.row
        (self.seat,) = seats_of([claim.row.judge], pair=True)
        self.timing = timing()
        self.pending = deque(self._pairs())
        self.ready: Pair | None = None
        self.under_way: dict[int, Pair] = {}
        self.spending = spent.purse_of(
            pairwise_claims.instance(claim), claim.row.candidate.feature, claim.slots
        )
        self.full: NoRoom | None = None  # the budget that has no room; None: it is the ceiling
        self.found: list[pairwise_claims.Found] = []
        self.settled = ZERO
        self.flushed_at = time.monotonic()
        self.halted = self.out_of_money = False
        self.refusals = halting.Refusals()

    def _pairs(self) -> list[Pair]:
        """The cases that have no result yet, in the order of the dataset."""
        ids = comparable_cases(self.row.candidate_id, self.row.baseline_id)
        there = set(self.row.results.values_list("case_id", flat=True))
        cases = datasets.cases_of(self.row.candidate.dataset_version).order_by("position", "id")
        fields = ("inputs", "expected", "category", "locale")
        return [
            Pair(Item(case["id"], 0, Golden(**{name: case[name] for name in fields}), ()), ids[case["id"]])
            for case in cases.values("id", *fields)
            if case["id"] in ids and case["id"] not in there
        ]

    def run(self) -> tuple[str, str]:
        """Work until nothing is left or somebody ended it; the state in which to give it back, and why."""
        provider = self.row.provider
        with Desk([provider], {provider.pk: self.claim.slots}, open_provider) as desk:
            while (self.ready or self.pending or desk.busy) and not self.halted and not self.out_of_money:
                self._feed(desk)
                self._collect(desk)
            self._finish(desk)
        if self.refusals.hopeless:
            return Pairwise.State.FAILED, self.refusals.reason
        if self.out_of_money:
            return Pairwise.State.STOPPED, refusal(self.full) if self.full else ""
        return (Pairwise.State.QUEUED if self.halted else Pairwise.State.FINISHED), ""

    def _finish(self, desk: Desk) -> None:
        """Take back the cases that have not been started; one that was asked one way is asked the other."""
        dropped = desk.drop()
        times = Counter(job.item.case_id for job in dropped)
        desk.submit([job for job in dropped if times[job.item.case_id] == 1])
        for case, count in times.items():
            if count > 1:
                self.under_way.pop(case).charges()
        while desk.busy:
            self._collect(desk)
        self._flush()
        self.spending.close()

    def _feed(self, desk: Desk) -> None:
        jobs: list[Job] = []
        room = desk.room(self.row.provider_id)
        while len(jobs) < room:
            self.ready = self.ready or self._next()
            if self.ready is None:
                break
            if not self._paid(self.ready, busy=desk.busy or bool(jobs)):
                break
            jobs += self.ready.jobs
            self.under_way[self.ready.item.case_id] = self.ready
            self.ready = None
        desk.submit(jobs)

    def _paid(self, pair: Pair, *, busy: bool) -> bool:
        """Hold the money of a pair. Calls under way give theirs back when they are over; without any it is
        over.
        """
        if self._hold(pair):
            return True
        if busy:
            return False
        self._flush()
        self.spending.surrender()
        self.out_of_money = not self._hold(pair)
        return not self.out_of_money

    def _hold(self, pair: Pair) -> bool:
        """Out of every budget, and under the comparison's own ceiling."""
        self.full = None
        try:
            hold = self.spending.hold(pair.held)
        except NoRoom as full:
            self.full = full
            return False
        if not pairwise_claims.hold(self.claim, pair.held):
            settled([hold], ZERO)
            return False
        pair.hold = hold
        return True

    def _next(self) -> Pair | None:
        """The next case that can be asked about; those that can't are results at once."""
        while self.pending:
            pair = self.pending.popleft()
            self._ask(pair)
            if not pair.problem:
                return pair
            self.found.append(pairwise_claims.Found(pair.result(self.row)))
        return None

    def _ask(self, pair: Pair) -> None:
        outputs = Result.objects.in_bulk(pair.ids)
        sides = {"candidate": outputs[pair.ids[0]].output, "baseline": outputs[pair.ids[1]].output}
        for order, names in enumerate(SIDES):
            answers = {place: sides[names[place]] for place in ("first", "second")}
            try:
                asked = questions(self.seat, pair.item.golden, answers, times=1)
            except InvalidInput as error:
                pair.problem = f"The judge could not be asked: {error}"
                return
            if isinstance(asked, Judgement):
                pair.problem = asked.reason
                return
            item = Item(pair.item.case_id, order, pair.item.golden, ())
            pair.jobs += [
                Job(item, one.request, one.worst, self.row.provider_id, question=one) for one in asked
            ]

    def _collect(self, desk: Desk) -> None:
        due_at = self.flushed_at + (self.timing.batch if self.found else self.timing.heartbeat)
        if desk.busy:
            for outcome in desk.take(due_at - time.monotonic()):
                self._settle(outcome)
        self.halted = self.halted or self.refusals.hopeless
        if time.monotonic() >= due_at or len(self.found) >= self.timing.batch_results:
            self._flush()

    def _settle(self, outcome: Outcome) -> None:
        pair = self.under_way[outcome.job.item.case_id]
        pair.note(outcome)
        self.refusals.see(outcome.error)
        if pair.over:
            del self.under_way[pair.item.case_id]
            self.settled += pair.held
            found = pairwise_claims.Found(pair.result(self.row), pair.bills, pair.charges())
            self.found.append(found)

    def _flush(self) -> None:
        settled = self.settled if self.row.ceiling is not None else ZERO
        self.halted = not pairwise_claims.write(self.claim, self.found, settled=settled) or self.halted
        self.spending.keep()
        self.found, self.settled = [], ZERO
        self.flushed_at = time.monotonic()
