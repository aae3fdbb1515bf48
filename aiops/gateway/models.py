"""What the gateway leaves behind: calls, their sums by the hour, and what waits for somebody.

Nothing has a foreign key to calls, and calls have none: they name tenant, feature and version as these were.
"""

from django.db import models
from django.db.models import Q

from aiops.core import clock
from aiops.core.money import ZERO, money_field
from aiops.gateway.callback_models import Callback, CallbackTry  # noqa: F401 - found here
from aiops.gateway.guardrail_models import GuardrailFailure, GuardrailHour  # noqa: F401 - found here
from aiops.gateway.semantic_models import (  # noqa: F401 - found here
    CachePurge,
    SemanticCheck,
    SemanticEntry,
    SemanticThreshold,
    SemanticVector,
)

INTERNAL_ARM = "internal"  # of sums of what passed no gateway: evaluations, judges, tries


class Outcome(models.TextChoices):
    ANSWERED = "answered", "Answered"
    CACHED = "cached", "Cached"
    DEGRADED = "degraded", "Degraded"
    QUEUED = "queued", "Queued"
    REFUSED = "refused", "Refused"


class Call(models.Model):
    """One request through the gateway. Partitioned by the month of `at`, the time in its id."""

    pk = models.CompositePrimaryKey("at", "id")
    at = models.DateTimeField()
    id = models.CharField(max_length=40)
    tenant = models.CharField(max_length=60)
    feature = models.CharField(max_length=60)
    key = models.CharField(max_length=8)
    user = models.CharField(max_length=200)
    locale = models.CharField(max_length=35)
    category = models.CharField(max_length=200)
    outcome = models.CharField(max_length=10, choices=Outcome)
    reason = models.CharField(max_length=60)
    served_by = models.CharField(max_length=20)
    cache = models.CharField(max_length=20)
    approach = models.CharField(max_length=20)
    approach_name = models.CharField(max_length=200)
    version_id = models.BigIntegerField(null=True)
    version_number = models.IntegerField(null=True)
    arm = models.CharField(max_length=10)
    model = models.CharField(max_length=200)
    provider = models.CharField(max_length=60)
    finish_reason = models.CharField(max_length=40)
    input_tokens = models.IntegerField()
    cached_input_tokens = models.IntegerField()
    cache_write_tokens = models.IntegerField()
    output_tokens = models.IntegerField()
    reasoning_tokens = models.IntegerField()
    cost = money_field()
    unaccounted = money_field()  # the part of `cost` that is a worst case: nobody knows better
    latency_ms = models.FloatField()
    overhead_ms = models.FloatField()
    stream = models.BooleanField()
    attempts = models.JSONField()
    spans = models.JSONField()
    checks = models.JSONField()
    error = models.TextField()
    revision = models.BigIntegerField()
    ticket = models.CharField(max_length=40)
    metadata = models.JSONField()
    inputs = models.JSONField(null=True)  # null: the feature keeps no texts
    messages = models.JSONField(null=True)
    output = models.TextField(null=True)  # noqa: DJ001 - null: not kept; empty: an empty answer
    passages = models.JSONField(null=True)
    rejected = models.TextField(null=True)  # noqa: DJ001 - null: none, or not kept; what guardrails withheld

    class Meta:
        ordering = ("-at", "-id")

    def __str__(self) -> str:
        return self.id


class Rollup(models.Model):
    """The sums of an hour's calls that are alike. `latency` is a histogram of STATISTICS j: {"100": 3}."""

    hour = models.DateTimeField()
    tenant = models.CharField(max_length=60)
    feature = models.CharField(max_length=60)
    category = models.CharField(max_length=200)
    locale = models.CharField(max_length=35)
    model = models.CharField(max_length=200)
    approach_name = models.CharField(max_length=200)
    arm = models.CharField(max_length=10)
    outcome = models.CharField(max_length=10, choices=Outcome)
    reason = models.CharField(max_length=60)
    served_by = models.CharField(max_length=20)
    cache = models.CharField(max_length=20)
    calls = models.BigIntegerField(default=0)
    input_tokens = models.BigIntegerField(default=0)
    cached_input_tokens = models.BigIntegerField(default=0)
    cache_write_tokens = models.BigIntegerField(default=0)
    output_tokens = models.BigIntegerField(default=0)
    reasoning_tokens = models.BigIntegerField(default=0)
    cost = money_field(default=ZERO)
    unaccounted = money_field(default=ZERO)
    overhead_ms = models.FloatField(default=0)
    latency = models.JSONField(default=dict)

    KEY = (
        "hour", "tenant", "feature", "category", "locale", "model", "approach_name", "arm", "outcome",
        "reason", "served_by", "cache",
    )  # fmt: skip  # short names, packed: they would fill the page

    class Meta:
        ordering = ("-hour",)
        constraints = (
            models.UniqueConstraint(
                fields=(
                    "hour", "tenant", "feature", "category", "locale", "model", "approach_name", "arm",
                    "outcome", "reason", "served_by", "cache",
                ),
                name="gateway_rollup_key",
            ),
        )  # fmt: skip  # rows of a table, one to a line
        indexes = (
            models.Index(fields=("feature", "hour"), name="gateway_rollup_feature"),
            models.Index(fields=("tenant", "hour"), name="gateway_rollup_tenant"),
        )

    def __str__(self) -> str:
        return f"{self.feature} {self.hour:%Y-%m-%d %H}h"


