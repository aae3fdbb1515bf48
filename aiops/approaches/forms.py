"""What people may type about approaches."""

from collections.abc import Iterable
from typing import Any

from django import forms

from aiops.datasets.models import DatasetVersion
from aiops.features.models import Feature

NAME_HELP = "Lower-case letters, digits, '-' and '_'. It never changes."
SCAFFOLD = """\
# The first rule whose conditions hold answers. JSON is read as well.
rules:
  - name: refund
    if: {input: message, any: [refund, "money back"]}
    then: Refunds take five working days.
  - name: order
    if: {input: message, regex: 'order\\s*#?\\d{4,}'}
    then: "We look into it: {{ message|truncate(80) }}"
otherwise: A colleague will answer you.
"""


class ApproachFilter(forms.Form):
    """What a list is narrowed to; all in the URL."""

    text = forms.CharField(required=False)
    feature = forms.SlugField(required=False)


class NewApproachForm(forms.Form):
    name = forms.CharField(
        max_length=100, help_text=NAME_HELP, widget=forms.TextInput({"autocomplete": "off"})
    )
    feature = forms.ModelChoiceField(Feature.objects.all(), to_field_name="slug")
    description = forms.CharField(max_length=5000, required=False, widget=forms.Textarea({"rows": 2}))


class RulesForm(forms.Form):
    source = forms.CharField(
        strip=False,
        label="Rules",
        widget=forms.Textarea({"rows": 24, "class": "mono", "spellcheck": "false", "autocomplete": "off"}),
    )
    note = forms.CharField(
        max_length=5000, required=False, label="What changed, and why", widget=forms.Textarea({"rows": 2})
    )
    based_on = forms.IntegerField(min_value=0, widget=forms.HiddenInput)


class TrainForm(forms.Form):
    dataset_version = forms.ModelChoiceField(
        DatasetVersion.objects.select_related("dataset").order_by("dataset__name", "-number"),
        label="Cases",
        help_text="A frozen version; its expected outputs are the labels.",
    )
    variable = forms.CharField(
        max_length=64,
        required=False,
        label="Input to read",
        help_text="Leave it empty where the cases have a single input.",
    )
    note = forms.CharField(max_length=5000, required=False, widget=forms.Textarea({"rows": 2}))


class TryForm(forms.Form):
    """One field for each input, named `input.<name>`."""

    def __init__(self, inputs: Iterable[str], *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name in inputs:
            self.fields[f"input.{name}"] = forms.CharField(
                label=name,
                strip=False,
                required=False,
                max_length=100_000,
                widget=forms.Textarea({"rows": 3}),
            )

    def inputs(self) -> dict[str, str]:
        return {
            name.removeprefix("input."): str(self[name].value() or "").replace("\r\n", "\n")
            for name in self.fields
        }
