"""Outputs for people to grade, and the seats from which they grade them."""

from django.db import models
from django.db.models import Q

from aiops.accounts.models import User
from aiops.core import clock
from aiops.evaluations.models import Result
from aiops.features.models import Feature
from aiops.reviews.models.sampling import Guideline, Scale, Stratum

MOST_SEATS = 200


class CalibrationRound(models.Model):
    """The same items for all its people, to find where they differ. Its items count for no figure.

    The one of kind `gold` of a feature holds its probes: copies of items whose grade is known. One of kind
    `pairs` holds two runs' answers to the same cases, side by side.
    """

    class Kind(models.TextChoices):
        CALIBRATION = "calibration", "Calibration round"
        GOLD = "gold", "Gold probes"
        PAIRS = "pairs", "Side by side"

    kind = models.CharField(max_length=11, choices=Kind, default=Kind.CALIBRATION)
    feature = models.ForeignKey(Feature, on_delete=models.CASCADE, related_name="rounds")
    title = models.CharField(max_length=200, blank=True)
    opened_at = models.DateTimeField(default=clock.now)
    opened_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    closed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(
                condition=Q(kind__in=("calibration", "gold", "pairs")), name="reviews_round_kind"
            ),
            models.UniqueConstraint(
                fields=("feature",), condition=Q(kind="gold"), name="reviews_round_one_of_gold"
            ),
        )

    def __str__(self) -> str:
        return self.title or f"round {self.pk}"


class ReviewItem(models.Model):
    """A call's or an evaluation's output, as people are shown it: texts are a copy, without personal data.

    Calls have no foreign key: their rows go by retention, and then the texts here go too (`inputs`, `output`
    and `passages` null). `seats` is k: so many people grade it, and the database lets in no more. Of how the
    output came about (version, model, arm, stratum, judge) whoever grades sees nothing.

    `probability` is that of having been drawn, 0 < π ≤ 1, the same for all calls of the stratum's batch;
    `is_random`: also drawn by the base share alone, which is what says something of all calls.
    """

    class Source(models.TextChoices):
        CALL = "call", "Call"
        RESULT = "result", "Evaluation result"

    class State(models.TextChoices):
        OPEN = "open", "Open"
        ADJUDICATE = "adjudicate", "To adjudicate"
        DONE = "done", "Done"
        WITHDRAWN = "withdrawn", "Withdrawn"

    ACTIVE = (State.OPEN, State.ADJUDICATE)

    feature = models.ForeignKey(Feature, on_delete=models.CASCADE, related_name="review_items")
    source = models.CharField(max_length=6, choices=Source)
    source_id = models.CharField(max_length=40)  # the call's id, or the result's
    source_at = models.DateTimeField()  # when the output was made
    result = models.ForeignKey(
        Result, null=True, on_delete=models.PROTECT, related_name="review_items", db_index=False
    )
    round = models.ForeignKey(CalibrationRound, null=True, on_delete=models.CASCADE, related_name="items")
    tenant = models.CharField(max_length=60, blank=True)
    locale = models.CharField(max_length=35, blank=True)
    language = models.CharField(max_length=10, blank=True)  # "ja"; empty: anybody may read it
    category = models.CharField(max_length=200, blank=True)
    approach_name = models.CharField(max_length=200, blank=True)
    version_id = models.BigIntegerField(null=True)
    version_number = models.IntegerField(null=True)
    model = models.CharField(max_length=200, blank=True)
    arm = models.CharField(max_length=10, blank=True)

    stratum = models.CharField(max_length=20, choices=Stratum)
    probability = models.FloatField()
    is_random = models.BooleanField(default=False)
    week = models.DateField()  # the Monday of the week whose budget it is of
    seats = models.PositiveSmallIntegerField(default=1)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    scale = models.CharField(max_length=11, choices=Scale, default=Scale.PASS_FAIL)
    guideline = models.ForeignKey(Guideline, null=True, on_delete=models.PROTECT, related_name="+")

    inputs = models.JSONField(null=True)  # {"<variable>": text}
    output = models.TextField(null=True)  # noqa: DJ001 - null: gone by retention; empty: an empty answer
    passages = models.JSONField(null=True)  # as the call has them
    other = (
        models.ForeignKey(  # of a pair: the baseline's answer to the same case; `result` is the candidate's
            Result, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
        )
    )
    other_output = models.TextField(null=True)  # noqa: DJ001 - null: no pair; empty: an empty answer
    gold = models.JSONField(null=True)  # of a probe: {"raw": 0, "reasons": [], "comment": ""}
    note = models.TextField(blank=True)  # why somebody sent it
    created_at = models.DateTimeField(default=clock.now)
    created_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    done_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(
                fields=("source", "source_id", "round"), nulls_distinct=False, name="reviews_item_once"
            ),
            models.CheckConstraint(
                condition=Q(source="call", result=None) | Q(source="result", result__isnull=False),
                name="reviews_item_source",
            ),
            models.CheckConstraint(
                condition=Q(probability__gt=0, probability__lte=1), name="reviews_item_probability"
            ),
            models.CheckConstraint(condition=Q(seats__range=(1, MOST_SEATS)), name="reviews_item_seats"),
            models.CheckConstraint(
                condition=Q(gold__isnull=True) | Q(round__isnull=False), name="reviews_item_gold_is_a_copy"
            ),
            models.CheckConstraint(
                condition=Q(state__in=("open", "adjudicate"), done_at=None)
                | Q(state__in=("done", "withdrawn"), done_at__isnull=False),
                name="reviews_item_done_at",
            ),
            models.CheckConstraint(
                condition=Q(scale__in=("pass_fail", "one_to_five"), other=None, other_output=None)
                | Q(scale="pairwise", other__isnull=False, other_output__isnull=False, round__isnull=False),
                name="reviews_item_scale",
            ),
        )
        indexes = (
            models.Index(fields=("feature", "week", "stratum"), name="reviews_item_week"),
            models.Index(fields=("feature", "-id"), name="reviews_item_newest"),
            models.Index(
                fields=("feature", "id"),
                condition=Q(state__in=("open", "adjudicate")),
                name="reviews_item_open",
            ),
            models.Index(fields=("result",), condition=Q(result__isnull=False), name="reviews_item_result"),
        )

    def __str__(self) -> str:
        return f"Review item {self.pk}"


