"""What a lead chooses: whom, how many, why."""

from typing import Any, cast

from django import forms

from aiops.accounts.models import User
from aiops.features.models import Feature
from aiops.reviews.actions.queue import MOST_REVIEWERS
from aiops.reviews.actions.rounds import LEAST, MOST_PEOPLE, SIZE
from aiops.reviews.marks import MOST_COMMENT
from aiops.reviews.models import Reason, ReviewItem
from aiops.reviews.queries.backlog import graders

MOST_ASSIGNED = 200
ROUND_MOST = 50


class PeopleChoice(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]  # generic in the stubs alone
    def label_from_instance(self, obj: User) -> str:
        read = ", ".join(obj.languages)
        return f"{obj.email}, reads {read}" if read else f"{obj.email}, reads what has no language"


class CellForm(forms.Form):
    """A feature's items in one language."""

    feature = forms.ModelChoiceField(Feature.objects.all(), to_field_name="slug")
    language = forms.CharField(required=False, max_length=10)


class AssignForm(CellForm):
    person = forms.ModelChoiceField(User.objects.none(), label="To")
    count = forms.IntegerField(label="How many", min_value=1, max_value=MOST_ASSIGNED, initial=20)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _offer(self, "person", graders())


class ReviewersForm(CellForm):
    reviewers = forms.IntegerField(label="People for each", min_value=1, max_value=MOST_REVIEWERS, initial=2)


class DeskForm(forms.Form):
    to = forms.ModelChoiceField(User.objects.none(), required=False, label="To")
    reason = forms.CharField(label="Why", max_length=500)

    def __init__(self, *args: Any, person: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _offer(self, "to", [one for one in graders() if one != person])


class ChangeForm(forms.Form):
    """What somebody says now, and why no longer what they said before."""

    raw = forms.IntegerField(error_messages={"required": "Choose a grade first."})
    reasons = forms.MultipleChoiceField(choices=Reason.choices, required=False)
    comment = forms.CharField(required=False, max_length=MOST_COMMENT)
    reason = forms.CharField(
        max_length=500, error_messages={"required": "Say why you see it differently now."}
    )


class ItemFilter(forms.Form):
    """Filters of the list; what is not valid narrows nothing."""

    state = forms.ChoiceField(
        required=False, choices=[("", "active"), *ReviewItem.State.choices, ("all", "all")]
    )
    feature = forms.CharField(required=False, max_length=60)
    language = forms.CharField(required=False, max_length=10)
    why = forms.ChoiceField(
        label="Why", required=False,
        choices=[("", "any"), ("differ", "people differed"), ("skipped", "skipped"), ("nobody", "no reader")],
    )  # fmt: skip  # arguments by what they belong to

    def chosen(self) -> dict[str, str]:
        self.is_valid()
        return {name: str(self.cleaned_data.get(name) or "") for name in self.fields}


class RoundForm(forms.Form):
    feature = forms.ModelChoiceField(Feature.objects.all(), to_field_name="slug", empty_label=None)
    people = PeopleChoice(
        User.objects.none(), widget=forms.CheckboxSelectMultiple,
        help_text=f"Two to {MOST_PEOPLE}. Only outputs in languages that all of them read are drawn.",
    )  # fmt: skip  # arguments by what they belong to
    size = forms.IntegerField(
        label="Outputs", min_value=LEAST, max_value=ROUND_MOST, initial=SIZE,
        help_text="Drawn at random of the newest 500 sampled ones that none of them has had.",
    )  # fmt: skip  # arguments by what they belong to
    title = forms.CharField(required=False, max_length=200, help_text="What you want to settle.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _offer(self, "people", graders())


def _offer(form: forms.Form, name: str, people: list[User]) -> None:
    field = cast("forms.ModelChoiceField[User]", form.fields[name])
    field.queryset = User.objects.filter(pk__in=[one.pk for one in people]).order_by("email")
