"""How much of a feature's calls people are shown, what they go by, and what was drawn so far."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from aiops.accounts.models import User
from aiops.catalog.models import Model, Price
from aiops.core import clock
from aiops.core.texts import personal
from aiops.features.models import Feature
from aiops.prompts.models import Version


class Stratum(models.TextChoices):
    """Why an item is there: drawn from all, drawn from a tail, or sent by a person."""

    RANDOM = "random", "Random"
    JUDGE_FAIL = "judge_fail", "Judge says fail"
    JUDGE_UNSURE = "judge_unsure", "Judge unsure"
    GUARDRAIL_NEAR_MISS = "guardrail_near_miss", "Guardrail near-miss"
    THUMBS_DOWN = "thumbs_down", "Thumbs down"
    NEW_TOPIC = "new_topic", "New topic"
    RARE_LOCALE = "rare_locale", "Rare locale"
    LONGEST = "longest", "Longest"
    DEAREST = "dearest", "Dearest"
    CANARY = "canary", "Canary arm"
    BY_HAND = "by_hand", "Sent by hand"
    RUN = "run", "Evaluation run"
    ESCALATED = "escalated", "Escalated"


# Of these a call is in the one with the greatest share; of equal shares the earlier one counts.
TAIL = (
    Stratum.THUMBS_DOWN,
    Stratum.JUDGE_FAIL,
    Stratum.JUDGE_UNSURE,
    Stratum.GUARDRAIL_NEAR_MISS,
    Stratum.CANARY,
    Stratum.NEW_TOPIC,
    Stratum.RARE_LOCALE,
    Stratum.DEAREST,
    Stratum.LONGEST,
)


class Scale(models.TextChoices):
    """`pass_fail`: 0 or 1. `one_to_five`: from 4 on an output passes. `pairwise`: of two answers the
    candidate's is better (1), the baseline's (0), or neither (2).
    """

    PASS_FAIL = "pass_fail", "Pass or fail"
    ONE_TO_FIVE = "one_to_five", "1 to 5"
    PAIRWISE = "pairwise", "The better of two"


def tail_shares() -> dict[str, float]:
    """The shares of a new policy's strata, 0..1; what is not named is not drawn."""
    return {
        Stratum.THUMBS_DOWN.value: 1.0,
        Stratum.JUDGE_FAIL.value: 0.3,
        Stratum.JUDGE_UNSURE.value: 0.5,
        Stratum.GUARDRAIL_NEAR_MISS.value: 0.2,
        Stratum.CANARY.value: 0.1,
        Stratum.NEW_TOPIC.value: 0.3,
        Stratum.RARE_LOCALE.value: 0.3,
        Stratum.DEAREST.value: 0.1,
        Stratum.LONGEST.value: 0.1,
    }


def kinds_masked() -> list[str]:
    return list(personal.ORDER)


class SamplingPolicy(models.Model):
    """What of a feature's calls is drawn for people, and how they grade it. Shares are 0..1.

    A call is drawn with the share of its stratum, lowered for all where a week would bring more than
    `items_per_week`. Of the items `double_share` get two seats where `reviewers` is one. Texts are kept with
    the item, without the kinds of personal data in `masked`.
    """

    feature = models.OneToOneField(Feature, on_delete=models.CASCADE, related_name="sampling")
    on = models.BooleanField(default=True)
    base_share = models.FloatField(default=0.05)
    weekly_minimum = models.PositiveIntegerField(default=20)  # of random items
    shares = models.JSONField(default=tail_shares)  # {stratum: share}
    items_per_week = models.PositiveIntegerField(default=150)
    reviewers = models.PositiveSmallIntegerField(default=1)  # seats of an item
    double_share = models.FloatField(default=0.18)
    gold_share = models.FloatField(default=0.05)  # of a person's items: probes whose grade is known
    scale = models.CharField(max_length=11, choices=Scale, default=Scale.PASS_FAIL)
    masked = ArrayField(models.CharField(max_length=20), default=kinds_masked, blank=True)
    judge_version = models.ForeignKey(  # the rubric; null: no live judge
        Version, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    judge_model = models.ForeignKey(Model, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    judge_price = models.ForeignKey(Price, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    judge_share = models.FloatField(default=0)  # of the calls that are judged
    judge_repeats = models.PositiveSmallIntegerField(default=1)
    changed_at = models.DateTimeField(default=clock.now)
    changed_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(base_share__range=(0, 1), double_share__range=(0, 1), judge_share__range=(0, 1)),
                name="reviews_policy_shares",
            ),
            models.CheckConstraint(
                condition=Q(gold_share__gte=0, gold_share__lte=0.5), name="reviews_policy_gold_share"
            ),
            models.CheckConstraint(condition=Q(reviewers__range=(1, 5)), name="reviews_policy_reviewers"),
            models.CheckConstraint(
                condition=Q(weekly_minimum__lte=F("items_per_week")), name="reviews_policy_minimum_fits"
            ),
            models.CheckConstraint(
                condition=Q(scale__in=("pass_fail", "one_to_five")), name="reviews_policy_scale"
            ),
            models.CheckConstraint(
                condition=Q(judge_version=None, judge_model=None, judge_price=None)
                | Q(judge_version__isnull=False, judge_model__isnull=False, judge_price__isnull=False),
                name="reviews_policy_judge_whole",
            ),
            models.CheckConstraint(
                condition=Q(judge_repeats__range=(1, 5)), name="reviews_policy_judge_repeats"
            ),
        )

    def __str__(self) -> str:
        return f"sampling of {self.feature.slug}"


class Guideline(models.Model):
    """What reviewers of a feature go by. Immutable by trigger; the newest number is in force."""

    feature = models.ForeignKey(Feature, on_delete=models.CASCADE, related_name="guidelines")
    number = models.PositiveIntegerField()
    text = models.TextField()  # Markdown
    note = models.TextField(blank=True)  # what is new
    at = models.DateTimeField(default=clock.now)
    by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ("feature", "-number")
        constraints = (
            models.UniqueConstraint(fields=("feature", "number"), name="reviews_guideline_number"),
            models.CheckConstraint(
                condition=Q(number__gte=1) & ~Q(text=""), name="reviews_guideline_says_something"
            ),
        )

    def __str__(self) -> str:
        return f"guideline {self.number} of {self.feature.slug}"


class SamplingBatch(models.Model):
    """What the sampler did with one stratum of a feature's calls of [since, until).

    Every call of the `population` was drawn with the same `share`, set before the draw; `drawn` of them were.
    A `late` batch holds what was learnt of calls after their own batch: a thumb down, a verdict.
    """

    feature = models.ForeignKey(Feature, on_delete=models.CASCADE, related_name="batches")
    stratum = models.CharField(max_length=20, choices=Stratum)
    since = models.DateTimeField()
    until = models.DateTimeField()
    late = models.BooleanField(default=False)
    population = models.PositiveIntegerField()
    share = models.FloatField()
    drawn = models.PositiveIntegerField()
    at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ("-until", "feature", "stratum")
        constraints = (
            models.UniqueConstraint(
                fields=("feature", "until", "stratum", "late"), name="reviews_batch_once"
            ),
            models.CheckConstraint(
                condition=Q(since__lt=F("until"), share__range=(0, 1), drawn__lte=F("population")),
                name="reviews_batch_adds_up",
            ),
        )

    def __str__(self) -> str:
        return f"{self.drawn} of {self.population} {self.stratum}"
