"""Which two runs people compare."""

from collections.abc import Iterable
from typing import Any

from django import forms

from aiops.evaluations.models import Run
from aiops.reviews.actions.pairs import MOST, MOST_REVIEWERS


class PairsForm(forms.Form):
    baseline = forms.ModelChoiceField(Run.objects.none(), label="Against", empty_label=None)
    size = forms.IntegerField(label="Cases", min_value=1, max_value=MOST, initial=50)
    reviewers = forms.IntegerField(label="People for each", min_value=1, max_value=MOST_REVIEWERS, initial=1)

    def __init__(self, *args: Any, others: Iterable[Run], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["baseline"].queryset = Run.objects.filter(pk__in=[run.pk for run in others])  # type: ignore[attr-defined]  # a field of models
