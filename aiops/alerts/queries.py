"""Named questions about alerts. Nothing here writes.

`allowed` are the permissions of whoever asks, by value: what needs another one is not there for them.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.db.models import Count, Max, Q, QuerySet

from aiops.alerts.models import Alert
from aiops.core import clock

State = Alert.State


def alerts_seen(allowed: Collection[str]) -> "QuerySet[Alert]":
    """The alerts that somebody with the permissions `allowed` may see."""
    return Alert.objects.filter(Q(needs="") | Q(needs__in=[str(one) for one in allowed]))


def waits() -> Q:
    """Open: raised and not taken on by anybody, or muted for a time that is over."""
    return Q(state=State.OPEN) | Q(state=State.MUTED, muted_until__lte=clock.now())


def alerts_listed(
    allowed: Collection[str], state: str = "", severity: str = "", feature: str = "", text: str = ""
) -> "QuerySet[Alert]":
    """Alerts in a state ("": open and acknowledged, the worst first; "all"), narrowed by what is given."""
    rows = alerts_seen(allowed)
    if state == State.OPEN:
        rows = rows.filter(waits())
    elif state == State.MUTED:
        rows = rows.filter(state=State.MUTED, muted_until__gt=clock.now())
    elif state in {State.ACKNOWLEDGED, State.CLOSED}:
        rows = rows.filter(state=state)
    elif state != "all":
        rows = rows.filter(waits() | Q(state=State.ACKNOWLEDGED))
    equal = {"severity": severity, "feature": feature}
    rows = rows.filter(**{name: value for name, value in equal.items() if value})
    if text:
        rows = rows.filter(Q(what__icontains=text) | Q(where__icontains=text) | Q(key__icontains=text))
    return rows if state else rows.order_by("-severity", "-last_at", "-id")


def counts(allowed: Collection[str]) -> dict[str, int]:
    """How many are `open`, `acknowledged` and `muted`; `critical` of the open ones."""
    kinds = {
        "open": waits(),
        "critical": waits() & Q(severity=Alert.Severity.CRITICAL),
        "acknowledged": Q(state=State.ACKNOWLEDGED),
        "muted": Q(state=State.MUTED, muted_until__gt=clock.now()),
    }
    return alerts_seen(allowed).aggregate(
        **{name: Count("pk", filter=which) for name, which in kinds.items()}
    )


@dataclass(frozen=True, slots=True)
class Tally:
    """The open alerts of one feature: how many, and how bad the worst is."""

    count: int
    severity: int

    @property
    def is_critical(self) -> bool:
        return self.severity == Alert.Severity.CRITICAL


def open_by_feature(features: Iterable[str], allowed: Collection[str]) -> dict[str, Tally]:
    """The tally of each of `features` (slugs) that has an open alert, in one query."""
    rows = alerts_seen(allowed).filter(waits(), feature__in=list(features)).order_by()
    grouped = rows.values_list("feature").annotate(Count("pk"), Max("severity"))
    return {feature: Tally(count, worst) for feature, count, worst in grouped}


def features() -> list[str]:
    """The features that ever had an alert."""
    named = Alert.objects.exclude(feature="").order_by("feature")
    return list(named.values_list("feature", flat=True).distinct())
