"""What a person says to a call that waits."""

from django import forms

from aiops.gateway.models import Ticket
from aiops.reviews.actions.tickets import MOST

STATES = (
    ("", "waiting"),
    ("answered", "answered"),
    ("rejected", "rejected"),
    ("expired", "expired"),
    ("all", "all"),
)


class AnswerForm(forms.Form):
    output = forms.CharField(label="Answer", max_length=MOST, strip=False, widget=forms.Textarea({"rows": 8}))
    note = forms.CharField(
        label="Reason", required=False, max_length=2000, widget=forms.Textarea({"rows": 2}),
        help_text="Needed to reject, kept with the ticket and in the audit.",
    )  # fmt: skip  # arguments by what they belong to


class TicketFilter(forms.Form):
    """Filters of the list; what is not valid narrows nothing."""

    state = forms.ChoiceField(label="State", required=False, choices=STATES)
    kind = forms.ChoiceField(label="Kind", required=False, choices=[("", "any"), *Ticket.Kind.choices])
    feature = forms.CharField(required=False, max_length=60)
    tenant = forms.CharField(required=False, max_length=60)

    def chosen(self) -> dict[str, str]:
        self.is_valid()
        return {name: str(self.cleaned_data.get(name) or "") for name in self.fields}
