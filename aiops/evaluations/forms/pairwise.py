"""Asking a judge which of two runs is better."""

from decimal import Decimal
from typing import Any, cast

from django import forms

from aiops.catalog import queries as catalog
from aiops.evaluations import judging
from aiops.evaluations.models import Run

OFFERED = 50  # runs


class PairwiseForm(forms.Form):
    baseline = forms.ModelChoiceField(
        Run.objects.none(), label="Against", empty_label="Choose a run over the same cases"
    )
    prompt = forms.ChoiceField(
        label="Rubric", help_text="A prompt that shows the judge {{ first }} and {{ second }}."
    )
    model = forms.ChoiceField(required=False, help_text="Another than wrote the answers, where there is one.")
    reference = forms.BooleanField(
        required=False,
        label="Show the expected answer",
        help_text="Needs {{ reference }} in the rubric; cases without an expected answer are not judged.",
    )
    ceiling = forms.DecimalField(
        required=False,
        min_value=Decimal("0.000001"),
        max_digits=12,
        decimal_places=6,
        label="Ceiling in USD",
        help_text="It stops before it can cost more. Empty: none.",
        widget=forms.NumberInput({"step": "any", "inputmode": "decimal"}),
    )

    def __init__(self, *args: Any, run: Run, others: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        baseline = cast("forms.ModelChoiceField[Any]", self.fields["baseline"])
        baseline.queryset = others
        offered = [(row.pk, f"{row}: {row.approach}") for row in others[:OFFERED]]
        baseline.choices = [("", baseline.empty_label or ""), *offered]
        self.run = run
        self.any = bool(offered)
        names = [(name, name) for name in judging.rubric_names(pair=True)]
        cast("forms.ChoiceField", self.fields["prompt"]).choices = [("", "Choose a rubric"), *names]
        models = [(model.name, model.name) for model in catalog.priced_models()]
        cast("forms.ChoiceField", self.fields["model"]).choices = [("", "The version's own"), *models]

    def judge(self) -> dict[str, Any]:
        """The judge that was chosen, as among scorers."""
        return {name: self.cleaned_data[name] for name in ("prompt", "model", "reference")}


class PairwiseFilter(forms.Form):
    show = forms.ChoiceField(
        required=False,
        label="Show",
        choices=[
            ("", "All cases"),
            ("better", "Better"),
            ("worse", "Worse"),
            ("tie", "Ties"),
            ("changed", "Changed with the order"),
            ("failed", "Without a verdict"),
        ],
    )

    def chosen(self) -> str:
        """What to show; "" for all."""
        return self.cleaned_data["show"] if self.is_valid() else ""
