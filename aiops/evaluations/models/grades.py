"""What people said of results, and which results they were asked about.

Nothing of it is ever changed or deleted, by trigger: a person who thinks again adds a row, and the newest row
of a result and a person counts. So what was said, and when, stays to be read.
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from aiops.accounts.models import User
from aiops.core import clock
from aiops.evaluations.models.runs import Result, Run

MAX_REASON = 2000  # characters


class GradeSample(models.Model):
    """Results of a run drawn at random for one person, in the order in which that person sees them.

    Drawn by `random.Random(seed)` from the `population` results that were answered then and that the person
    had not drawn before.
    """

    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="samples")
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=clock.now)
    seed = models.BigIntegerField()
    population = models.PositiveIntegerField()
    result_ids = ArrayField(models.BigIntegerField())

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(
                condition=Q(result_ids__len__gt=0, result_ids__len__lte=F("population")),
                name="evaluations_sample_is_of_its_population",
            ),
        )

    def __str__(self) -> str:
        return f"Sample {self.pk} of {len(self.result_ids)}"


class HumanGrade(models.Model):
    """One person's word on one result; `passed` null: the person took it back.

    `by` is null for a file that was imported at a shell and names nobody. A grade is random where the result
    was drawn, or where a file says so; that of a result which somebody picked counts for no judge's trust.
    """

    class Source(models.TextChoices):
        PAGE = "page", "on the result's page"
        SAMPLE = "sample", "in a random sample"
        IMPORT = "import", "from a file"

    class Sampling(models.TextChoices):
        RANDOM = "random", "drawn at random"
        CHOSEN = "chosen", "picked"

    result = models.ForeignKey(Result, on_delete=models.PROTECT, related_name="grades")
    by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    passed = models.BooleanField(null=True)
    reason = models.TextField(blank=True)
    source = models.CharField(max_length=10, choices=Source)
    sampling = models.CharField(max_length=10, choices=Sampling)
    sample = models.ForeignKey(GradeSample, null=True, on_delete=models.PROTECT, related_name="grades")
    at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(
                condition=Q(source__in=("page", "sample", "import")), name="evaluations_grade_source"
            ),
            models.CheckConstraint(
                condition=Q(source="import", sample=None, sampling__in=("random", "chosen"))
                | Q(source="page", sample=None, sampling="chosen")
                | Q(source__in=("page", "sample"), sample__isnull=False, sampling="random"),
                name="evaluations_grade_random_is_drawn",
            ),
            models.CheckConstraint(
                condition=Q(passed__isnull=False) | Q(reason=""),
                name="evaluations_grade_taken_back_says_nothing",
            ),
        )
        indexes = (models.Index(fields=("result", "by", "-id"), name="evaluations_grade_newest"),)

    def __str__(self) -> str:
        return f"Grade {self.pk} of result {self.result_id}"


class GradeUpload(models.Model):
    """A file of grades that waits for a person to confirm its preview. Gone after a day, or once imported."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="grade_uploads")
    filename = models.CharField(max_length=200)
    content = models.BinaryField()
    preview = models.JSONField()  # {"counts", "rows", "ignored"}, as `grade_files.Plan.preview` says
    created_at = models.DateTimeField(default=clock.now)
    created_by = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")

    def __str__(self) -> str:
        return self.filename
