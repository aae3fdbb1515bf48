"""What the list of alerts may be narrowed by, and what people say when they mute or close one."""

from datetime import timedelta

from django import forms

from aiops.alerts.models import Alert

STATES = (
    ("", "open and acknowledged"),
    ("open", "open"),
    ("acknowledged", "acknowledged"),
    ("muted", "muted"),
    ("closed", "closed"),
    ("all", "all"),
)
HOURS = (("1", "1 hour"), ("8", "8 hours"), ("24", "1 day"), ("168", "7 days"), ("720", "30 days"))


class AlertFilter(forms.Form):
    """Filters of the list; what is not valid narrows nothing."""

    state = forms.ChoiceField(label="State", required=False, choices=STATES)
    severity = forms.ChoiceField(
        label="Severity", required=False, choices=[("", "any"), *Alert.Severity.choices]
    )
    feature = forms.CharField(required=False, max_length=100)
    text = forms.CharField(label="Text", required=False, max_length=200)

    def chosen(self) -> dict[str, str]:
        self.is_valid()
        return {name: str(self.cleaned_data.get(name) or "") for name in self.fields}


class MuteForm(forms.Form):
    hours = forms.ChoiceField(label="For", choices=HOURS, initial="24")
    note = forms.CharField(label="Why", required=False, max_length=1000)

    def span(self) -> timedelta:
        return timedelta(hours=int(self.cleaned_data["hours"]))


class CloseForm(forms.Form):
    note = forms.CharField(
        label="What it was", required=False, max_length=1000, widget=forms.Textarea({"rows": 2})
    )
