"""Two finished runs before a judge, case by case; asked twice, with the sides exchanged."""

from django.db import models
from django.db.models import F, Q

from aiops.accounts.models import User
from aiops.catalog.models import Provider
from aiops.core import clock
from aiops.core.money import ZERO, money_field
from aiops.datasets.models import Case
from aiops.evaluations.models.runs import Result, Run


class Pairwise(models.Model):
    """A job of one worker at a time: who has it holds `slots` of the provider and knows `token`.

    Against `ceiling` count `cost`, `held` and `unaccounted`, as in a run.
    """

    State = Run.State
    ACTIVE = Run.ACTIVE

    candidate = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="pairwise")
    baseline = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="+")
    judge = models.JSONField()  # pinned, as in a run's scorers
    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="+")
    ceiling = money_field(null=True, blank=True)

    state = models.CharField(max_length=10, choices=Run.State, default=Run.State.QUEUED)
    reason = models.TextField(blank=True)
    total = models.PositiveIntegerField()  # cases with an answer in both runs
    done = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)  # cases without a verdict of the judge
    cost = money_field(default=ZERO)
    held = money_field(default=ZERO)
    unaccounted = money_field(default=ZERO)
    token = models.PositiveIntegerField(default=0)
    slots = models.PositiveIntegerField(default=0)

    created_at = models.DateTimeField(default=clock.now)
    created_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    started_at = models.DateTimeField(null=True)
    dispatched_at = models.DateTimeField(null=True)
    heartbeat_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(condition=~Q(candidate=F("baseline")), name="evaluations_pairwise_two"),
            models.CheckConstraint(
                condition=Q(total__gte=F("done") + F("failed")), name="evaluations_pairwise_counts"
            ),
            models.CheckConstraint(
                condition=Q(cost__gte=0, held__gte=0, unaccounted__gte=0), name="evaluations_pairwise_money"
            ),
            models.CheckConstraint(
                condition=Q(state__in=("queued", "running"), finished_at=None)
                | (~Q(state__in=("queued", "running")) & Q(finished_at__isnull=False)),
                name="evaluations_pairwise_finished_at",
            ),
        )

    def __str__(self) -> str:
        return f"Run {self.candidate_id} against run {self.baseline_id}"

    @property
    def is_active(self) -> bool:
        return self.state in self.ACTIVE

    @property
    def accounted(self) -> int:
        """Cases that have a result, with a verdict or without."""
        return self.done + self.failed


class PairwiseResult(models.Model):
    """What the judge said of one case. `forward` had the candidate first, `backward` second; both name a
    side.
    """

    class Verdict(models.TextChoices):
        BETTER = "better", "Better"
        WORSE = "worse", "Worse"
        TIE = "tie", "Tie"

    pairwise = models.ForeignKey(Pairwise, on_delete=models.CASCADE, related_name="results")
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    candidate_result = models.ForeignKey(Result, on_delete=models.CASCADE, related_name="+")
    baseline_result = models.ForeignKey(Result, on_delete=models.CASCADE, related_name="+")
    verdict = models.CharField(max_length=10, choices=Verdict, blank=True)  # "": the judge failed
    forward = models.CharField(max_length=10, blank=True)  # "candidate", "baseline", "tie"
    backward = models.CharField(max_length=10, blank=True)
    changed = models.BooleanField(default=False)  # the two orders disagree, so it is a tie
    reason = models.TextField(blank=True)
    cost = money_field(default=ZERO)
    unaccounted = money_field(default=ZERO)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(fields=("pairwise", "case"), name="evaluations_pairwise_once"),
            models.CheckConstraint(
                condition=Q(changed=False) | Q(verdict="tie"), name="evaluations_pairwise_changed_is_tie"
            ),
        )

    def __str__(self) -> str:
        return f"{self.pairwise_id}: case {self.case_id}"
