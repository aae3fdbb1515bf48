"""What a lead writes for reviewers."""

from django import forms

from aiops.reviews.actions.guidelines import MOST


class GuidelineForm(forms.Form):
    text = forms.CharField(
        label="Guideline", max_length=MOST, widget=forms.Textarea({"rows": 20, "class": "mono"}),
        help_text="Markdown. The first list stands beside each output, point by point; the rest, such as "
        "examples, opens below it.",
    )  # fmt: skip  # arguments by what they belong to
    note = forms.CharField(
        label="What is new", required=False, max_length=2000, widget=forms.Textarea({"rows": 2})
    )
    based_on = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
