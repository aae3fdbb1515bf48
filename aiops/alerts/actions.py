"""Raise an alert, and what people do about it. Every app above may call `raise_alert`, twice does no harm."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from aiops.alerts.models import Alert
from aiops.audit import actions as audit
from aiops.core import clock
from aiops.core.actors import Actor
from aiops.core.errors import Conflict, InvalidInput

State, Severity = Alert.State, Alert.Severity
LONGEST_MUTE = timedelta(days=90)


@transaction.atomic
def raise_alert(  # noqa: PLR0913 - a sentence of keywords, most of them optional
    *,
    by: Actor,
    key: str,
    what: str,
    severity: int = Severity.WARNING,
    where: str = "",
    todo: str = "",
    link: str = "",
    feature: str = "",
    tenant: str = "",
    needs: str = "",
) -> Alert:
    """The alert of `key`: a new one, or the one that is not closed yet, counted and brought up to date.

    `what` happened, `where`, and what to do about it (`todo`), in words for those who did not build this;
    `link` is a path of the console ("/calls/…"); `needs` is a permission's value without which nobody
    sees it. An acknowledged or muted one is open again where its severity rises, a muted one also once its
    time is over.
    """
    if not link.startswith("/") and link:
        raise InvalidInput("An alert links to a page of this console: give a path.")
    now = clock.now()
    facts = {"what": what[:300], "where": where[:300], "todo": todo, "link": link[:500], "last_at": now}
    facts |= {"severity": severity, "feature": feature, "tenant": tenant, "needs": needs}
    fresh = Alert(key=key, raised_at=now, raised_by=by.actor_label, **facts)
    Alert.objects.bulk_create([fresh], ignore_conflicts=True)
    alert = Alert.objects.select_for_update().exclude(state=State.CLOSED).get(key=key)
    woken = alert.state == State.MUTED and not alert.is_muted
    news = alert.times == 0 or woken or severity > alert.severity
    if news:
        alert.state = State.OPEN
    facts["severity"] = max(severity, alert.severity)
    for name, value in facts.items():
        setattr(alert, name, value)
    alert.times += 1
    alert.save()
    if news:
        _record(by, "raised", alert, after={"severity": alert.get_severity_display(), "key": key})
    return alert


@transaction.atomic
def acknowledge_alert(*, by: Actor, alert: Alert) -> Alert:
    """Say that one looks after it. Raises Conflict where it is closed or somebody has taken it on already."""
    locked = _standing(alert)
    if locked.state == State.ACKNOWLEDGED:
        raise Conflict(f"{locked.acknowledged_by} has acknowledged this alert already.")
    locked.state = State.ACKNOWLEDGED
    locked.acknowledged_at, locked.acknowledged_by = clock.now(), by.actor_label
    locked.save()
    _record(by, "acknowledged", locked)
    return locked


@transaction.atomic
def mute_alert(*, by: Actor, alert: Alert, until: datetime, note: str = "") -> Alert:
    """Keep it quiet `until` then, 90 days at most; afterwards it is open again by itself."""
    now = clock.now()
    if not now < until <= now + LONGEST_MUTE:
        raise InvalidInput(f"Mute an alert until a time within {LONGEST_MUTE.days} days from now.")
    locked = _standing(alert)
    locked.state, locked.note = State.MUTED, note.strip()
    locked.muted_at, locked.muted_by, locked.muted_until = now, by.actor_label, until
    locked.save()
    _record(by, "muted", locked, after={"until": until.isoformat()})
    return locked


@transaction.atomic
def open_alert(*, by: Actor, alert: Alert) -> Alert:
    """Take an acknowledgement or a mute back. Raises Conflict where it is closed."""
    locked = _standing(alert)
    before = {"state": locked.state}
    locked.state = State.OPEN
    locked.save()
    _record(by, "opened", locked, before=before, after={"state": locked.state})
    return locked


@transaction.atomic
def close_alert(*, by: Actor, alert: Alert, note: str = "") -> Alert:
    """It is over; raised again, its key is a new alert. Raises Conflict where it is closed already."""
    locked = _standing(alert)
    locked.state, locked.note = State.CLOSED, note.strip() or locked.note
    locked.closed_at, locked.closed_by = clock.now(), by.actor_label
    locked.save()
    _record(by, "closed", locked)
    return locked


@transaction.atomic
def close_key(*, by: Actor, key: str, note: str = "") -> Alert | None:
    """Close the alert of `key` where one stands: what raised it sees that it is over."""
    standing = Alert.objects.exclude(state=State.CLOSED).filter(key=key).first()
    return close_alert(by=by, alert=standing, note=note) if standing else None


def _standing(alert: Alert) -> Alert:
    locked = Alert.objects.select_for_update().get(pk=alert.pk)
    if locked.is_closed:
        raise Conflict(f"{locked.closed_by} has closed this alert already.")
    return locked


def _record(
    by: Actor,
    verb: str,
    alert: Alert,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    audit.record(
        by=by,
        action=f"alerts.{verb}",
        on=alert,
        feature=alert.feature,
        before=before,
        after=after,
        reason=alert.note if verb in {"muted", "closed"} else "",
    )
