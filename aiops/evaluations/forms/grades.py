"""What people may type about grades."""

from typing import Any

from django import forms

from aiops.evaluations.actions.grades import MAX_DRAWN
from aiops.evaluations.grade_rows import MAX_BYTES
from aiops.evaluations.models import MAX_REASON


class DrawForm(forms.Form):
    size = forms.IntegerField(
        label="Results",
        min_value=1,
        max_value=MAX_DRAWN,
        initial=50,
        widget=forms.NumberInput({"class": "w-number"}),
    )


class GradeForm(forms.Form):
    """The two buttons are the choice; a reason is never demanded, for that slows a sitting down."""

    grade = forms.ChoiceField(choices=(("pass", "Pass"), ("fail", "Fail")))
    reason = forms.CharField(
        required=False,
        max_length=MAX_REASON,
        widget=forms.Textarea({"rows": 2, "dir": "auto", "placeholder": "What is wrong, or right, with it"}),
    )

    def clean_reason(self) -> str:
        return str(self.cleaned_data["reason"]).replace("\r\n", "\n")

    @property
    def passed(self) -> bool:
        return bool(self.cleaned_data["grade"] == "pass")


class GradesFileForm(forms.Form):
    file = forms.FileField(
        allow_empty_file=True,
        max_length=200,
        widget=forms.FileInput({"accept": ".csv,.tsv,.txt"}),
        help_text=f"CSV in UTF-8, up to {MAX_BYTES // 2**20} MB.",
        error_messages={"required": "Choose a file first."},
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > MAX_BYTES:
            most = MAX_BYTES // 2**20
            raise forms.ValidationError(
                f"The file has {file.size / 2**20:,.0f} MB, at most {most} are taken: split it."
            )
        return file
