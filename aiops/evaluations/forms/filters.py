"""Filters of lists. Whatever does not parse is left out: a link from last year still opens."""

from typing import Any, cast

from django import forms

from aiops.accounts.models import User
from aiops.datasets.models import Dataset
from aiops.evaluations.models import Run
from aiops.features.models import Feature
from aiops.prompts.models import Prompt


class RunFilter(forms.Form):
    feature = forms.ModelChoiceField(
        Feature.objects.all(), required=False, empty_label="All", to_field_name="slug"
    )
    dataset = forms.ModelChoiceField(
        Dataset.objects.all(), required=False, empty_label="All", to_field_name="name"
    )
    prompt = forms.ModelChoiceField(
        Prompt.objects.all(), required=False, empty_label="All", to_field_name="name"
    )
    state = forms.ChoiceField(required=False, choices=[("", "All"), *Run.State.choices])
    person = forms.ModelChoiceField(
        User.objects.none(), required=False, empty_label="All", to_field_name="email"
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = cast("forms.ModelChoiceField[Any]", self.fields["person"])
        people.queryset = User.objects.filter(pk__in=Run.objects.values("created_by")).order_by("email")

    def chosen(self) -> dict[str, Any]:
        """The filters that are set and make sense."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}


class ResultFilter(forms.Form):
    """`outcome` is about the scorer, or about every scorer where none is chosen."""

    OUTCOMES = (
        ("", "All"),
        ("failed", "Not passed"),
        ("passed", "Passed"),
        ("unscored", "No score"),
        ("error", "Errors"),
    )

    scorer = forms.ChoiceField(required=False)
    outcome = forms.ChoiceField(required=False, choices=OUTCOMES)
    category = forms.CharField(required=False, max_length=200)
    locale = forms.CharField(required=False, max_length=35)
    error = forms.CharField(required=False, max_length=60, widget=forms.HiddenInput)
    text = forms.CharField(
        required=False,
        max_length=200,
        widget=forms.TextInput({"type": "search", "placeholder": "Text of the output"}),
    )

    def __init__(self, *args: Any, scorers: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = cast("forms.ChoiceField", self.fields["scorer"])
        field.choices = [("", "Every scorer"), *((name, name) for name in scorers if name)]

    def chosen(self) -> dict[str, str]:
        """The filters that are set and make sense."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}
