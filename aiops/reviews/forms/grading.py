"""What the grading page sends. The choices themselves are checked by the action, by the item's scale."""

import math
import uuid
from typing import Any

from django import forms

from aiops.reviews.marks import MOST, MOST_COMMENT
from aiops.reviews.models import Reason, Skip


class HeldForm(forms.Form):
    """The seat's token."""

    token = forms.UUIDField(widget=forms.HiddenInput)

    @property
    def held(self) -> uuid.UUID:
        token: uuid.UUID = self.cleaned_data["token"]
        return token


class MarkForm(HeldForm):
    raw = forms.IntegerField(error_messages={"required": "Choose a grade first."})
    reasons = forms.MultipleChoiceField(choices=Reason.choices, required=False)
    comment = forms.CharField(required=False, max_length=MOST_COMMENT)
    corrected_output = forms.CharField(required=False, max_length=MOST, strip=False)
    seconds = forms.FloatField(required=False, min_value=0)
    golden = forms.BooleanField(required=False)

    def mark(self, output: str) -> dict[str, Any]:
        """What is said of `output`; a better answer that is the same is none."""
        said = dict(self.cleaned_data)
        said.pop("golden")
        if _lines(said["corrected_output"]) == _lines(output):
            said["corrected_output"] = ""
        spent = said["seconds"]
        said["seconds"] = spent if spent is not None and math.isfinite(spent) else None
        return said


class SkipForm(HeldForm):
    why = forms.ChoiceField(choices=Skip.Why.choices)
    comment = forms.CharField(required=False, max_length=MOST_COMMENT)


class EscalateForm(HeldForm):
    comment = forms.CharField(required=False, max_length=MOST_COMMENT)


def _lines(text: str) -> list[str]:
    """Browsers send other line ends than models write."""
    return text.strip().splitlines()