class Quarantined(models.Model):
    """A line of a spool that could not be stored as a call. It stops no other, and is shown."""

    at = models.DateTimeField(default=clock.now)
    line = models.BinaryField()
    error = models.TextField()

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M}: {self.error[:80]}"


class Ticket(models.Model):
    """A call that waits: for a person's answer, for a later try, or for a person's approval of `held`."""

    class Kind(models.TextChoices):
        PERSON = "person", "To answer"
        DEFERRED = "deferred", "To try again"
        APPROVAL = "approval", "To approve"

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        ANSWERED = "answered", "Answered"
        EXPIRED = "expired", "Expired"
        REJECTED = "rejected", "Rejected"

    id = models.CharField(max_length=40, primary_key=True)
    kind = models.CharField(max_length=10, choices=Kind)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    call_id = models.CharField(max_length=40)
    tenant = models.CharField(max_length=60)
    feature = models.CharField(max_length=60)
    reason = models.CharField(max_length=60)
    locale = models.CharField(max_length=35, blank=True)
    category = models.CharField(max_length=200, blank=True)
    inputs = models.JSONField(default=dict)
    messages = models.JSONField(default=list)
    held = models.TextField(blank=True)  # the answer that waits for approval
    output = models.TextField(blank=True)  # what was answered
    tries = models.PositiveIntegerField(default=0)
    opened_at = models.DateTimeField(default=clock.now)
    due_at = models.DateTimeField()
    next_at = models.DateTimeField(null=True)  # of a deferred one: its next try
    answered_at = models.DateTimeField(null=True)
    answered_by = models.CharField(max_length=320, blank=True)
    note = models.TextField(blank=True, db_default="")  # why it was rejected or edited

    class Meta:
        ordering = ("due_at", "id")
        constraints = (
            models.CheckConstraint(
                condition=Q(state__in=("answered", "rejected"), answered_at__isnull=False)
                | (~Q(state__in=("answered", "rejected")) & Q(answered_at=None)),
                name="gateway_ticket_answered_at",
            ),
        )
        indexes = (
            models.Index(fields=("due_at",), condition=Q(state="waiting"), name="gateway_ticket_waiting"),
        )

    def __str__(self) -> str:
        return self.id


class CacheEntry(models.Model):
    """An answer that passed all checks. `key` is the SHA-256 of all that may change it."""

    key = models.BinaryField(primary_key=True, max_length=32)
    tenant = models.CharField(max_length=60, blank=True)  # empty: shared
    feature = models.CharField(max_length=60)
    text = models.TextField()
    structured = models.JSONField(null=True)
    model = models.CharField(max_length=200)
    passages = models.JSONField(default=list)
    at = models.DateTimeField(default=clock.now)
    expires_at = models.DateTimeField(db_index=True)
    writer = models.CharField(max_length=16, blank=True, db_default="")  # which process wrote it

    class Meta:
        indexes = (
            models.Index(fields=("feature", "at"), name="gateway_cache_feature"),
            models.Index(fields=("at", "key"), name="gateway_cache_at"),
        )

    def __str__(self) -> str:
        return f"{self.feature}: {self.text[:40]}"


class Feedback(models.Model):
    """What an application says of an answer later. A remark may be spooled twice; its number is not."""

    number = models.CharField(max_length=40, unique=True)
    call_id = models.CharField(max_length=40, db_index=True)
    at = models.DateTimeField(default=clock.now)
    tenant = models.CharField(max_length=60)
    score = models.SmallIntegerField(null=True)
    outcome = models.CharField(max_length=10, blank=True)
    edited_output = models.TextField(blank=True)
    complaint = models.BooleanField(default=False)
    comment = models.TextField(blank=True)

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"feedback on {self.call_id}"


class Idempotency(models.Model):
    """Whose a key is, and its answer once there is one. From `free_at` on the call without one is dead."""

    tenant = models.CharField(max_length=60)
    feature = models.CharField(max_length=60)
    key = models.CharField(max_length=200)
    call = models.CharField(max_length=40)
    digest = models.BinaryField(max_length=32)
    free_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)
    status = models.SmallIntegerField(null=True)
    headers = models.JSONField(null=True)
    body = models.BinaryField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("tenant", "feature", "key"), name="gateway_idempotency_once"),
            models.CheckConstraint(
                condition=Q(body=None, headers=None, status=None)
                | Q(body__isnull=False, headers__isnull=False, status__isnull=False),
                name="gateway_idempotency_answer",
            ),
        )

    def __str__(self) -> str:
        return f"{self.tenant} × {self.feature}: {self.key}"
