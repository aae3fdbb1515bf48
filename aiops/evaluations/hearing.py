"""One answer before the judges of its run: what they are asked, what they say, what it cost.

Its row is written when the last of them has spoken, so that a result never has half of its scores.
"""

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from aiops.core.errors import InvalidInput
from aiops.core.money import ZERO
from aiops.evaluations import rows
from aiops.evaluations.caller import Job, Outcome
from aiops.evaluations.judging import Seat, questions
from aiops.evaluations.scorers import score_row
from aiops.evaluations.scorers.base import Judgement, shorten
from aiops.evaluations.scorers.judge_reply import Garbled, Heard, Reply, failed, judgement, read
from aiops.evaluations.spent import judges_bill
from aiops.evaluations.work import Item

if TYPE_CHECKING:
    from aiops.gateway.inside import Bill

NOT_PAID = "was not asked: its worst case does not fit under the run's ceiling, or into a budget."
_CUT = "was cut off before its answer was complete"


class Hearing:
    """`promised` USD of the worker's purse stand for the answer's cost and for the judges' worst case."""

    def __init__(self, item: Item, row: dict[str, Any], seats: Sequence[Seat], promised: Decimal) -> None:
        self.item = item
        self.row = row
        self.promised = promised
        self.spent = ZERO
        self._unaccounted = ZERO
        self._bills: list[Bill] = []
        self._seats = seats
        self._heard: dict[str, list[Heard]] = defaultdict(list)
        self._settled: dict[str, Judgement] = {}
        self.jobs: list[Job] = [] if row["error_kind"] else [job for seat in seats for job in self._ask(seat)]
        self.waiting = len(self.jobs)

    @property
    def key(self) -> tuple[int, int]:
        """Of its item."""
        return (self.item.case_id, self.item.repeat)

    @property
    def missing(self) -> Decimal:
        """USD to hold on top of what is promised before the judges may be asked."""
        worst = sum((job.worst for job in self.jobs), ZERO)
        spent: Decimal = self.row["cost"] + self.row["unaccounted"]
        return max(ZERO, worst + spent - self.promised)

    def _ask(self, seat: Seat) -> list[Job]:
        try:
            asked = questions(seat, self.item.golden, {"output": self.row["output"]})
        except InvalidInput as error:
            asked = failed(f"could not be asked: {error}")
        if isinstance(asked, Judgement):
            self._settled[seat.name] = asked
            return []
        provider = seat.model.provider_id
        return [Job(self.item, one.request, one.worst, provider, question=one) for one in asked]

    def note(self, outcome: Outcome) -> None:
        """Take what came of one of its jobs."""
        question = outcome.job.question
        if question is None:
            raise ValueError("this is no judge's answer")
        self.waiting -= 1
        bill = judges_bill(outcome)
        self._heard[question.seat.name].append(hear(outcome))
        self._bills.append(bill)
        self.spent += bill.cost
        self._unaccounted += bill.unaccounted

    def unpaid(self) -> None:
        """Its judges can't be paid: it closes without them."""
        for job in self.jobs:
            if job.question is not None:
                self._settled[job.question.seat.name] = failed(NOT_PAID)
        self.waiting = 0

    def closed(self) -> dict[str, Any]:
        """The row with the judges' scores and cost."""
        if self.row["error_kind"]:
            return self.row
        judged = [score_row(seat.name, self._judgement(seat)) for seat in self._seats]
        return self.row | {
            "scores": [*self.row["scores"], *judged],
            "judge_cost": self.spent,
            "unaccounted": self.row["unaccounted"] + self._unaccounted,
            "bills": self._bills,
        }

    def _judgement(self, seat: Seat) -> Judgement:
        if seat.name in self._settled:
            return self._settled[seat.name]
        return judgement(self._heard[seat.name], pass_at=seat.pass_at)


def hear(outcome: Outcome) -> Heard:
    """What a judge said; what it cost says `judges_bill`."""
    question = outcome.job.question
    if question is None:
        raise ValueError("this is no judge's answer")
    if outcome.reply is None:
        error = outcome.error or RuntimeError("no reply and no error")
        problem = f"did not answer ({rows.error_kind(error)}): {shorten(str(error), 300)}"
        return Heard(None, problem)
    cut = outcome.reply.finish_reason in {"length", "max_tokens"}
    return _read(outcome.reply.text, question.seat.kind, cut=cut)


def _read(text: str, kind: type[Reply], *, cut: bool) -> Heard:
    try:
        return Heard(read(text, kind))
    except Garbled as garbled:
        return Heard(None, _CUT if cut else str(garbled))
