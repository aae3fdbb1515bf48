"""Golden cases; a frozen set of them.

A case's row is never changed: an edit closes it (`until`) and adds another. A version V of the dataset is
the rows with since <= V and (until is null or until > V), so freezing 100,000 cases copies nothing. The
draft is the number after the last frozen version. Triggers (0002) keep all of this, whoever writes.
"""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import F, Q

from aiops.accounts.models import User
from aiops.core import clock
from aiops.datasets.content import CaseContent
from aiops.features.models import Feature


class Dataset(models.Model):
    name = models.SlugField(max_length=100, unique=True)
    description = models.TextField(blank=True)
    feature = models.ForeignKey(
        Feature, null=True, blank=True, on_delete=models.PROTECT, related_name="datasets"
    )
    scorers = models.JSONField(default=list, blank=True)  # [{"type": "exact", …}] the default for its runs
    draft_number = models.PositiveIntegerField(default=1)  # the version that the next freeze will make
    created_at = models.DateTimeField(default=clock.now)

    # What the draft holds, counted again by every write to its cases: lists and filters then count nothing.
    revision = models.PositiveIntegerField(default=0)  # grows with every write to the cases
    case_count = models.PositiveIntegerField(default=0)
    unfrozen_count = models.PositiveIntegerField(default=0)  # cases that differ from the last version
    category_count = models.PositiveIntegerField(default=0)
    locale_count = models.PositiveIntegerField(default=0)
    coverage = models.JSONField(default=list)  # [[category, locale, cases], …]

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class DatasetVersion(models.Model):
    """A frozen set of cases. Immutable by trigger. `sha256` is the one of its JSON Lines export."""

    dataset = models.ForeignKey(Dataset, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    note = models.TextField(blank=True)
    case_count = models.PositiveIntegerField()
    coverage = models.JSONField(default=list)  # as the dataset's
    sha256 = models.CharField(max_length=64)
    frozen_at = models.DateTimeField(default=clock.now)
    frozen_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ("dataset", "-number")
        constraints = (models.UniqueConstraint(fields=("dataset", "number"), name="datasets_version_number"),)

    def __str__(self) -> str:
        return f"{self.dataset.name} v{self.number}"


class Case(models.Model):
    # No index of its own for a foreign key: the ones below begin with it, and each costs an import time.
    dataset = models.ForeignKey(Dataset, on_delete=models.PROTECT, related_name="cases", db_index=False)
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
    digest = models.CharField(max_length=64, blank=True)  # SHA-256 of its canonical line
    words = SearchVectorField(null=True)  # made by `words`, for the search by text
    created_at = models.DateTimeField(default=clock.now)
    created_by = models.ForeignKey(
        User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)

    class Meta:
        ordering = ("dataset", "position", "id")
        constraints = (
            models.UniqueConstraint(
                fields=("dataset", "key"), condition=Q(until=None), name="datasets_case_one_live_row"
            ),
            models.CheckConstraint(
                condition=Q(until=None) | Q(until__gte=F("since")), name="datasets_case_until_after_since"
            ),
            models.CheckConstraint(
                condition=Q(until=None, closed_at=None, closed_by=None)
                | Q(until__isnull=False, closed_at__isnull=False),
                name="datasets_case_closed_together",
            ),
        )
        indexes = (
            # With what tells a version's rows, so that a late page of a list is found in the index alone.
            models.Index(
                fields=("dataset", "position", "id"), include=("since", "until"), name="datasets_case_order"
            ),
            models.Index(fields=("dataset", "category", "locale"), name="datasets_case_group"),
            models.Index(fields=("dataset", "key", "id"), name="datasets_case_history"),
            models.Index(fields=("dataset", "since"), name="datasets_case_since"),
            models.Index(
                fields=("dataset", "until"), name="datasets_case_until", condition=Q(until__isnull=False)
            ),
            GinIndex(fields=("tags",), name="datasets_case_tags"),
            GinIndex(fields=("words",), name="datasets_case_words"),
        )

    def __str__(self) -> str:
        return self.key

    # The columns that say what a case is, in the order of CaseContent; the others say when and by whom.
    CONTENT: ClassVar[tuple[str, ...]] = (
        "key",
        "inputs",
        "expected",
        "category",
        "locale",
        "tags",
        "metadata",
        "must_pass",
        "checks",
    )

    @property
    def content(self) -> CaseContent:
        return CaseContent(*(getattr(self, name) for name in self.CONTENT))

    @property
    def input_pairs(self) -> list[tuple[str, str]]:
        """For people: short ones first, so that a question stands before the document that it is about."""
        return sorted(self.inputs.items(), key=_length)

    @property
    def input_starts(self) -> list[tuple[str, str]]:
        """The beginnings of the inputs, on rows of `queries.listed`."""
        return sorted((getattr(self, "inputs_start", None) or {}).items(), key=_length)


def _length(pair: tuple[str, str]) -> tuple[int, str]:
    return len(pair[1]), pair[0]


class Upload(models.Model):
    """A file that waits for a person to confirm its preview. Gone after a day, or once imported."""

    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="uploads")
    filename = models.CharField(max_length=200)
    format = models.CharField(max_length=20)
    content = models.BinaryField()
    replace = models.BooleanField(default=False)
    revision = models.PositiveIntegerField()  # of the dataset when the preview was made
    preview = models.JSONField()  # {"counts": …, "rows": […], "notes": […]}
    created_at = models.DateTimeField(default=clock.now)
    created_by = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
