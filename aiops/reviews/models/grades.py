"""What people said of an output, and all that they said before they changed it."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from aiops.accounts.models import User
from aiops.core import clock
from aiops.reviews.models.items import ReviewItem, Seat
from aiops.reviews.models.sampling import Guideline, Scale


class Reason(models.TextChoices):
    """What is wrong with an output; chips on the page."""

    WRONG = "wrong", "Wrong"
    INCOMPLETE = "incomplete", "Incomplete"
    CITATION = "citation", "Citation wrong"
    UNSUPPORTED = "unsupported", "Not in the sources"
    OFF_TOPIC = "off_topic", "Off topic"
    LANGUAGE = "language", "Wrong language"
    FORMAT = "format", "Wrong format"
    TONE = "tone", "Tone"
    HARMFUL = "harmful", "Harmful"
    REFUSED = "refused", "Refused without need"


class Grade(models.Model):
    """What a seat's person says of the item now: one row, changed or taken back only with a `GradeEdit`.

    `raw` is 0 or 1, 1 to 5, or 0 to 2, by `scale`; `value` the same as 0..1; `passed` from 1, or from 4 on.
    """

    seat = models.OneToOneField(Seat, on_delete=models.PROTECT, related_name="grade")
    item = models.ForeignKey(ReviewItem, on_delete=models.PROTECT, related_name="grades")
    reviewer = models.ForeignKey(User, on_delete=models.PROTECT, related_name="grades")
    scale = models.CharField(max_length=11, choices=Scale)
    raw = models.SmallIntegerField()
    value = models.FloatField()
    passed = models.BooleanField()
    reasons = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    comment = models.TextField(blank=True)
    corrected_output = models.TextField(blank=True)
    seconds = models.FloatField(default=0)  # from the claim on, as far as the page was looked at
    guideline = models.ForeignKey(Guideline, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ("-at", "-id")
        constraints = (
            models.UniqueConstraint(fields=("item", "reviewer"), name="reviews_grade_one_each"),
            models.CheckConstraint(
                condition=Q(scale="pass_fail", raw=0, value=0, passed=False)
                | Q(scale="pass_fail", raw=1, value=1, passed=True)
                | Q(scale="one_to_five", raw__range=(1, 3), passed=False, value=(F("raw") - 1) * 0.25)
                | Q(scale="one_to_five", raw__range=(4, 5), passed=True, value=(F("raw") - 1) * 0.25)
                | Q(scale="pairwise", raw=0, value=0, passed=False)
                | Q(scale="pairwise", raw=1, value=1, passed=True)
                | Q(scale="pairwise", raw=2, value=0.5, passed=False),
                name="reviews_grade_on_its_scale",
            ),
            models.CheckConstraint(condition=Q(seconds__gte=0), name="reviews_grade_seconds"),
        )
        indexes = (models.Index(fields=("reviewer", "-at"), name="reviews_grade_newest"),)

    def __str__(self) -> str:
        return f"{self.raw} for item {self.item_id}"


class GradeEdit(models.Model):
    """What a grade said before it was changed or taken back: written by trigger, append-only.

    `before` and `after` are the grade's columns; `after` null: taken back. `by` is who did it, an actor's
    label: `SET LOCAL aiops.by`; empty where somebody went past the application.
    """

    seat = models.ForeignKey(Seat, on_delete=models.CASCADE, related_name="edits")
    item = models.ForeignKey(ReviewItem, on_delete=models.CASCADE, related_name="edits")
    reviewer = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")  # whose grade it is
    by = models.CharField(max_length=320, blank=True)
    at = models.DateTimeField(default=clock.now)
    before = models.JSONField()
    after = models.JSONField(null=True)
    reason = models.TextField(blank=True)

    class Meta:
        ordering = ("-id",)
        indexes = (models.Index(fields=("item", "-id"), name="reviews_edit_of_item"),)

    def __str__(self) -> str:
        return f"edit of seat {self.seat_id}"


class Skip(models.Model):
    """Somebody could not grade an item: they do not get it again, unless it is put back for them."""

    class Why(models.TextChoices):
        LANGUAGE = "language", "Not my language"
        KNOWLEDGE = "knowledge", "Needs somebody who knows more"
        UNCLEAR = "unclear", "The guideline does not say"
        UNREADABLE = "unreadable", "Cannot be read"
        CONFLICT = "conflict", "I am involved"
        OTHER = "other", "Something else"

    item = models.ForeignKey(ReviewItem, on_delete=models.CASCADE, related_name="skips")
    reviewer = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    why = models.CharField(max_length=10, choices=Why)
    comment = models.TextField(blank=True)
    at = models.DateTimeField(default=clock.now)
    cleared_at = models.DateTimeField(null=True)  # put back

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=("item", "reviewer"), condition=Q(cleared_at=None), name="reviews_skip_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.why}: item {self.item_id}"


class Escalation(models.Model):
    """Somebody says that an output does harm. `alert` is the number of the alert that it raised."""

    item = models.ForeignKey(ReviewItem, on_delete=models.PROTECT, related_name="escalations")
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=clock.now)
    comment = models.TextField(blank=True)
    alert = models.BigIntegerField(null=True)

    class Meta:
        ordering = ("-id",)
        constraints = (models.UniqueConstraint(fields=("item", "by"), name="reviews_escalation_once"),)

    def __str__(self) -> str:
        return f"escalation of item {self.item_id}"
