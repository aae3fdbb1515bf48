"""Who may use a feature now, what is stopped, and which process knows it."""

import secrets
from decimal import Decimal

from django.db import models
from django.db.models import F, Q

from aiops.accounts.models import User
from aiops.core import clock
from aiops.features.models import Feature
from aiops.tenants.models import Tenant


def new_salt() -> str:
    """Random text without a colon: who is inside a percentage of one flag says nothing about another's."""
    return secrets.token_hex(8)


class Flag(models.Model):
    """`on` None: nobody knows, and `when_unknown` decides. `limited`: to `tenants` and `percent` of the rest.

    A feature without a flag is on for everybody.
    """

    feature = models.OneToOneField(Feature, on_delete=models.CASCADE, related_name="flag")
    on = models.BooleanField(null=True, default=True)
    limited = models.BooleanField(default=False)
    percent = models.DecimalField(max_digits=5, decimal_places=2, default=Decimal(0))
    salt = models.CharField(max_length=64, default=new_salt)
    when_unknown = models.BooleanField(default=False)
    tenants = models.ManyToManyField(Tenant, related_name="flags", blank=True)
    changed_at = models.DateTimeField(default=clock.now)
    changed_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(percent__range=(0, 100)), name="flags_flag_percent"),
            models.CheckConstraint(condition=~Q(salt="") & ~Q(salt__contains=":"), name="flags_flag_salt"),
        )

    def __str__(self) -> str:
        return self.feature.slug


class KillSwitch(models.Model):
    """One stop, from when it was thrown until it was lifted. Append-only by trigger, but for the lift.

    `target` is the slug of a tenant or feature, or a model's name; "" for everything. `revision` and
    `published_at` are set by the database when the stop is committed: who has that revision knows of it.
    """

    class Scope(models.TextChoices):
        GLOBAL = "global", "Everything"
        TENANT = "tenant", "Tenant"
        FEATURE = "feature", "Feature"
        MODEL = "model", "Model"

    scope = models.CharField(max_length=7, choices=Scope)
    target = models.CharField(max_length=100, blank=True)
    reason = models.TextField()
    by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    by_label = models.CharField(max_length=320)
    at = models.DateTimeField(default=clock.now)
    revision = models.BigIntegerField(null=True)
    published_at = models.DateTimeField(null=True)
    lifted_at = models.DateTimeField(null=True)
    lifted_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    lift_reason = models.TextField(blank=True)

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=("scope", "target"), condition=Q(lifted_at=None), name="flags_stop_active_once"
            ),
            models.CheckConstraint(
                condition=Q(scope="global", target="") | (~Q(scope="global") & ~Q(target="")),
                name="flags_stop_target",
            ),
            models.CheckConstraint(
                condition=Q(scope__in=("global", "tenant", "feature", "model")), name="flags_stop_scope"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="flags_stop_reason"),
            models.CheckConstraint(
                condition=Q(lifted_by=None) | Q(lifted_at__isnull=False),  # a shell lifts without a person
                name="flags_stop_lifted_at_and_lifted_by",
            ),
        )

    def __str__(self) -> str:
        return f"{self.scope} {self.target}" if self.target else "everything"


class ChangeRequest(models.Model):
    """Turning on or widening, asked for and waiting for a second person. `before` and `wanted` are states.

    With a `stop` it asks for that stop to be lifted; else it is about the feature's flag.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "Waits for a second person"
        APPROVED = "approved", "Approved"
        DECLINED = "declined", "Declined"
        WITHDRAWN = "withdrawn", "Withdrawn"

    feature = models.ForeignKey(Feature, null=True, on_delete=models.CASCADE, related_name="change_requests")
    stop = models.ForeignKey(KillSwitch, null=True, on_delete=models.CASCADE, related_name="change_requests")
    before = models.JSONField(default=dict)
    wanted = models.JSONField(default=dict)
    reason = models.TextField(blank=True)
    state = models.CharField(max_length=9, choices=State, default=State.WAITING)
    asked_at = models.DateTimeField(default=clock.now)
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    decision = models.TextField(blank=True)

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=("feature",),
                condition=Q(state="waiting", stop=None),
                name="flags_request_waiting_once",
            ),
            models.UniqueConstraint(
                fields=("stop",), condition=Q(state="waiting"), name="flags_lift_waiting_once"
            ),
            models.CheckConstraint(
                condition=Q(stop__isnull=False) | Q(feature__isnull=False), name="flags_request_about"
            ),
            models.CheckConstraint(
                condition=Q(state="waiting", decided_at=None, decided_by=None)
                | (~Q(state="waiting") & Q(decided_at__isnull=False, decided_by__isnull=False)),
                name="flags_request_decided_at_and_decided_by",
            ),
            models.CheckConstraint(
                condition=~Q(state="approved") | ~Q(asked_by=F("decided_by")),
                name="flags_request_second_person",
            ),
        )

    def __str__(self) -> str:
        return f"Change request {self.pk}"


class Publication(models.Model):
    """The one row that says which revision all decisions have. The database's triggers alone write it."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    revision = models.BigIntegerField()
    at = models.DateTimeField()

    class Meta:
        constraints = (models.CheckConstraint(condition=Q(id=1), name="flags_publication_one"),)

    def __str__(self) -> str:
        return f"revision {self.revision}"


