"""What is kept of the calls for months, what was found in it, and when somebody is told."""

from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from aiops.accounts.models import User
from aiops.core import clock
from aiops.features.models import Feature


class DriftPolicy(models.Model):
    """When a person is told of a feature's changes, and which changes matter; the default without one.

    `false_pages`: how many alarms a quarter may have where nothing changes. `rate_points`: 0.03 is 3 points;
    `mean_sd`: in standard deviations of the reference.
    """

    feature = models.OneToOneField(Feature, on_delete=models.CASCADE, related_name="drift_policy")
    on = models.BooleanField(default=True)
    hourly = models.BooleanField(default=True)
    false_pages = models.DecimalField(max_digits=4, decimal_places=2, default=Decimal(1))
    rate_points = models.FloatField(
        default=0.03, validators=[MinValueValidator(0.001), MaxValueValidator(0.5)]
    )
    mean_sd = models.FloatField(default=0.2, validators=[MinValueValidator(0.01), MaxValueValidator(3)])
    changed_at = models.DateTimeField(default=clock.now)
    changed_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(false_pages__gt=0, rate_points__gt=0, mean_sd__gt=0),
                name="monitoring_drift_policy_sizes",
            ),
        )

    def __str__(self) -> str:
        return self.feature.slug


class DriftWindow(models.Model):
    """An hour of what one approach served: counts of all its calls, numbers of a sample, never their texts.

    `serving` is the approach with its version ("reply v3"). Once `is_thin`, the sample serves as a reference
    alone.
    """

    feature = models.CharField(max_length=60)
    hour = models.DateTimeField()
    serving = models.CharField(max_length=200)
    is_candidate = models.BooleanField()
    calls = models.PositiveIntegerField()
    answers = models.PositiveIntegerField()
    rates = models.JSONField(default=dict)  # {"refusals": {"ja": [of, n]}}
    mixes = models.JSONField(default=dict)  # {"topics": {"refund": 12}}
    sampled = models.PositiveIntegerField()
    sample = models.BinaryField()
    is_thin = models.BooleanField(default=False)

    class Meta:
        ordering = ("feature", "hour")
        constraints = (
            models.UniqueConstraint(
                fields=("feature", "hour", "serving", "is_candidate"), name="monitoring_window_once"
            ),
            models.CheckConstraint(
                condition=Q(answers__lte=models.F("calls"), sampled__lte=models.F("calls")),
                name="monitoring_window_adds_up",
            ),
        )
        indexes = (
            models.Index(fields=("hour",), condition=Q(is_thin=False), name="monitoring_window_thick"),
        )

    def __str__(self) -> str:
        return f"{self.feature} {self.hour:%Y-%m-%d %H}h {self.serving}"


class DriftProgress(models.Model):
    """How far a feature's calls were read and looked at. One worker at a time holds it."""

    feature = models.CharField(max_length=60, primary_key=True)
    collected_until = models.DateTimeField(null=True)
    looked_until_hour = models.DateTimeField(null=True)
    looked_until_day = models.DateTimeField(null=True)
    begun_at = models.DateTimeField(null=True)  # of the work under way
    heartbeat_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"drift of {self.feature}"


class DriftCheck(models.Model):
    """One look at the window [start, until): the level of alarm and the threshold that it is held against."""

    class Pace(models.TextChoices):
        HOUR = "hour", "Hour"
        DAY = "day", "Day"

    feature = models.CharField(max_length=60)
    pace = models.CharField(max_length=4, choices=Pace)
    start = models.DateTimeField()
    until = models.DateTimeField()
    calls = models.PositiveIntegerField()
    serving = models.CharField(max_length=200, blank=True)
    level = models.FloatField(default=0)
    limit = models.FloatField()
    false_pages = models.DecimalField(max_digits=4, decimal_places=2)
    levels = models.JSONField(default=dict)  # {"refusals": 3.1}: what the next window goes on from
    paged = models.BooleanField(default=False)
    alert = models.BigIntegerField(null=True)  # the number of the alert that it raised
    at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ("-start", "-id")
        constraints = (
            models.UniqueConstraint(fields=("feature", "pace", "start"), name="monitoring_check_once"),
            models.CheckConstraint(condition=Q(start__lt=models.F("until")), name="monitoring_check_span"),
        )

    def __str__(self) -> str:
        return f"{self.feature} {self.pace} {self.start:%Y-%m-%d %H:%M}"


class DriftReading(models.Model):
    """What one signal said in a check. `against`: the own past, or what served before ("since v8").

    `value` and `before` are in the signal's unit (shares as 0..1); `parts` say where it changed, `movers` are
    ids of the calls that moved it most; `facts` hold what the test said, with its seed.
    """

    class Against(models.TextChoices):
        OWN = "own", "Own past"
        BEFORE = "before", "What served before"
        CANDIDATE = "candidate", "A candidate against what serves"

    class State(models.TextChoices):
        COLLECTING = "COLLECTING", "Collecting"
        DRIFT = "DRIFT", "Drift"
        SMALL_CHANGE = "SMALL_CHANGE", "Small change"
        UNPROVEN = "UNPROVEN", "Unproven"
        STEADY = "STEADY", "Steady"

    check_of = models.ForeignKey(DriftCheck, on_delete=models.CASCADE, related_name="readings")
    signal = models.CharField(max_length=30)
    against = models.CharField(max_length=9, choices=Against)
    serving = models.CharField(max_length=200, blank=True)
    versus = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=12, choices=State)
    n = models.PositiveIntegerField()
    needed = models.PositiveIntegerField(default=0)  # while collecting: of what `why` names
    why = models.CharField(max_length=200, blank=True)  # while collecting
    n_reference = models.PositiveIntegerField(default=0)
    value = models.FloatField(null=True)
    before = models.FloatField(null=True)
    p = models.FloatField(null=True)
    p_adjusted = models.FloatField(null=True)
    is_practical = models.BooleanField(null=True)
    facts = models.JSONField(default=dict)
    parts = models.JSONField(default=list)  # [{"name": "ja", "n": 80, "before": 0.1, "value": 0.6}]
    movers = models.JSONField(default=list)

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(fields=("check_of", "signal", "against"), name="monitoring_reading_once"),
            models.CheckConstraint(
                condition=Q(state="COLLECTING", p_adjusted=None)
                | (~Q(state="COLLECTING") & Q(p_adjusted__isnull=False)),
                name="monitoring_reading_measured",
            ),
        )

    def __str__(self) -> str:
        return f"{self.signal}: {self.state}"
