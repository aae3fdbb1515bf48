"""What somebody sends to review."""

from django import forms

from aiops.reviews.actions.sending import MOST_CALLS, MOST_NOTE, MOST_RESULTS


class SendForm(forms.Form):
    """`most`: of what is narrowed to, by chance; the note is for those who lead, reviewers stay blind."""

    note = forms.CharField(label="Why", required=False, max_length=MOST_NOTE)


class SendCallsForm(SendForm):
    most = forms.IntegerField(label="How many", min_value=1, max_value=MOST_CALLS, initial=20)


class SendRunForm(SendForm):
    most = forms.IntegerField(label="How many", min_value=1, max_value=MOST_RESULTS, required=False)
