"""When somebody is told of drift, and which changes matter."""

from decimal import Decimal

from django import forms

from aiops.monitoring.models import DriftPolicy

DIAL = (
    ("0.25", "one a year"),
    ("0.50", "one in half a year"),
    ("1.00", "one a quarter"),
    ("3.00", "one a month"),
    ("13.00", "one a week"),
)
POINTS = 100


class DriftPolicyForm(forms.Form):
    on = forms.BooleanField(label="Raise alerts", required=False)
    hourly = forms.BooleanField(
        label="Look each hour too",
        required=False,
        help_text="Sees a fast change sooner. The false pages are then shared by hours and days.",
    )
    false_pages = forms.TypedChoiceField(
        label="False pages",
        choices=DIAL,
        coerce=Decimal,
        help_text="How often somebody may be called for nothing. Fewer means that real drift is told later.",
    )
    rate_points = forms.FloatField(
        label="Shares matter from (points)",
        min_value=0.1,
        max_value=50,
        help_text="Refusals, format, language, judge, topics.",
    )
    mean_sd = forms.FloatField(
        label="Values matter from (standard deviations)", min_value=0.01, max_value=3,
        help_text="Lengths, cost, latency, retrieval, words.",
    )  # fmt: skip  # arguments by what they belong to

    @classmethod
    def of(cls, policy: DriftPolicy) -> "DriftPolicyForm":
        return cls(
            initial={
                "on": policy.on,
                "hourly": policy.hourly,
                "false_pages": f"{policy.false_pages:.2f}",
                "rate_points": round(policy.rate_points * POINTS, 2),
                "mean_sd": policy.mean_sd,
            }
        )

    def values(self) -> dict[str, object]:
        said = self.cleaned_data
        return {**said, "rate_points": said["rate_points"] / POINTS}
