"""An evaluation; one case's output; one scorer's judgement of it.

The work of a run is its cases times its repeats, numbered from 0 in the order of the dataset: number
`i` is repeat `i % repeats` of case `i // repeats`. A shard is a slice of these numbers that one worker
takes at a time.
"""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

from aiops.accounts.models import User
from aiops.approaches.models import ClassifierVersion, RuleSetVersion
from aiops.catalog.models import Model, Price
from aiops.core import clock
from aiops.core.money import ZERO, money_field
from aiops.datasets.models import Case, DatasetVersion
from aiops.evaluations.models.approaches import Approach, Asked, OnModel, described, exactly_one
from aiops.features.models import Feature
from aiops.prompts.models import Version

MAX_REPEATS = 10


class Run(models.Model):
    """One approach over a frozen set of cases: a prompt version on a model at its price, a rule set, or a
    classifier. What it runs is immutable by trigger.

    Against `ceiling` count `cost` (results stored), `held` (worst case of calls under way) and `unaccounted`
    (worst case of calls whose answer was lost with a worker or a connection, and may have been billed).
    """

    class State(models.TextChoices):
        QUEUED = "queued", "Queued"
        RUNNING = "running", "Running"
        FINISHED = "finished", "Finished"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"
        STOPPED = "stopped", "Stopped"

    ACTIVE = (State.QUEUED, State.RUNNING)

    feature = models.ForeignKey(Feature, on_delete=models.PROTECT, related_name="runs")
    dataset_version = models.ForeignKey(DatasetVersion, on_delete=models.PROTECT, related_name="runs")
    version = models.ForeignKey(Version, null=True, on_delete=models.PROTECT, related_name="runs")
    model = models.ForeignKey(Model, null=True, on_delete=models.PROTECT, related_name="runs")
    price = models.ForeignKey(Price, null=True, on_delete=models.PROTECT, related_name="+")
    vendor_name = models.CharField(max_length=200, blank=True)  # the model's, as sent
    rule_set_version = models.ForeignKey(
        RuleSetVersion, null=True, on_delete=models.PROTECT, related_name="runs"
    )
    classifier_version = models.ForeignKey(
        ClassifierVersion, null=True, on_delete=models.PROTECT, related_name="runs"
    )
    scorers = models.JSONField(default=list)  # resolved: [{"name", "type", every parameter}]
    parameters = models.JSONField(default=dict)  # as sent: {"max_tokens", "temperature", "seed", "stop"}
    repeats = models.PositiveSmallIntegerField(
        default=1, validators=[MinValueValidator(1), MaxValueValidator(MAX_REPEATS)]
    )
    ceiling = money_field(null=True, blank=True)
    note = models.TextField(blank=True)
    reuse = models.BooleanField(default=False)  # outputs of unchanged cases may come from earlier runs

    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    reason = models.TextField(blank=True)  # why it failed or stopped, in words
    total = models.PositiveIntegerField()
    done = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    cost = money_field(default=ZERO)  # of the approach and of its judges
    judge_cost = money_field(default=ZERO)  # the judges' part of it
    held = money_field(default=ZERO)
    unaccounted = money_field(default=ZERO)
    reused = models.PositiveIntegerField(default=0)  # of `done`
    reused_cost = money_field(default=ZERO)  # what these outputs cost when they were made, no part of `cost`

    created_at = models.DateTimeField(default=clock.now)
    created_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    started_at = models.DateTimeField(null=True)
    heartbeat_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(condition=exactly_one(), name="evaluations_run_one_approach"),
            models.CheckConstraint(
                condition=Q(repeats__gte=1, repeats__lte=MAX_REPEATS), name="evaluations_run_repeats"
            ),
            models.CheckConstraint(
                condition=Q(total__gte=F("done") + F("failed")), name="evaluations_run_counts"
            ),
            models.CheckConstraint(
                condition=Q(cost__gte=0, held__gte=0, unaccounted__gte=0), name="evaluations_run_money"
            ),
            models.CheckConstraint(
                condition=Q(judge_cost__gte=0, judge_cost__lte=F("cost")), name="evaluations_run_judge_cost"
            ),
            models.CheckConstraint(
                condition=Q(state__in=("queued", "running"), finished_at=None)
                | (~Q(state__in=("queued", "running")) & Q(finished_at__isnull=False)),
                name="evaluations_run_finished_at",
            ),
            models.CheckConstraint(
                condition=Q(reused=0) | Q(reuse=True, reused__lte=F("done")), name="evaluations_run_reused"
            ),
        )
        indexes = (
            models.Index(
                fields=("id",), condition=Q(state__in=("queued", "running")), name="evaluations_run_active"
            ),
        )

    def __str__(self) -> str:
        return f"Run {self.pk}"

    @property
    def is_active(self) -> bool:
        return self.state in self.ACTIVE

    @property
    def accounted(self) -> int:
        """Work that has a result, good or bad."""
        return self.done + self.failed

    @property
    def approach(self) -> Approach:
        """What runs, with its names; `with_approaches` brings them along with the rows of a list."""
        if self.version is not None and self.model is not None:
            return described(OnModel(self.version, self.model))
        other = self.rule_set_version or self.classifier_version
        if other is None:
            raise ValueError(f"{self} names no approach")
        return described(other)

    @property
    def asked(self) -> Asked:
        """The version, model and price of a run that asks a model. ValueError where it asks none."""
        if self.version is None or self.model is None or self.price is None:
            raise ValueError(f"{self} asks no model")
        return Asked(self.version, self.model, self.price)

    @property
    def approach_key(self) -> tuple[int | None, ...]:
        """Equal for two runs of the same approach."""
        return (self.version_id, self.model_id, self.rule_set_version_id, self.classifier_version_id)


