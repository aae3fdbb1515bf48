"""What the calls may be narrowed by. All of it stands in the URL."""

from datetime import datetime, timedelta

from django import forms
from django.db.models import QuerySet

from aiops.core import clock
from aiops.gateway import explained, queries
from aiops.gateway.models import Call, Outcome

PERIODS = {
    "1h": ("last hour", timedelta(hours=1)),
    "24h": ("last 24 hours", timedelta(hours=24)),
    "7d": ("last 7 days", timedelta(days=7)),
    "30d": ("last 30 days", timedelta(days=30)),
    "90d": ("last 90 days", timedelta(days=90)),
}
USUAL = "24h"
EQUAL = (
    "tenant", "feature", "outcome", "reason", "served_by", "model", "arm", "cache", "locale", "category",
    "key",
)  # fmt: skip  # short names, packed: they would fill the page


def moment(label: str) -> forms.DateTimeField:
    """A date and time in the viewer's zone."""
    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    return forms.DateTimeField(label=label, required=False, widget=widget)


def _word(label: str, placeholder: str = "") -> forms.CharField:
    widget = forms.TextInput({"type": "search", "placeholder": placeholder})
    return forms.CharField(label=label, required=False, max_length=200, widget=widget)


def _choice(label: str, choices: list[tuple[str, str]]) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, required=False, choices=[("", "any"), *choices])


class CallFilter(forms.Form):
    """Filters of the explorer; what is not valid narrows nothing. There is always a first moment."""

    feature = _word("Feature")
    tenant = _word("Tenant", "slug")
    outcome = _choice("Outcome", list(Outcome.choices))
    period = forms.ChoiceField(
        label="When", required=False, choices=[(key, word) for key, (word, _) in PERIODS.items()]
    )
    reason = _choice("Reason", [(word, word.replace("_", " ")) for word in explained.REASONS])
    served_by = _choice("Answered by", [(word, word) for word in explained.INSTEAD])
    model = _word("Model")
    version = forms.IntegerField(label="Version", required=False, min_value=1)
    arm = _choice("Arm", [("stable", "stable"), ("candidate", "candidate")])
    cache = _choice("Cache", list(explained.CACHES))
    locale = _word("Locale", "ja")
    category = _word("Category")
    key = _word("Key", "8 characters")
    since = moment("From")
    until = moment("Until")
    text = _word("Text", "words in inputs or outputs")

    MORE = (
        "reason", "served_by", "model", "version", "arm", "cache", "locale", "category", "key",
        "since", "until",
    )  # fmt: skip  # short names, packed: they would fill the page

    def narrowed(self, *, texts: bool) -> QuerySet[Call]:
        """The calls that match; without `texts` nobody may ask what stands in them."""
        self.is_valid()
        said = self.cleaned_data
        equal = {name: said[name] for name in EQUAL if said.get(name)}
        if said.get("version"):
            equal["version_number"] = said["version"]
        rows = queries.calls(self.begins, said.get("until"), **equal)
        return queries.containing(rows, said["text"]) if texts and said.get("text") else rows

    @property
    def begins(self) -> datetime:
        """Where the time that is looked at begins."""
        self.is_valid()
        said = self.cleaned_data
        since: datetime | None = said.get("since")
        _, length = PERIODS[said.get("period") or USUAL]
        return since or (said.get("until") or clock.now()) - length

    @property
    def chosen_period(self) -> str:
        self.is_valid()
        return str(self.cleaned_data.get("period") or USUAL)

    @property
    def is_used(self) -> bool:
        self.is_valid()
        return any(value for name, value in self.cleaned_data.items() if name != "period")

    @property
    def wants_more(self) -> bool:
        """Whether one of the filters that are folded away is used."""
        self.is_valid()
        return any(self.cleaned_data.get(name) for name in self.MORE)

    def more(self) -> list[forms.BoundField]:
        return [self[name] for name in self.MORE]
