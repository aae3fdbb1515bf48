"""What people type into reviews."""

from django import forms

from aiops.releases.actions.requests import MAX_TEXT
from aiops.releases.models import Approval


class OpenForm(forms.Form):
    title = forms.CharField(max_length=200)
    description = forms.CharField(
        max_length=MAX_TEXT,
        required=False,
        widget=forms.Textarea({"rows": 6}),
        help_text="What changes for customers, and why.",
    )


class CommentForm(forms.Form):
    text = forms.CharField(max_length=MAX_TEXT, label="Comment", widget=forms.Textarea({"rows": 3}))
    part = forms.IntegerField(min_value=0, required=False, widget=forms.HiddenInput)
    line = forms.IntegerField(min_value=1, required=False, widget=forms.HiddenInput)


class AnswerForm(forms.Form):
    answer = forms.ChoiceField(choices=Approval.Answer.choices)
    cycle = forms.IntegerField(min_value=1)
    text = forms.CharField(max_length=MAX_TEXT, required=False)


class MoveForm(forms.Form):
    """A move of production: what the person saw there, and why."""

    expected = forms.IntegerField(min_value=0, required=False)
    reason = forms.CharField(max_length=1000, required=False)