class GatewayProcess(models.Model):
    """A gateway, as it last said. Times are the database's own, so that hosts with wrong clocks compare.

    Without a port it is a worker's, which lives only while deferred calls are tried again.
    """

    instance = models.CharField(max_length=200, unique=True)
    host = models.CharField(max_length=200)
    pid = models.PositiveIntegerField()
    port = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    revision = models.BigIntegerField(default=0)
    acknowledged_at = models.DateTimeField(null=True)
    spool_records = models.PositiveIntegerField(default=0)
    local_limits = models.BooleanField(
        default=False, db_default=False
    )  # Redis is away: rate limits by shares
    version = models.CharField(max_length=40, blank=True)

    class Meta:
        ordering = ("instance",)

    def __str__(self) -> str:
        return self.instance if self.port else f"worker {self.instance}"

    @property
    def is_worker(self) -> bool:
        return not self.port


class Acknowledgement(models.Model):
    """When a process had which revision in force; kept for a day."""

    process = models.ForeignKey(GatewayProcess, on_delete=models.CASCADE, related_name="acknowledgements")
    revision = models.BigIntegerField()
    at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("process", "revision"), name="flags_acknowledged_once"),
        )

    def __str__(self) -> str:
        return f"{self.process_id}: {self.revision}"


class Schedule(models.Model):
    """A flag's change at a time to come. Widening waits for a second person first, when it is asked for.

    `before` is what the person saw; `outcome` says why it was not done.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "Waits for a second person"
        PLANNED = "planned", "Planned"
        DONE = "done", "Done"
        CANCELED = "canceled", "Canceled"
        FAILED = "failed", "Not done"

    feature = models.ForeignKey(Feature, on_delete=models.CASCADE, related_name="schedules")
    before = models.JSONField()
    wanted = models.JSONField()
    due_at = models.DateTimeField()
    reason = models.TextField(blank=True)
    state = models.CharField(max_length=8, choices=State, default=State.PLANNED)
    asked_at = models.DateTimeField(default=clock.now)
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    approved_at = models.DateTimeField(null=True)
    approved_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True)
    outcome = models.TextField(blank=True)

    class Meta:
        ordering = ("due_at", "id")
        constraints = (
            models.CheckConstraint(
                condition=Q(approved_at=None, approved_by=None)
                | Q(approved_at__isnull=False, approved_by__isnull=False),
                name="flags_schedule_approved_at_and_approved_by",
            ),
            models.CheckConstraint(
                condition=Q(approved_by=None) | ~Q(asked_by=F("approved_by")),
                name="flags_schedule_second_person",
            ),
            models.CheckConstraint(
                condition=Q(state__in=("waiting", "planned"), ended_at=None)
                | (~Q(state__in=("waiting", "planned")) & Q(ended_at__isnull=False)),
                name="flags_schedule_ended_at",
            ),
        )
        indexes = (models.Index(fields=("due_at",), name="flags_schedule_due", condition=Q(ended_at=None)),)

    def __str__(self) -> str:
        return f"{self.feature.slug}: schedule {self.pk}"


class Landing(models.Model):
    """How far a stop had got when it was lifted: `told` of `processes` had it, the last after `seconds`."""

    stop = models.OneToOneField(KillSwitch, on_delete=models.CASCADE, related_name="landing")
    drill = models.BooleanField(default=False)
    processes = models.PositiveIntegerField()
    told = models.PositiveIntegerField()
    seconds = models.FloatField(null=True)
    at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.stop}: {self.told} of {self.processes}"

    @property
    def proves(self) -> bool:
        """Whether it reached every process, and there was one."""
        return 0 < self.processes == self.told
