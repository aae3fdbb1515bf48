"""What a router, and a feature's category classifier, are trained from."""

from typing import Any, cast

from django import forms

from aiops.datasets.models import DatasetVersion
from aiops.evaluations import queries
from aiops.evaluations.models import Run
from aiops.features.models import Feature

OFFERED = 100


class TrainRouterForm(forms.Form):
    small = forms.ModelChoiceField(
        Run.objects.none(), label="Run of the small model", empty_label="Choose a run"
    )
    large = forms.ModelChoiceField(
        Run.objects.none(),
        label="Run of the large model",
        empty_label="Choose a run",
        help_text="Both over the same frozen cases, with the same prompt version and scorers.",
    )
    margin = forms.FloatField(
        min_value=0.1,
        max_value=50,
        initial=5,
        label="Points that each category may lose",
        widget=forms.NumberInput({"step": "any", "inputmode": "decimal"}),
    )
    note = forms.CharField(max_length=1000, required=False)

    def __init__(self, *args: Any, feature: Feature, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "router_%s", **kwargs})
        rows = queries.runs({"feature": feature}).filter(state=Run.State.FINISHED, version__isnull=False)
        offered = [(row.pk, f"{row}: {row.approach}, {row.dataset_version}") for row in rows[:OFFERED]]
        for name in ("small", "large"):
            field = cast("forms.ModelChoiceField[Any]", self.fields[name])
            field.queryset = rows
            field.choices = [("", field.empty_label or ""), *offered]
        self.any = len(offered) > 1

    def wanted(self) -> dict[str, Any]:
        """The arguments of `actions.train_router`."""
        said = self.cleaned_data
        return {**said, "margin": said["margin"] / 100}


class TrainCategoriesForm(forms.Form):
    dataset_version = forms.ModelChoiceField(
        DatasetVersion.objects.none(),
        label="Cases",
        empty_label="Choose a frozen version",
        help_text="Their categories are what is learnt.",
    )
    note = forms.CharField(max_length=1000, required=False)

    def __init__(self, *args: Any, feature: Feature, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "categories_%s", **kwargs})
        rows = DatasetVersion.objects.filter(dataset__feature=feature).select_related("dataset")
        field = cast("forms.ModelChoiceField[Any]", self.fields["dataset_version"])
        field.queryset = rows.order_by("-id")


class SharesForm(forms.Form):
    shadow_share = forms.FloatField(
        min_value=0,
        max_value=100,
        initial=1,
        label="Percent of its decisions that are asked of both models",
        help_text="After the reply, paid by the tenant internal.",
        widget=forms.NumberInput({"step": "any", "inputmode": "decimal"}),
    )
