"""Named questions about flags, stops and who knows of them. Nothing here writes."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import Min, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Now

from aiops.accounts import queries as accounts
from aiops.accounts.models import User
from aiops.audit.models import AuditEvent
from aiops.core import clock
from aiops.features.models import Feature
from aiops.flags.audience import EVERYBODY, Audience
from aiops.flags.models import (
    Acknowledgement,
    ChangeRequest,
    Flag,
    GatewayProcess,
    KillSwitch,
    Landing,
    Publication,
    Schedule,
)
from aiops.tenants.models import Tenant

LIVE = timedelta(seconds=10)  # a process that has not been seen for longer is not counted on
SILENT = timedelta(minutes=10)  # for so long one that ended without a word is still named
OWN_LIFT = timedelta(minutes=10)  # for so long whoever stopped something may lift the stop alone


def audience_of(flag: Flag | None) -> Audience:
    """Who the flag lets in; without one, everybody. The flag's tenants are read, prefetched or not."""
    if flag is None:
        return EVERYBODY
    tenants = frozenset(tenant.slug for tenant in flag.tenants.all())
    return Audience(flag.on, flag.limited, flag.percent, tenants, flag.when_unknown)


def audience(feature: Feature) -> Audience:
    return audience_of(Flag.objects.filter(feature=feature).first())


def flags_listed(text: str = "") -> "QuerySet[Feature]":
    """Features with their flag, its tenants, who changed it, and `waiting`: the id of a change request."""
    waiting = ChangeRequest.objects.filter(feature=OuterRef("pk"), state="waiting").values("pk")[:1]
    rows = Feature.objects.select_related("flag__changed_by").prefetch_related("flag__tenants")
    if text:
        rows = rows.filter(Q(slug__icontains=text) | Q(name__icontains=text))
    return rows.annotate(waiting=Subquery(waiting)).order_by("slug")


def tenant_count() -> int:
    return Tenant.objects.count()


def active_stops() -> "QuerySet[KillSwitch]":
    """Stops that hold, the newest first."""
    return KillSwitch.objects.filter(lifted_at=None).select_related("by").order_by("-id")


def active_stop(scope: str, target: str) -> KillSwitch | None:
    return KillSwitch.objects.filter(scope=scope, target=target, lifted_at=None).first()


def past_stops() -> "QuerySet[KillSwitch]":
    return (
        KillSwitch.objects.exclude(lifted_at=None)
        .select_related("by", "lifted_by", "landing")
        .order_by("-id")
    )


def waiting_requests() -> "QuerySet[ChangeRequest]":
    rows = ChangeRequest.objects.filter(state="waiting")
    return rows.select_related("feature", "stop", "asked_by").order_by("-id")


def open_schedules() -> "QuerySet[Schedule]":
    """Changes to come, the next first."""
    rows = Schedule.objects.filter(ended_at=None).select_related("feature", "asked_by", "approved_by")
    return rows.order_by("due_at", "id")


def last_landing() -> Landing | None:
    """The last stop, a drill or not, that was lifted while a gateway ran."""
    return Landing.objects.filter(processes__gt=0).select_related("stop").order_by("-id").first()


def flag_history(feature: Feature) -> "QuerySet[AuditEvent]":
    """What the feature's flag was changed from and to, the newest first."""
    return AuditEvent.objects.filter(feature=feature.slug, action="flags.changed").order_by("-id")


def publication() -> Publication | None:
    return Publication.objects.filter(pk=1).first()


def live_processes() -> "QuerySet[GatewayProcess]":
    """Gateways that were seen in the last ten seconds, by the database's clock."""
    return GatewayProcess.objects.filter(seen_at__gt=Now() - LIVE).order_by("host", "instance")


@dataclass(frozen=True, slots=True)
class Silent:
    """A gateway that last said that it lives `seconds` ago, and never that it ends."""

    instance: str
    host: str
    pid: int
    seconds: float

    def __str__(self) -> str:
        return f"{self.instance} (silent for {self.seconds:,.0f} s)"


def silent_processes(within: timedelta = SILENT) -> list[Silent]:
    """Gateways that were seen a while ago, and not since: killed, cut off, or hanging.

    A worker's is none of them: it lives for one round of tries, and each call in it has its deadline.
    """
    rows = GatewayProcess.objects.filter(port__gt=0, seen_at__lte=Now() - LIVE, seen_at__gt=Now() - within)
    found = rows.annotate(now=Now()).order_by("host", "instance")
    return [Silent(one.instance, one.host, one.pid, (one.now - one.seen_at).total_seconds()) for one in found]


def lifts_alone(user: User, stop: KillSwitch) -> bool:
    """Whether `user` needs nobody else to lift `stop`: their own, of a few minutes ago, or a small one."""
    own = stop.by_id == user.pk and clock.now() - stop.at <= OWN_LIFT
    return own or not asks_for_two(stop_share(stop))


def stop_share(stop: KillSwitch) -> Decimal:
    """What share of calls the stop's lift lets through again, in percent: that of its feature, else all."""
    if stop.scope != KillSwitch.Scope.FEATURE:
        return Decimal(100)
    feature = Feature.objects.filter(slug=stop.target).first()
    return audience(feature).reach(tenant_count()) if feature else Decimal(0)


def asks_for_two(share: Decimal) -> bool:
    """Whether turning on for `share` percent needs a second person in this workspace."""
    return accounts.workspace().asks_for_two(share=math.ceil(share))


@dataclass(frozen=True, slots=True)
class Known:
    """A live process: whether it `knows`, and how many `seconds` after the publishing it did.

    `since_start`: it began later, and knew from its beginning.
    """

    process: GatewayProcess
    knows: bool
    seconds: float | None = None
    since_start: bool = False


@dataclass(frozen=True, slots=True)
class Spread:
    """Who has a revision in force. `seconds` until the last of them had it.

    The `silent` are not waited for, and named: they may be dead, or hang with what they knew.
    """

    known: list[Known]
    silent: tuple[Silent, ...] = ()

    @property
    def total(self) -> int:
        return len(self.known)

    @property
    def done(self) -> int:
        return sum(one.knows for one in self.known)

    @property
    def complete(self) -> bool:
        return self.done == self.total

    @property
    def laggards(self) -> list[str]:
        return [str(one.process) for one in self.known if not one.knows]

    @property
    def seconds(self) -> float | None:
        return max((one.seconds for one in self.known if one.seconds is not None), default=None)


def spread(revision: int | None, published_at: datetime | None) -> Spread:
    """Which live processes have `revision` in force, and how long after `published_at` each had it."""
    if revision is None or published_at is None:
        return Spread([])
    processes = list(live_processes())
    first = dict(
        Acknowledgement.objects.filter(process__in=processes, revision__gte=revision)
        .values_list("process")
        .annotate(first=Min("at"))
    )
    known = [_known(one, revision, published_at, first.get(one.pk)) for one in processes]
    return Spread(known, tuple(silent_processes()))


def _known(process: GatewayProcess, revision: int, published: datetime, at: datetime | None) -> Known:
    knows, later = process.revision >= revision, process.started_at > published
    if not knows or later or at is None:
        return Known(process, knows, since_start=knows and later)
    return Known(process, knows, max(0.0, (at - published).total_seconds()))
