"""Finished runs whose verdict got lost on its way: the message was dropped, or its worker died."""

from collections.abc import Iterator
from datetime import timedelta

from django.db.models import F, Q

from aiops.core import clock
from aiops.evaluations import comparable, queries
from aiops.evaluations.models import Run

OVERDUE = timedelta(minutes=1)  # a verdict takes seconds
AGAIN = timedelta(minutes=10)
LOOK_BACK = timedelta(days=1)


def undecided() -> Iterator[Run]:
    """Runs to be decided (again): finished, with a baseline that the policy lets them be compared with, and
    without a verdict on the two. A run's `heartbeat_at`, of no use once it is over, says when it was last
    sent.
    """
    now = clock.now()
    never = Q(heartbeat_at=None) | Q(heartbeat_at__lte=F("finished_at"))
    due = (never & Q(finished_at__lt=now - OVERDUE)) | Q(heartbeat_at__lt=now - AGAIN)
    recent = queries.runs().filter(state=Run.State.FINISHED, finished_at__gt=now - LOOK_BACK, verdicts=None)
    for run in recent.filter(due):
        baseline = comparable.baseline_of(run)
        if baseline is not None and _judged_as_asked(run):
            yield run


def _judged_as_asked(run: Run) -> bool:
    """Whether the run has the scorers that its feature's policy names; without them no verdict is given."""
    policy = comparable.policy_of(run.feature)
    if policy is None:
        return True
    wanted = {*policy.required_scorers, policy.deciding_scorer} - {""}
    return wanted <= {scorer["name"] for scorer in run.scorers}
