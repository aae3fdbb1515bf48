"""A version's way to production: a request, what people said and answered, and each move of `production`."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from aiops.accounts.models import User
from aiops.core import clock
from aiops.prompts.models import Prompt, Version


class ReviewRequest(models.Model):
    """The pull request of a prompt version. Another version begins a cycle that nobody has approved."""

    class State(models.TextChoices):
        OPEN = "open", "Open"
        CHANGES_REQUESTED = "changes", "Changes asked for"
        APPROVED = "approved", "Approved"
        CLOSED = "closed", "Closed"
        SHIPPED = "shipped", "Shipped"

    ACTIVE: ClassVar[tuple[State, ...]] = (State.OPEN, State.CHANGES_REQUESTED, State.APPROVED)

    prompt = models.ForeignKey(Prompt, on_delete=models.PROTECT, related_name="review_requests")
    version = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="review_requests")
    cycle = models.PositiveIntegerField(default=1)
    title = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    opened_at = models.DateTimeField(default=clock.now)
    opened_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=("version",),
                condition=Q(state__in=("open", "changes", "approved")),
                name="releases_request_open_once",
            ),
            models.CheckConstraint(
                condition=Q(closed_at=None, closed_by=None)
                | Q(closed_at__isnull=False, closed_by__isnull=False),
                name="releases_request_closed_at_and_closed_by",
            ),
            models.CheckConstraint(
                condition=Q(state__in=("open", "changes", "approved"), closed_at=None)
                | Q(state__in=("closed", "shipped"), closed_at__isnull=False),
                name="releases_request_state",
            ),
        )

    def __str__(self) -> str:
        return f"Review {self.pk}: {self.title}"

    @property
    def is_active(self) -> bool:
        return self.state in self.ACTIVE


class Revision(models.Model):
    """The version that a cycle of a request is about, and who brought it in. Append-only by trigger."""

    request = models.ForeignKey(ReviewRequest, on_delete=models.CASCADE, related_name="revisions")
    cycle = models.PositiveIntegerField()
    version = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="+")
    by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ("request", "cycle")
        constraints = (models.UniqueConstraint(fields=("request", "cycle"), name="releases_revision_cycle"),)


class LineComment(models.Model):
    """What somebody said: about a line of the version's text, or about the whole.

    `part` is the number of a message from 1, or 0 for the settings; `line` counts from 1 in that part.
    """

    request = models.ForeignKey(ReviewRequest, on_delete=models.CASCADE, related_name="comments")
    cycle = models.PositiveIntegerField()
    version = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="+")
    part = models.PositiveSmallIntegerField(null=True)
    line = models.PositiveIntegerField(null=True)
    quote = models.TextField(blank=True)  # the line as it was
    text = models.TextField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=clock.now)
    resolved_at = models.DateTimeField(null=True)
    resolved_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ("id",)
        constraints = (
            models.CheckConstraint(
                condition=Q(part=None, line=None) | Q(part__isnull=False, line__isnull=False, line__gte=1),
                name="releases_comment_place",
            ),
            models.CheckConstraint(
                condition=Q(resolved_at=None, resolved_by=None)
                | Q(resolved_at__isnull=False, resolved_by__isnull=False),
                name="releases_comment_resolved_at_and_resolved_by",
            ),
            models.CheckConstraint(condition=~Q(text=""), name="releases_comment_says_something"),
        )

    def __str__(self) -> str:
        return f"comment {self.pk} on {self.request}"


class Approval(models.Model):
    """One person's answer to one cycle of a request, bound to the version's hash. Append-only by trigger.

    A trigger refuses an answer by whoever wrote the version, opened the request or brought a version into it.
    """

    class Answer(models.TextChoices):
        APPROVED = "approved", "Approved"
        CHANGES = "changes", "Asked for changes"

    request = models.ForeignKey(ReviewRequest, on_delete=models.CASCADE, related_name="approvals")
    cycle = models.PositiveIntegerField()
    version = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="+")
    sha256 = models.CharField(max_length=64)
    answer = models.CharField(max_length=10, choices=Answer)
    text = models.TextField(blank=True)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ("id",)
        constraints = (
            models.CheckConstraint(
                condition=Q(answer="approved") | (Q(answer="changes") & ~Q(text="")),
                name="releases_approval_changes_are_said",
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_answer_display()} by {self.by}"


class Release(models.Model):
    """One move of the label `production`: the newest says what is live. Append-only by trigger."""

    class Kind(models.TextChoices):
        SHIP = "ship", "Shipped"
        ROLLBACK = "rollback", "Rolled back"
        ADOPTED = "adopted", "Taken over"  # in production without a review: what a workspace began with

    prompt = models.ForeignKey(Prompt, on_delete=models.PROTECT, related_name="releases")
    version = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="releases")
    previous = models.ForeignKey(Version, null=True, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind)
    request = models.OneToOneField(ReviewRequest, null=True, on_delete=models.PROTECT, related_name="release")
    approval = models.ForeignKey(Approval, null=True, on_delete=models.PROTECT, related_name="+")
    four_eyes = models.CharField(max_length=6)  # the workspace's policy at that time
    evidence = models.TextField(blank=True)  # the verdict's sentence, or what stood in for it
    reason = models.TextField(blank=True)
    by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ("-id",)
        indexes = (models.Index(fields=("prompt", "-id"), name="releases_newest"),)
        constraints = (
            models.CheckConstraint(
                condition=~Q(kind="ship")
                | (Q(request__isnull=False) & (Q(approval__isnull=False) | Q(four_eyes="off"))),
                name="releases_ship_is_approved",
            ),
            models.CheckConstraint(
                condition=Q(previous=None) | ~Q(previous=F("version")), name="releases_release_moves"
            ),
        )

    def __str__(self) -> str:
        return f"{self.version} in production"
