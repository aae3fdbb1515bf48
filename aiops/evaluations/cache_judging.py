"""Checks of the semantic cache that words do not settle: a feature's judge says whether the stored answer
means what the fresh one says. Asked in a worker, its money held first, charged to the feature and `internal`.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

import structlog
from django.db import transaction
from django.db.models import Q

from aiops.budgets.ledger import Hold, NoRoom
from aiops.budgets.spending import Spending, settled
from aiops.catalog.connect import open_provider
from aiops.core import clock
from aiops.core.errors import InvalidInput
from aiops.evaluations import spent
from aiops.evaluations.caller import Job, Outcome
from aiops.evaluations.desk import Desk
from aiops.evaluations.hearing import hear
from aiops.evaluations.judging import Seat, pinned, questions, seats_of
from aiops.evaluations.scorers import resolve
from aiops.evaluations.scorers.base import Golden, Judgement
from aiops.evaluations.scorers.judge_reply import judgement
from aiops.evaluations.work import Item
from aiops.features import queries as features
from aiops.features.models import Feature
from aiops.gateway.models import SemanticCheck

MOST = 40  # checks of a feature in one go
AT_ONCE = 4
CLAIMED = timedelta(minutes=10)  # then another worker takes them
KEPT = timedelta(days=1)  # a check that waits longer stays what words say: wrong
PURPOSE = "judge"
log = structlog.get_logger(__name__)


def waiting() -> list[Feature]:
    """The features with something to be asked; what waited too long is given up."""
    _given_up(Q(at__lt=clock.now() - KEPT), "The judge was not asked in time.")
    rows = SemanticCheck.objects.filter(judged=SemanticCheck.Judged.WAITING).order_by()
    return list(Feature.objects.filter(slug__in=rows.values("feature").distinct()).order_by("slug"))


def judge(feature: Feature) -> int:
    """Ask about what waits; return how many checks were settled."""
    try:
        name = features.policy_in_force(feature).cache.judge
        if not name:
            return _given_up(Q(feature=feature.slug), "The feature has no judge any more.")
        seat = _seat(name)
    except InvalidInput as error:
        log.warning("cache_judge_not_asked", feature=feature.slug, problem=str(error))
        return 0
    rows = _claimed(feature)
    return _Work(feature, seat, rows).run() if rows else 0


def _given_up(which: Q, why: str) -> int:
    rows = SemanticCheck.objects.filter(which, judged=SemanticCheck.Judged.WAITING)
    return rows.update(judged=SemanticCheck.Judged.FAILED, reason=why)


def _seat(name: str) -> Seat:
    """The judge that a policy names: the rubric in production, on its own model. Raises InvalidInput."""
    entry = {"type": "judge", "name": "same answer", "prompt": name, "reference": True}
    (seat,) = seats_of(pinned(resolve([entry])))
    return seat


@transaction.atomic
def _claimed(feature: Feature) -> list[SemanticCheck]:
    now = clock.now()
    free = Q(claimed_at=None) | Q(claimed_at__lt=now - CLAIMED)
    rows = SemanticCheck.objects.filter(free, feature=feature.slug, judged=SemanticCheck.Judged.WAITING)
    found = list(rows.select_for_update(skip_locked=True).order_by("at", "id")[:MOST])
    SemanticCheck.objects.filter(pk__in=[row.pk for row in found]).update(claimed_at=now)
    return found


@dataclass(frozen=True, slots=True)
class _Asked:
    row: SemanticCheck
    job: Job
    hold: Hold


class _Work:
    def __init__(self, feature: Feature, seat: Seat, rows: Sequence[SemanticCheck]) -> None:
        self.feature = feature
        self.seat = seat
        self.provider = seat.model.provider
        self.pending = deque(rows)
        self.under_way: dict[int, _Asked] = {}
        self.purse: Spending = spent.purse_of(f"cache-judge-{uuid4().hex}", feature, AT_ONCE)
        self.settled = 0
        self.stopped = False  # nobody answers, or there is no money: the rest waits

    def run(self) -> int:
        with Desk([self.provider], {self.provider.pk: AT_ONCE}, open_provider) as desk:
            while (self.pending and not self.stopped) or desk.busy:
                self._feed(desk)
                if desk.busy:
                    for outcome in desk.take(2.0):
                        self._note(outcome)
                self.purse.keep()
        self.purse.close()
        left = [row.pk for row in self.pending]
        SemanticCheck.objects.filter(pk__in=left).update(claimed_at=None)
        return self.settled

    def _feed(self, desk: Desk) -> None:
        while self.pending and len(self.under_way) < AT_ONCE and not self.stopped:
            job = self._job(self.pending[0])
            if job is None:
                continue
            try:
                hold = self.purse.hold(job.worst)
            except NoRoom:
                self.stopped = not desk.busy
                return
            row = self.pending.popleft()
            self.under_way[row.pk] = _Asked(row, job, hold)
            desk.submit([job])

    def _job(self, row: SemanticCheck) -> Job | None:
        """The question about a check; None where it can't be asked, which is written down."""
        golden = Golden(inputs={"question": row.question}, category="", locale="", expected=row.fresh)
        item = Item(row.pk, 0, golden, ())
        try:
            asked = questions(self.seat, golden, {"output": row.stored}, times=1)
        except InvalidInput as error:
            asked = Judgement(None, None, str(error))
        if isinstance(asked, Judgement):
            self.pending.popleft()
            self._write(row, None, asked.reason)
            return None
        (one,) = asked
        return Job(item, one.request, one.worst, self.provider.pk, question=one)

    @transaction.atomic
    def _note(self, outcome: Outcome) -> None:
        """What came of a question, what it cost, and who pays, at once."""
        asked = self.under_way.pop(outcome.job.item.case_id)
        bill = spent.judges_bill(outcome, PURPOSE)
        spent.note_pairs(self.feature.slug, [bill], [settled([asked.hold], bill.cost + bill.unaccounted)])
        if outcome.reply is None:
            self.stopped = True
            self.pending.append(asked.row)
            return
        said = judgement([hear(outcome)], pass_at=self.seat.pass_at)
        self._write(asked.row, said.passed, said.reason)

    def _write(self, row: SemanticCheck, same: bool | None, reason: str) -> None:  # noqa: FBT001 - three values
        judged = SemanticCheck.Judged.FAILED if same is None else SemanticCheck.Judged.JUDGE
        self.settled += SemanticCheck.objects.filter(pk=row.pk, judged=SemanticCheck.Judged.WAITING).update(
            judged=judged, equivalent=bool(same), reason=reason[:2000]
        )