class Seat(models.Model):
    """A place from which one person grades an item. Numbers 1..k, by trigger no more; one adjudicates.

    Claimed: somebody holds it until `lease_until`, and may submit with `token` alone; a claim that ran out is
    free for the next one. Nobody holds or graded two seats of an item. `reserved_for`: nobody else gets it.
    `feature`, `language` and `rank` (low ones first) repeat what the queue asks for.
    """

    class Role(models.TextChoices):
        GRADE = "grade", "Grade"
        ADJUDICATE = "adjudicate", "Adjudicate"

    class State(models.TextChoices):
        FREE = "free", "Free"
        CLAIMED = "claimed", "Claimed"
        GRADED = "graded", "Graded"

    class Rank(models.IntegerChoices):
        URGENT = 1
        ADJUDICATE = 3
        CALIBRATE = 4
        ORDINARY = 5

    item = models.ForeignKey(ReviewItem, on_delete=models.CASCADE, related_name="places")
    role = models.CharField(max_length=10, choices=Role, default=Role.GRADE)
    number = models.PositiveSmallIntegerField(default=1)
    state = models.CharField(max_length=7, choices=State, default=State.FREE)
    reviewer = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="seats")
    reserved_for = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    token = models.UUIDField(null=True)
    claimed_at = models.DateTimeField(null=True)
    lease_until = models.DateTimeField(null=True)
    graded_at = models.DateTimeField(null=True)
    feature = models.ForeignKey(Feature, on_delete=models.CASCADE, related_name="+", db_index=False)
    language = models.CharField(max_length=10, blank=True)
    rank = models.PositiveSmallIntegerField(choices=Rank, default=Rank.ORDINARY)

    class Meta:
        ordering = ("item_id", "role", "number")
        constraints = (
            models.UniqueConstraint(fields=("item", "role", "number"), name="reviews_seat_number"),
            models.UniqueConstraint(
                fields=("item", "reviewer"), condition=Q(reviewer__isnull=False), name="reviews_seat_one_each"
            ),
            models.CheckConstraint(
                condition=Q(
                    state="free", reviewer=None, token=None, claimed_at=None, lease_until=None, graded_at=None
                )
                | Q(
                    state="claimed",
                    reviewer__isnull=False,
                    token__isnull=False,
                    claimed_at__isnull=False,
                    lease_until__isnull=False,
                    graded_at=None,
                )
                | Q(
                    state="graded",
                    reviewer__isnull=False,
                    token__isnull=False,
                    claimed_at__isnull=False,
                    lease_until=None,
                    graded_at__isnull=False,
                ),
                name="reviews_seat_state",
            ),
            models.CheckConstraint(
                condition=Q(role="grade", number__range=(1, MOST_SEATS)) | Q(role="adjudicate", number=1),
                name="reviews_seat_role",
            ),
        )
        indexes = (
            models.Index(fields=("rank", "id"), condition=~Q(state="graded"), name="reviews_seat_queue"),
            models.Index(
                fields=("reviewer", "-graded_at"),
                condition=Q(reviewer__isnull=False),
                name="reviews_seat_whose",
            ),
            models.Index(
                fields=("reserved_for", "rank", "id"),
                condition=~Q(state="graded") & Q(reserved_for__isnull=False),
                name="reviews_seat_reserved",
            ),
        )

    def __str__(self) -> str:
        return f"seat {self.number} of item {self.item_id}"
