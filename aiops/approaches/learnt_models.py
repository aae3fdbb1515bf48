"""What is learnt for one feature, in immutable versions: routers, category classifiers, their making."""

from django.db import models
from django.db.models import F, Q

from aiops.accounts.models import User
from aiops.catalog.models import Model
from aiops.core import clock
from aiops.datasets.models import DatasetVersion
from aiops.features.models import Feature
from aiops.prompts.models import Version


class Learnt(models.Model):
    """Immutable by trigger. `weights` are plain numbers (`hashed.kept`); `sha256` is theirs."""

    number = models.PositiveIntegerField()
    weights = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    recipe = models.JSONField()
    report = models.JSONField()
    case_count = models.PositiveIntegerField()
    seconds = models.FloatField()  # of training
    note = models.TextField(blank=True)
    author = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        abstract = True


class RouterVersion(Learnt):
    """How well the small model does what the large one did, with the same prompt version on the same cases.

    `small_run` and `large_run` are the numbers of the evaluation runs. `report`: {"missing", "routed_share",
    "categories", "locales"}, of which each is a list of {"name", "n", "threshold", "reason", "loss", "upper",
    "routed_share"}. `passing` counts the categories that send something to the small model.
    """

    feature = models.ForeignKey(Feature, on_delete=models.PROTECT, related_name="routers")
    small = models.ForeignKey(Model, on_delete=models.PROTECT, related_name="+")
    large = models.ForeignKey(Model, on_delete=models.PROTECT, related_name="+")
    prompt_version = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="+")
    dataset_version = models.ForeignKey(DatasetVersion, on_delete=models.PROTECT, related_name="+")
    small_run = models.BigIntegerField()
    large_run = models.BigIntegerField()
    margin = models.FloatField()
    passing = models.PositiveIntegerField()

    class Meta:
        ordering = ("feature", "-number")
        constraints = (
            models.UniqueConstraint(fields=("feature", "number"), name="approaches_router_number"),
        )

    def __str__(self) -> str:
        return f"{self.feature.slug} router v{self.number}"


class CategoryVersion(Learnt):
    """What kind of input a text is. Below `threshold` it says "unknown"; without one it is never asked.

    `report`: {"accuracy", "precision", "lower", "covered", "labels"}, out of fold.
    """

    feature = models.ForeignKey(Feature, on_delete=models.PROTECT, related_name="category_versions")
    dataset_version = models.ForeignKey(DatasetVersion, on_delete=models.PROTECT, related_name="+")
    labels = models.JSONField()  # sorted
    threshold = models.FloatField(null=True)

    class Meta:
        ordering = ("feature", "-number")
        constraints = (
            models.UniqueConstraint(fields=("feature", "number"), name="approaches_categories_number"),
        )

    def __str__(self) -> str:
        return f"{self.feature.slug} categories v{self.number}"


class FeatureTraining(models.Model):
    """The making of such a version. `token` rises with each claim: who holds an older one writes nothing.

    `wanted` of a router: {"small_run", "large_run", "margin"}. `number` is the version's that came of it.
    """

    class Kind(models.TextChoices):
        ROUTER = "router", "Router"
        CATEGORIES = "categories", "Categories"

    class State(models.TextChoices):
        QUEUED = "queued", "Queued"
        RUNNING = "running", "Running"
        FINISHED = "finished", "Finished"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"

    ACTIVE = (State.QUEUED, State.RUNNING)

    feature = models.ForeignKey(Feature, on_delete=models.PROTECT, related_name="feature_trainings")
    kind = models.CharField(max_length=10, choices=Kind)
    dataset_version = models.ForeignKey(DatasetVersion, on_delete=models.PROTECT, related_name="+")
    wanted = models.JSONField(default=dict)
    note = models.TextField(blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    reason = models.TextField(blank=True)  # why it failed, in words
    total = models.PositiveSmallIntegerField()  # models to fit: one for each fold, and the last one
    done = models.PositiveSmallIntegerField(default=0)
    token = models.PositiveIntegerField(default=0)
    number = models.PositiveIntegerField(null=True)
    created_at = models.DateTimeField(default=clock.now)
    created_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    started_at = models.DateTimeField(null=True)
    heartbeat_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=("feature", "kind"),
                condition=Q(state__in=("queued", "running")),
                name="approaches_one_learning_at_a_time",
            ),
            models.CheckConstraint(condition=Q(done__lte=F("total")), name="approaches_learning_counts"),
            models.CheckConstraint(
                condition=Q(state__in=("queued", "running"), finished_at=None)
                | (~Q(state__in=("queued", "running")) & Q(finished_at__isnull=False)),
                name="approaches_learning_finished_at",
            ),
            models.CheckConstraint(
                condition=Q(state="finished", number__isnull=False) | (~Q(state="finished") & Q(number=None)),
                name="approaches_learning_number",
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()} training {self.pk}"

    @property
    def is_active(self) -> bool:
        return self.state in self.ACTIVE
