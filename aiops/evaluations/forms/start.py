"""Starting a run, and going on with one."""

from decimal import Decimal
from typing import Any, cast

from django import forms

from aiops.catalog import queries as catalog
from aiops.catalog.models import Model
from aiops.datasets.models import Dataset, DatasetVersion
from aiops.evaluations.models import MAX_REPEATS
from aiops.features.models import Feature
from aiops.prompts.models import Version

RECENT = 100  # versions of prompts and datasets on offer; the URL can name any other
_PRICED = "Models without a price can't be evaluated: nobody could say what it costs."


class StartForm(forms.Form):
    """What to run. `dataset` is "v17" (a frozen version) or "d4" (freeze the draft of a dataset now)."""

    feature = forms.ModelChoiceField(
        Feature.objects.all(), empty_label="Choose a feature", to_field_name="slug"
    )
    dataset = forms.ChoiceField(label="Golden dataset")
    version = forms.ModelChoiceField(
        Version.objects.none(), label="Prompt version", empty_label="Choose a version"
    )
    model = forms.ModelChoiceField(
        Model.objects.none(), empty_label="Choose a model", to_field_name="name", help_text=_PRICED
    )
    repeats = forms.IntegerField(
        min_value=1,
        max_value=MAX_REPEATS,
        initial=1,
        help_text="How often each case is asked; averaged per case.",
    )
    ceiling = forms.DecimalField(
        required=False,
        min_value=Decimal("0.000001"),
        max_digits=12,
        decimal_places=6,
        label="Ceiling in USD",
        help_text="The run stops before it can cost more. Empty: none.",
        widget=forms.NumberInput({"step": "any", "inputmode": "decimal"}),
    )
    note = forms.CharField(required=False, max_length=500, help_text="Why you run it; shown in the list.")

    def __init__(self, *args: Any, feature: Feature | None, **kwargs: Any) -> None:
        """Offer what belongs to `feature`, or everything where none is chosen yet."""
        super().__init__(*args, **kwargs)
        self._offer_versions(feature)
        self._offer_datasets(feature)
        model = cast("forms.ModelChoiceField[Any]", self.fields["model"])
        model.queryset = catalog.priced_models()

    def _offer_versions(self, feature: Feature | None) -> None:
        versions = Version.objects.select_related("prompt").order_by("prompt__name", "-number")
        if feature is not None:
            versions = versions.filter(prompt__feature=feature)
        field = cast("forms.ModelChoiceField[Any]", self.fields["version"])
        field.queryset = versions
        field.choices = [
            ("", "Choose a version"),
            *((version.pk, str(version)) for version in versions[:RECENT]),
        ]

    def _offer_datasets(self, feature: Feature | None) -> None:
        datasets = Dataset.objects.order_by("name")
        versions = DatasetVersion.objects.select_related("dataset").order_by("dataset__name", "-number")
        if feature is not None:
            datasets = datasets.filter(feature=feature)
            versions = versions.filter(dataset__feature=feature)
        frozen = [(f"v{row.pk}", f"{row}, {row.case_count:,} cases") for row in versions[:RECENT]]
        drafts = [
            (f"d{row.pk}", f"{row.name}: freeze the draft now, {row.case_count:,} cases")
            for row in datasets.exclude(case_count=0).exclude(unfrozen_count=0)[:RECENT]
        ]
        field = cast("forms.ChoiceField", self.fields["dataset"])
        field.choices = [("", "Choose a dataset"), *_group("Frozen", frozen), *_group("Drafts", drafts)]

    def chosen_dataset(self) -> Dataset | None:
        """The dataset behind the choice, frozen or not."""
        version = self.chosen_version()
        if version is not None:
            return version.dataset
        kind, key = self._dataset_key()
        return Dataset.objects.filter(pk=key).first() if kind == "d" else None

    def chosen_version(self) -> DatasetVersion | None:
        """The frozen version, None where the draft is to be frozen or nothing is chosen."""
        kind, key = self._dataset_key()
        return (
            DatasetVersion.objects.select_related("dataset").filter(pk=key).first() if kind == "v" else None
        )

    def _dataset_key(self) -> tuple[str, int]:
        value = str(self["dataset"].value() or "")
        return (value[0], int(value[1:])) if value[1:].isdecimal() else ("", 0)


class ContinueForm(forms.Form):
    """Going on with what is missing."""

    ceiling = forms.DecimalField(
        required=False,
        min_value=Decimal("0.000001"),
        max_digits=12,
        decimal_places=6,
        label="New ceiling in USD",
    )
    retry_failed = forms.BooleanField(required=False, label="Try failed cases again")


def _group(label: str, choices: list[tuple[str, str]]) -> list[tuple[str, list[tuple[str, str]]]]:
    return [(label, choices)] if choices else []
