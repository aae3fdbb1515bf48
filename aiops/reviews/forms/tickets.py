"""What a person says to a call that waits."""

from django import forms

from aiops.accounts.models import User
from aiops.gateway.models import Ticket
from aiops.reviews.actions.tickets import MOST
from aiops.reviews.queries import tickets as queries

STATES = (
    ("", "waiting"),
    ("answered", "answered"),
    ("rejected", "rejected"),
    ("expired", "expired"),
    ("all", "all"),
)
WHO = (("", "anybody’s"), ("mine", "mine"), ("free", "nobody’s"))


class AnswerForm(forms.Form):
    output = forms.CharField(label="Answer", max_length=MOST, strip=False, widget=forms.Textarea({"rows": 8}))
    note = forms.CharField(
        label="Reason", required=False, max_length=2000, widget=forms.Textarea({"rows": 2}),
        help_text="Needed to reject, kept with the ticket and in the audit.",
    )  # fmt: skip  # arguments by what they belong to


class HandOverForm(forms.Form):
    to = forms.ModelChoiceField(User.objects.none(), label="To", empty_label=None)
    note = forms.CharField(label="Note", required=False, max_length=2000)

    def __init__(self, *given: object, user: User) -> None:
        super().__init__(*given)  # type: ignore[arg-type]  # what Django's own form takes
        choice = self.fields["to"]
        choice.queryset = queries.colleagues(user)  # type: ignore[attr-defined]  # of a ModelChoiceField
        choice.label_from_instance = lambda person: person.name  # type: ignore[attr-defined]  # as above


class TicketFilter(forms.Form):
    """Filters of the list; what is not valid narrows nothing."""

    state = forms.ChoiceField(label="State", required=False, choices=STATES)
    who = forms.ChoiceField(label="Whose", required=False, choices=WHO)
    kind = forms.ChoiceField(label="Kind", required=False, choices=[("", "any"), *Ticket.Kind.choices])
    feature = forms.CharField(required=False, max_length=60)
    tenant = forms.CharField(required=False, max_length=60)

    def chosen(self) -> dict[str, str]:
        self.is_valid()
        return {name: str(self.cleaned_data.get(name) or "") for name in self.fields}
