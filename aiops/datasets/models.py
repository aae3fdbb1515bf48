"""Golden cases; a frozen set of them.

A case's row is never changed: an edit closes it (`until`) and adds another. A version V of the dataset is
the rows with since <= V and (until is null or until > V), so freezing 100,000 cases copies nothing. The
draft is the number after the last frozen version.
"""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q

from aiops.accounts.models import User
from aiops.core import clock
from aiops.features.models import Feature


class Dataset(models.Model):
    name = models.SlugField(max_length=100, unique=True)
    description = models.TextField(blank=True)
    feature = models.ForeignKey(Feature, null=True, on_delete=models.PROTECT, related_name="datasets")
    scorers = models.JSONField(default=list, blank=True)  # [{"type": "exact", …}] the default for its runs
    draft_number = models.PositiveIntegerField(default=1)  # the version that the next freeze will make
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class DatasetVersion(models.Model):
    """A frozen set of cases. Immutable by trigger."""

    dataset = models.ForeignKey(Dataset, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    note = models.TextField(blank=True)
    case_count = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    frozen_at = models.DateTimeField(default=clock.now)
    frozen_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ("dataset", "-number")
        constraints = (models.UniqueConstraint(fields=("dataset", "number"), name="datasets_version_number"),)

    def __str__(self) -> str:
        return f"{self.dataset.name} v{self.number}"


class Case(models.Model):
    dataset = models.ForeignKey(Dataset, on_delete=models.PROTECT, related_name="cases")
    key = models.CharField(max_length=200)  # the `id` of the file
    since = models.PositiveIntegerField()
    until = models.PositiveIntegerField(null=True)
    position = models.PositiveIntegerField()  # order in the file
    inputs = models.JSONField()  # {variable: text}
    expected = models.JSONField(null=True)
    category = models.CharField(max_length=200, blank=True)
    locale = models.CharField(max_length=35, blank=True)
    tags = ArrayField(models.CharField(max_length=200), default=list)
    metadata = models.JSONField(default=dict)
    must_pass = models.BooleanField(default=False)
    checks = models.JSONField(default=list)
    created_at = models.DateTimeField(default=clock.now)
    created_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ("dataset", "position", "id")
        constraints = (
            models.UniqueConstraint(
                fields=("dataset", "key"), condition=Q(until=None), name="datasets_case_one_live_row"
            ),
            models.CheckConstraint(
                condition=Q(until=None) | Q(until__gte=F("since")), name="datasets_case_until_after_since"
            ),
        )
        indexes = (
            models.Index(fields=("dataset", "position", "id"), name="datasets_case_order"),
            models.Index(fields=("dataset", "category", "locale"), name="datasets_case_group"),
            GinIndex(fields=("tags",), name="datasets_case_tags"),
        )

    def __str__(self) -> str:
        return self.key
