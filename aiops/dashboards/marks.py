"""What is drawn as a mark on every chart over time: deploys and stops."""

from datetime import datetime

from aiops.audit.models import AuditEvent
from aiops.core.charts import Mark

MOST = 6  # more would cover each other
WORDS = {
    "deployments.deployed": "deploy",
    "deployments.candidate_started": "candidate",
    "releases.shipped": "ship",
    "releases.rolled_back": "roll back",
    "flags.stopped": "stop",
    "flags.lifted": "lift",
}


def marks(since: datetime, until: datetime, feature: str = "") -> list[Mark]:
    """The latest of them, the oldest first, in one query."""
    events = AuditEvent.objects.filter(action__in=WORDS, at__gte=since, at__lt=until)
    if feature:
        events = events.filter(feature=feature)
    found = [_mark(event) for event in events.order_by("-at")[:MOST]]
    return found[::-1]


def _mark(event: AuditEvent) -> Mark:
    name = event.feature or event.object_label
    return Mark(event.at, f"{WORDS[event.action]} {name}"[:24], bad=event.action == "flags.stopped")
