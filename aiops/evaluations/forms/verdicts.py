"""Comparing runs, accepting what the gate says, and what it asks for."""

from typing import Any, cast

from django import forms
from django.contrib.postgres.forms import SimpleArrayField

from aiops.evaluations import comparable
from aiops.evaluations.models import GatePolicy, Run, Verdict
from aiops.evaluations.queries import NONE


class CompareForm(forms.Form):
    baseline = forms.ModelChoiceField(
        Run.objects.none(), label="Compare with", empty_label="Choose a run of the same cases"
    )

    def __init__(self, *args: Any, run: Run, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = comparable.others(run)
        field = cast("forms.ModelChoiceField[Any]", self.fields["baseline"])
        field.queryset = rows
        offered = [(row.pk, f"{row}: {row.approach}") for row in rows[: comparable.OFFERED]]
        self.any = bool(offered)
        field.choices = [("", field.empty_label or ""), *offered]


class AcceptForm(forms.Form):
    reason = forms.CharField(
        max_length=2000,
        widget=forms.Textarea({"rows": 3}),
        help_text="Stands beside the verdict and in the audit, with your name.",
    )


class FlippedFilter(forms.Form):
    flip = forms.ChoiceField(
        required=False, label="Flipped", choices=[("down", "Pass to fail"), ("up", "Fail to pass")]
    )
    locale = forms.ChoiceField(required=False)
    category = forms.ChoiceField(required=False)

    def __init__(self, *args: Any, verdict: Verdict, **kwargs: Any) -> None:
        """Offer the groups of the verdict's tables; where there is one group alone, nothing."""
        super().__init__(*args, **kwargs)
        for name in ("locale", "category"):
            rows = verdict.decision[name]
            offered = [(row["name"] or NONE, f"{row['words'] or f'no {name}'}, {row['n']:,}") for row in rows]
            field = cast("forms.ChoiceField", self.fields[name])
            field.choices = [("", "all"), *sorted(offered, key=lambda choice: choice[1].lower())]

    @property
    def groups(self) -> list[forms.BoundField]:
        """The fields that have something to choose."""
        return [self[name] for name in ("locale", "category") if len(list(self[name].subwidgets)) > 1]

    def chosen(self) -> dict[str, str]:
        """The filters that are set and make sense."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}


def _percent(label: str, help_text: str, least: float = 0) -> forms.FloatField:
    return forms.FloatField(label=label, min_value=least, max_value=100, help_text=help_text)


class PolicyForm(forms.Form):
    """A feature's demands; shares are typed in percent."""

    SHARES = ("margin", "max_missing")

    margin = _percent("Allowed fall, in points", "A change passes if its fall is surely smaller.", 0.1)
    max_missing = _percent("Missing results, at most in %", "Above it the verdict is INCONCLUSIVE.")
    min_cases = forms.IntegerField(label="Least number of cases", min_value=1, max_value=1_000_000)
    min_category = forms.IntegerField(
        label="Least number of cases of a category or locale",
        min_value=1,
        max_value=1_000_000,
        help_text="Smaller ones are listed, not tested.",
    )
    deciding_scorer = forms.CharField(
        required=False,
        max_length=100,
        help_text="Its name. Empty: every scorer has to pass. One that only measures: by its mean.",
    )
    required_scorers = SimpleArrayField(
        forms.CharField(max_length=100),
        required=False,
        help_text="Names, with commas between. Runs without them are refused.",
    )
    sizes = SimpleArrayField(
        forms.IntegerField(min_value=1),
        label="Usual sizes",
        min_length=3,
        max_length=3,
        help_text="Cases for a narrow prompt, for a launch, for a multi-purpose prompt.",
    )

    @classmethod
    def initial_of(cls, policy: GatePolicy) -> dict[str, Any]:
        """What the form shows of `policy`."""
        values = {name: getattr(policy, name) for name in cls.base_fields}
        return values | {name: round(100 * values[name], 6) for name in cls.SHARES}

    def demands(self) -> dict[str, Any]:
        """As `set_policy` takes them."""
        values = dict(self.cleaned_data)
        return values | {name: round(values[name] / 100, 8) for name in self.SHARES}
