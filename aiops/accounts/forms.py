"""What people type into the account and people pages."""

import zoneinfo
from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password

from aiops.accounts.addresses import check_address
from aiops.accounts.languages import LANGUAGES
from aiops.accounts.models import User, Workspace
from aiops.accounts.words import role_choices


class SignInForm(forms.Form):
    """The fields' names are those that password managers and django-axes know."""

    username = forms.CharField(
        label="E-mail",
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True}),
    )
    password = forms.CharField(
        label="Password", strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )


class NewPasswordForm(forms.Form):
    """A new password, twice."""

    new_password = forms.CharField(
        label="New password",
        strip=False,
        help_text="At least 12 characters. Several words are easy to remember and hard to guess.",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    again = forms.CharField(
        label="New password again",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, person: User, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.person = person

    def clean_new_password(self) -> str:
        password: str = self.cleaned_data["new_password"]
        validate_password(password, self.person)
        return password

    def clean_again(self) -> str:
        again: str = self.cleaned_data["again"]
        if self.cleaned_data.get("new_password", again) != again:
            raise forms.ValidationError("The two passwords differ.")
        return again


class ChangePasswordForm(NewPasswordForm):
    """The present password first, so that an unattended browser is not enough."""

    present = forms.CharField(
        label="Present password",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    field_order = ("present", "new_password", "again")

    def clean_present(self) -> str:
        present: str = self.cleaned_data["present"]
        if not self.person.check_password(present):
            raise forms.ValidationError("This is not your present password.")
        return present


class ProfileForm(forms.Form):
    name = forms.CharField(max_length=100)
    timezone = forms.ChoiceField(label="Time zone", help_text="Times on all pages are shown in it.")
    languages = forms.MultipleChoiceField(
        label="Languages you read",
        required=False,
        choices=LANGUAGES,
        widget=forms.CheckboxSelectMultiple,
        help_text="You are only asked to judge outputs in these.",
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["timezone"].choices = [(name, name.replace("_", " ")) for name in _timezones()]  # type: ignore[attr-defined]  # the stubs take it for a plain field


class PersonForm(forms.Form):
    name = forms.CharField(max_length=100)
    email = forms.CharField(
        label="E-mail",
        max_length=254,
        validators=[check_address],
        widget=forms.EmailInput,
        help_text="What the person signs in with.",
    )
    roles = forms.MultipleChoiceField(
        choices=role_choices,
        widget=forms.CheckboxSelectMultiple,
        help_text="A person may hold several; they may do what any of them allows.",
    )


class WorkspaceForm(forms.Form):
    four_eyes = forms.ChoiceField(
        label="Four eyes",
        choices=Workspace.FourEyes.choices,
        widget=forms.RadioSelect,
        help_text="When a second person must agree before a change reaches customers. Turning off, and "
        "rolling back to what was live before, never wait.",
    )
    four_eyes_share = forms.IntegerField(
        label="Share of traffic, percent",
        min_value=0,
        max_value=100,
        help_text="A change for more than this needs a second person. A move to production is 100 percent.",
    )
    four_eyes_amount = forms.DecimalField(
        label="Amount, USD",
        min_value=0,
        max_digits=14,
        decimal_places=2,
        required=False,
        help_text="A change of a budget by more than this needs a second person. Empty: no amount does.",
    )
    retention_months = forms.IntegerField(
        label="Keep calls for, months",
        min_value=1,
        max_value=120,
        help_text="Calls of whole months that are older are dropped, their texts with them. "
        "Sums by the hour, which spend and health are made of, stay.",
    )
    reason = forms.CharField(
        max_length=1000,
        required=False,
        widget=forms.Textarea({"rows": 2}),
        help_text="Stands in the audit. Turning four eyes off needs one.",
    )


def _timezones() -> list[str]:
    return [
        "UTC",
        *sorted(name for name in zoneinfo.available_timezones() if "/" in name and name[:4] != "Etc/"),
    ]
