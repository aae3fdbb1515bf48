"""What people may type about keys."""

from datetime import UTC, datetime, time, timedelta

from django import forms

from aiops.features.models import Feature
from aiops.tenants.models import Tenant


class LimitForm(forms.Form):
    features = forms.ModelMultipleChoiceField(
        Feature.objects.all(),
        required=False,
        to_field_name="slug",
        widget=forms.SelectMultiple({"size": 6}),
        help_text="None chosen: all features, also those to come. Hold Ctrl or ⌘ for several.",
    )


class KeyForm(LimitForm):
    name = forms.CharField(
        max_length=200,
        help_text="Which application holds it.",
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    tenant = forms.ModelChoiceField(
        Tenant.objects.all(),
        required=False,
        to_field_name="slug",
        empty_label="Service key: each call names its tenant",
    )
    expires_on = forms.DateField(
        required=False,
        label="Last day",
        widget=forms.DateInput({"type": "date"}),
        help_text="It ends with this day, UTC. Empty: it never does.",
    )
    field_order = ("name", "tenant", "features", "expires_on")

    def expires_at(self) -> datetime | None:
        """The first moment at which the key is over."""
        day = self.cleaned_data["expires_on"]
        return datetime.combine(day + timedelta(days=1), time(), UTC) if day else None