class Shard(models.Model):
    """A slice [first, stop) of a run's work. `token` rises with each claim; who holds an older one writes
    nothing.
    """

    class State(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        FINISHED = "finished"
        STOPPED = "stopped"  # its next call did not fit under the run's ceiling

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="shards")
    ordinal = models.PositiveIntegerField()
    first = models.PositiveIntegerField()
    stop = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    token = models.PositiveIntegerField(default=0)
    slots = models.PositiveIntegerField(default=0)  # of the provider's concurrency, while it runs
    judge_slots = models.JSONField(default=dict)  # of its judges' providers: {"<provider id>": slots}
    held = money_field(default=ZERO)  # its part of the run's `held`
    attempts = models.PositiveIntegerField(default=0)
    dispatched_at = models.DateTimeField(null=True)
    heartbeat_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("run_id", "ordinal")
        constraints = (
            models.UniqueConstraint(fields=("run", "ordinal"), name="evaluations_shard_ordinal"),
            models.CheckConstraint(condition=Q(stop__gt=F("first")), name="evaluations_shard_slice"),
            models.CheckConstraint(condition=Q(held__gte=0), name="evaluations_shard_held"),
            models.CheckConstraint(
                condition=Q(state="running", slots__gt=0) | (~Q(state="running") & Q(slots=0)),
                name="evaluations_shard_slots",
            ),
            models.CheckConstraint(
                condition=Q(state="running") | Q(judge_slots={}), name="evaluations_shard_judge_slots"
            ),
        )
        indexes = (
            models.Index(
                fields=("run", "state"),
                condition=Q(state__in=("queued", "running")),
                name="evaluations_shard_open",
            ),
        )

    def __str__(self) -> str:
        return f"{self.run_id}/{self.ordinal}"


class Result(models.Model):
    """What the approach answered to one case, once; or the error that it got instead."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="results")
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="results")
    repeat = models.PositiveSmallIntegerField(default=0)
    output = models.TextField(blank=True)
    error_kind = models.CharField(max_length=60, blank=True)  # empty: answered
    error = models.TextField(blank=True)
    messages = models.JSONField(default=list)  # as rendered: [{"role", "content"}]; of a prompt version only
    explanation = models.TextField(blank=True)  # why a rule set or a classifier says so
    fold = models.PositiveSmallIntegerField(null=True)  # the classifier's model that had not seen the text
    input_tokens = models.PositiveIntegerField(default=0)
    cached_input_tokens = models.PositiveIntegerField(default=0)
    cache_write_tokens = models.PositiveIntegerField(default=0)
    output_tokens = models.PositiveIntegerField(default=0)
    reasoning_tokens = models.PositiveIntegerField(default=0)
    usage_reported = models.BooleanField(default=True)
    cost = money_field(default=ZERO)
    judge_cost = money_field(default=ZERO)  # what its judges cost, on top
    unaccounted = money_field(default=ZERO)  # worst case of a failed call that may have been billed
    latency_ms = models.FloatField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    finish_reason = models.CharField(max_length=40, blank=True)
    reused_from = models.ForeignKey(  # whose output, tokens and latency these are; its cost is not ours
        "self", null=True, on_delete=models.PROTECT, related_name="reused_by", db_index=False
    )
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(fields=("run", "case", "repeat"), name="evaluations_result_once"),
            models.CheckConstraint(
                condition=Q(reused_from=None) | Q(cost=0, unaccounted=0, error_kind=""),
                name="evaluations_result_reused",
            ),
        )
        indexes = (
            models.Index(
                fields=("reused_from",),
                condition=Q(reused_from__isnull=False),
                name="evaluations_result_origin",
            ),
        )

    def __str__(self) -> str:
        return f"Result {self.pk}"


class Score(models.Model):
    """A judgement: `value` in 0..1 and `passed`; both null where the scorer could not judge, never 0 for
    that.
    """

    result = models.ForeignKey(Result, on_delete=models.CASCADE, related_name="scores")
    scorer = models.CharField(max_length=100)
    value = models.FloatField(null=True)
    passed = models.BooleanField(null=True)
    reason = models.TextField(blank=True)

    class Meta:
        ordering = ("result_id", "id")
        constraints = (models.UniqueConstraint(fields=("result", "scorer"), name="evaluations_score_once"),)

    def __str__(self) -> str:
        return f"{self.scorer} of {self.result_id}"
