"""What is typed in the playground."""

from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.db.models import Max

from aiops.catalog import queries as catalog
from aiops.datasets.forms import CaseForm
from aiops.datasets.models import Case, Dataset
from aiops.evaluations.playground.desk import Desk
from aiops.evaluations.playground.limits import MODELS
from aiops.prompts.models import Prompt
from aiops.prompts.shape import MAX_SOURCE_BYTES

if TYPE_CHECKING:
    from aiops.catalog.models import Model

_SOURCE = {"rows": 20, "class": "mono", "spellcheck": "false", "autocapitalize": "off", "autocomplete": "off"}


class TryForm(forms.Form):
    """A prompt's text and the models to ask. The inputs are a form of their own: the text declares them."""

    prompt = forms.ModelChoiceField(
        Prompt.objects.select_related("feature"), to_field_name="name", widget=forms.HiddenInput
    )
    begun = forms.IntegerField(min_value=0, widget=forms.HiddenInput)  # 0: the prompt has no version
    latest = forms.IntegerField(min_value=0, widget=forms.HiddenInput)  # when the page was opened
    case = forms.ModelChoiceField(
        Case.objects.select_related("dataset"), required=False, widget=forms.HiddenInput
    )
    source = forms.CharField(
        strip=False, max_length=MAX_SOURCE_BYTES, label="Prompt file", widget=forms.Textarea(_SOURCE)
    )
    note = forms.CharField(required=False, max_length=5000, label="What changed, and why")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for number in range(1, MODELS + 1):
            self.fields[f"model_{number}"] = forms.ModelChoiceField(
                catalog.priced_models(),
                required=False,
                to_field_name="name",
                label=("Model", "Second model", "Third model")[number - 1],
                empty_label="Choose a model" if number == 1 else "None",
            )

    @property
    def choices(self) -> list[forms.BoundField]:
        """The fields of the models."""
        return [self[f"model_{number}"] for number in range(1, MODELS + 1)]

    def desk(self) -> Desk:
        """What was typed, of a form that is valid."""
        data = self.cleaned_data
        prompt = cast("Prompt", data["prompt"])
        models = [data[f"model_{number}"] for number in range(1, MODELS + 1)]
        return Desk(
            prompt=prompt,
            begun=prompt.versions.select_related("prompt").filter(number=data["begun"]).first(),
            source=data["source"],
            models=cast("list[Model]", list(dict.fromkeys(model for model in models if model))),
            case=data["case"],
        )

    @staticmethod
    def initial_of(desk: Desk) -> dict[str, Any]:
        """What the form says at first."""
        return {
            "prompt": desk.prompt.name,
            "begun": desk.begun.number if desk.begun else 0,
            "latest": latest_number(desk.prompt),
            "case": desk.case.pk if desk.case else None,
            "source": desk.source,
            **{f"model_{number}": model.name for number, model in enumerate(desk.models, 1)},
        }


def latest_number(prompt: Prompt) -> int:
    """0 where the prompt has no version."""
    return prompt.versions.aggregate(latest=Max("number"))["latest"] or 0


class AnswerCaseForm(CaseForm):
    """A case made of an answer, and the dataset into whose draft it goes."""

    dataset = forms.ModelChoiceField(
        Dataset.objects.order_by("name"), to_field_name="name", empty_label="Choose a dataset"
    )
