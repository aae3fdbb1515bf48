"""What of a feature's cache somebody removes."""

from django import forms


class PurgeForm(forms.Form):
    pattern = forms.CharField(
        label="Part of a question or an answer",
        max_length=200,
        help_text="* stands for anything; alone it removes all.",
    )
