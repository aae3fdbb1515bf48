"""Finished runs whose verdict got lost on its way: the message was dropped, or its worker died."""

from datetime import timedelta

from django.db.models import F, Q, QuerySet

from aiops.core import clock
from aiops.evaluations import comparable, queries
from aiops.evaluations.models import Run

OVERDUE = timedelta(minutes=1)  # a verdict takes seconds
AGAIN = timedelta(minutes=10)
LOOK_BACK = timedelta(days=1)


def overdue() -> QuerySet[Run]:
    """Runs without a verdict to look at (again). A run's `heartbeat_at`, of no use once it is over, says when
    that was done last.
    """
    now = clock.now()
    never = Q(heartbeat_at=None) | Q(heartbeat_at__lte=F("finished_at"))
    due = (never & Q(finished_at__lt=now - OVERDUE)) | Q(heartbeat_at__lt=now - AGAIN)
    recent = queries.runs().filter(state=Run.State.FINISHED, finished_at__gt=now - LOOK_BACK, verdicts=None)
    return recent.filter(due)


def decidable(run: Run) -> bool:
    """Whether there is a baseline, and a policy that lets the two be compared."""
    return comparable.baseline_of(run) is not None and _judged_as_asked(run)


def _judged_as_asked(run: Run) -> bool:
    """Whether the run has the scorers that its feature's policy names; without them no verdict is given."""
    policy = comparable.policy_of(run.feature)
    if policy is None:
        return True
    wanted = {*policy.required_scorers, policy.deciding_scorer} - {""}
    return wanted <= {scorer["name"] for scorer in run.scorers}
