"""What does a feature's task without a model: rule sets and trained classifiers, in immutable versions."""

from django.db import models
from django.db.models import F, Q

from aiops.accounts.models import User
from aiops.approaches.learnt_models import (  # noqa: F401 - found here
    CategoryVersion,
    FeatureTraining,
    RouterVersion,
)
from aiops.core import clock
from aiops.datasets.models import DatasetVersion
from aiops.features.models import Feature


class RuleSet(models.Model):
    feature = models.ForeignKey(Feature, on_delete=models.PROTECT, related_name="rule_sets")
    name = models.SlugField(max_length=100, unique=True)
    description = models.TextField(blank=True)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class RuleSetVersion(models.Model):
    """Immutable by trigger. `source` is the text that the author wrote; `rules.program` reads it."""

    rule_set = models.ForeignKey(RuleSet, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    source = models.TextField()
    sha256 = models.CharField(max_length=64)
    rule_count = models.PositiveIntegerField()
    inputs = models.JSONField(default=list)  # the names of the inputs that the rules need
    note = models.TextField(blank=True)
    author = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ("rule_set", "-number")
        constraints = (
            models.UniqueConstraint(fields=("rule_set", "number"), name="approaches_rules_number"),
        )

    def __str__(self) -> str:
        return f"{self.rule_set.name} v{self.number}"


class Classifier(models.Model):
    feature = models.ForeignKey(Feature, on_delete=models.PROTECT, related_name="classifiers")
    name = models.SlugField(max_length=100, unique=True)
    description = models.TextField(blank=True)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class ClassifierVersion(models.Model):
    """Immutable by trigger. `weights` is a numpy archive without pickles; `sha256` is the one of it."""

    classifier = models.ForeignKey(Classifier, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    dataset_version = models.ForeignKey(DatasetVersion, on_delete=models.PROTECT, related_name="classifiers")
    variable = models.CharField(max_length=64)  # the input that it reads
    labels = models.JSONField()  # what it may answer, sorted
    recipe = models.JSONField()  # how it was trained: n-grams, folds, library
    weights = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    report = models.JSONField()  # out-of-fold: {"accuracy", "labels", "categories", "confusions"}
    case_count = models.PositiveIntegerField()
    seconds = models.FloatField()  # of training
    note = models.TextField(blank=True)
    author = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ("classifier", "-number")
        constraints = (
            models.UniqueConstraint(fields=("classifier", "number"), name="approaches_classifier_number"),
        )

    def __str__(self) -> str:
        return f"{self.classifier.name} v{self.number}"


class OutOfFold(models.Model):
    """What a model says that saw neither this case nor one with its text or cluster. Never changes."""

    version = models.ForeignKey(
        ClassifierVersion, on_delete=models.PROTECT, related_name="out_of_fold", db_index=False
    )
    key = models.CharField(max_length=200)  # of the case
    content = models.CharField(max_length=64)  # SHA-256 of the text that is read
    expected = models.CharField(max_length=200)
    predicted = models.CharField(max_length=200)
    confidence = models.FloatField()
    fold = models.PositiveSmallIntegerField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("version", "key"), name="approaches_out_of_fold_once"),
            models.CheckConstraint(
                condition=Q(confidence__gte=0, confidence__lte=1), name="approaches_out_of_fold_confidence"
            ),
        )
        indexes = (models.Index(fields=("version", "content"), name="approaches_out_of_fold_text"),)

    def __str__(self) -> str:
        return f"{self.key}: {self.predicted}"


class Training(models.Model):
    """The making of a version. `token` rises with each claim: who holds an older one writes nothing."""

    class State(models.TextChoices):
        QUEUED = "queued", "Queued"
        RUNNING = "running", "Running"
        FINISHED = "finished", "Finished"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"

    ACTIVE = (State.QUEUED, State.RUNNING)

    classifier = models.ForeignKey(Classifier, on_delete=models.PROTECT, related_name="trainings")
    dataset_version = models.ForeignKey(DatasetVersion, on_delete=models.PROTECT, related_name="+")
    variable = models.CharField(max_length=64)
    note = models.TextField(blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    reason = models.TextField(blank=True)  # why it failed, in words
    total = models.PositiveSmallIntegerField()  # models to fit: one for each fold, and the last one
    done = models.PositiveSmallIntegerField(default=0)
    token = models.PositiveIntegerField(default=0)
    version = models.OneToOneField(
        ClassifierVersion, null=True, on_delete=models.PROTECT, related_name="training"
    )
    created_at = models.DateTimeField(default=clock.now)
    created_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    started_at = models.DateTimeField(null=True)
    heartbeat_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=("classifier",),
                condition=Q(state__in=("queued", "running")),
                name="approaches_one_training_at_a_time",
            ),
            models.CheckConstraint(condition=Q(done__lte=F("total")), name="approaches_training_counts"),
            models.CheckConstraint(
                condition=Q(state__in=("queued", "running"), finished_at=None)
                | (~Q(state__in=("queued", "running")) & Q(finished_at__isnull=False)),
                name="approaches_training_finished_at",
            ),
            models.CheckConstraint(
                condition=Q(state="finished", version__isnull=False)
                | (~Q(state="finished") & Q(version=None)),
                name="approaches_training_version",
            ),
        )

    def __str__(self) -> str:
        return f"Training {self.pk}"

    @property
    def is_active(self) -> bool:
        return self.state in self.ACTIVE
