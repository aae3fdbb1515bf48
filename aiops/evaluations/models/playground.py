"""What was tried in the playground, kept so that its spend can be explained and a try be opened again."""

from django.db import models
from django.db.models import Q

from aiops.accounts.models import User
from aiops.catalog.models import Model, Price
from aiops.core import clock
from aiops.core.money import ZERO, money_field
from aiops.datasets.models import Case
from aiops.prompts.models import Prompt, Version


class Trial(models.Model):
    """One press of "Run": a version, or a draft that began with it, with inputs, on up to three models.

    `draft` is the text of the `.prompt` file where it is not the version's own. `case` is set where the
    inputs are the case's, unchanged: its expected output holds only then.
    """

    prompt = models.ForeignKey(Prompt, on_delete=models.PROTECT, related_name="trials")
    version = models.ForeignKey(Version, null=True, on_delete=models.PROTECT, related_name="trials")
    draft = models.TextField(blank=True)
    inputs = models.JSONField(default=dict)  # {variable: text}
    case = models.ForeignKey(Case, null=True, on_delete=models.PROTECT, related_name="trials")
    created_at = models.DateTimeField(default=clock.now)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(
                condition=Q(version__isnull=False) | ~Q(draft=""), name="evaluations_trial_has_a_prompt"
            ),
        )
        indexes = (models.Index(fields=("created_by", "-id"), name="evaluations_trial_of"),)

    def __str__(self) -> str:
        return f"Trial {self.pk}"

    @property
    def subject(self) -> str:
        """What was tried, in words."""
        if not self.draft:
            return str(self.version)
        return f"{self.prompt.name}, a draft" + (f" after v{self.version.number}" if self.version else "")


class PlaygroundCall(models.Model):
    """One model's answer in a trial. The row stands before the call leaves: `unaccounted` is then the most
    that it can cost, and stays where nobody can say what was billed.
    """

    class State(models.TextChoices):
        RUNNING = "running", "Running"
        ANSWERED = "answered", "Answered"
        FAILED = "failed", "Failed"
        STOPPED = "stopped", "Stopped"

    trial = models.ForeignKey(Trial, on_delete=models.CASCADE, related_name="calls")
    model = models.ForeignKey(Model, on_delete=models.PROTECT, related_name="playground_calls")
    price = models.ForeignKey(Price, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=State, default=State.RUNNING)
    messages = models.JSONField(default=list)  # as sent: [{"role", "content"}]
    output = models.TextField(blank=True)  # of a stopped call: as far as it came
    error_kind = models.CharField(max_length=60, blank=True)
    error = models.TextField(blank=True)
    input_tokens = models.PositiveIntegerField(default=0)
    cached_input_tokens = models.PositiveIntegerField(default=0)
    cache_write_tokens = models.PositiveIntegerField(default=0)
    output_tokens = models.PositiveIntegerField(default=0)
    reasoning_tokens = models.PositiveIntegerField(default=0)
    usage_reported = models.BooleanField(default=True)
    cost = money_field(default=ZERO)
    unaccounted = money_field(default=ZERO)
    first_ms = models.FloatField(null=True)  # until the first piece of the answer
    latency_ms = models.FloatField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    finish_reason = models.CharField(max_length=40, blank=True)
    scores = models.JSONField(default=list)  # [{"scorer", "value", "passed", "reason"}]
    started_at = models.DateTimeField(default=clock.now)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("id",)
        constraints = (
            models.CheckConstraint(
                condition=Q(state="running", finished_at=None)
                | (~Q(state="running") & Q(finished_at__isnull=False)),
                name="evaluations_playground_finished_at",
            ),
            models.CheckConstraint(
                condition=Q(cost__gte=0, unaccounted__gte=0), name="evaluations_playground_money"
            ),
        )
        indexes = (
            models.Index(
                fields=("started_at",), condition=Q(state="running"), name="evaluations_playground_active"
            ),
        )

    def __str__(self) -> str:
        return f"Playground call {self.pk}"

    @property
    def tokens_in(self) -> int:
        return self.input_tokens + self.cached_input_tokens + self.cache_write_tokens

    @property
    def tokens_out(self) -> int:
        return self.output_tokens + self.reasoning_tokens
