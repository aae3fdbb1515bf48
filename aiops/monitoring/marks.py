"""What is drawn as a mark on every chart over time: deploys, releases and stops, each at its own time.

A release and a stop know when they were. A candidate begins where its calls do, whoever allowed it when. A
deployment knows its last change; changes before that one have the audit's time. Marks that would cover each
other are one, with their number.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from django.db.models import Q

from aiops.audit.models import AuditEvent
from aiops.core.charts import Mark
from aiops.deployments.models import Deployment
from aiops.flags.models import KillSwitch
from aiops.gateway.models import Rollup
from aiops.releases.models import Release

MOST = 5  # side by side on a telephone
READ = 200  # rows of each kind
FOLLOWED = " is in production"  # a deployment that follows a release is that release
DEPLOYS = {"deployments.deployed": "deploy", "deployments.candidate_stopped": "candidate ends"}
AGAIN = timedelta(days=3)  # without a call of the candidate: what comes then began anew
RELEASES = {Release.Kind.SHIP: "ship", Release.Kind.ROLLBACK: "roll back", Release.Kind.ADOPTED: "adopt"}
CANDIDATE = "candidate"  # the arm
NAMED = 8  # of those that stand together


def marks(since: datetime, until: datetime, feature: str = "") -> list[Mark]:
    """The oldest first, in five queries."""
    found = [
        *_stops(since, until, feature),
        *_releases(since, until, feature),
        *_deploys(since, feature),
        *_candidates(since, until, feature),
    ]
    inside = sorted((one for one in found if since <= one.at < until), key=lambda one: one.at)  # type: ignore[operator]  # moments all
    return [_together(group) for group in _groups(inside, (until - since) / MOST)]


def _stops(since: datetime, until: datetime, feature: str) -> Iterator[Mark]:
    rows = KillSwitch.objects.filter(Q(at__gte=since) | Q(lifted_at__gte=since), at__lt=until)
    if feature:
        rows = rows.filter(Q(scope="feature", target=feature) | Q(scope="global"))
    for stop in rows.order_by("-at")[:READ]:
        name = stop.target or "everything"
        yield Mark(stop.at, "stop", bad=True, note=f"stop {name}")
        if stop.lifted_at:
            yield Mark(stop.lifted_at, "lift", note=f"lift {name}")


def _releases(since: datetime, until: datetime, feature: str) -> Iterator[Mark]:
    rows = Release.objects.filter(at__gte=since, at__lt=until)
    if feature:
        rows = rows.filter(prompt__feature__slug=feature)
    for name, kind, at in rows.order_by("-at").values_list("prompt__name", "kind", "at")[:READ]:
        word = RELEASES[Release.Kind(kind)]
        yield Mark(at, word, note=f"{word} {name}")


def _deploys(since: datetime, feature: str) -> Iterator[Mark]:
    events = AuditEvent.objects.filter(action__in=DEPLOYS, at__gte=since)
    changed = Deployment.objects.all()
    if feature:
        events, changed = events.filter(feature=feature), changed.filter(feature__slug=feature)
    newest = dict(changed.values_list("feature__slug", "changed_at"))
    for event in events.order_by("-id")[:READ]:
        at = newest.pop(event.feature, event.at)
        if not event.reason.endswith(FOLLOWED):
            word = DEPLOYS[event.action]
            yield Mark(at, word, note=f"{word} {event.feature}")


def _candidates(since: datetime, until: datetime, feature: str) -> Iterator[Mark]:
    """Where calls of each candidate begin, by the hour."""
    rows = Rollup.objects.filter(hour__gte=since - AGAIN, hour__lt=until, arm=CANDIDATE)
    if feature:
        rows = rows.filter(feature=feature)
    hours = rows.order_by("feature", "approach_name", "hour").values_list("feature", "approach_name", "hour")
    before: dict[tuple[str, str], datetime] = {}
    for slug, name, hour in hours.distinct():
        last = before.get((slug, name))
        before[slug, name] = hour
        if last is None or hour - last > AGAIN:
            yield Mark(hour, "candidate", note=f"candidate {name or slug}")


def _groups(marks: Iterable[Mark], apart: timedelta) -> Iterator[list[Mark]]:
    """Marks in their order, those together that are less than `apart` after the first of them."""
    group: list[Mark] = []
    for mark in marks:
        if group and mark.at - group[0].at >= apart:  # type: ignore[operator]  # moments both
            yield group
            group = []
        group.append(mark)
    if group:
        yield group


def _together(group: Sequence[Mark]) -> Mark:
    """One for all: a stop where there is one, else the first."""
    first = next((one for one in group if one.bad), group[0])
    more = f" +{len(group) - 1}" if len(group) > 1 else ""
    rest = f"\nand {len(group) - NAMED} more" if len(group) > NAMED else ""
    note = "\n".join(one.note for one in group[:NAMED]) + rest
    return Mark(first.at, f"{first.label}{more}", bad=first.bad, note=note)
