"""What the audit page may be narrowed by. All of it stands in the URL."""

from datetime import timedelta
from typing import Any

from django import forms
from django.db.models import Q, QuerySet

from aiops.audit.models import AuditEvent
from aiops.core import clock

PERIODS = {
    "1h": ("last hour", timedelta(hours=1)),
    "24h": ("last 24 hours", timedelta(hours=24)),
    "7d": ("last 7 days", timedelta(days=7)),
    "30d": ("last 30 days", timedelta(days=30)),
}


def moment(label: str) -> forms.DateTimeField:
    """A date and time in the viewer's zone."""
    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    return forms.DateTimeField(label=label, required=False, widget=widget)


class AuditFilter(forms.Form):
    """Filters of the audit; what is not valid narrows nothing."""

    actor = forms.CharField(label="Who", required=False, max_length=320)
    action = forms.CharField(label="Did", required=False, max_length=100)
    object = forms.CharField(label="To", required=False, max_length=500)
    feature = forms.CharField(label="Feature", required=False, max_length=100)
    period = forms.ChoiceField(
        label="When",
        required=False,
        choices=[("", "any time"), *((key, word) for key, (word, _) in PERIODS.items())],
    )
    since = moment("From")
    until = moment("Until")

    def narrowed(self, events: QuerySet[AuditEvent]) -> QuerySet[AuditEvent]:
        """`events` that match every filter. The period is half-open: from `since` on, before `until`."""
        self.is_valid()
        asked = {name: value for name, value in self.cleaned_data.items() if value}
        for name, value in asked.items():
            events = events.filter(_condition(name, value))
        return events

    @property
    def is_used(self) -> bool:
        self.is_valid()
        return any(self.cleaned_data.values())


def _condition(name: str, value: Any) -> Q:
    if name == "period":
        return Q(at__gte=clock.now() - PERIODS[value][1])
    conditions = {
        "actor": Q(actor_label__icontains=value) | Q(actor_id=value),
        "action": Q(action=value) | Q(action__startswith=f"{value}."),
        "object": Q(object_label__icontains=value) | Q(object_id=value),
        "feature": Q(feature=value),
        "since": Q(at__gte=value),
        "until": Q(at__lt=value),
    }
    return conditions[name]
