"""What people may type about flags and stops."""

import json
from decimal import Decimal
from typing import Any

from django import forms

from aiops.flags.audience import Audience
from aiops.flags.models import KillSwitch
from aiops.tenants.models import Tenant

STATES = (
    ("everyone", "On for everyone"),
    ("some", "On for some: the tenants and the percentage below"),
    ("nobody", "Off for everyone"),
    ("unknown", "Not decided"),
)
REASON_HELP = "Everybody who looks at this later will read it."


class FlagForm(forms.Form):
    """An audience. `seen` is what the person saw, so that a change in between is noticed."""

    state = forms.ChoiceField(choices=STATES, widget=forms.RadioSelect, label="Who may use it")
    tenants = forms.ModelMultipleChoiceField(
        Tenant.objects.all(),
        required=False,
        to_field_name="slug",
        widget=forms.SelectMultiple({"size": 8}),
        help_text="All users of these tenants. Hold Ctrl or ⌘ for several.",
    )
    percent = forms.DecimalField(
        min_value=0,
        max_value=100,
        decimal_places=2,
        max_digits=5,
        required=False,
        label="Percent of the rest",
        help_text="Always the same users: who is inside stays inside when it grows.",
    )
    when_unknown = forms.BooleanField(required=False, label="While nobody has decided, let everyone use it")
    due_at = forms.DateTimeField(
        required=False,
        label="When",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text="In your own time zone. Empty: now.",
    )
    reason = forms.CharField(max_length=1000, required=False, help_text=REASON_HELP)
    seen = forms.CharField(widget=forms.HiddenInput)

    @staticmethod
    def of(audience: Audience) -> dict[str, Any]:
        """Initial values that say `audience`."""
        on = {None: "unknown", False: "nobody", True: "some" if audience.limited else "everyone"}
        return {
            "state": on[audience.on],
            "tenants": sorted(audience.tenants),
            "percent": audience.percent,
            "when_unknown": audience.when_unknown,
            "seen": written(audience),
        }

    def audience(self) -> Audience:
        """What the person wants; tenants and percentage are kept for later where they don't count now."""
        said = self.cleaned_data
        return Audience(
            on={"unknown": None, "nobody": False}.get(said["state"], True),
            limited=said["state"] == "some",
            percent=said["percent"] or Decimal(0),
            tenants=frozenset(tenant.slug for tenant in said["tenants"]),
            when_unknown=said["when_unknown"],
        )


def written(audience: Audience) -> str:
    return json.dumps(audience.as_json(), sort_keys=True)


class StopForm(forms.Form):
    """`scope` and `target` come from the link that was followed, or are chosen."""

    scope = forms.ChoiceField(choices=KillSwitch.Scope.choices, label="What")
    target = forms.CharField(
        max_length=100,
        required=False,
        label="Which",
        help_text="Slug of the feature or tenant, or the model's name; empty for everything.",
    )
    reason = forms.CharField(
        max_length=1000,
        widget=forms.Textarea({"rows": 2, "autofocus": True}),
        help_text=REASON_HELP,
    )


class ReasonForm(forms.Form):
    reason = forms.CharField(max_length=1000, required=False)
