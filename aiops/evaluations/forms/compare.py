"""Which runs stand side by side, and which of their cases are shown. What does not parse is left out."""

from django import forms
from django.http import QueryDict

from aiops.evaluations.compare import MOST
from aiops.evaluations.matrix import WORST

LARGEST = 2**63 - 1  # of a key in the database


def run_ids(query: QueryDict) -> list[int]:
    """The runs that the address names, each once, in its order; the first five of them."""
    numbers = [int(text) for text in query.getlist("run") if text.isdecimal() and len(text) < 20]
    return [number for number in dict.fromkeys(numbers) if number <= LARGEST][:MOST]


def asked_too_many(query: QueryDict) -> bool:
    return len(dict.fromkeys(query.getlist("run"))) > MOST


def number_in(query: QueryDict, name: str) -> int | None:
    """A key that the address names."""
    text = query.get(name, "")
    number = int(text) if text.isdecimal() and len(text) < 20 else None
    return number if number is not None and number <= LARGEST else None


class MatrixFilter(forms.Form):
    SHOWN = (
        ("", "All cases"),
        ("flipped", "Flipped: approaches disagree"),
        ("scorers", "Two scorers disagree"),
        ("failing", "Any fails"),
        ("all_failing", "All fail"),
        ("missing", "Any without a result"),
        ("errors", "Any with an error"),
    )

    show = forms.ChoiceField(required=False, choices=SHOWN)
    scorer = forms.CharField(required=False, max_length=100)
    other = forms.CharField(required=False, max_length=100)
    locale = forms.CharField(required=False, max_length=35)
    category = forms.CharField(required=False, max_length=200)
    order = forms.ChoiceField(required=False, choices=[("", "As in the dataset"), (WORST, "Worst first")])
    text = forms.CharField(
        required=False,
        max_length=200,
        widget=forms.TextInput({"type": "search", "placeholder": "Words in the case"}),
    )

    def chosen(self) -> dict[str, str]:
        """The filters that are set and make sense."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}
